// A server that a test has started: its own ports, its own log, stopped by pid.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace settle::servers {

/// Ports of the loopback that were free a moment ago, all different.
[[nodiscard]] std::vector<int> free_ports(std::size_t count);

/// A new folder of its own under the temporary one.
[[nodiscard]] std::string new_folder(const std::string& name);

class Child {
 public:
  /// The first argument is the program's path. Without `environment` it is the test's own.
  Child(const std::vector<std::string>& arguments, const std::string& log,
        const std::map<std::string, std::string>& environment = {});
  ~Child() { kill(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Waits until it has ended by itself; its exit code.
  int wait();
  /// Ends it, and whatever it has started within its session.
  void kill();
  void pause();
  void resume();
  [[nodiscard]] bool is_running() const { return pid_ > 0; }

 private:
  pid_t pid_ = -1;
};

/// Whether somebody listens there.
[[nodiscard]] bool is_open(int port);

}  // namespace settle::servers
