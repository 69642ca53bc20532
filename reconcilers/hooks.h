// Lifecycle hooks: whoever asked to be heard before an instance serves, or before it goes.
//
// A hook of `on: launch` holds an instance that the group launched from its first being active; one
// of `on: terminate` holds the end of one that served, from its drain on. Each ends by an answer
// or, `deadline` (10 m) later, by its default. At a launch `abandon` condemns the instance; at a
// termination it only ends the wait, of all hooks. Instances that were there before are not held.
#pragma once

#include <optional>
#include <string_view>

#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

struct HookStand {
  std::string_view pending;    // The first that nobody answered; empty if there is none. In spec.
  std::optional<Time> until;   // When its default holds.
  std::string_view abandoned;  // The first that gave the instance up; empty if none did. In spec.
};

[[nodiscard]] bool has_hooks(const GroupSpec& spec, HookOn on);
/// How the hooks of this kind stand for an instance that they hold since `since`. An answer to
/// `terminate` from before then was to an earlier question.
[[nodiscard]] HookStand stand_of(const GroupSpec& spec, const Memory& memory, const InstanceId& id,
                                 HookOn on, Time since, Time now);

}  // namespace settle
