// Rolling change: members that were made from an earlier launch template, are too old or were
// ordered to be replaced give way to others, some at a time.
//
// A template that differs from what members were made from begins a change, where the group has
// `rollout`: first `canary` (0) members, then batches (`batch`, 10 %, at least one), each soaked
// for `soak` (0; `canary_soak`, 10 m, after the canaries). No batch begins while a member of the
// new template is not well, the probe is doubted, or as many are unavailable as the disruption
// budget allows. `failures` (1) members of it that failed halt the change: what is halted replaces
// nobody, until the template changes again; with `on_failure: roll-back` the last template that was
// rolled out to the end is in force again, and members of the new one give way in turn.
//
// Age and orders work with or without `rollout`: what is too old goes in batches of the same size,
// and what was ordered at once. All of it is within the one disruption budget (guards.h).
#pragma once

#include <string>

#include "reconcilers/census.h"
#include "reconcilers/decision.h"

namespace settle {

/// The template that is launched, by hash: spec.launch_hash, unless a rollback is in force.
[[nodiscard]] const std::string& launch_in_force(const GroupSpec& spec, const GroupState& state);

/// Moves state.rollout on, says who gives way (InstanceMemory::retiring), and marks these in
/// `census`: they serve and are ready, and what is desired is wanted beside them.
///
/// REQUIRES: decide() has run; `census` is of this round.
void roll(const GroupSpec& spec, GroupState& state, Census& census, Time now,
          DecisionRecord& record);

}  // namespace settle
