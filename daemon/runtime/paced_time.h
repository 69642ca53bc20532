// Time for a running daemon: the wall clock, or one that runs faster, and timers that follow it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/base/timers.h"
#include "daemon/partition/loop.h"

namespace settle {

/// Safe from any thread. Timers run on a thread of its own; what they call must not block.
class PacedTime final : public Clock, public Timers {
 public:
  /// The wall clock as it is.
  PacedTime();
  /// Begins at `origin` and goes `speed` times as fast as real time. REQUIRES: speed > 0.
  PacedTime(Time origin, double speed);
  ~PacedTime() override;
  PacedTime(const PacedTime&) = delete;
  PacedTime& operator=(const PacedTime&) = delete;

  [[nodiscard]] Time now() const override;
  void after(Duration delay, std::function<void()> then) override;

  /// How long to wait, in real time, until `at`; never more than half a second, so that a wall
  /// clock that jumps is noticed.
  [[nodiscard]] std::chrono::microseconds real_wait(Time at) const;

  /// Waits for no timer any more: what is still waiting is dropped.
  void stop();

 private:
  using Steady = std::chrono::steady_clock;
  struct Waiting {
    Steady::time_point at;
    std::uint64_t number;
    std::function<void()> then;
  };
  static bool later(const Waiting& a, const Waiting& b);
  void run();

  // Constant after construction.
  const bool is_wall_;
  const Time origin_;
  const double speed_;
  const Steady::time_point started_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiting> waiting_;  // A heap, guarded by mutex_: what is due first is on top.
  std::uint64_t asked_ = 0;       // Guarded by mutex_.
  bool stopping_ = false;         // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace settle
