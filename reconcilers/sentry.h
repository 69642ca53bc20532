// Between the planner and the interlock: what is handed over to be vetted, in its plain types.
#pragma once

#include <cstdint>

#include "reconcilers/interlock/interlock.h"
#include "reconcilers/observation.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

/// Agreeing complete listings before a new owner may act.
inline constexpr std::uint8_t observations_to_warm = 2;
/// An observation that is older proves nothing.
inline constexpr Duration observation_age_max{90'000};

[[nodiscard]] interlock::Target target_of(const Intent& intent);
[[nodiscard]] interlock::View view_of(const GroupState& state, const Observation& seen);
[[nodiscard]] interlock::Rules rules_of(const GroupSpec& spec, const GroupState& state,
                                        Capacity min);
[[nodiscard]] std::vector<interlock::Count> counts_of(const std::vector<Spent>& vetted);
[[nodiscard]] std::vector<Spent> spent_of(const std::vector<interlock::Count>& counts);

}  // namespace settle
