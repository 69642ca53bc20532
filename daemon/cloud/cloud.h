// What every cloud can do for us, real or simulated. A cloud that may only be looked at is a
// CloudReader and nothing else: there is no call on it that could change anything.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/partition/event.h"

namespace settle {

/// Lists the instances that bear a group's marks, and looks for those by id that a look says are
/// missing, as far as the cloud allows.
///
/// Calls must not block. Each reply comes exactly once, on any thread, possibly before the call
/// returns; a lost answer is a reply too (Acted::Result::unknown, or an Observed without one).
class CloudReader {
 public:
  virtual ~CloudReader() = default;
  using ObservedReply = std::function<void(Observed)>;
  virtual void observe(const Observe& look, ObservedReply reply) = 0;

  /// The groups that there are from now on, of every cloud. Most clouds find what they need of a
  /// group in its marks; one with a load balancer needs its pools.
  virtual void know(const std::vector<SpecPointer>& specs) { (void)specs; }
  /// Where a cloud that monitors health is to tell what it says; on any thread. Most have nothing
  /// to tell.
  using HealthReport = std::function<void(const GroupId&, HealthClaim)>;
  virtual void on_report(HealthReport report) { (void)report; }
};

/// Changes the world. Every call bears an intent's token and is idempotent under it as far as the
/// cloud allows.
class CloudWriter : public CloudReader {
 public:
  using ActedReply = std::function<void(Acted)>;
  /// REQUIRES: the intent in `act` is committed and its decision is durable.
  virtual void act(const Act& act, ActedReply reply) = 0;
};

/// Whether only a load balancer can do it: a cloud without one answers without_balancer().
[[nodiscard]] constexpr bool needs_balancer(IntentKind kind) {
  return kind == IntentKind::join || kind == IntentKind::leave;
}
[[nodiscard]] inline Acted without_balancer(const Act& act) {
  return {act.group, act.intent.token, Acted::Result::refused, act.intent.instance,
          Reason::balancer_refused};
}

}  // namespace settle
