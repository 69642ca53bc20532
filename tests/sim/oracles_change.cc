// Oracles over how instances are changed: the one disruption budget, a halted rolling change, and
// what operators said of single instances.
#include <algorithm>

#include "tests/sim/oracles.h"

namespace settle::sim {
namespace {
using namespace std::chrono_literals;

const InstanceMemory* memory_of(const GroupState& state, const InstanceId& id) {
  const auto found = std::find_if(state.instances.begin(), state.instances.end(),
                                  [&id](const InstanceMemory& memory) { return memory.id == id; });
  return found == state.instances.end() ? nullptr : &*found;
}

// By an operator's order, now or before.
bool was_set_aside(const GroupState& state, const InstanceId& id) {
  return std::any_of(state.memory.orders.begin(), state.memory.orders.end(),
                     [&id](const RememberedInstanceOrder& entry) {
                       const InstanceVerb verb = entry.order.verb;
                       const bool is_aside =
                           verb == InstanceVerb::standby || verb == InstanceVerb::in_service;
                       return is_aside && entry.order.instance == id;
                     });
}

bool has_intent(const GroupState& state, const std::string& token) {
  return std::any_of(state.intents.begin(), state.intents.end(),
                     [&token](const Intent& intent) { return intent.token == token; });
}

}  // namespace

Capacity allowed(const Budget& budget, Capacity desired) {
  const std::int64_t amount = std::stoll(budget.amount.text());
  if (!budget.is_percent) return static_cast<Capacity>(amount);
  return std::max(budget.at_least, static_cast<Capacity>(desired * amount / 100));
}

// Of those that serve, by the newest listing, no more leave at one time by our own will than the
// budget has.
void Oracles::check_disruption(const GroupRecord& record, const GroupState& old, Time now) {
  const GroupState& state = record.state;
  std::set<InstanceId> leaving;
  bool is_new = false;
  for (const Intent& intent : state.intents) {
    if (!intent.is_voluntary || intent.kind == IntentKind::launch) continue;
    const InstanceMemory* const memory = memory_of(state, intent.instance);
    if (memory == nullptr || !memory->active_since || memory->awaits_hooks || memory->awaits_join) {
      continue;
    }
    if (memory->condemned) continue;
    if (history_[record.group].idle.contains(intent.instance)) continue;
    leaving.insert(intent.instance);
    is_new = is_new || (!has_intent(old, intent.token) && !memory->draining_since);
  }
  for (const InstanceMemory& memory : state.instances) {
    if (memory.draining_since && memory.active_since) leaving.insert(memory.id);
  }
  const Capacity most = allowed(spec(record.group).guards.disruption,
                                largest_desired(history_[record.group], now - 30min));
  if (!is_new || leaving.size() <= static_cast<std::size_t>(most)) return;
  fail("INV30", record.group,
       std::to_string(leaving.size()) + " leave at one time where " + std::to_string(most) + " may",
       now);
}

// What is halted replaces nobody, whoever owns the group by then, until the template changes.
void Oracles::check_halt(const GroupRecord& record, const GroupState& old, Time now) {
  if (old.rollout.stage != RolloutStage::halted) return;
  const GroupState& state = record.state;
  if (state.rollout.target != old.rollout.target) return;
  if (state.rollout.stage != RolloutStage::halted) {
    fail("HALT", record.group, "a halted change goes on", now);
  }
  for (const InstanceMemory& memory : state.instances) {
    const InstanceMemory* const before = memory_of(old, memory.id);
    if (before == nullptr || before->retiring || !memory.retiring) continue;
    const bool is_ordered = std::any_of(state.memory.orders.begin(), state.memory.orders.end(),
                                        [&](const RememberedInstanceOrder& entry) {
                                          return entry.order.instance == memory.id &&
                                                 entry.order.verb == InstanceVerb::replace;
                                        });
    if (!is_ordered) fail("HALT", record.group, memory.id.value + " gives way", now);
  }
}

void Oracles::on_order(const GroupId& group, const Stamp& stamp, const InstanceOrder& order) {
  if (order.verb != InstanceVerb::protect) return;
  History& history = history_[group];
  const auto over = history.unprotections.find(order.instance);
  if (over != history.unprotections.end() && stamp < over->second) return;
  history.protections[order.instance] = stamp;
}

void Oracles::on_unprotect_asked(const GroupId& group, const InstanceId& id, const Stamp& stamp) {
  History& history = history_[group];
  history.protections.erase(id);
  history.unprotections[id] = std::max(history.unprotections[id], stamp);
}

// Whoever serves and has been sent work for longer than calls take to arrive is neither ended nor
// taken out of the pools before its drain, and what the drain is given.
void Oracles::on_cut_off(const Act& act, const Machine& machine, Time now) {
  const bool ends =
      act.intent.kind == IntentKind::terminate || act.intent.kind == IntentKind::leave;
  if (!ends || !machine.is_balanced() || !machine.serves(now)) return;
  const GroupSpec& given = spec(act.group);
  const Duration wait = std::max(given.drain_timeout, given.balancer.drain_timeout);
  if (now < machine.membership_at + 3min || now < jumped_at_ + wait + 30min) return;
  // A join that was long on its way came after its drain.
  const bool was_drained =
      machine.drained_at != at_no_time && now < machine.drained_at + wait + 10min;
  if (was_drained || was_set_aside(committed_[act.group], machine.shown.id)) return;
  fail("BALANCER", act.group,
       machine.shown.id.value + " is cut off while work is sent to it, not drained for " +
           std::to_string(wait.count() / 1'000) + " s",
       now);
}

void Oracles::check_protection(const Act& act, Time now) {
  if (!act.intent.is_voluntary) return;
  if (!history_[act.group].protections.contains(act.intent.instance)) return;
  fail("ORDER", act.group, act.intent.instance.value + " is protected, and taken away", now);
}

}  // namespace settle::sim
