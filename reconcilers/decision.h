// The decision record: everything that a round weighed, did and refused, as facts.
//
// Sentences are made from it when somebody reads (explain/), never here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "reconcilers/signal.h"
#include "reconcilers/spec.h"
#include "reconcilers/units.h"

namespace settle {

/// Stable codes: what they are called never changes, and each has a sentence in explain/.
enum class Reason : std::uint8_t {
  // Voices.
  proposed,
  within_tolerance,
  step_matched,
  no_step_matched,
  no_opinion,
  step_waiting,
  breach_pending,
  latched,
  alarm_quiet,
  webhook_held,
  webhook_silent,
  at_rest,
  forecast_made,
  forecast_shown,
  forecast_learning,
  fallback_used,
  metric_missing,
  metric_stale,
  metric_error,
  metric_invalid,
  schedule_active,
  schedule_idle,
  schedule_fired,
  schedule_skipped,
  // Rungs.
  largest_proposal,
  shrink_outvoted,
  shrink_vetoed_by_missing,
  nobody_asks,
  last_one_kept,
  initial_capacity,
  observation_pending,
  would_grow_back,
  settling,
  step_limited,
  cooling_down,
  overridden,
  paused,
  at_minimum,
  at_maximum,
  limits_repaired,
  already_at_desired,
  // Guards, and why steps wait.
  observation_incomplete,
  observation_stale,
  observation_warming,
  look_pending,
  launch_budget_spent,
  termination_budget_spent,
  disruption_budget_spent,
  frozen,
  flapping_held,
  mass_change,
  probe_suspect,
  born_dead,
  no_room,
  no_room_to_replace,
  boot_pending,
  drain_pending,
  replacement_pending,
  intent_open,
  instance_protected,
  interlock_refused,
  observe_only,
  journal_failed,
  at_limit_of_max,
  rollout_soaking,
  rollout_unwell,
  rollout_halted,
  hook_pending,
  only_up,
  daily_cap_spent,
  spend_cap_reached,
  shared_budget_spent,
  shared_budget_pending,
  fleet_change,
  contended,
  last_look_due,
  balancer_pending,
  leave_pending,
  // Steps, and why they are taken.
  below_desired,
  above_desired,
  instance_unhealthy,
  instance_failed,
  instance_gone,
  launch_timed_out,
  replacement_ready,
  inherited_intent,
  outcome_unknown,
  duplicate_of_intent,
  launch_outdated,
  instance_too_old,
  instance_relapsed,
  reports_silent,
  replace_ordered,
  hook_abandoned,
  warm_pool_short,
  not_balanced,
  leaves_balancer,
  member_left_over,
  back_in_service,
  protection_ordered,
  protection_lifted,
  // What the cloud said.
  cloud_refused,
  cloud_throttled,
  cloud_quota,
  cloud_no_capacity,
  cloud_unreachable,
  launch_config_invalid,
  balancer_refused,
  balancer_unreachable,
  // What the owner of the group's partition may do.
  lease_not_held,
  count_,
};

/// CamelCase, as the record, the metrics and the documentation have it: "WithinTolerance".
[[nodiscard]] std::string_view name(Reason reason);

/// A named value that a sentence may use: "sample", "target", "ready".
using Fact =
    std::pair<std::string_view, std::variant<std::int64_t, Decimal, Time, Duration, std::string>>;
using Facts = std::vector<Fact>;  // Keys are string literals from fact_names().
/// Every key that a Fact may have, sorted; a codec maps a key that it reads to its literal here.
[[nodiscard]] const std::vector<std::string_view>& fact_names();

enum class VoiceKind : std::uint8_t {
  target,
  steps,
  alert,
  webhook,
  schedule,
  rest,
  operator_hold,
  forecast
};
enum class Verdict : std::uint8_t {
  proposes,  // Has a number.
  stays,     // Has an opinion: as it is.
  silent,    // Has none.
  missing,   // Would have one, but for its signal: nothing shrinks.
};

struct Voice {
  std::string name;
  VoiceKind kind = VoiceKind::target;
  Verdict verdict = Verdict::silent;
  std::optional<Capacity> proposes;
  std::optional<Reading> input;
  std::optional<Time> input_at;
  Reason reason = Reason::no_opinion;
  Facts facts;
  bool won = false;  // Its number is the one that rung 2 took.
  friend bool operator==(const Voice&, const Voice&) = default;
};

enum class Rung : std::uint8_t { voices, combine, steadiness, limits, guards, actions };

/// What one rung made of the number it was given.
struct RungNote {
  Rung rung = Rung::combine;
  Capacity from = 0;
  Capacity to = 0;
  Reason reason = Reason::already_at_desired;
  Facts facts;
  friend bool operator==(const RungNote&, const RungNote&) = default;
};

enum class StepOp : std::uint8_t { launch, terminate, drain, protect, unprotect, join, leave };
/// "launch", "terminate", ...: as the record, the journal and sentences have it.
[[nodiscard]] std::string_view name(StepOp op);

enum class IntentKind : std::uint8_t;
/// The step that an intent is the commitment to.
[[nodiscard]] StepOp op_of(IntentKind kind);

struct TakenStep {
  StepOp op = StepOp::launch;
  InstanceId instance;  // Empty for a launch.
  InstanceId replaces;  // Of a launch that replaces.
  std::string token;
  std::string zone;
  Reason reason = Reason::below_desired;
  Facts facts;
  friend bool operator==(const TakenStep&, const TakenStep&) = default;
};

struct WithheldStep {
  StepOp op = StepOp::launch;
  InstanceId instance;
  Capacity count = 1;  // So many steps of this kind; several launches are one entry.
  std::string guard;   // "termination budget", "freeze/weekend-calm", "interlock", ...
  Reason reason = Reason::frozen;
  Facts facts;
  std::optional<Time> until;  // The earliest time at which it may go on, if that is known.
  friend bool operator==(const WithheldStep&, const WithheldStep&) = default;
};

/// How the instances of the round's observation count.
struct Tally {
  Capacity ready = 0;      // Serves, and is not draining.
  Capacity building = 0;   // Will serve, as far as we know.
  Capacity condemned = 0;  // To be replaced.
  Capacity draining = 0;
  Capacity missing = 0;    // Known to us, absent from listings, not yet gone.
  Capacity in_flight = 0;  // Launch intents whose instance has not been seen.
  Capacity ignored = 0;    // In a state that says nothing of use, or leaving by itself.
  Capacity standby = 0;    // Set aside by an operator, or in the warm pool.
  /// All that may exist: counts toward max.
  [[nodiscard]] Capacity possible() const {
    return ready + building + condemned + draining + missing + in_flight + ignored + standby;
  }
  friend bool operator==(const Tally&, const Tally&) = default;
};

struct DecisionRecord {
  GroupId group;
  Time at;
  std::uint32_t partition = 0;
  std::uint64_t epoch = 0;
  std::uint64_t round = 0;
  std::string revision;  // Of the configuration, by content hash.
  std::string engine;
  std::string tzdata;
  std::optional<Capacity> desired_from;
  std::optional<Capacity> desired_to;
  Range limits;
  Tally tally;
  std::vector<Voice> voices;
  std::vector<RungNote> rungs;
  std::vector<TakenStep> steps;
  std::vector<WithheldStep> withheld;
  std::uint32_t refusal_repeats = 0;  // Rounds since the last record that only repeated it.
  bool converged = false;
  std::optional<Time> revisit_at;
  std::string digest;  // Of the group's memory after the round.
  friend bool operator==(const DecisionRecord&, const DecisionRecord&) = default;
};

}  // namespace settle
