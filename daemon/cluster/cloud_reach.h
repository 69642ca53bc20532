// Whether a member's clouds still answer it, and when one whom they do not answer gives up what it
// owns to others whom they do. Pure: time is an argument.
//
// Cut off is who was not answered five times in a row. It says so first; if that lasts for
// another quarter of a minute, and another member is not cut off, it gives up, once in ten minutes
// and for ten minutes, since without partitions it asks its clouds nothing that could tell. A cloud
// that is down for all moves nothing: nobody is better off. Source: the project's own rule.
#pragma once

#include <optional>

#include "daemon/zookeeper/executor.h"
#include "daemon/zookeeper/types.h"

namespace settle::cluster {

struct CloudReachLimits {
  int failures = 5;  // In a row.
  zk::Milliseconds grace{15'000};
  zk::Milliseconds away{600'000};
};

class CloudReach {
 public:
  explicit CloudReach(CloudReachLimits limits = {}) : limits_(limits) {}

  /// A cloud was asked for what there is, and answered or did not.
  void note(bool is_answered, zk::BootTime now);
  [[nodiscard]] bool is_cut_off() const { return since_.has_value(); }
  [[nodiscard]] bool is_away() const { return away_until_.has_value(); }

  /// Whether to give everything up now; it is then away. `is_other_fine`: another member, which
  /// serves, is not cut off.
  [[nodiscard]] bool gives_up(zk::BootTime now, bool is_other_fine);
  /// Whether the time away ends now; what is known of the clouds is then nothing.
  [[nodiscard]] bool comes_back(zk::BootTime now);

 private:
  const CloudReachLimits limits_;
  int failures_ = 0;
  std::optional<zk::BootTime> since_;       // Cut off.
  std::optional<zk::BootTime> away_until_;  // Gave up.
};

}  // namespace settle::cluster
