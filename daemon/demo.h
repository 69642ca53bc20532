// settled dev: demo groups on a simulated cloud, with a day of traffic in which a schedule, a
// policy, an operator and failures contradict each other.
#pragma once

#include <cstdint>
#include <string>

namespace settle {

struct DemoOptions {
  std::string folder;  // Empty: one of its own, removed at the end.
  std::string length;  // Empty: until told to stop.
  std::string http;    // Empty: the Unix socket alone.
  double speed = 60;
  std::uint64_t seed = 1;
};

/// Runs it and returns the exit code.
[[nodiscard]] int run_demo(const DemoOptions& options);

}  // namespace settle
