// A real broker of Kafka for a whole program, and a fresh topic on it for each test.
#pragma once

#include <memory>
#include <string>

#include "daemon/cluster/changelog/changelog.h"
#include "tests/servers/kafka.h"
#include "tests/store/commits.h"

namespace settle {

/// One broker for the whole program; null where it is not to be had.
inline servers::Kafka* broker() {
  static const std::unique_ptr<servers::Kafka> kafka =
      servers::Kafka::is_available() ? std::make_unique<servers::Kafka>() : nullptr;
  return kafka.get();
}

inline std::string fresh_topic(int count = partitions, const std::string& policy = "compact") {
  static int topics = 0;
  const std::string name = "records-" + std::to_string(++topics);
  broker()->create_topic(name, count, {{"cleanup.policy", policy}});
  return name;
}

inline Result<std::unique_ptr<cluster::Changelog>> open_changelog(
    const std::string& topic, std::chrono::milliseconds patience = std::chrono::seconds(15)) {
  return cluster::Changelog::open(
      {{broker()->brokers(), {}, "settled"}, topic, partitions, patience});
}

}  // namespace settle
