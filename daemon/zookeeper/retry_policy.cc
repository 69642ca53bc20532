#include "daemon/zookeeper/retry_policy.h"

#include <algorithm>

namespace settle::zk {
namespace {

Milliseconds jittered(Milliseconds base, Milliseconds most, int attempt, std::uint32_t dice) {
  Milliseconds range = base;
  for (int doubling = 0; doubling < attempt && range < most; ++doubling) range *= 2;
  range = std::clamp(range, Milliseconds(1), std::max(most, Milliseconds(1)));
  return Milliseconds(static_cast<std::int64_t>(
      (static_cast<std::uint64_t>(range.count()) * (std::uint64_t{dice} + 1)) >> 32));
}

struct Wait {
  int attempt;
  Milliseconds elapsed;
  std::uint32_t dice;

  std::optional<Milliseconds> operator()(const NoRetry& /*policy*/) const { return std::nullopt; }
  std::optional<Milliseconds> operator()(const RetryNTimes& policy) const {
    return attempt < policy.times ? std::optional(policy.between) : std::nullopt;
  }
  std::optional<Milliseconds> operator()(const RetryUntilElapsed& policy) const {
    return elapsed + policy.between < policy.most ? std::optional(policy.between) : std::nullopt;
  }
  std::optional<Milliseconds> operator()(const BoundedExponentialBackoffRetry& policy) const {
    if (attempt >= policy.times) return std::nullopt;
    return jittered(policy.base, policy.most, attempt, dice);
  }
  std::optional<Milliseconds> operator()(const RetryForever& policy) const {
    return jittered(policy.base, policy.most, attempt, dice);
  }
};

}  // namespace

std::optional<Milliseconds> wait_before_retry(const RetryPolicy& policy, int attempt,
                                              Milliseconds elapsed, std::uint32_t dice) {
  return std::visit(Wait{attempt, elapsed, dice}, policy);
}

}  // namespace settle::zk
