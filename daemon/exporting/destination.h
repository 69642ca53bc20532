// Where decisions are exported to, as configuration writes it:
// kafka://HOST:PORT,HOST:PORT/TOPIC?option=value&option=value, the options being librdkafka's.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/kafka/settings.h"

namespace settle::exporting {

struct Destination {
  kafka::Access access;
  std::string topic;
  std::string name;  // Brokers and topic, without options: among them may be secrets.
};

[[nodiscard]] Result<Destination> read_destination(std::string_view url);

}  // namespace settle::exporting
