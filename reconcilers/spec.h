// A scaling group as its owner wants it: the meaning of one entry of groups.d/*.yaml.
//
// Changed only by configuration, never by convergence. Every default is written here once and
// documented in the configuration schema from here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "reconcilers/calendar/calendar.h"
#include "reconcilers/decimal.h"
#include "reconcilers/units.h"

namespace settle {

/// "add: 3", "remove: 2", "add: 25%", "set: 10". Counts from desired, never from what runs.
struct Adjustment {
  enum class Kind : std::uint8_t { change, change_percent, set };
  Kind kind = Kind::change;
  Decimal amount;              // Instances or percent; negative removes.
  Capacity magnitude_min = 0;  // A change_percent moves at least this many.
  friend bool operator==(const Adjustment&, const Adjustment&) = default;
};

/// What a voice says while its signal is missing. Missing never lowers desired.
enum class WhenMissing : std::uint8_t { hold, fallback, ignore };

struct Metric {
  std::string source;             // A name under `sources`; empty: samples arrive as events.
  std::string query;              // In the source's language.
  std::string signal;             // The name samples bear; the policy's own name unless given.
  bool is_total = false;          // `divide_by: instances`: one number for the whole group.
  Duration stale_after{120'000};  // Older samples count as missing.
  WhenMissing when_missing = WhenMissing::hold;
  Capacity fallback = 0;         // Of WhenMissing::fallback.
  bool may_be_negative = false;  // Otherwise a negative value is invalid.
  std::string over{};            // A second signal that the first is divided by: a ratio.
  std::string per_instance{};    // The label that names the instance of each element of the answer.
  friend bool operator==(const Metric&, const Metric&) = default;
};

/// A band around the present in which nothing moves: a percentage or an absolute number.
struct Tolerance {
  Decimal amount;
  bool is_percent = true;
  friend bool operator==(const Tolerance&, const Tolerance&) = default;
};

/// At most so much change in one direction within a sliding period.
struct RateRule {
  Decimal amount;  // Instances, or percent of the capacity at the start of the period.
  bool is_percent = false;
  Duration per{60'000};
  friend bool operator==(const RateRule&, const RateRule&) = default;
};

enum class RateSelect : std::uint8_t { largest, smallest, disabled };

/// Steadiness in one direction.
struct Pace {
  Duration settle{};  // Stabilisation window.
  Tolerance tolerance;
  std::vector<RateRule> rules;
  RateSelect select = RateSelect::largest;  // Which of several rules holds.
  Duration cooldown{};
  friend bool operator==(const Pace&, const Pace&) = default;
};

struct Steadiness {
  Pace out;
  Pace in;
  friend bool operator==(const Steadiness&, const Steadiness&) = default;
};

/// What several metrics of one policy ask for, together.
enum class Mix : std::uint8_t { max, min, sum, mean };

/// One of several metrics in one target policy.
struct NamedMetric {
  std::string name;
  Metric metric;  // Samples bear the metric's own name unless given.
  Decimal target;
  std::string instead;  // The metric that speaks while this one is missing, and only then.
  friend bool operator==(const NamedMetric&, const NamedMetric&) = default;
};

/// Proposes ceil(ready x value / target), or ceil(value / target) of a total.
struct TargetPolicy {
  Metric metric;
  Decimal target;  // Above zero, as each metric's own is; what is not has no opinion.
  std::vector<NamedMetric> metrics{};  // In place of `metric`, in order of name.
  Mix combine = Mix::max;
  friend bool operator==(const TargetPolicy&, const TargetPolicy&) = default;
};

struct Step {
  std::optional<Decimal> at_least;  // Inclusive.
  std::optional<Decimal> at_most;   // Inclusive.
  Adjustment adjustment;
  friend bool operator==(const Step&, const Step&) = default;
};

/// The most extreme matching step wins.
struct StepsPolicy {
  Metric metric;
  std::vector<Step> steps;
  Duration wait{180'000};  // After a change of its own, before it proposes another.
  friend bool operator==(const StepsPolicy&, const StepsPolicy&) = default;
};

/// Latches while its alarm fires and for `release_after` beyond.
struct AlertPolicy {
  std::string source;
  std::map<std::string, std::string> match;
  std::string alarm;  // match.alertname, or the policy's own name.
  Adjustment adjustment;
  Duration release_after{};
  friend bool operator==(const AlertPolicy&, const AlertPolicy&) = default;
};

/// Fires once per event.
struct WebhookPolicy {
  Adjustment adjustment;
  Duration hold_for{900'000};  // Beside a target, steps or alert policy; else the result lasts.
  friend bool operator==(const WebhookPolicy&, const WebhookPolicy&) = default;
};

enum class ForecastMode : std::uint8_t { forecast_only, act };

/// Learns the load of a target policy by time of day and of week, and asks beforehand for what it
/// will need. A floor: it never shrinks a group.
struct ForecastPolicy {
  std::string of;          // The target policy.
  Duration lead{300'000};  // So long ahead: what a launch takes until it serves.
  ForecastMode mode = ForecastMode::forecast_only;
  friend bool operator==(const ForecastPolicy&, const ForecastPolicy&) = default;
};

/// So many of the last `of` readings must say it before a target or steps policy acts.
struct Breach {
  int readings = 1;
  int of = 1;
  friend bool operator==(const Breach&, const Breach&) = default;
};
/// The most readings that are remembered for it.
inline constexpr int breach_of_max = 60;

struct Policy {
  std::string name;
  std::variant<TargetPolicy, StepsPolicy, AlertPolicy, WebhookPolicy, ForecastPolicy> kind;
  Steadiness steadiness;  // Acts on this policy's proposal, in rung 1.
  Breach breach{};
  friend bool operator==(const Policy&, const Policy&) = default;
};

/// While the window is active, what it states replaces the group's limits.
struct ScheduledLimits {
  Window window;
  std::optional<Capacity> min;
  std::optional<Capacity> max;
  friend bool operator==(const ScheduledLimits&, const ScheduledLimits&) = default;
};

/// At each firing, one adjustment.
struct ScheduledAdjustment {
  std::variant<Cron, LocalTime> when;  // A LocalTime fires once.
  Adjustment adjustment;
  Duration late_by{900'000};  // A missed firing still runs if no later than this.
  friend bool operator==(const ScheduledAdjustment&, const ScheduledAdjustment&) = default;
};

struct Schedule {
  std::string name;
  std::variant<ScheduledLimits, ScheduledAdjustment> kind;
  Duration jitter{};  // Later by a part of it that is the group's own: see timetable.h.
  friend bool operator==(const Schedule&, const Schedule&) = default;
};

/// Whose health reports count, and for how long it must say so.
struct ReporterRule {
  std::string name;
  Duration lasting{};
  bool names_the_ill = false;  // It speaks of nobody else: its silence says nothing.
  friend bool operator==(const ReporterRule&, const ReporterRule&) = default;
};

/// Each instance that the answer names is unhealthy.
struct HealthQuery {
  std::string reporter;  // Who says so: one of HealthSpec::reporters.
  std::string source;    // A name under `sources`.
  std::string query;     // In the source's language; empty: the source's own, of the signal's name.
  std::string signal;
  std::string per_instance{"instance_id"};  // The label that names the instance.
  friend bool operator==(const HealthQuery&, const HealthQuery&) = default;
};

struct HealthSpec {
  std::vector<std::string> cloud_states{"ERROR"};  // States of the cloud that condemn.
  Duration unhealthy_for{};                        // A reporter must say so for this long.
  Duration grace{300'000};             // After an instance becomes active, reports do not count.
  Duration launch_timeout{1'200'000};  // Still building after this: failed.
  Decimal stop_above =
      Decimal(30);  // Percent unhealthy by report beyond which nothing is replaced.
  bool launch_first = true;
  std::vector<ReporterRule> reporters;  // In order of name; none: whoever reports counts.
  std::vector<HealthQuery> queries{};   // As written; each is one of the reporters.
  int agree = 1;                        // So many reporters must call it unhealthy.
  Duration silent_after{};              // A reporter silent for this long condemns; zero: never.
  int relapses = 0;                     // So many falls ill within the period condemn; 0: never.
  Duration relapses_within{3'600'000};
  friend bool operator==(const HealthSpec&, const HealthSpec&) = default;
};

/// So many within a sliding period: a count, or a percentage of desired with a minimum.
struct Budget {
  Decimal amount;
  bool is_percent = false;
  Capacity at_least = 1;  // Of a percentage.
  Duration per{};
  friend bool operator==(const Budget&, const Budget&) = default;
};

enum class StepClass : std::uint8_t { scale_out, scale_in, replace, replace_outdated };

struct Freeze {
  std::string name;
  Window window;
  std::vector<StepClass> blocks;
  friend bool operator==(const Freeze&, const Freeze&) = default;
};

struct FlappingGuard {
  int reversals = 0;  // Zero: off.
  Duration within{1'800'000};
  Duration hold{1'800'000};
  friend bool operator==(const FlappingGuard&, const FlappingGuard&) = default;
};

/// What the group's instances may cost together, in money an hour.
struct SpendSpec {
  std::optional<Decimal> at_most;  // None: anything.
  std::optional<Decimal> price;    // Of one instance; none: unknown.
  std::string unit;                // "EUR/h": what both are in.
  friend bool operator==(const SpendSpec&, const SpendSpec&) = default;
};

inline constexpr Duration a_day{86'400'000};

struct GuardSpec {
  Budget launches{Decimal(100), true, 4, Duration{60'000}};
  Budget terminations{Decimal(10), true, 1, Duration{600'000}};
  Budget disruption{Decimal(20), true, 1, Duration{}};  // Unavailable at one time, by our doing.
  FlappingGuard flapping;
  Decimal mass_change = Decimal(20);  // Percent of the group lost at once that stops destruction.
  std::vector<Freeze> freezes;
  // Runaways end here, whatever goes round: so many a day, and a percentage is of the group's max.
  Budget launches_a_day{Decimal(2000), true, 200, a_day};
  Budget terminations_a_day{Decimal(2000), true, 200, a_day};
  SpendSpec spend;
  friend bool operator==(const GuardSpec&, const GuardSpec&) = default;
};

/// How members are replaced that were made from an earlier template, or are too old.
struct RolloutSpec {
  bool is_on = false;  // Off: what exists stays as it is.
  Capacity canary = 0;
  Duration canary_soak{600'000};
  Budget batch{Decimal(10), true, 1, Duration{}};  // Under way at one time.
  Duration soak{};                                 // After each batch.
  int failures = 1;                                // So many new members that failed halt it.
  bool rolls_back = false;                         // A halted one returns to the earlier template.
  friend bool operator==(const RolloutSpec&, const RolloutSpec&) = default;
};

enum class HookOn : std::uint8_t { launch, terminate };

/// Somebody outside says when an instance may serve, or may go.
struct HookSpec {
  std::string name;
  HookOn on = HookOn::launch;
  Duration deadline{600'000};
  bool proceeds = true;  // When nobody answered; else a new instance is abandoned.
  friend bool operator==(const HookSpec&, const HookSpec&) = default;
};

/// Instances in service are members of pools of a load balancer (docs/adr/0008).
struct BalancerSpec {
  std::vector<std::string> pools;   // By name or id of the cloud; none: there is no balancer.
  int port = 0;                     // That a member serves on.
  int weight = 1;                   // Of a member, beside the pool's others.
  std::string network{};            // Whose address a member has; empty: the first fixed one.
  Duration drain_timeout{300'000};  // From weight 0 to the end; drain.timeout where longer.
  friend bool operator==(const BalancerSpec&, const BalancerSpec&) = default;
};

enum class VictimOrder : std::uint8_t { oldest, newest, oldest_launch };

struct GroupSpec {
  GroupId id;
  std::string about;
  std::string cloud{"simulated"};
  std::string tenant;                  // Whose it is; empty: nobody's in particular.
  int priority = 0;                    // The larger goes first where capacity is short.
  Mode mode = Mode::act;               // As configured; operators may restrain it further.
  std::vector<std::string> budgets{};  // Names of the shared budgets that it draws on, in order.
  std::map<std::string, std::string> launch;  // Opaque to the engine; the cloud reads it.
  std::string launch_hash;                    // Names the content of `launch`.
  std::vector<std::string> zones;             // launch.spread_over, in order.
  Range limits;
  std::optional<Capacity> initial;
  Zone zone;
  std::vector<Schedule> schedules;
  std::vector<Policy> policies;  // In order of name.
  Steadiness steadiness;
  HealthSpec health;
  GuardSpec guards;
  RolloutSpec rollout;
  Duration age_max{};           // An instance is replaced when it is older; zero: never.
  std::vector<HookSpec> hooks;  // In order of name.
  Capacity warm_pool = 0;       // So many kept ready beyond desired, out of service.
  VictimOrder victims = VictimOrder::oldest;
  Duration drain_timeout{};  // Zero: terminate without draining.
  BalancerSpec balancer{};
  Duration warm_up{};  // Of a new instance: counted as capacity, left out of metrics.
  Duration observe_every{15'000};
  Duration lateness{900'000};  // An unsequenced event older than this changes nothing.
  friend bool operator==(const GroupSpec&, const GroupSpec&) = default;
};

}  // namespace settle
