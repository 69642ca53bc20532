#include "reconcilers/plan.h"

#include <algorithm>
#include <utility>

#include "reconcilers/day.h"
#include "reconcilers/guards.h"
#include "reconcilers/ledger.h"
#include "reconcilers/planning.h"
#include "reconcilers/restraint.h"
#include "reconcilers/rollout.h"
#include "reconcilers/sentry.h"

namespace settle {
namespace {

IntentKind kind_of(StepOp op) {
  switch (op) {
    case StepOp::launch:
      return IntentKind::launch;
    case StepOp::terminate:
      return IntentKind::terminate;
    case StepOp::drain:
      return IntentKind::drain;
    case StepOp::protect:
      return IntentKind::protect;
    case StepOp::unprotect:
      return IntentKind::unprotect;
    case StepOp::join:
      return IntentKind::join;
    case StepOp::leave:
      return IntentKind::leave;
  }
  return IntentKind::launch;
}

void spend(std::vector<Spent>& spent, Time now, Capacity count, Duration per) {
  std::erase_if(spent, [&](const Spent& entry) { return entry.at + per <= now; });
  if (count == 0) return;
  if (spent.empty() || spent.back().at != now) spent.push_back({now, 0});
  spent.back().count += count;
}

Intent intent_of(const Planning& planning, const Wish& wish) {
  Intent intent;
  intent.kind = kind_of(wish.step.op);
  intent.instance = wish.step.instance;
  intent.replaces = wish.step.replaces;
  intent.zone = wish.step.zone;
  if (intent.kind == IntentKind::launch) {
    intent.launch_hash = launch_in_force(planning.spec, planning.state);
  }
  intent.opened_at = planning.now;
  intent.is_voluntary = wish.is_voluntary;
  intent.takes_service = wish.takes_service;
  return intent;
}

Block cap_spent(std::string guard, const interlock::Rest& rest, Duration per) {
  return {std::move(guard),
          Reason::daily_cap_spent,
          rest.frees_at == Time{} ? std::nullopt : std::optional(rest.frees_at),
          {{"limit", rest.limit}, {"per", per}, {"used", rest.used}}};
}

// Whatever led to a step, there are only so many of its kind in a day. Replacements come before
// growth in the list of launches, so that growth is what waits.
void cap_the_day(Planning& planning, Wishes& wishes) {
  if (!planning.context.guards.has(Guard::daily_cap)) return;
  const GuardSpec& guards = planning.spec.guards;
  if (!wishes.launches.empty()) {
    const interlock::Rest rest = launches_left(planning.spec, planning.state, planning.now);
    const auto allowed = static_cast<std::size_t>(rest.allowed);
    if (wishes.launches.size() > allowed) {
      withhold(planning, StepOp::launch, {},
               static_cast<Capacity>(wishes.launches.size() - allowed),
               cap_spent("daily launches", rest, guards.launches_a_day.per));
      wishes.launches.resize(allowed);
    }
  }
  if (wishes.leaving.empty()) return;
  const interlock::Rest rest = terminations_left(planning.spec, planning.state, planning.now);
  std::int64_t allowed = rest.allowed;
  std::erase_if(wishes.leaving, [&](const Wish& wish) {
    if (wish.step.op != StepOp::terminate || allowed-- > 0) return false;
    withhold(planning, wish.step.op, wish.step.instance, 1,
             cap_spent("daily terminations", rest, guards.terminations_a_day.per));
    return true;
  });
}

// The interlock sees the destructive steps as one batch. Nothing leaves if it says no.
void vet(Planning& planning, std::vector<Wish>& leaving) {
  if (leaving.empty() || !planning.context.guards.has(Guard::interlock)) return;
  interlock::Batch batch;
  batch.targets.reserve(leaving.size());
  for (const Wish& wish : leaving) {
    batch.targets.push_back(
        {wish.step.instance.value, wish.step.op == StepOp::terminate, wish.is_voluntary});
  }
  const bool advises = planning.context.authority == Authority::advise;
  batch.view = view_of(planning.state, planning.seen);
  // What is advised from one observation holds until the next.
  if (advises) batch.view.at = std::max(planning.now, batch.view.wrote_at);
  batch.rules = rules_of(planning.spec, planning.state, planning.record.limits.min);
  batch.now = advises ? batch.view.at : planning.now;
  interlock::Verdict verdict = interlock::vet(batch, counts_of(planning.state.vetted));
  if (verdict.refusal == interlock::Refusal::none) {
    if (!advises) planning.state.vetted = spent_of(verdict.counters);
    return;
  }
  withhold(planning, leaving.front().step.op, {verdict.culprit},
           static_cast<Capacity>(leaving.size()),
           {"interlock",
            Reason::interlock_refused,
            {},
            {{"reason", std::string(interlock::name(verdict.refusal))}}});
  leaving.clear();
}

void write_down(Planning& planning, Wish wish) {
  if (planning.context.authority == Authority::act) {
    GroupState& state = planning.state;
    Intent intent = intent_of(planning, wish);
    ++state.generation;
    intent.token =
        token_of(planning.context.cluster, planning.spec.id, state.generation, intent.kind);
    wish.step.token = intent.token;
    planning.planned.opened.push_back(intent.token);
    state.intents.push_back(std::move(intent));
  }
  planning.record.steps.push_back(std::move(wish.step));
}

void open(Planning& planning, Wishes wishes) {
  Capacity terminations = 0;
  for (const Wish& wish : wishes.leaving) {
    if (wish.step.op == StepOp::terminate) ++terminations;
  }
  if (planning.context.authority == Authority::act) {
    const GuardSpec& guards = planning.spec.guards;
    GroupState& state = planning.state;
    spend(state.launches, planning.now, static_cast<Capacity>(wishes.launches.size()),
          guards.launches.per);
    spend(state.terminations, planning.now, terminations, guards.terminations.per);
    count_day(state, static_cast<Capacity>(wishes.launches.size()), terminations, planning.now);
  }
  planning.record.steps.reserve(wishes.launches.size() + wishes.leaving.size());
  for (Wish& wish : wishes.launches) write_down(planning, std::move(wish));
  for (Wish& wish : wishes.leaving) write_down(planning, std::move(wish));
  for (Wish& wish : wishes.membership) write_down(planning, std::move(wish));
  for (Wish& wish : wishes.marks) write_down(planning, std::move(wish));
}

// A pause, or a lesser restraint, holds back what was decided before it, too.
void withhold_inherited(Planning& planning) {
  const Restraint restraint = restraint_of(planning.spec, planning.state, planning.context);
  for (const Intent& intent : planning.state.intents) {
    const StepOp op = op_of(intent.kind);
    if (intent.stage == IntentStage::accepted || !forbids(restraint.mode, op)) continue;
    withhold(planning, op, intent.instance, 1, block_of(restraint));
  }
}

void note_rungs(const Planning& planning, const Wishes& wishes, DecisionRecord& record) {
  const Tally& tally = planning.census.tally;
  const Capacity now = tally.ready + tally.building + tally.in_flight;
  Capacity then = now + static_cast<Capacity>(wishes.launches.size());
  for (const Wish& wish : wishes.leaving) {
    if (wish.is_voluntary) --then;
  }
  RungNote guards;
  guards.rung = Rung::guards;
  guards.from = guards.to = planning.desired();
  if (!record.withheld.empty()) guards.reason = record.withheld.front().reason;
  record.rungs.push_back(std::move(guards));
  RungNote actions;
  actions.rung = Rung::actions;
  actions.from = now;
  actions.to = std::max<Capacity>(then, 0);
  if (!wishes.launches.empty()) {
    actions.reason = wishes.launches.front().step.reason;
  } else if (!wishes.leaving.empty()) {
    actions.reason = wishes.leaving.front().step.reason;
  } else if (!wishes.membership.empty()) {
    actions.reason = wishes.membership.front().step.reason;
  } else if (!wishes.marks.empty()) {
    actions.reason = wishes.marks.front().step.reason;
  }
  record.rungs.push_back(std::move(actions));
}

// What is up and waits to be let into service.
void note_launch_hooks(Planning& planning) {
  if (planning.spec.hooks.empty()) return;
  for (const Counted& counted : planning.census.instances) {
    if (counted.hook.empty() || counted.standing != Standing::building) continue;
    Facts facts{{"hook", std::string(counted.hook)}};
    if (counted.changes_at) facts.emplace_back("until", *counted.changes_at);
    withhold(planning, StepOp::launch, counted.id(), 1,
             {"hook/" + std::string(counted.hook), Reason::hook_pending, counted.changes_at,
              std::move(facts)});
  }
}

void revisit(Planning& planning) {
  std::optional<Time>& at = planning.planned.revisit_at;
  const auto consider = [&](Time when) {
    if (planning.now < when) at = std::min(at.value_or(when), when);
  };
  for (const WithheldStep& step : planning.record.withheld) {
    if (step.until) consider(*step.until);
  }
  for (const Intent& intent : planning.state.intents) {
    if (intent.stage != IntentStage::accepted) consider(intent.retry_at);
  }
}

}  // namespace

void withhold(Planning& planning, StepOp op, const InstanceId& instance, Capacity count,
              Block block) {
  if (block.reason == Reason::observation_incomplete || block.reason == Reason::observation_stale ||
      block.reason == Reason::observation_warming || block.reason == Reason::look_pending) {
    planning.planned.wants_observation = true;
  }
  // Launches of one refusal are one entry, whatever they were for.
  for (WithheldStep& entry : planning.record.withheld) {
    if (op != StepOp::launch || entry.op != op || entry.reason != block.reason ||
        entry.guard != block.guard) {
      continue;
    }
    entry.count += count;
    return;
  }
  WithheldStep entry;
  entry.op = op;
  entry.instance = instance;
  entry.count = count;
  entry.guard = std::move(block.guard);
  entry.reason = block.reason;
  entry.facts = std::move(block.facts);
  entry.until = block.until;
  planning.record.withheld.push_back(std::move(entry));
}

Planned plan(const GroupSpec& spec, GroupState& state, const Observation& seen,
             const Census& census, Time now, const RoundContext& context, DecisionRecord& record) {
  Planned planned;
  Planning planning{spec, state, seen, census, now, context, record, planned};
  watch_flapping(spec, state, now);
  Guards guards(planning);
  Wishes wishes;
  if (state.desired) {
    take_back_replacements(planning);
    const WithoutRoom without_room = wish_launches(planning, guards, wishes);
    wish_replacements(planning, guards, without_room, wishes);
    wish_scale_in(planning, guards, wishes);
    wish_membership(planning, guards, wishes);
    wish_marks(planning, guards, wishes);
  } else {
    planned.wants_observation = true;
  }
  note_launch_hooks(planning);
  withhold_inherited(planning);
  cap_the_day(planning, wishes);
  vet(planning, wishes.leaving);
  note_rungs(planning, wishes, record);
  open(planning, std::move(wishes));
  revisit(planning);
  return planned;
}

}  // namespace settle
