// Rungs 1 to 4: from claims to a desired capacity.
#pragma once

#include <optional>

#include "reconcilers/decision.h"
#include "reconcilers/guard_mask.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

/// The limits in force at `at`: the group's, replaced by what active windows state. With several
/// active, the largest min and the smallest max hold; if they cross, the max wins.
[[nodiscard]] Range limits_at(const GroupSpec& spec, Time at);

/// Settles voices, combination, steadiness and limits into record.voices, record.rungs,
/// record.limits and state.desired. Evaluates one-shot schedules since state.memory.scheduled_to.
/// Returns when the answer may change by time alone.
///
/// REQUIRES: record.tally is that of the round's census; compact() has run.
/// ENSURES:  state.desired, if known, lies within record.limits unless the group is held by an
///           operator, whose number is clamped to limits too.
std::optional<Time> decide(const GroupSpec& spec, GroupState& state, Time now,
                           DecisionRecord& record, const GuardMask& guards = {});

}  // namespace settle
