// A real RabbitMQ for tests: Debian's package without systemd, on loopback, with ports and a folder
// of its own.
#pragma once

#include <memory>
#include <string>

#include "tests/servers/child.h"

namespace settle::servers {

class Rabbit {
 public:
  /// Whether the package is here; tests that need it are skipped by name otherwise.
  [[nodiscard]] static bool is_available();

  /// Starts it and waits until it serves.
  Rabbit();
  ~Rabbit();
  Rabbit(const Rabbit&) = delete;
  Rabbit& operator=(const Rabbit&) = delete;

  void start();
  void kill();  // SIGKILL. What was durable is there when it starts again.
  [[nodiscard]] std::string url() const;
  [[nodiscard]] int port() const { return port_; }

 private:
  std::string folder_;
  int port_ = 0;
  int distribution_port_ = 0;
  int mapper_port_ = 0;
  std::unique_ptr<Child> mapper_;  // Erlang's epmd; ours, so that none stays behind.
  std::unique_ptr<Child> child_;
};

}  // namespace settle::servers
