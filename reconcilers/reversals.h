// Whether somebody else undoes what this group does: then there are two owners, and going on would
// be a fight that nobody wins.
#pragma once

#include <optional>
#include <vector>

#include "reconcilers/state.h"

namespace settle {

/// More than two of them within ten minutes, and the group holds until they are past.
inline constexpr Duration reversals_within{600'000};
inline constexpr std::size_t reversals_max = 2;

void note_reversal(std::vector<Time>& reversals, Time now);
void forget_reversals(std::vector<Time>& reversals, Time now);
/// Until when the group holds; nothing if it need not.
[[nodiscard]] std::optional<Time> contended_until(const std::vector<Time>& reversals, Time now);

}  // namespace settle
