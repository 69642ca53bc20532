// Any group at all, any claim about it and any weather in its cloud, from choices: for fuzzing and
// for holding the engine against a second one. What it draws is what a configuration may hold.
#pragma once

#include <string>
#include <utility>

#include "reconcilers/observation.h"
#include "reconcilers/signal.h"
#include "reconcilers/spec.h"
#include "tests/reconcilers/draw.h"

namespace settle {

/// A Monday, midnight in UTC.
inline constexpr Time any_start{Duration{1'795'392'000'000}};

inline Duration any_while(Draw& draw, int most_seconds) {
  return Duration{draw.between(0, most_seconds) * 1'000};
}

inline Decimal any_decimal(Draw& draw) {
  return Decimal::of(draw.between(-20, 400), draw.one_of({0, 0, 0, -1, -2, 1, 2}));
}

inline Adjustment any_adjustment(Draw& draw) {
  Adjustment adjustment;
  adjustment.kind = static_cast<Adjustment::Kind>(draw.between(0, 2));
  const bool sets = adjustment.kind == Adjustment::Kind::set;
  adjustment.amount = Decimal(draw.between(sets ? 0 : -12, sets ? 40 : 60));
  if (adjustment.kind == Adjustment::Kind::change_percent) {
    adjustment.magnitude_min = draw.one_of({0, 0, 1, 5});
  }
  return adjustment;
}

inline Pace any_pace(Draw& draw) {
  Pace pace;
  if (draw.once_in(3)) pace.settle = any_while(draw, 900);
  if (draw.once_in(3)) pace.tolerance = {Decimal(draw.between(0, 20)), draw.either()};
  if (draw.once_in(3)) {
    for (int rules = draw.between(1, 2); rules > 0; --rules) {
      pace.rules.push_back(
          {Decimal(draw.between(1, 60)), draw.either(), Duration{1'000} + any_while(draw, 600)});
    }
    pace.select = draw.one_of({RateSelect::largest, RateSelect::smallest, RateSelect::disabled});
  }
  if (draw.once_in(3)) pace.cooldown = any_while(draw, 900);
  return pace;
}

inline Steadiness any_steadiness(Draw& draw) {
  if (draw.either()) return {};
  return {any_pace(draw), any_pace(draw)};
}

inline Metric any_metric(Draw& draw) {
  Metric metric;
  metric.signal = draw.one_of({"", "cpu", "queue"});
  metric.is_total = draw.either();
  if (draw.once_in(6)) metric.over = "limit";
  metric.stale_after = Duration{10'000} + any_while(draw, 600);
  metric.when_missing =
      draw.one_of({WhenMissing::hold, WhenMissing::fallback, WhenMissing::ignore});
  if (metric.when_missing == WhenMissing::fallback) metric.fallback = draw.between(0, 20);
  metric.may_be_negative = draw.once_in(6);
  return metric;
}

inline StepsPolicy any_steps(Draw& draw) {
  StepsPolicy steps;
  steps.metric = any_metric(draw);
  for (int count = draw.between(1, 3); count > 0; --count) {
    Step step;
    if (draw.either()) step.at_least = Decimal(draw.between(0, 120));
    if (draw.either() || !step.at_least) step.at_most = Decimal(draw.between(0, 120));
    step.adjustment = any_adjustment(draw);
    steps.steps.push_back(std::move(step));
  }
  steps.wait = any_while(draw, 300);
  return steps;
}

/// Each reads what policies of that name would read; one of them may speak in another's place.
inline std::vector<NamedMetric> any_metrics(Draw& draw, const Decimal& target) {
  std::vector<NamedMetric> metrics;
  for (const char* name : {"p0", "p1", "p2"}) {
    if (draw.once_in(3)) continue;
    NamedMetric named{name, any_metric(draw), target, {}};
    named.metric.signal.clear();
    if (draw.either()) named.target = Decimal(draw.between(1, 200));
    metrics.push_back(std::move(named));
  }
  if (metrics.size() > 1 && draw.once_in(3)) metrics.front().instead = metrics.back().name;
  return metrics;
}

/// Its name says its place in the order of policies.
inline Policy any_policy(Draw& draw, std::string name) {
  Policy policy;
  policy.name = std::move(name);
  policy.steadiness = any_steadiness(draw);
  if (draw.once_in(4)) {
    policy.breach.of = draw.between(1, 6);
    policy.breach.readings = draw.between(1, policy.breach.of);
  }
  switch (draw.between(0, 5)) {
    case 0:
    case 1: {
      TargetPolicy target;
      target.metric = any_metric(draw);
      target.target = Decimal::of(draw.between(1, 200), draw.one_of({0, 0, -1}));
      if (draw.once_in(3)) {
        target.metrics = any_metrics(draw, target.target);
        target.combine = static_cast<Mix>(draw.between(0, 3));
      }
      policy.kind = std::move(target);
      return policy;
    }
    case 2:
      policy.kind = any_steps(draw);
      return policy;
    case 3: {
      AlertPolicy alert;
      alert.alarm = draw.one_of({"", "fire"});
      alert.adjustment = any_adjustment(draw);
      alert.release_after = any_while(draw, 900);
      policy.kind = std::move(alert);
      return policy;
    }
    case 4:
      policy.kind = ForecastPolicy{draw.one_of({"p0", "p1"}), any_while(draw, 7'200),
                                   static_cast<ForecastMode>(draw.between(0, 1))};
      return policy;
    default: {
      WebhookPolicy webhook;
      webhook.adjustment = any_adjustment(draw);
      webhook.hold_for = any_while(draw, 1'800);
      policy.kind = webhook;
      return policy;
    }
  }
}

inline Window any_window(Draw& draw) {
  return WeeklyWindow{static_cast<std::uint8_t>(draw.between(1, 0x7f)),
                      static_cast<std::int16_t>(draw.between(0, 1'439)),
                      static_cast<std::int16_t>(draw.between(1, 1'440)), 0};
}

inline Schedule any_schedule(Draw& draw, std::string name) {
  Schedule schedule;
  schedule.name = std::move(name);
  if (draw.once_in(3)) {
    ScheduledAdjustment once{LocalTime{2026, 11, 23, static_cast<std::int8_t>(draw.between(0, 5)),
                                       static_cast<std::int8_t>(draw.between(0, 59)), 0},
                             any_adjustment(draw), Duration{60'000} + any_while(draw, 1'800)};
    schedule.kind = std::move(once);
    return schedule;
  }
  ScheduledLimits limits{any_window(draw), {}, {}};
  if (draw.either()) limits.min = draw.between(0, 20);
  if (draw.either() || !limits.min) limits.max = draw.between(limits.min.value_or(0), 40);
  schedule.kind = std::move(limits);
  return schedule;
}

inline Budget any_budget(Draw& draw, int most_seconds) {
  Budget budget;
  budget.is_percent = draw.either();
  budget.amount = Decimal(draw.between(1, budget.is_percent ? 100 : 12));
  budget.at_least = draw.between(1, 4);
  if (most_seconds > 0) budget.per = Duration{1'000} + any_while(draw, most_seconds);
  return budget;
}

inline GuardSpec any_guards(Draw& draw) {
  GuardSpec guards;
  guards.launches = any_budget(draw, 600);
  guards.terminations = any_budget(draw, 900);
  guards.disruption = any_budget(draw, 0);
  if (draw.once_in(4)) {
    guards.flapping = {draw.between(1, 3), any_while(draw, 1'800), any_while(draw, 1'800)};
  }
  guards.mass_change = Decimal(draw.between(1, 100));
  if (draw.once_in(4)) {
    guards.freezes.push_back(
        {"calm", any_window(draw), {static_cast<StepClass>(draw.between(0, 2))}});
  }
  return guards;
}

inline GroupSpec any_spec(Draw& draw) {
  GroupSpec spec;
  spec.id = {"web"};
  spec.launch_hash = "v1";
  spec.limits.min = draw.between(0, 6);
  spec.limits.max = spec.limits.min + draw.between(0, 20);
  if (draw.either()) spec.initial = draw.between(0, 30);
  for (int zone = draw.between(0, 3); zone > 0; --zone) {
    spec.zones.push_back(std::string(1, static_cast<char>('a' + zone)));
  }
  const int schedules = draw.between(0, 2);
  for (int i = 0; i < schedules; ++i) {
    spec.schedules.push_back(any_schedule(draw, "s" + std::to_string(i)));
  }
  const int policies = draw.between(0, 3);
  for (int i = 0; i < policies; ++i) {
    spec.policies.push_back(any_policy(draw, "p" + std::to_string(i)));
  }
  spec.steadiness = any_steadiness(draw);
  if (draw.either()) spec.guards = any_guards(draw);
  spec.victims =
      draw.one_of({VictimOrder::oldest, VictimOrder::newest, VictimOrder::oldest_launch});
  if (draw.once_in(3)) spec.drain_timeout = any_while(draw, 600);
  if (draw.once_in(3)) spec.warm_up = any_while(draw, 300);
  spec.health.unhealthy_for = any_while(draw, 120);
  spec.health.grace = any_while(draw, 300);
  spec.health.launch_timeout = Duration{60'000} + any_while(draw, 1'200);
  spec.health.stop_above = Decimal(draw.between(0, 100));
  spec.health.launch_first = draw.either();
  return spec;
}

/// About one of the instances that exist, or about none.
inline Claim any_claim_about(Draw& draw, const Observation& world, Time now) {
  InstanceId instance;
  if (!world.instances.empty() && draw.either()) {
    instance = world.instances[draw.up_to(world.instances.size() - 1)].id;
  }
  const char* const name = draw.one_of({"cpu", "queue", "p0", "p1", "p2", "limit", "fire"});
  switch (draw.between(0, 9)) {
    case 0:
    case 1:
    case 2: {
      const auto kind =
          draw.once_in(4) ? static_cast<ReadingKind>(draw.between(0, 3)) : ReadingKind::value;
      return SampleClaim{name,
                         {kind, kind == ReadingKind::value ? any_decimal(draw) : Decimal()},
                         draw.once_in(3) ? instance : InstanceId{}};
    }
    case 3:
      return AdjustClaim{name};
    case 4:
      return AlarmClaim{name, static_cast<AlarmState>(draw.between(0, 2)), {}};
    case 5:
    case 6:
      return HealthClaim{instance, static_cast<HealthStatus>(draw.between(0, 2)), "probe", ""};
    case 7:
      return PauseOrder{draw.once_in(3), "ann", ""};
    case 8:
      return HoldOrder{draw.between(0, 30), now + any_while(draw, 3'600), draw.either(), "ann", ""};
    default:
      return ConvergeOrder{"ann"};
  }
}

}  // namespace settle
