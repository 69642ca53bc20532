// How hard somebody else's API may be worked: pure accounting, time comes in as an argument.
//
// A token bucket of a second's calls, a bound on calls in flight, and a budget of repeats: of the
// calls of the last minute at most a tenth, but never fewer than three, may be repeats. (An API
// that fails is then asked a tenth more often, not many times as often.)
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "reconcilers/units.h"

namespace settle::http {

struct BudgetLimits {
  int calls_per_second = 10;
  int in_flight = 20;
};

class CallBudget {
 public:
  using Limits = BudgetLimits;
  explicit CallBudget(Limits limits) : limits_(limits), tokens_(limits.calls_per_second * scale) {}

  enum class Verdict : unsigned char { go, wait, no_more_repeats };
  /// Whether a call may begin now. `go` has counted it.
  [[nodiscard]] Verdict ask(bool is_repeat, Time now);
  /// When to ask again after `wait`, unless a call ends before; none while calls in flight are all
  /// that it waits for.
  [[nodiscard]] std::optional<Time> again_at(Time now) const;
  void ended() { --in_flight_; }
  [[nodiscard]] int in_flight() const { return in_flight_; }

 private:
  static constexpr long long scale = 1'000;  // Tokens are counted in thousandths: one each ms.
  static constexpr Duration memory{60'000};
  static constexpr int repeats_min = 3;
  static constexpr int repeats_share = 10;
  void refill(Time now);
  void forget(Time now);

  const Limits limits_;
  long long tokens_;
  Time filled_at_;
  int in_flight_ = 0;
  std::deque<Time> first_sends_;  // Within the last minute; bounded by calls_per_second x 60.
  std::deque<Time> repeats_;
};

}  // namespace settle::http
