// Rungs 5 and 6: from desired capacity to steps, each taken or withheld with a reason.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/census.h"
#include "reconcilers/converge.h"

namespace settle {

struct Planned {
  std::vector<std::string> opened;
  std::optional<Time> revisit_at;
  bool wants_observation = false;
};

/// Plans into record.steps and record.withheld, and opens intents in `state` where the context
/// lets it. Takes back what is no longer wanted and was not accepted.
///
/// REQUIRES: decide() has run; `census` is of `seen`.
[[nodiscard]] Planned plan(const GroupSpec& spec, GroupState& state, const Observation& seen,
                           const Census& census, Time now, const RoundContext& context,
                           DecisionRecord& record);

}  // namespace settle
