// Scale-in anticipation: a group does not give up instances that one of its own policies would ask
// back at once, because each of the rest then has more to do. Knows nothing of time.
//
//   reading at N instances = reading now x desired / N     (of a mean; a total stays as it is)
//
// Source: Azure Monitor autoscale, "flapping": it estimates the metric at the new size, and takes
// less away or nothing where a scale-out rule would be met there.
#pragma once

#include <optional>
#include <vector>

#include "reconcilers/decision.h"
#include "reconcilers/spec.h"

namespace settle {

/// What a scale-in is cut down to, and by whom.
struct Anticipated {
  Capacity number = 0;             // The smallest size at which no policy would grow again.
  const Policy* policy = nullptr;  // Whose step would match at `wanted`.
  const Step* step = nullptr;
  Decimal reading;  // What it would read there.
};

/// None where `wanted` is no scale-in of `desired`, or nobody would undo it. Looks at the steps
/// policies: a target asks for the same number of instances whatever size it is asked at.
[[nodiscard]] std::optional<Anticipated> anticipated(const GroupSpec& spec,
                                                     const std::vector<Voice>& voices,
                                                     Capacity desired, Capacity wanted);

}  // namespace settle
