// Census: what each observed instance counts as, by one closed, total table from the cloud's
// states, by its reported health and by what we remember of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "reconcilers/decision.h"
#include "reconcilers/guard_mask.h"
#include "reconcilers/observation.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

/// What becomes of an instance in some state of the cloud.
enum class Fate : std::uint8_t {
  keep,             // It serves.
  wait,             // It will serve by itself.
  avoid_replacing,  // Somebody put it aside: capacity that does not serve.
  replace,          // It will not serve again.
  gone,             // Dead, by the cloud's own word.
  ignore,           // Neither capacity nor a victim, but it exists: counts toward max.
};

/// Total: a state that no cloud is known to have is `ignore`. Letter case does not matter.
[[nodiscard]] Fate fate(std::string_view cloud_state);
/// Whether it is the state of an instance being made, for which launch_timeout runs.
[[nodiscard]] bool is_birth(std::string_view cloud_state);

enum class Standing : std::uint8_t {
  ready,
  building,
  condemned,
  draining,
  missing,
  gone,
  ignored,
  standby,   // Set aside by an operator or in the warm pool: it counts toward max alone.
  detached,  // The group's no more: it counts for nothing.
};

struct Counted {
  const Instance* instance = nullptr;      // Null for one that the observation does not show.
  const InstanceMemory* memory = nullptr;  // In state.instances; null for one that is gone.
  Standing standing = Standing::ignored;
  Reason reason = Reason::already_at_desired;  // Of a condemned instance: why.
  std::string_view reporter;                   // Who said so, of one that was reported unhealthy.
  bool serves = false;                         // Takes traffic, as far as the cloud knows.
  bool by_report = false;                      // Unhealthy by a reporter and not by the cloud.
  bool is_unknown = false;                     // A reporter cannot tell.
  bool is_duplicate = false;                   // Another, older instance bears the same token.
  bool is_protected = false;                   // By the cloud or by an operator.
  bool is_retiring = false;                    // Ready, and another is to take its place: `reason`.
  bool has_newly_failed = false;               // Since the last round, and not by our doing.
  std::string_view hook;           // That it waits for, or that gave it up; in the spec.
  std::optional<Time> changes_at;  // When its standing may change by time alone.

  [[nodiscard]] bool is_pooled() const { return memory != nullptr && memory->is_pooled; }
  [[nodiscard]] const InstanceId& id() const {
    return instance != nullptr ? instance->id : memory->id;
  }
};

struct Census {
  std::vector<Counted> instances;  // In order of id.
  Tally tally;
  /// More unhealthy by report than stop_above, or such that the reporter cannot tell: the probe is
  /// doubted. What it condemned counts as ready, and a probe that falls silent condemns nobody.
  bool probe_suspect = false;
  Capacity doubtful = 0;         // What the reports have something to say about.
  Capacity doubted = 0;          // Of these, how many would be condemned.
  Capacity unknown = 0;          // Of those ready, how many the reporter cannot tell.
  Capacity missing_unasked = 0;  // Of those missing, how many we did not terminate.
  Capacity retiring = 0;         // Of those ready, how many are to give way to another.
};

/// Whether losing `lost` out of `of` at once is too much to be taken at its word: more than one,
/// and more than the group's guards.mass_change.
[[nodiscard]] bool is_mass_change(const GroupSpec& spec, Capacity lost, Capacity of);

/// Counts; updates state.instances with what was seen, and ends intents whose effect it shows.
///
/// Absence is death only after three complete listings, each a minute after the one before, and
/// where the cloud can be asked for an id, only once it has said that it has none.
/// Absence from an incomplete listing is nothing: what it does not show stands as remembered.
[[nodiscard]] Census take_census(const GroupSpec& spec, GroupState& state, const Observation& seen,
                                 Time now, const GuardMask& guards = {});

}  // namespace settle
