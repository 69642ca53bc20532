// The warm pool: `warm_pool` (0) instances kept ready beyond desired, out of service.
//
// They are capacity in waiting: the group launches them, looks after their health and counts them
// toward max, so that the pool shrinks as desired nears max; they are never counted as ready, and
// no voice hears of them. What is lacking in service is taken from the pool first, at once and
// without a launch, and the pool is refilled after; what is too many in service returns to it
// first.
//
// Being in the pool is the group's own word. No cloud is told: whoever sends traffic to instances
// reads it as their standing.
#pragma once

#include "reconcilers/census.h"

namespace settle {

/// How large the pool is to be.
[[nodiscard]] Capacity pool_size(const GroupSpec& spec, const GroupState& state, Range limits);

/// Moves instances between service and pool to fit state.desired, in `state` and in `census`.
void tend_pool(const GroupSpec& spec, GroupState& state, Range limits, Census& census);

}  // namespace settle
