// What every cloud can do for us, real or simulated. A cloud that may only be looked at is a
// CloudReader and nothing else: there is no call on it that could change anything.
#pragma once

#include <functional>
#include <string>

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
};

/// Changes the world. Every call bears an intent's token and is idempotent under it as far as the
/// cloud allows.
class CloudWriter : public CloudReader {
 public:
  using ActedReply = std::function<void(Acted)>;
  /// REQUIRES: the intent in `act` is committed and its decision is durable.
  virtual void act(const Act& act, ActedReply reply) = 0;
};

}  // namespace settle
