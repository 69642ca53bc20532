#include "reconcilers/guards.h"

#include <algorithm>

#include "reconcilers/calendar/calendar.h"
#include "reconcilers/day.h"
#include "reconcilers/restraint.h"
#include "reconcilers/reversals.h"
#include "reconcilers/sentry.h"

namespace settle {
namespace {

constexpr std::uint32_t born_dead_max = 3;
constexpr Duration born_dead_first{300'000};
constexpr Duration born_dead_most{1'800'000};

bool blocks(const Freeze& freeze, StepClass step_class) {
  return std::find(freeze.blocks.begin(), freeze.blocks.end(), step_class) != freeze.blocks.end();
}

Facts spent_facts(Capacity used, Capacity limit, Duration per) {
  Facts facts{{"limit", std::int64_t{limit}}, {"used", std::int64_t{used}}};
  if (per != Duration{}) facts.insert(facts.begin() + 1, {"per", per});
  return facts;
}

}  // namespace

Guards::Guards(Planning& planning)
    : planning_(planning),
      blanket_(blanket()),
      launch_window_(window_of(planning.spec.guards.launches, planning.state.launches)),
      termination_window_(
          window_of(planning.spec.guards.terminations, planning.state.terminations)),
      disruption_limit_(limit_of(planning.spec.guards.disruption)) {
  Capacity serving = 0;
  for (const Counted& counted : planning.census.instances) {
    if (counted.serves && counted.standing != Standing::draining) ++serving;
    const bool is_failed = counted.standing == Standing::condemned && !counted.serves;
    if (counted.standing == Standing::draining || counted.standing == Standing::missing ||
        is_failed) {
      ++unavailable_;
    }
    if (counted.standing == Standing::draining) ++draining_;
  }
  // What has gone already, and does not serve again in its place.
  unavailable_ += std::max<Capacity>(0, planning.desired() - serving - unavailable_);
  for (const Intent& intent : planning.state.intents) {
    if (intent.kind == IntentKind::terminate && draining_ > 0) --draining_;  // Spent already.
  }
}

Capacity Guards::limit_of(const Budget& budget) const {
  if (!budget.is_percent) return ceil_scaled(1, budget.amount, Decimal(1));
  return std::max(percent_of(planning_.desired(), budget.amount), budget.at_least);
}

Guards::Window Guards::window_of(const Budget& budget, const std::vector<Spent>& spent) const {
  Window window;
  window.limit = limit_of(budget);
  for (const Spent& entry : spent) {
    if (entry.at + budget.per <= planning_.now) continue;
    window.used += entry.count;
    const Time forgotten_at = entry.at + budget.per;
    window.frees_at = std::min(window.frees_at.value_or(forgotten_at), forgotten_at);
  }
  return window;
}

std::optional<Block> Guards::blanket() const {
  const Restraint restraint = restraint_of(planning_.spec, planning_.state, planning_.context);
  if (restraint.mode < Mode::only_up) return block_of(restraint);
  if (planning_.context.authority == Authority::observe) {
    return Block{"mode", Reason::observe_only, {}, {}};
  }
  if (planning_.context.journal_failed && is_on(Guard::journal)) {
    return Block{"journal", Reason::journal_failed, {}, {}};
  }
  if (auto block = observation_gate()) return block;
  return contended();
}

std::optional<Block> Guards::observation_gate() const {
  const Observation& seen = planning_.seen;
  const GroupState& state = planning_.state;
  const auto gate = [](Reason reason, Facts facts) {
    return Block{"observation", reason, {}, std::move(facts)};
  };
  if (!is_on(Guard::observation_gate)) return {};
  if (!seen.is_complete) return gate(Reason::observation_incomplete, {});
  // What is advised from one observation holds until the next.
  if (planning_.context.authority == Authority::advise) return {};
  if (seen.at + observation_age_max < planning_.now || planning_.now < seen.at) {
    return gate(Reason::observation_stale,
                {{"age", planning_.now - seen.at}, {"limit", observation_age_max}});
  }
  if (seen.at < state.wrote_at || seen.at < state.observed_at) {
    return gate(Reason::look_pending, {});
  }
  if (state.good_observations < observations_to_warm) {
    return gate(Reason::observation_warming, {{"limit", std::int64_t{observations_to_warm}},
                                              {"used", std::int64_t{state.good_observations}}});
  }
  return {};
}

std::optional<Block> Guards::freeze(StepClass step_class) const {
  for (const Freeze& freeze : planning_.spec.guards.freezes) {
    if (!is_on(Guard::freeze)) break;
    if (!blocks(freeze, step_class)) continue;
    if (const auto span = active(freeze.window, planning_.spec.zone, planning_.now)) {
      return Block{"freeze/" + freeze.name, Reason::frozen, span->until, {{"until", span->until}}};
    }
  }
  return {};
}

std::optional<Block> Guards::setback(const InstanceId& instance) const {
  const auto& setbacks = planning_.state.setbacks;
  const auto at = std::lower_bound(
      setbacks.begin(), setbacks.end(), instance,
      [](const Setback& entry, const InstanceId& other) { return entry.instance < other; });
  if (at == setbacks.end() || at->instance != instance || !is_on(Guard::setback)) return {};
  if (!at->zone.empty()) return {};  // The others may have room: launches.cc leaves it alone.
  if (at->is_of_balancer) return {};
  Block block{"cloud", at->why, {}, {{"times", std::int64_t{at->times}}}};
  if (planning_.now < at->until) {
    block.until = at->until;
    return block;
  }
  // Once the time is up, one launch tries.
  const bool is_tried = planning_.census.tally.in_flight + launches_ > 0;
  return instance.value.empty() && is_tried ? std::optional(block) : std::nullopt;
}

std::optional<Block> Guards::born_dead() const {
  const BornDead& born_dead = planning_.state.born_dead;
  if (born_dead.failures < born_dead_max || !is_on(Guard::born_dead)) return {};
  Duration back_off = born_dead_first;
  for (auto i = born_dead_max; i < born_dead.failures && back_off < born_dead_most; ++i) {
    back_off *= 2;
  }
  const Time until = born_dead.failed_at + std::min(back_off, born_dead_most);
  const Tally& tally = planning_.census.tally;
  const bool is_tried = tally.building + tally.in_flight + launches_ > 0;
  // Once the time is up, one launch tries whether the template has been mended.
  if (until <= planning_.now && !is_tried) return {};
  Block block{"born dead", Reason::born_dead, {}, {{"times", std::int64_t{born_dead.failures}}}};
  if (planning_.now < until) block.until = until;
  return block;
}

std::optional<Block> Guards::mass_change() const {
  const Tally& tally = planning_.census.tally;
  Capacity lost = planning_.census.missing_unasked;
  Capacity of = tally.ready + tally.building + tally.condemned + tally.draining + tally.missing;
  std::optional<Time> until;
  for (const Spent& loss : planning_.state.losses) {
    lost += loss.count;
    of += loss.count;
    until = loss.at + Duration{600'000};
  }
  if (!is_mass_change(planning_.spec, lost, of) || !is_on(Guard::mass_change)) return {};
  return Block{"mass change",
               Reason::mass_change,
               until,
               {{"limit", planning_.spec.guards.mass_change},
                {"lost", std::int64_t{lost}},
                {"percent", std::int64_t{lost} * 100 / std::max<Capacity>(of, 1)}}};
}

// What is too little for each group to notice may be too much for all of them together.
std::optional<Block> Guards::fleet_change() const {
  const std::int64_t lost = planning_.context.fleet_loss.lost;
  const std::int64_t of = planning_.context.fleet_loss.of;
  if (lost == 0 || !is_on(Guard::fleet_change)) return {};
  return Block{"fleet",
               Reason::fleet_change,
               {},
               {{"lost", lost}, {"percent", lost * 100 / std::max<std::int64_t>(of, 1)}}};
}

std::optional<Block> Guards::contended() const {
  if (!is_on(Guard::contended)) return {};
  const auto until = contended_until(planning_.state.reversals, planning_.now);
  if (!until) return {};
  return Block{"contended",
               Reason::contended,
               *until,
               {{"per", reversals_within},
                {"times", static_cast<std::int64_t>(planning_.state.reversals.size())}}};
}

std::optional<Block> Guards::spend() const {
  const SpendSpec& spend = planning_.spec.guards.spend;
  if (!spend.at_most || !spend.price || !is_on(Guard::spend)) return {};
  const std::int64_t there = planning_.census.tally.possible() + launches_;
  if (*spend.price * Decimal(there + 1) <= *spend.at_most) return {};
  return Block{"spend",
               Reason::spend_cap_reached,
               {},
               {{"limit", *spend.at_most},
                {"possible", there},
                {"price", *spend.price},
                {"unit", spend.unit}}};
}

std::optional<Block> Guards::shared_budget() const {
  if (planning_.spec.budgets.empty() || !is_on(Guard::shared_budget)) return {};
  const auto& allowance = planning_.context.allowance;
  if (!allowance) {
    // What is only advised takes nothing from anybody.
    if (planning_.context.authority == Authority::advise) return {};
    return Block{"budget/" + planning_.spec.budgets.front(),
                 Reason::shared_budget_pending,
                 {},
                 {{"budget", planning_.spec.budgets.front()}}};
  }
  const auto spent = [&](const FleetShare& share) {
    // What is there for it has been asked for by the last round, and has not come yet.
    if (!allowance->is_short) {
      return Block{"budget/" + planning_.spec.budgets.front(),
                   Reason::shared_budget_pending,
                   {},
                   {{"budget", planning_.spec.budgets.front()}}};
    }
    return Block{"budget/" + share.budget,
                 Reason::shared_budget_spent,
                 {},
                 {{"budget", share.budget},
                  {"by", share.by.value},
                  {"limit", share.limit},
                  {"unit", share.unit},
                  {"used", share.used}}};
  };
  const auto& instances = allowance->instances;
  const Capacity there = planning_.census.tally.possible() + launches_;
  if (instances && there >= instances->most) return spent(*instances);
  const auto& launches = allowance->launches;
  const Capacity today = launches_within_a_day(planning_.state, planning_.now) + launches_;
  if (launches && today >= launches->most) return spent(*launches);
  return {};
}

std::optional<Block> Guards::flapping() const {
  const auto& until = planning_.state.flapping_until;
  if (!is_on(Guard::flapping)) return {};
  if (!until || *until <= planning_.now) return {};
  return Block{
      "flapping",
      Reason::flapping_held,
      *until,
      {{"reversals", std::int64_t{planning_.spec.guards.flapping.reversals}}, {"until", *until}}};
}

std::optional<Block> Guards::against_launch(StepClass step_class) const {
  if (blanket_) return blanket_;
  if (step_class == StepClass::replace_outdated) {
    // What it makes room for may not go, so it would only be one more.
    const Restraint restraint = restraint_of(planning_.spec, planning_.state, planning_.context);
    if (restraint.mode == Mode::only_up) return block_of(restraint);
  }
  if (auto block = freeze(step_class)) return block;
  if (auto block = setback({})) return block;
  if (auto block = born_dead()) return block;
  if (auto block = spend()) return block;
  if (auto block = shared_budget()) return block;
  const Capacity used = launch_window_.used + launches_;
  if (used < launch_window_.limit || !is_on(Guard::launch_budget)) return {};
  const Duration per = planning_.spec.guards.launches.per;
  return Block{"launch budget", Reason::launch_budget_spent, launch_window_.frees_at,
               spent_facts(used, launch_window_.limit, per)};
}

std::optional<Block> Guards::against_leaving(const Counted& counted, StepClass step_class,
                                             StepOp op) const {
  if (blanket_) return blanket_;
  const Restraint restraint = restraint_of(planning_.spec, planning_.state, planning_.context);
  if (forbids(restraint.mode, op)) return block_of(restraint);
  if (auto block = freeze(step_class)) return block;
  if (auto block = mass_change()) return block;
  if (auto block = fleet_change()) return block;
  if (step_class == StepClass::scale_in) {
    if (auto block = flapping()) return block;
  }
  if (step_class == StepClass::scale_in || step_class == StepClass::replace_outdated) {
    if (planning_.census.probe_suspect) {
      return Block{"probe",
                   Reason::probe_suspect,
                   {},
                   {{"count", std::int64_t{planning_.census.doubtful}},
                    {"limit", planning_.spec.health.stop_above}}};
    }
  }
  if (auto block = setback(counted.id())) return block;
  const bool takes_service = counted.serves && counted.standing != Standing::draining;
  if (takes_service && unavailable_ >= disruption_limit_ && is_on(Guard::disruption)) {
    return Block{"disruption budget",
                 Reason::disruption_budget_spent,
                 {},
                 spent_facts(unavailable_, disruption_limit_, {})};
  }
  const Capacity promised = op == StepOp::drain ? draining_ : 0;
  const Capacity used = termination_window_.used + terminations_ + promised;
  if (used < termination_window_.limit || !is_on(Guard::termination_budget)) return {};
  const Duration per = planning_.spec.guards.terminations.per;
  return Block{"termination budget", Reason::termination_budget_spent, termination_window_.frees_at,
               spent_facts(used, termination_window_.limit, per)};
}

std::optional<Block> Guards::against_membership(StepOp op) const {
  if (blanket_) return blanket_;
  const Restraint restraint = restraint_of(planning_.spec, planning_.state, planning_.context);
  if (forbids(restraint.mode, op)) return block_of(restraint);
  return {};
}

void Guards::spend_launch() {
  ++launches_;
  const Time forgotten_at = planning_.now + planning_.spec.guards.launches.per;
  launch_window_.frees_at = launch_window_.frees_at.value_or(forgotten_at);
}

void Guards::spend_leaving(const Counted& counted, StepOp op) {
  const bool was_available = counted.standing != Standing::draining &&
                             (counted.serves || counted.standing == Standing::building);
  if (was_available) ++unavailable_;
  if (op == StepOp::drain) {
    ++draining_;
  } else {
    ++terminations_;
    const Time forgotten_at = planning_.now + planning_.spec.guards.terminations.per;
    termination_window_.frees_at = termination_window_.frees_at.value_or(forgotten_at);
  }
}

void watch_flapping(const GroupSpec& spec, GroupState& state, Time now) {
  const FlappingGuard& guard = spec.guards.flapping;
  if (guard.reversals <= 0 || (state.flapping_until && now < *state.flapping_until)) return;
  // What led to the last hold does not lead to another.
  const Time since = std::max(now - guard.within,
                              state.flapping_until ? *state.flapping_until - guard.hold : Time{});
  int reversals = 0;
  const Change* before = nullptr;
  for (const Change& change : state.changes) {
    if (change.at <= since || change.from == change.to) continue;
    if (before != nullptr && (before->from < before->to) != (change.from < change.to)) {
      ++reversals;
    }
    before = &change;
  }
  if (reversals >= guard.reversals) state.flapping_until = now + guard.hold;
}

}  // namespace settle
