#include "tests/sim/scenario.h"

#include <string>
#include <utility>

namespace settle::sim {
namespace {
using namespace std::chrono_literals;

Policy webhook(std::string name, Adjustment::Kind kind, std::int64_t amount) {
  WebhookPolicy policy;
  policy.adjustment.kind = kind;
  policy.adjustment.amount = Decimal(amount);
  return {std::move(name), policy, {}};
}

Policy target(Dice& dice) {
  TargetPolicy policy;
  policy.metric.signal = "cpu";
  policy.metric.is_total = dice.chance(500);
  policy.target = Decimal(100);
  return {"cpu", policy, {}};
}

GroupSpec base(Dice& dice, std::string name) {
  GroupSpec spec;
  spec.id = {std::move(name)};
  spec.launch = {{"image", "debian"}};
  spec.launch_hash = "hash-of-" + spec.id.value;
  spec.limits = {static_cast<Capacity>(dice.between(1, 2)),
                 static_cast<Capacity>(dice.between(8, 12))};
  spec.initial = static_cast<Capacity>(dice.between(2, 4));
  spec.observe_every = dice.chance(500) ? 15s : 30s;
  spec.zones = dice.chance(500) ? std::vector<std::string>{"a", "b"} : std::vector<std::string>{};
  spec.victims = static_cast<VictimOrder>(dice.below(3));
  if (dice.chance(600)) spec.guards.terminations = {Decimal(50), true, 1, 10min};
  if (dice.chance(400)) spec.guards.launches = {Decimal(2), false, 1, 10min};
  return spec;
}

GroupSpec adjusted(Dice& dice) {
  GroupSpec spec = base(dice, "adjusted");
  spec.policies = {webhook("grow", Adjustment::Kind::change, dice.between(1, 2)),
                   webhook("shrink", Adjustment::Kind::change, -1),
                   webhook("surge", Adjustment::Kind::change_percent, 25)};
  return spec;
}

GroupSpec measured(Dice& dice) {
  GroupSpec spec = base(dice, "measured");
  spec.policies = {target(dice)};
  if (dice.chance(700)) spec.steadiness.in.settle = dice.between(1min, 5min);
  if (dice.chance(300)) spec.steadiness.in.cooldown = dice.between(1min, 3min);
  return spec;
}

GroupSpec scheduled(Dice& dice) {
  GroupSpec spec = base(dice, "scheduled");
  if (const auto zone = Zone::load("Europe/Helsinki"); zone && dice.chance(500)) spec.zone = *zone;
  std::string error;
  ScheduledAdjustment every{*Cron::parse("*/20 * * * *", error), {}};
  every.adjustment.kind = dice.chance(500) ? Adjustment::Kind::set : Adjustment::Kind::change;
  every.adjustment.amount = Decimal(dice.between(1, 5));
  ScheduledLimits busy{CronWindow{*Cron::parse("0 */2 * * *", error), 45min}, {}, {}};
  busy.min = spec.limits.min + 2;
  spec.schedules = {{"busy", busy}, {"every", every}};
  spec.policies = {webhook("shrink", Adjustment::Kind::change, -2)};
  return spec;
}

// A template that changes is rolled out; whoever hears of an instance answers, or does not.
void draw_change(Dice& dice, GroupSpec& spec) {
  if (dice.chance(600)) {
    spec.rollout.is_on = true;
    spec.rollout.canary = static_cast<Capacity>(dice.below(2));
    spec.rollout.canary_soak = dice.between(1min, 3min);
    spec.rollout.batch = {Decimal(dice.between(1, 3)), false, 1, Duration{}};
    spec.rollout.soak = dice.between(0min, 2min);
    spec.rollout.failures = static_cast<int>(dice.between(1, 3));
    spec.rollout.rolls_back = dice.chance(500);
    spec.guards.terminations = {Decimal(50), true, 1, 10min};
  }
  if (dice.chance(400)) spec.hooks.push_back({"farewell", HookOn::terminate, 2min, true});
  if (dice.chance(400)) spec.hooks.push_back({"welcome", HookOn::launch, 3min, true});
}

GroupSpec contested(Dice& dice) {
  GroupSpec spec = base(dice, "contested");
  AlertPolicy alert;
  alert.alarm = "queue";
  alert.adjustment.amount = Decimal(2);
  alert.release_after = 5min;
  spec.policies = {
      target(dice), webhook("grow", Adjustment::Kind::change, 1), {"queue", alert, {}}};
  spec.health.grace = 1min;
  spec.drain_timeout = dice.chance(500) ? 60s : 0s;
  draw_change(dice, spec);
  return spec;
}

// Half of the kinds of fault are absent from a seed, so that each is also met without the others.
unsigned maybe(Dice& dice, unsigned most) {
  return dice.chance(500) ? static_cast<unsigned>(dice.between(1, most)) : 0;
}
Duration maybe(Dice& dice, Duration least, Duration most) {
  return dice.chance(600) ? dice.between(least, most) : Duration{};
}

Faults draw_faults(Dice& dice) {
  Faults f;
  f.event_lost = static_cast<unsigned>(dice.between(20, 200));
  f.event_doubled = static_cast<unsigned>(dice.between(20, 300));
  f.event_late = maybe(dice, 200);
  f.observe_failed = maybe(dice, 200);
  f.observe_partial = maybe(dice, 200);
  f.observe_slow = maybe(dice, 100);
  f.request_lost = maybe(dice, 200);
  f.request_delayed = maybe(dice, 200);
  f.reply_lost = maybe(dice, 300);
  f.throttled = maybe(dice, 300);
  f.quota = maybe(dice, 100);
  f.error_at_birth = maybe(dice, 200);
  f.never_ready = maybe(dice, 100);
  f.commit_unavailable = maybe(dice, 100);
  f.commit_slow = maybe(dice, 50);
  f.journal_failed = maybe(dice, 100);
  f.listing_lag = maybe(dice, 1s, 20s);
  f.crash_every = dice.between(5min, 60min);
  f.kill_every = dice.between(10min, 60min);
  f.hide_every = maybe(dice, 10min, 60min);
  f.empty_every = maybe(dice, 20min, 60min);
  f.jump_every = dice.chance(250) ? dice.between(20min, 90min) : Duration{};
  f.outage_every = dice.between(20min, 60min);
  f.pause_every = dice.between(20min, 60min);
  f.removal_every = maybe(dice, 30min, 90min);
  f.zombie_every = maybe(dice, 20min, 60min);
  return f;
}

// Half of the groups of two kinds are behind a load balancer.
void draw_balancer(Dice& dice, GroupPlan& plan) {
  if (plan.role != Role::adjusted && plan.role != Role::contested) return;
  if (dice.chance(500)) return;
  GroupSpec spec = *plan.spec;
  spec.balancer.pools = {"pool"};
  spec.balancer.port = 80;
  spec.balancer.drain_timeout = dice.between(30s, 3min);
  plan.spec = std::make_shared<const GroupSpec>(std::move(spec));
}

}  // namespace

Scenario draw_scenario(std::uint64_t seed) {
  Dice dice(seed * 0x2545f4914f6cdd1dULL + 1);
  Scenario scenario;
  const auto add = [&](Role role, GroupSpec spec) {
    scenario.groups.push_back({role, std::make_shared<const GroupSpec>(std::move(spec))});
  };
  add(Role::adjusted, adjusted(dice));
  add(Role::contested, contested(dice));
  add(Role::measured, measured(dice));
  add(Role::scheduled, scheduled(dice));
  scenario.faults = draw_faults(dice);
  for (GroupPlan& plan : scenario.groups) draw_balancer(dice, plan);
  scenario.faults.balancer_down = maybe(dice, 200);
  scenario.faults.balancer_refuses = maybe(dice, 200);
  // The night in which the clocks of Europe change, or any other time within a year.
  scenario.begins = Time{std::chrono::sys_days{std::chrono::year{2026} / 3 / 28}} + 22h;
  if (dice.chance(800)) scenario.begins += dice.between(0h, 24h * 365);
  scenario.chaos = 210min;
  scenario.healed = 210min;
  scenario.quiet = 30min;
  return scenario;
}

SpecPointer mutated_spec(const SpecPointer& spec, Mutation mutation) {
  GroupSpec changed = *spec;
  switch (mutation) {
    case Mutation::raise_max:
      changed.limits.max += 5;
      break;
    case Mutation::lower_min:
      changed.limits.min = 0;
      changed.guards.terminations = {Decimal(100), true, 10, 1min};
      break;
    case Mutation::terminate_first:
      changed.health.launch_first = false;
      break;
    case Mutation::ignore_disruption:
      changed.guards.disruption = {Decimal(1'000), false, 1, Duration{}};
      changed.rollout.batch = {Decimal(1'000), false, 1, Duration{}};
      break;
    case Mutation::hasty_drain:
      changed.balancer.drain_timeout = Duration{};
      changed.drain_timeout = Duration{};
      break;
    default:
      return spec;
  }
  return std::make_shared<const GroupSpec>(std::move(changed));
}

}  // namespace settle::sim
