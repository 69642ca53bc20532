// What a group did within a day, for the caps that no restart and no succession makes forgotten.
#pragma once

#include "reconcilers/interlock/quota.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

/// Counts what is about to be done. By the hour, so that a day is at most 25 entries.
void count_day(GroupState& state, Capacity launches, Capacity terminations, Time now);
[[nodiscard]] Capacity launches_within_a_day(const GroupState& state, Time now);

/// What is left of the caps of a day; a percentage is of the group's max.
[[nodiscard]] interlock::Rest launches_left(const GroupSpec& spec, const GroupState& state,
                                            Time now);
[[nodiscard]] interlock::Rest terminations_left(const GroupSpec& spec, const GroupState& state,
                                                Time now);

}  // namespace settle
