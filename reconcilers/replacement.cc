// Instances that leave whatever is desired: drained, failed, replaced, or there twice.
#include <algorithm>

#include "reconcilers/guards.h"
#include "reconcilers/planning.h"

namespace settle {
namespace {

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

void end_draining(Planning& planning, Guards& guards, Wishes& wishes) {
  for (const Counted& counted : planning.census.instances) {
    if (counted.standing != Standing::draining || counted.instance == nullptr) continue;
    if (!counted.memory->draining_since || is_being_terminated(planning, counted.id())) continue;
    const Time until = *counted.memory->draining_since + planning.spec.drain_timeout;
    if (planning.now < until && has_to_drain(counted)) {
      withhold(planning, StepOp::terminate, counted.id(), 1,
               {"drain",
                Reason::drain_pending,
                until,
                {{"since", *counted.memory->draining_since}, {"until", until}}});
      continue;
    }
    const bool is_condemned = counted.memory->condemned;
    Wish wish = leave(planning, counted, is_condemned ? counted.reason : Reason::above_desired);
    wish.is_voluntary = !is_condemned;
    if (wish.is_voluntary && counted.instance->is_protected) {
      withhold(planning, wish.step.op, counted.id(), 1,
               {"protection", Reason::instance_protected, {}, {}});
      continue;
    }
    const StepClass step_class = is_condemned ? StepClass::replace : StepClass::scale_in;
    go(planning, guards, counted, step_class, std::move(wish), wishes);
  }
}

// Of an intent that became two instances the younger goes, where the group can do without it.
void end_duplicates(Planning& planning, Guards& guards, Wishes& wishes) {
  Capacity serving = planning.census.tally.ready - planning.census.unknown;
  for (const Counted& counted : planning.census.instances) {
    const bool is_capacity =
        counted.standing == Standing::ready || counted.standing == Standing::building;
    if (!counted.is_duplicate || !is_capacity) continue;
    Wish wish = leave(planning, counted, Reason::duplicate_of_intent);
    wish.is_voluntary = true;
    if (counted.instance->is_protected) {
      withhold(planning, wish.step.op, counted.id(), 1,
               {"protection", Reason::instance_protected, {}, {}});
      continue;
    }
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

}  // namespace

Wish leave(const Planning& planning, const Counted& counted, Reason reason) {
  const Instance& instance = *counted.instance;
  Wish wish;
  const bool drains = counted.serves && counted.standing != Standing::draining &&
                      planning.spec.drain_timeout > Duration{};
  wish.step.op = drains ? StepOp::drain : StepOp::terminate;
  wish.step.instance = instance.id;
  wish.step.zone = instance.zone;
  wish.step.reason = reason;
  if (instance.created != Time{} && instance.created <= planning.now) {
    wish.step.facts.emplace_back("age", planning.now - instance.created);
  }
  wish.step.facts.emplace_back("desired", std::int64_t{planning.desired()});
  wish.step.facts.emplace_back("ready", std::int64_t{planning.census.tally.ready});
  if (!counted.reporter.empty()) {
    wish.step.facts.emplace_back("reporter", std::string(counted.reporter));
  }
  wish.step.facts.emplace_back("state", instance.state);
  return wish;
}

void wish_replacements(Planning& planning, Guards& guards, Capacity without_room, Wishes& wishes) {
  end_draining(planning, guards, wishes);
  end_failed(planning, guards, wishes);
  end_duplicates(planning, guards, wishes);
  end_unhealthy(planning, guards, without_room, wishes);
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
