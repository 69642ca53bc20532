// The windows of a group at one moment: what they make of its limits, and until when.
#pragma once

#include <optional>
#include <vector>

#include "reconcilers/decide.h"

namespace settle {

struct LimitsNow {
  Range limits;
  std::optional<Time> changes_at;  // The next begin or end of a window.
};

/// The limits in force at `now`; says of each window how it stands, into `voices`.
[[nodiscard]] LimitsNow read_windows(const GroupSpec& spec, Time now, const GuardMask& guards,
                                     std::vector<Voice>& voices);

}  // namespace settle
