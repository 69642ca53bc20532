// What a group's parts mean to each other: contradictions, what can never happen, and what will
// surprise. Each check looks only at parts that were readable.
#pragma once

#include <optional>

#include "config/bind.h"
#include "config/config.h"
#include "config/findings.h"

namespace settle {

/// Limits, policies, health and guards.
void check_group(const BoundGroup& group, Findings& findings);
/// Schedules against each other and the clocks. Errors depend on the text alone; `as_of` adds
/// warnings about the two years from then on.
void check_calendar(const BoundGroup& group, std::optional<Time> as_of, Findings& findings);
/// Whether the group's own limits could be read; what follows from them is worth saying only then.
[[nodiscard]] bool has_sound_capacity(const BoundGroup& group);
/// Names of clouds and sources.
void check_references(const BoundGroup& group, const DaemonConfig& daemon, Findings& findings);

}  // namespace settle
