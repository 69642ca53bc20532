// For how long a session is certain to live: measured by our own clock from when we asked, so that
// no server and no other client can think it over before we do.
//
//   until = sent + timeout - tick - heartbeat - timeout / 100
//
// `sent` is CLOCK_BOOTTIME when the last answered heartbeat left. A server ends a session at a
// multiple of its tick, never early; but followers tell their leader of a client only each half
// tick, and one that dies may lose its last word: hence one heartbeat less. A hundredth is for
// clocks that run at different speeds. It presumes that servers end sessions by their age: one that
// is ended by hand, while its client can neither be told nor stops, outlives its end here. Source:
// Apache ZooKeeper, SessionTrackerImpl and Learner.
#pragma once

#include "daemon/zookeeper/executor.h"
#include "daemon/zookeeper/types.h"

namespace settle::zk {

class SessionLease {
 public:
  /// Of no session: never valid.
  SessionLease() = default;
  SessionLease(Milliseconds timeout, Milliseconds server_tick, Milliseconds heartbeat)
      : length_(timeout - server_tick - heartbeat - timeout / 100) {}

  /// A heartbeat that left at `sent` has been answered.
  void renew(BootTime sent) {
    if (sent + length_ > until_) until_ = sent + length_;
  }
  void end() { until_ = BootTime::min(); }

  /// Whether something that takes at most `margin` may begin at `now`.
  [[nodiscard]] bool covers(BootTime now, Milliseconds margin) const {
    return until_ != BootTime::min() && now + margin <= until_;
  }
  [[nodiscard]] BootTime until() const { return until_; }
  [[nodiscard]] Milliseconds length() const { return length_; }

 private:
  Milliseconds length_{};
  BootTime until_ = BootTime::min();
};

}  // namespace settle::zk
