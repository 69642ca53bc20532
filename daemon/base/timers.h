// Does something later. The daemon's runtime lends real timers; simulation owns its time.
#pragma once

#include <functional>

#include "reconcilers/units.h"

namespace settle {

class Timers {
 public:
  virtual ~Timers() = default;
  /// Calls `then` once, no sooner than after `delay`, never from within this call. Safe from any
  /// thread; `then` runs on any thread.
  virtual void after(Duration delay, std::function<void()> then) = 0;
};

}  // namespace settle
