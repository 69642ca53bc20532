// Waiting for what another thread does.
#pragma once

#include <chrono>

#include <time.h>

namespace settle {

/// Calls until it is true, giving way in between; false after `most`.
template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds most = std::chrono::seconds(30)) {
  const auto until = std::chrono::steady_clock::now() + most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    struct timespec pause = {0, 2'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return true;
}

}  // namespace settle
