// When to ask again: Curator's policies, as pure functions of the attempt, the time spent and a
// roll of the dice that the caller makes.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "daemon/zookeeper/types.h"

namespace settle::zk {

struct NoRetry {};
/// So many times, so far apart.
struct RetryNTimes {
  int times = 3;
  Milliseconds between{100};
};
/// Until so long after the first attempt.
struct RetryUntilElapsed {
  Milliseconds most{10'000};
  Milliseconds between{250};
};
/// Full jitter: a random part of base x 2^attempt, at most `most`.
struct BoundedExponentialBackoffRetry {
  Milliseconds base{50};
  Milliseconds most{2'000};
  int times = 8;
};
struct RetryForever {
  Milliseconds base{50};
  Milliseconds most{2'000};
};

using RetryPolicy = std::variant<NoRetry, RetryNTimes, RetryUntilElapsed,
                                 BoundedExponentialBackoffRetry, RetryForever>;

/// How long to wait before attempt number `attempt` + 1 (the first is 0), or not at all. `dice` is
/// any 32 random bits.
[[nodiscard]] std::optional<Milliseconds> wait_before_retry(const RetryPolicy& policy, int attempt,
                                                            Milliseconds elapsed,
                                                            std::uint32_t dice);

}  // namespace settle::zk
