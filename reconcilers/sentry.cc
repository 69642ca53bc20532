#include "reconcilers/sentry.h"

#include <algorithm>

#include "reconcilers/census.h"
#include "reconcilers/orders.h"

namespace settle {

interlock::Target target_of(const Intent& intent) {
  return {intent.instance.value, intent.kind == IntentKind::terminate, intent.is_voluntary};
}

interlock::View view_of(const GroupState& state, const Observation& seen) {
  interlock::View view;
  view.is_complete = seen.is_complete;
  view.at = seen.at;
  view.wrote_at = state.wrote_at;
  view.members.reserve(seen.instances.size());
  for (const Instance& instance : seen.instances) {
    // An observation shows nothing but what bears the group's marks; an operator may have given
    // such a one away all the same. What stands by is to be left alone.
    const Said said = said_of(state.memory, instance.id);
    const bool is_aside = said.service == Duty::standby;
    view.members.push_back({instance.id.value, said.service != Duty::detached,
                            fate(instance.state) == Fate::keep && !is_aside,
                            instance.is_protected || said.is_protected || is_aside,
                            instance.is_draining});
  }
  const auto by_id = [](const interlock::Member& a, const interlock::Member& b) {
    return a.id < b.id;
  };
  if (!std::is_sorted(view.members.begin(), view.members.end(), by_id)) {
    std::stable_sort(view.members.begin(), view.members.end(), by_id);
  }
  const auto find = [&view](const InstanceId& id) -> interlock::Member* {
    const auto at = std::lower_bound(view.members.begin(), view.members.end(), id.value,
                                     [](const interlock::Member& member, const std::string& other) {
                                       return member.id < other;
                                     });
    return at != view.members.end() && at->id == id.value ? &*at : nullptr;
  };
  for (const Intent& intent : state.intents) {
    if (intent.kind == IntentKind::terminate || intent.kind == IntentKind::drain) {
      if (auto* const member = find(intent.instance)) member->is_leaving = true;
    }
  }
  for (const InstanceMemory& memory : state.instances) {
    const bool is_idle = memory.awaits_hooks || memory.awaits_join || memory.is_pooled;
    if (!memory.draining_since && !is_idle) continue;
    auto* const member = find(memory.id);
    if (member == nullptr) continue;
    member->is_leaving = member->is_leaving || memory.draining_since.has_value();
    member->serves = member->serves && !is_idle;
  }
  return view;
}

interlock::Rules rules_of(const GroupSpec& spec, const GroupState& state, Capacity min) {
  const Budget& budget = spec.guards.terminations;
  interlock::Rules rules;
  rules.min = min;
  rules.desired = state.desired.value_or(0);
  rules.rate = {budget.amount.digits(), budget.amount.exponent(), budget.is_percent,
                budget.is_percent ? budget.at_least : 0, budget.per};
  rules.view_age_max = observation_age_max;
  return rules;
}

std::vector<interlock::Count> counts_of(const std::vector<Spent>& vetted) {
  std::vector<interlock::Count> counts;
  counts.reserve(vetted.size());
  for (const Spent& spent : vetted) counts.push_back({spent.at, spent.count});
  return counts;
}

std::vector<Spent> spent_of(const std::vector<interlock::Count>& counts) {
  std::vector<Spent> vetted;
  vetted.reserve(counts.size());
  for (const interlock::Count& count : counts) {
    vetted.push_back({count.at, static_cast<Capacity>(count.terminations)});
  }
  return vetted;
}

}  // namespace settle
