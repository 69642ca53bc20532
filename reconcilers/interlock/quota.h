// So many within a sliding period, whoever asks and for whatever reason: counted from what was
// done.
//
// Like all of this room it shares no code with the planner, and knows nothing of why.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace settle::interlock {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

/// How many within a sliding period: amount x 10^exponent, instances or percent.
struct Rate {
  std::int64_t amount = 0;
  int exponent = 0;
  bool is_percent = false;
  std::int64_t at_least = 1;
  Duration per{};
};

/// Of a percentage, of `base`: rounded down, never from something to nothing, never overflowing.
[[nodiscard]] std::int64_t limit_of(const Rate& rate, std::int64_t base);

struct Done {
  Time at;
  std::int64_t count = 0;
};

struct Rest {
  std::int64_t allowed = 0;
  std::int64_t limit = 0;
  std::int64_t used = 0;
  Time frees_at;  // When the oldest of what is used is forgotten; zero if nothing is.
};

/// What is left of `rate` at `now`, after all that is in `done`.
[[nodiscard]] Rest rest_of(const Rate& rate, std::int64_t base, const std::vector<Done>& done,
                           Time now);

}  // namespace settle::interlock
