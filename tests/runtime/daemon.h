// The real daemon, started from its binary in a folder of its own, for tests of the whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>
#include <time.h>

#include "tests/runtime/http_client.h"

namespace settle {

class Daemon {
 public:
  Daemon();
  /// Kills what is left and removes the folder.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// What the folder's files hold from the next start or reload on.
  void write_config(std::string_view groups, std::string_view mode = "act") const;
  /// Starts it and waits until it is ready; false if it ends first or takes too long.
  bool start();
  void signal(int number) const;
  /// Waits for the end: the exit code, or minus the signal that ended it. Minus 1000: too slow.
  int wait(std::chrono::milliseconds most = std::chrono::seconds(20));

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string socket() const { return folder_ + "/admin.sock"; }
  /// What it has written to stderr so far.
  [[nodiscard]] std::string log() const;
  /// One request on a connection of its own.
  [[nodiscard]] HttpReply ask(std::string_view method, std::string_view target,
                              std::string_view body = {}, std::string_view headers = {}) const;

 private:
  std::string folder_;
  pid_t process_ = -1;
};

struct Ended {
  int code = -1;     // Minus the signal that ended it, if one did.
  std::string said;  // On stdout and stderr.
};
/// Runs a command of the shell to its end.
[[nodiscard]] Ended run_program(const std::string& command);

/// Whether the program can be run at all; tests of the whole are skipped by name where it is not.
[[nodiscard]] bool has_program(const std::string& path);

/// Calls until it is true, giving way in between; false after `most`.
template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds most = std::chrono::seconds(20)) {
  const auto until = std::chrono::steady_clock::now() + most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    struct timespec pause = {0, 5'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return true;
}

}  // namespace settle
