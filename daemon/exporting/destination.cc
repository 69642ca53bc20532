#include "daemon/exporting/destination.h"

#include <utility>

#include <fmt/format.h>

#include "daemon/base/addresses.h"

namespace settle::exporting {

Result<Destination> read_destination(std::string_view url) {
  Result<KafkaAddress> address = read_kafka_address(url);
  if (!address) {
    return Error{address.error().code,
                 fmt::format("journal.export_to: {}", address.error().message)};
  }
  Destination destination;
  destination.name = fmt::format("kafka://{}/{}", address->brokers, address->topic);
  destination.access.brokers = std::move(address->brokers);
  destination.access.options = std::move(address->options);
  destination.topic = std::move(address->topic);
  return destination;
}

}  // namespace settle::exporting
