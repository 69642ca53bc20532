// How much of each of a group's budgets is left, for those who watch: guards.h is what decides.
#pragma once

#include <string_view>
#include <vector>

#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

struct GuardLevel {
  std::string_view guard;  // As a withheld step names it.
  Capacity limit = 0;
  Capacity remaining = 0;
};

/// Of what is counted over a sliding period: launches, terminations and their caps of a day.
[[nodiscard]] std::vector<GuardLevel> guard_levels(const GroupSpec& spec, const GroupState& state,
                                                   Time now);

}  // namespace settle
