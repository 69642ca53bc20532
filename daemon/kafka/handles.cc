#include "daemon/kafka/handles.h"

#include <array>

#include <fmt/format.h>

#include "daemon/base/log.h"

namespace settle::kafka {
namespace {

constexpr std::size_t words_max = 512;  // As long as librdkafka's sentences get.

// Whatever matters to us comes as an error too, and is told by whom it concerns.
void say(const rd_kafka_t* /*client*/, int /*level*/, const char* facility, const char* text) {
  log(LogLevel::debug, "kafka-client-says", {{"facility", facility}, {"text", text}});
}

}  // namespace

Result<Conf> make_conf(const Access& access,
                       const std::vector<std::pair<std::string, std::string>>& ours) {
  Conf conf(rd_kafka_conf_new());
  std::array<char, words_max> words{};
  const auto set = [&](const std::string& key, const std::string& value) {
    return rd_kafka_conf_set(conf.get(), key.c_str(), value.c_str(), words.data(), words.size()) ==
           RD_KAFKA_CONF_OK;
  };
  const auto refused = [&] { return Error{ErrorCode::invalid, words.data()}; };
  if (!set("bootstrap.servers", access.brokers)) return refused();
  if (!set("client.id", access.client_id)) return refused();
  for (const auto& [key, value] : access.options) {
    // The value may be a secret, and librdkafka repeats it.
    if (!set(key, value)) {
      return Error{ErrorCode::invalid, fmt::format("the client does not take the option {}", key)};
    }
  }
  for (const auto& [key, value] : ours) {
    if (!set(key, value)) return refused();
  }
  rd_kafka_conf_set_log_cb(conf.get(), say);
  return conf;
}

Result<rd_kafka_t*> make_client(rd_kafka_type_t kind, Conf conf) {
  std::array<char, words_max> words{};
  rd_kafka_t* client = rd_kafka_new(kind, conf.get(), words.data(), words.size());
  if (client == nullptr) return Error{ErrorCode::invalid, words.data()};
  (void)conf.release();  // The client's now.
  return client;
}

}  // namespace settle::kafka
