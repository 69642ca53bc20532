// Instances that leave whatever is desired: drained, failed, replaced, or there twice.
#include <algorithm>

#include "reconcilers/balancer.h"
#include "reconcilers/guards.h"
#include "reconcilers/hooks.h"
#include "reconcilers/planning.h"
#include "reconcilers/rollout.h"

namespace settle {
namespace {

// What served at some time; one that never did has nobody to tell.
bool is_held_by_hooks(const GroupSpec& spec, const Counted& counted) {
  if (spec.hooks.empty() || counted.memory == nullptr) return false;
  const bool has_served = counted.memory->active_since && !counted.memory->awaits_hooks;
  return has_served && has_hooks(spec, HookOn::terminate);
}

void go(Planning& planning, Guards& guards, const Counted& counted, StepClass step_class, Wish wish,
        Wishes& wishes) {
  if (auto block = guards.against_leaving(counted, step_class, wish.step.op)) {
    withhold(planning, wish.step.op, counted.id(), 1, *std::move(block));
    return;
  }
  guards.spend_leaving(counted, wish.step.op);
  wishes.leaving.push_back(std::move(wish));
}

bool is_being_terminated(const Planning& planning, const InstanceId& id) {
  return std::any_of(planning.state.intents.begin(), planning.state.intents.end(),
                     [&id](const Intent& intent) {
                       return intent.kind == IntentKind::terminate && intent.instance == id;
                     });
}

// One that failed, or never served, has nothing to finish.
bool has_to_drain(const Counted& counted) {
  return counted.serves || !(counted.memory->condemned || is_birth(counted.instance->state));
}

// Somebody asked to be heard before it goes.
std::optional<Block> against_ending(const Planning& planning, const Counted& counted) {
  if (!is_held_by_hooks(planning.spec, counted)) return {};
  const HookStand stand =
      stand_of(planning.spec, planning.state.memory, counted.id(), HookOn::terminate,
               *counted.memory->draining_since, planning.now);
  if (stand.pending.empty() || !stand.abandoned.empty()) return {};
  const std::string hook(stand.pending);
  return Block{
      "hook/" + hook, Reason::hook_pending, stand.until, {{"hook", hook}, {"until", *stand.until}}};
}

void end_draining(Planning& planning, Guards& guards, Wishes& wishes) {
  for (const Counted& counted : planning.census.instances) {
    if (counted.standing != Standing::draining || counted.instance == nullptr) continue;
    if (!counted.memory->draining_since || is_being_terminated(planning, counted.id())) continue;
    const Time until = *counted.memory->draining_since + drain_time(planning.spec);
    if (planning.now < until && has_to_drain(counted)) {
      withhold(planning, StepOp::terminate, counted.id(), 1,
               {"drain",
                Reason::drain_pending,
                until,
                {{"since", *counted.memory->draining_since}, {"until", until}}});
      continue;
    }
    if (auto block = against_ending(planning, counted)) {
      withhold(planning, StepOp::terminate, counted.id(), 1, *std::move(block));
      continue;
    }
    const bool is_condemned = counted.memory->condemned;
    const bool is_replaced = is_condemned || counted.memory->retiring;
    Wish wish = leave(planning, counted, is_replaced ? counted.reason : Reason::above_desired);
    wish.is_voluntary = !is_condemned;
    if (wish.is_voluntary && counted.is_protected) {
      withhold(planning, wish.step.op, counted.id(), 1,
               {"protection", Reason::instance_protected, {}, {}});
      continue;
    }
    StepClass step_class = is_condemned ? StepClass::replace : StepClass::scale_in;
    if (counted.memory->retiring && !is_condemned) step_class = StepClass::replace_outdated;
    go(planning, guards, counted, step_class, std::move(wish), wishes);
  }
}

// Of an intent that became two instances the younger goes, where the group can do without it. One
// that is protected is no duplicate (mark_duplicates).
void end_duplicates(Planning& planning, Guards& guards, Wishes& wishes) {
  Capacity serving = planning.census.tally.ready - planning.census.unknown;
  for (const Counted& counted : planning.census.instances) {
    const bool is_capacity =
        counted.standing == Standing::ready || counted.standing == Standing::building;
    if (!counted.is_duplicate || !is_capacity) continue;
    Wish wish = leave(planning, counted, Reason::duplicate_of_intent);
    wish.is_voluntary = true;
    if (counted.standing == Standing::ready && serving <= planning.record.limits.min) {
      withhold(
          planning, wish.step.op, counted.id(), 1,
          {"min", Reason::at_minimum, {}, {{"min", std::int64_t{planning.record.limits.min}}}});
      continue;
    }
    if (counted.standing == Standing::ready) --serving;
    go(planning, guards, counted, StepClass::scale_in, std::move(wish), wishes);
  }
}

void end_failed(Planning& planning, Guards& guards, Wishes& wishes) {
  for (const Counted& counted : planning.census.instances) {
    if (counted.standing != Standing::condemned || counted.instance == nullptr) continue;
    if (counted.serves) continue;
    go(planning, guards, counted, StepClass::replace, leave(planning, counted, counted.reason),
       wishes);
  }
}

// One that serves although it is unhealthy stays until another serves in its place.
void end_unhealthy(Planning& planning, Guards& guards, Capacity without_room, Wishes& wishes) {
  std::vector<const Counted*> serving;
  for (const Counted& counted : planning.census.instances) {
    if (counted.standing == Standing::condemned && counted.serves && counted.instance != nullptr) {
      serving.push_back(&counted);
    }
  }
  const auto count = static_cast<Capacity>(serving.size());
  Capacity healthy = planning.census.tally.ready - planning.census.unknown;
  for (const Counted& counted : planning.census.instances) {
    if (counted.is_duplicate && counted.standing == Standing::ready) --healthy;
  }
  Capacity spare = healthy + count - planning.desired();
  if (!planning.spec.health.launch_first) spare = count;
  for (const Counted* counted : serving) {
    const Reason reason =
        planning.spec.health.launch_first ? Reason::replacement_ready : counted->reason;
    Wish wish = leave(planning, *counted, reason);
    if (spare > 0) {
      --spare;
      go(planning, guards, *counted, StepClass::replace, std::move(wish), wishes);
      continue;
    }
    const bool has_room = without_room <= 0;
    if (!has_room) --without_room;
    withhold(planning, wish.step.op, counted->id(), 1,
             {has_room ? "replacement" : "max",
              has_room ? Reason::replacement_pending : Reason::no_room_to_replace,
              {},
              {{"desired", std::int64_t{planning.desired()}},
               {"max", std::int64_t{planning.record.limits.max}},
               {"ready", std::int64_t{planning.census.tally.ready}},
               {"reporter", std::string(counted->reporter)}}});
  }
}

// Members that are as they should be, and not well: no other gives way before they are.
Capacity unwell_successors(const Planning& planning) {
  const std::string& launch = launch_in_force(planning.spec, planning.state);
  const auto& instances = planning.census.instances;
  return static_cast<Capacity>(
      std::count_if(instances.begin(), instances.end(), [&](const Counted& counted) {
        return counted.instance != nullptr && counted.instance->launch_hash == launch &&
               (counted.standing == Standing::condemned ||
                (counted.standing == Standing::ready && counted.by_report));
      }));
}

// One that gives way stays until another serves in its place, and nothing forces it.
void end_retiring(Planning& planning, Guards& guards, Capacity without_room, Wishes& wishes) {
  if (planning.census.retiring == 0) return;
  const Tally& tally = planning.census.tally;
  Capacity spare = tally.ready - planning.census.unknown - planning.desired();
  for (const Counted& counted : planning.census.instances) {
    if (counted.is_duplicate && counted.standing == Standing::ready) --spare;
  }
  const Capacity unwell = planning.spec.rollout.is_on ? unwell_successors(planning) : 0;
  for (const Counted& counted : planning.census.instances) {
    if (!counted.is_retiring) continue;
    Wish wish = leave(planning, counted, counted.reason);
    wish.is_voluntary = true;
    if (spare > 0 && unwell == 0) {
      --spare;
      go(planning, guards, counted, StepClass::replace_outdated, std::move(wish), wishes);
      continue;
    }
    if (spare > 0) {
      withhold(planning, wish.step.op, counted.id(), 1,
               {"rollout", Reason::rollout_unwell, {}, {{"count", std::int64_t{unwell}}}});
      continue;
    }
    const bool has_room = without_room <= 0;
    if (!has_room) --without_room;
    withhold(planning, wish.step.op, counted.id(), 1,
             {has_room ? "replacement" : "max",
              has_room ? Reason::replacement_pending : Reason::no_room_to_replace,
              {},
              {{"desired", std::int64_t{planning.desired()}},
               {"max", std::int64_t{planning.record.limits.max}},
               {"ready", std::int64_t{tally.ready}}}});
  }
}

// What the cloud says of it, as a fact of the step that takes it away.
void explain_failure(const Planning& planning, const InstanceId& id, Facts& facts) {
  for (const InstanceFault& fault : planning.seen.faults) {
    if (fault.instance == id && !fault.says.empty()) facts.emplace_back("error", fault.says);
  }
}

}  // namespace

Wish leave(const Planning& planning, const Counted& counted, Reason reason) {
  const Instance& instance = *counted.instance;
  Wish wish;
  const bool has_work = counted.serves || (is_balanced(planning.spec) && may_have_work(counted));
  const bool finishes = has_work && drain_time(planning.spec) > Duration{};
  const bool drains = counted.standing != Standing::draining &&
                      (finishes || is_held_by_hooks(planning.spec, counted));
  wish.takes_service = counted.serves;
  wish.step.op = drains ? StepOp::drain : StepOp::terminate;
  wish.step.instance = instance.id;
  wish.step.zone = instance.zone;
  wish.step.reason = reason;
  if (instance.created != Time{} && instance.created <= planning.now) {
    wish.step.facts.emplace_back("age", planning.now - instance.created);
  }
  wish.step.facts.emplace_back("desired", std::int64_t{planning.desired()});
  if (reason == Reason::instance_failed) {
    explain_failure(planning, instance.id, wish.step.facts);
  }
  wish.step.facts.emplace_back("ready", std::int64_t{planning.census.tally.ready});
  if (!counted.reporter.empty()) {
    wish.step.facts.emplace_back("reporter", std::string(counted.reporter));
  }
  wish.step.facts.emplace_back("state", instance.state);
  return wish;
}

void wish_replacements(Planning& planning, Guards& guards, WithoutRoom without_room,
                       Wishes& wishes) {
  end_draining(planning, guards, wishes);
  end_failed(planning, guards, wishes);
  end_duplicates(planning, guards, wishes);
  end_unhealthy(planning, guards, without_room.condemned, wishes);
  end_retiring(planning, guards, without_room.retiring, wishes);
  if (planning.census.doubted > 0) {
    withhold(planning, StepOp::terminate, {}, planning.census.doubted,
             {"probe",
              Reason::probe_suspect,
              {},
              {{"count", std::int64_t{planning.census.doubted}},
               {"limit", planning.spec.health.stop_above}}});
  }
}

}  // namespace settle
