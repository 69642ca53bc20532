// Adjustments: "add: 3", "remove: 2", "add: 25%", "set: 10", as numbers. Knows nothing of who
// asks for them or when.
#pragma once

#include <algorithm>

#include "reconcilers/spec.h"
#include "reconcilers/units.h"

namespace settle {

/// What `adjustment` makes of `base`, within [0, capacity_limit].
[[nodiscard]] Capacity adjusted(Capacity base, const Adjustment& adjustment);

/// Whether `adjustment` would lower a group of `base`.
[[nodiscard]] bool is_removal(const Adjustment& adjustment, Capacity base);

[[nodiscard]] constexpr Capacity clamped(Capacity number, const Range& range) {
  return std::clamp(number, range.min, std::max(range.min, range.max));
}

}  // namespace settle
