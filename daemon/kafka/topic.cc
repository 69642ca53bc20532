#include "daemon/kafka/topic.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "daemon/kafka/handles.h"

namespace settle::kafka {
namespace {

using Client = std::unique_ptr<rd_kafka_t, Destroy<rd_kafka_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;
using Resource =
    std::unique_ptr<rd_kafka_ConfigResource_t, Destroy<rd_kafka_ConfigResource_destroy>>;

}  // namespace

Result<std::string> topic_setting(const Access& access, const std::string& topic,
                                  const std::string& setting, std::chrono::milliseconds patience) {
  Result<Conf> conf = make_conf(access, {});
  if (!conf) return conf.error();
  const Result<rd_kafka_t*> made = make_client(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!made) return made.error();
  const Client client(*made);
  const Queue queue(rd_kafka_queue_new(client.get()));
  const Resource asked(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  rd_kafka_ConfigResource_t* resource = asked.get();
  rd_kafka_DescribeConfigs(client.get(), &resource, 1, nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), static_cast<int>(patience.count())));
  if (!event) return Error{ErrorCode::unavailable, "the brokers do not answer"};
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Error{ErrorCode::unavailable, rd_kafka_event_error_string(event.get())};
  }
  std::size_t resources = 0;
  const rd_kafka_ConfigResource_t** const found = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &resources);
  if (resources != 1) return Error{ErrorCode::not_found, fmt::format("no topic {}", topic)};
  const rd_kafka_resp_err_t why = rd_kafka_ConfigResource_error(found[0]);
  if (why != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const bool is_gone = why == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    return Error{is_gone ? ErrorCode::not_found : ErrorCode::unavailable,
                 fmt::format("topic {}: {}", topic, rd_kafka_err2str(why))};
  }
  std::size_t entries = 0;
  const rd_kafka_ConfigEntry_t** const settings =
      rd_kafka_ConfigResource_configs(found[0], &entries);
  for (std::size_t at = 0; at < entries; ++at) {
    if (setting != rd_kafka_ConfigEntry_name(settings[at])) continue;
    const char* const value = rd_kafka_ConfigEntry_value(settings[at]);
    return std::string(value == nullptr ? "" : value);
  }
  return Error{ErrorCode::not_found, fmt::format("topic {} has no setting {}", topic, setting)};
}

}  // namespace settle::kafka
