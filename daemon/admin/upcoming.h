// What time alone will do to a group: schedules, freezes and holds that begin or end.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

struct Upcoming {
  Time at;
  std::string name;  // "schedule/office-hours", "freeze/weekend-calm", "hold".
  std::string what;  // "office-hours ends", "night-shift: min 40".
};

/// The first `count_max` of them after `now`, in order of time.
[[nodiscard]] std::vector<Upcoming> list_upcoming(const GroupSpec& spec, const GroupState& state,
                                                  std::size_t count_max, Time now);

}  // namespace settle
