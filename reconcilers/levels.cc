#include "reconcilers/levels.h"

#include <algorithm>

#include "reconcilers/day.h"

namespace settle {
namespace {

GuardLevel level_of(std::string_view guard, const interlock::Rest& rest) {
  return {guard, static_cast<Capacity>(std::min<std::int64_t>(rest.limit, capacity_limit)),
          static_cast<Capacity>(std::min<std::int64_t>(rest.allowed, capacity_limit))};
}

GuardLevel level_of(std::string_view guard, const Budget& budget, Capacity desired,
                    const std::vector<Spent>& spent, Time now) {
  GuardLevel level;
  level.guard = guard;
  level.limit = budget.is_percent ? std::max(percent_of(desired, budget.amount), budget.at_least)
                                  : ceil_scaled(1, budget.amount, Decimal(1));
  level.remaining = level.limit;
  for (const Spent& entry : spent) {
    if (now < entry.at + budget.per) level.remaining -= entry.count;
  }
  level.remaining = std::max<Capacity>(level.remaining, 0);
  return level;
}

}  // namespace

std::vector<GuardLevel> guard_levels(const GroupSpec& spec, const GroupState& state, Time now) {
  const Capacity desired = state.desired.value_or(0);
  return {
      level_of("launch budget", spec.guards.launches, desired, state.launches, now),
      level_of("termination budget", spec.guards.terminations, desired, state.terminations, now),
      level_of("daily launches", launches_left(spec, state, now)),
      level_of("daily terminations", terminations_left(spec, state, now))};
}

}  // namespace settle
