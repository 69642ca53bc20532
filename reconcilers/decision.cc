#include "reconcilers/decision.h"

#include <array>
#include <cstddef>

#include "reconcilers/state.h"

namespace settle {
namespace {

struct Named {
  Reason reason;
  std::string_view name;
};

constexpr std::array named_reasons{
    Named{Reason::proposed, "Proposed"},
    Named{Reason::within_tolerance, "WithinTolerance"},
    Named{Reason::step_matched, "StepMatched"},
    Named{Reason::no_step_matched, "NoStepMatched"},
    Named{Reason::no_opinion, "NoOpinion"},
    Named{Reason::step_waiting, "StepWaiting"},
    Named{Reason::breach_pending, "BreachPending"},
    Named{Reason::latched, "Latched"},
    Named{Reason::alarm_quiet, "AlarmQuiet"},
    Named{Reason::webhook_held, "WebhookHeld"},
    Named{Reason::webhook_silent, "WebhookSilent"},
    Named{Reason::at_rest, "AtRest"},
    Named{Reason::forecast_made, "ForecastMade"},
    Named{Reason::forecast_shown, "ForecastShown"},
    Named{Reason::forecast_learning, "ForecastLearning"},
    Named{Reason::fallback_used, "FallbackUsed"},
    Named{Reason::metric_missing, "MetricMissing"},
    Named{Reason::metric_stale, "MetricStale"},
    Named{Reason::metric_error, "MetricError"},
    Named{Reason::metric_invalid, "MetricInvalid"},
    Named{Reason::schedule_active, "ScheduleActive"},
    Named{Reason::schedule_idle, "ScheduleIdle"},
    Named{Reason::schedule_fired, "ScheduleFired"},
    Named{Reason::schedule_skipped, "ScheduleSkipped"},
    Named{Reason::largest_proposal, "LargestProposal"},
    Named{Reason::shrink_outvoted, "ShrinkOutvoted"},
    Named{Reason::shrink_vetoed_by_missing, "ShrinkVetoedByMissing"},
    Named{Reason::nobody_asks, "NobodyAsks"},
    Named{Reason::last_one_kept, "LastOneKept"},
    Named{Reason::initial_capacity, "InitialCapacity"},
    Named{Reason::observation_pending, "ObservationPending"},
    Named{Reason::would_grow_back, "WouldGrowBack"},
    Named{Reason::settling, "Settling"},
    Named{Reason::step_limited, "StepLimited"},
    Named{Reason::cooling_down, "CoolingDown"},
    Named{Reason::overridden, "Overridden"},
    Named{Reason::paused, "Paused"},
    Named{Reason::at_minimum, "AtMinimum"},
    Named{Reason::at_maximum, "AtMaximum"},
    Named{Reason::limits_repaired, "LimitsRepaired"},
    Named{Reason::already_at_desired, "AlreadyAtDesired"},
    Named{Reason::observation_incomplete, "ObservationIncomplete"},
    Named{Reason::observation_stale, "ObservationStale"},
    Named{Reason::observation_warming, "ObservationWarming"},
    Named{Reason::look_pending, "LookPending"},
    Named{Reason::launch_budget_spent, "LaunchBudgetSpent"},
    Named{Reason::termination_budget_spent, "TerminationBudgetSpent"},
    Named{Reason::disruption_budget_spent, "DisruptionBudgetSpent"},
    Named{Reason::frozen, "Frozen"},
    Named{Reason::flapping_held, "FlappingHeld"},
    Named{Reason::mass_change, "MassChange"},
    Named{Reason::probe_suspect, "ProbeSuspect"},
    Named{Reason::born_dead, "BornDead"},
    Named{Reason::no_room, "NoRoom"},
    Named{Reason::no_room_to_replace, "NoRoomToReplace"},
    Named{Reason::boot_pending, "BootPending"},
    Named{Reason::drain_pending, "DrainPending"},
    Named{Reason::replacement_pending, "ReplacementPending"},
    Named{Reason::intent_open, "IntentOpen"},
    Named{Reason::instance_protected, "InstanceProtected"},
    Named{Reason::interlock_refused, "InterlockRefused"},
    Named{Reason::observe_only, "ObserveOnly"},
    Named{Reason::journal_failed, "JournalFailed"},
    Named{Reason::at_limit_of_max, "AtLimitOfMax"},
    Named{Reason::rollout_soaking, "RolloutSoaking"},
    Named{Reason::rollout_unwell, "RolloutUnwell"},
    Named{Reason::rollout_halted, "RolloutHalted"},
    Named{Reason::hook_pending, "HookPending"},
    Named{Reason::only_up, "OnlyUp"},
    Named{Reason::daily_cap_spent, "DailyCapSpent"},
    Named{Reason::spend_cap_reached, "SpendCapReached"},
    Named{Reason::shared_budget_spent, "SharedBudgetSpent"},
    Named{Reason::shared_budget_pending, "SharedBudgetPending"},
    Named{Reason::fleet_change, "FleetChange"},
    Named{Reason::contended, "Contended"},
    Named{Reason::last_look_due, "LastLookDue"},
    Named{Reason::balancer_pending, "BalancerPending"},
    Named{Reason::leave_pending, "LeavePending"},
    Named{Reason::below_desired, "BelowDesired"},
    Named{Reason::above_desired, "AboveDesired"},
    Named{Reason::instance_unhealthy, "InstanceUnhealthy"},
    Named{Reason::instance_failed, "InstanceFailed"},
    Named{Reason::instance_gone, "InstanceGone"},
    Named{Reason::launch_timed_out, "LaunchTimedOut"},
    Named{Reason::replacement_ready, "ReplacementReady"},
    Named{Reason::inherited_intent, "InheritedIntent"},
    Named{Reason::outcome_unknown, "OutcomeUnknown"},
    Named{Reason::duplicate_of_intent, "DuplicateOfIntent"},
    Named{Reason::launch_outdated, "LaunchOutdated"},
    Named{Reason::instance_too_old, "InstanceTooOld"},
    Named{Reason::instance_relapsed, "InstanceRelapsed"},
    Named{Reason::reports_silent, "ReportsSilent"},
    Named{Reason::replace_ordered, "ReplaceOrdered"},
    Named{Reason::hook_abandoned, "HookAbandoned"},
    Named{Reason::warm_pool_short, "WarmPoolShort"},
    Named{Reason::not_balanced, "NotBalanced"},
    Named{Reason::leaves_balancer, "LeavesBalancer"},
    Named{Reason::member_left_over, "MemberLeftOver"},
    Named{Reason::back_in_service, "BackInService"},
    Named{Reason::protection_ordered, "ProtectionOrdered"},
    Named{Reason::protection_lifted, "ProtectionLifted"},
    Named{Reason::cloud_refused, "CloudRefused"},
    Named{Reason::cloud_throttled, "CloudThrottled"},
    Named{Reason::cloud_quota, "CloudQuota"},
    Named{Reason::cloud_no_capacity, "CloudNoCapacity"},
    Named{Reason::cloud_unreachable, "CloudUnreachable"},
    Named{Reason::launch_config_invalid, "LaunchConfigInvalid"},
    Named{Reason::balancer_refused, "BalancerRefused"},
    Named{Reason::balancer_unreachable, "BalancerUnreachable"},
    Named{Reason::lease_not_held, "LeaseNotHeld"},
};

constexpr bool every_reason_is_named_in_its_place() {
  if (named_reasons.size() != static_cast<std::size_t>(Reason::count_)) return false;
  for (std::size_t i = 0; i < named_reasons.size(); ++i) {
    if (named_reasons[i].reason != static_cast<Reason>(i) || named_reasons[i].name.empty()) {
      return false;
    }
  }
  return true;
}
static_assert(every_reason_is_named_in_its_place());

// Sorted; a new key costs one line here and nothing elsewhere.
constexpr auto keys = std::to_array<std::string_view>({
    "active",        "add",        "age",        "alarm",       "allowed",
    "amount",        "at",         "at_least",   "at_most",     "base",
    "blocked",       "budget",     "building",   "by",          "capacity",
    "change",        "changed_at", "condemned",  "cooldown",    "count",
    "created",       "cron",       "delay",      "desired",     "direction",
    "drain_timeout", "draining",   "error",      "fallback",    "fired_at",
    "firings",       "for",        "from",       "grace",       "hold_for",
    "hook",          "id",         "ignored",    "in_flight",   "initial",
    "instance",      "instances",  "late_by",    "launch_hash", "lead",
    "left",          "limit",      "lost",       "max",         "membership",
    "metric",        "metrics",    "min",        "missing",     "needs",
    "nominal",       "number",     "of",         "operator",    "opposes",
    "owner",         "per",        "percent",    "period",      "policy",
    "pools",         "possible",   "price",      "proposes",    "ratio",
    "ready",         "reason",     "release_at", "remove",      "replaces",
    "reporter",      "reversals",  "room",       "rule",        "sample",
    "samples",       "schedule",   "scope",      "set",         "settle",
    "signal",        "since",      "source",     "stale_after", "state",
    "step",          "target",     "times",      "to",          "tolerance",
    "unit",          "until",      "used",       "value",       "wait",
    "window",        "zone",
});

constexpr bool is_sorted_without_repetition() {
  for (std::size_t i = 1; i < keys.size(); ++i) {
    if (!(keys[i - 1] < keys[i])) return false;
  }
  return true;
}

}  // namespace

std::string_view name(Reason reason) {
  const auto place = static_cast<std::size_t>(reason);
  return place < named_reasons.size() ? named_reasons[place].name : "Unknown";
}

const std::vector<std::string_view>& fact_names() {
  static_assert(is_sorted_without_repetition());
  static const std::vector<std::string_view> names(keys.begin(), keys.end());
  return names;
}

std::string_view name(StepOp op) {
  switch (op) {
    case StepOp::launch:
      return "launch";
    case StepOp::terminate:
      return "terminate";
    case StepOp::drain:
      return "drain";
    case StepOp::protect:
      return "protect";
    case StepOp::unprotect:
      return "unprotect";
    case StepOp::join:
      return "join";
    case StepOp::leave:
      return "leave";
  }
  return "step";
}

StepOp op_of(IntentKind kind) {
  switch (kind) {
    case IntentKind::launch:
      return StepOp::launch;
    case IntentKind::terminate:
      return StepOp::terminate;
    case IntentKind::drain:
      return StepOp::drain;
    case IntentKind::protect:
      return StepOp::protect;
    case IntentKind::unprotect:
      return StepOp::unprotect;
    case IntentKind::join:
      return StepOp::join;
    case IntentKind::leave:
      return StepOp::leave;
  }
  return StepOp::launch;
}

}  // namespace settle
