// How a Kafka cluster is reached.
#pragma once

#include <map>
#include <string>

namespace settle::kafka {

struct Access {
  std::string brokers;  // "host:port, host:port".
  std::map<std::string, std::string>
      options{};                      // librdkafka's own names; what we rely on stays ours.
  std::string client_id = "settled";  // Shown in the brokers' logs and metrics.
};

}  // namespace settle::kafka
