// Where callbacks run, and the time that leases are measured in. Everything of one connection runs
// on one executor, one task after the other, so none of it needs a lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace settle::zk {

/// CLOCK_BOOTTIME: goes on while the machine is suspended, and never jumps.
struct BootClock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using BootTime = BootClock::time_point;

class Executor {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t;

  virtual ~Executor() = default;
  /// Safe from any thread. Runs later, never from within this call, in order.
  virtual void post(Task task) = 0;
  /// On the executor only. Runs once, no sooner than after `delay`.
  virtual TimerId after(BootClock::duration delay, Task task) = 0;
  /// On the executor only. A timer that has run or was cancelled is no matter.
  virtual void cancel(TimerId timer) = 0;
  [[nodiscard]] virtual BootTime now() const = 0;
};

}  // namespace settle::zk
