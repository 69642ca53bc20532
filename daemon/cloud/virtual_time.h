// Time that moves only when it is told to, and everything that waits for it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "daemon/base/timers.h"
#include "daemon/partition/loop.h"

namespace settle {

/// For one thread. What is due at one moment runs in the order in which it was asked for.
class VirtualTime final : public Clock, public Timers {
 public:
  explicit VirtualTime(Time now) : now_(now) {}

  [[nodiscard]] Time now() const override { return now_; }
  void after(Duration delay, std::function<void()> then) override;

  /// When something is due next; never before now.
  [[nodiscard]] std::optional<Time> next() const;
  /// Moves to `to`, unless it is past already, and runs nothing.
  void move(Time to);
  /// Runs one thing that is due by now; false if nothing is.
  bool run_one();
  /// Moves to `to`, running on the way whatever becomes due, at its moment.
  void advance(Time to);

 private:
  struct Waiting {
    Time at;
    std::uint64_t number;
    std::function<void()> then;
  };
  static bool later(const Waiting& a, const Waiting& b);

  Time now_;
  std::uint64_t asked_ = 0;
  std::vector<Waiting> waiting_;  // A heap: what is due first is on top.
};

}  // namespace settle
