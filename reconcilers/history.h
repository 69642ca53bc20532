// What was wanted and what was changed, kept only for as long as anything asks about it.
#pragma once

#include <vector>

#include "reconcilers/state.h"

namespace settle {

/// From `now` on `number` is wanted. Equal consecutive numbers are one entry, and one that no
/// window of `longest` can ask for any more is dropped.
void want(std::vector<Proposal>& recent, Time now, Capacity number, Duration longest);

/// Until when `recent[index]` was wanted: the next one's beginning, or ever since.
[[nodiscard]] Time wanted_until(const std::vector<Proposal>& recent, std::size_t index, Time now);

void forget_changes(std::vector<Change>& changes, Time before);

/// What was desired just before `at`, where it is `desired` now.
[[nodiscard]] Capacity desired_before(const std::vector<Change>& changes, Capacity desired,
                                      Time at);

}  // namespace settle
