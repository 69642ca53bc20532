// A real broker of Kafka for tests: one node that is its own controller, on loopback, with ports
// and a folder of its own. Its jars are those of scripts/common.sh's install_kafka.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/servers/child.h"

namespace settle::servers {

class Kafka {
 public:
  /// Whether java and the jars are here; tests that need them are skipped by name otherwise.
  [[nodiscard]] static bool is_available();

  /// Starts it and waits until it serves.
  Kafka();
  ~Kafka();
  Kafka(const Kafka&) = delete;
  Kafka& operator=(const Kafka&) = delete;

  void start();
  void kill();  // SIGKILL.
  void pause() { child_->pause(); }
  void resume() { child_->resume(); }
  [[nodiscard]] bool waits_until_it_serves() const;

  [[nodiscard]] std::string brokers() const;  // "127.0.0.1:PORT".
  /// Each returns once the broker has done it.
  void create_topic(const std::string& name, int partitions,
                    const std::map<std::string, std::string>& settings = {}) const;
  void delete_topic(const std::string& name) const;
  void delete_records(const std::string& topic, int partition, std::int64_t before) const;

 private:
  std::string folder_;
  int port_ = 0;
  std::unique_ptr<Child> child_;
};

}  // namespace settle::servers
