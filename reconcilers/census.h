// Census: what each observed instance counts as, by one closed, total table from the cloud's
// states, by its reported health and by what we remember of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "reconcilers/decision.h"
#include "reconcilers/observation.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

/// What becomes of an instance in some state of the cloud.
enum class Fate : std::uint8_t { keep, wait, avoid_replacing, replace, gone, ignore };

/// Total: a state that no cloud is known to have is `ignore`... and counted toward max.
[[nodiscard]] Fate fate(std::string_view cloud_state);

enum class Standing : std::uint8_t { ready, building, condemned, draining, missing, gone, ignored };

struct Counted {
  const Instance* instance = nullptr;  // Null for one that is missing from the listing.
  InstanceId id;
  Standing standing = Standing::ignored;
  Reason reason = Reason::already_at_desired;  // Of a condemned instance: why.
  bool serves = false;        // Takes traffic, as far as the cloud knows.
  bool by_report = false;     // Condemned by a reporter and not by the cloud.
  std::optional<Time> changes_at;  // When its standing may change by time alone (grace, time-out).
};

struct Census {
  std::vector<Counted> instances;  // In order of id.
  Tally tally;
  bool probe_suspect = false;      // More unhealthy by report than stop_above.
};

/// Counts, and updates state.instances with what was seen.
[[nodiscard]] Census take_census(const GroupSpec& spec, GroupState& state, const Observation& seen,
                                 Time now);

}  // namespace settle
