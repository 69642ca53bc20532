#include "reconcilers/evidence.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

#include "reconcilers/balancer.h"

namespace settle {
namespace {

const Counted* find(const Census& census, const InstanceId& id) {
  const auto at = std::lower_bound(
      census.instances.begin(), census.instances.end(), id,
      [](const Counted& counted, const InstanceId& other) { return counted.id() < other; });
  return at != census.instances.end() && at->id() == id ? &*at : nullptr;
}

bool is_launch_seen(const Intent& intent, const Census& census, const Sighting& sighting) {
  if (!intent.instance.value.empty()) {
    const Counted* counted = find(census, intent.instance);
    if (counted != nullptr && counted->instance != nullptr) return true;
    // Accepted, and dead by the rule of absence before it was ever listed.
    if (counted == nullptr && sighting.is_news) return true;
  }
  const auto& instances = sighting.seen->instances;
  return std::any_of(instances.begin(), instances.end(), [&intent](const Instance& instance) {
    return instance.token == intent.token;
  });
}

// A balancer sends it no new work. In no pool it may be only by a join that is still on its way, so
// that is taken for an answer where there is one already.
bool is_drained(const Instance& instance, const Intent& drain) {
  if (instance.is_draining || instance.membership == Membership::drained) return true;
  return instance.membership == Membership::absent && drain.stage == IntentStage::accepted;
}

bool is_stray(const InstanceId& id, const Observation& seen) {
  return std::find(seen.strays.begin(), seen.strays.end(), id) != seen.strays.end();
}

// Done, or no longer wanted: both are absolute, so what was sent in vain is set right by the other.
bool is_membership_settled(const Intent& intent, const Census& census, const Sighting& sighting) {
  const Counted* const counted = find(census, intent.instance);
  const bool is_over = sighting.is_news && intent.opened_at <= sighting.seen->at;
  if (counted == nullptr || counted->standing == Standing::gone) {
    const bool is_left = intent.kind == IntentKind::leave;
    return is_over && !(is_left && is_stray(intent.instance, *sighting.seen));
  }
  if (counted->instance == nullptr) return false;
  const Membership membership = counted->instance->membership;
  const bool belongs = belongs_in_pools(*counted);
  if (intent.kind == IntentKind::join) return membership == Membership::member || !belongs;
  return membership == Membership::absent || belongs;
}

bool is_done(const Intent& intent, const Census& census, const Sighting& sighting) {
  if (intent.kind == IntentKind::launch) return is_launch_seen(intent, census, sighting);
  if (intent.kind == IntentKind::join || intent.kind == IntentKind::leave) {
    return is_membership_settled(intent, census, sighting);
  }
  const Counted* counted = find(census, intent.instance);
  if (counted == nullptr) return sighting.is_news && intent.opened_at <= sighting.seen->at;
  if (counted->standing == Standing::gone) return true;
  if (counted->instance == nullptr) return false;
  switch (intent.kind) {
    case IntentKind::drain:
      return is_drained(*counted->instance, intent);
    case IntentKind::protect:
      return counted->instance->is_protected;
    case IntentKind::unprotect:
      return !counted->instance->is_protected;
    case IntentKind::launch:
    case IntentKind::terminate:
    case IntentKind::join:
    case IntentKind::leave:
      return false;
  }
  return false;
}

// An operator took the instance out of our hands before anything was done to it. What was sent may
// have been done, and stands until that shows.
bool is_called_off(const Intent& intent, const Census& census) {
  if (intent.kind == IntentKind::launch || intent.sends > 0) return false;
  if (intent.kind == IntentKind::leave) return false;  // That is what it is about to do.
  const Counted* const counted = find(census, intent.instance);
  if (counted == nullptr || counted->is_pooled()) return false;
  return counted->standing == Standing::standby || counted->standing == Standing::detached;
}

// It has begun to serve since it was chosen as one that does not. Whether it may go now is for the
// disruption budget and a drain to say, so it is chosen anew, or is not.
bool serves_after_all(const Intent& intent, const Census& census) {
  const bool is_unsent = intent.stage == IntentStage::open && intent.sends == 0;
  if (intent.kind != IntentKind::terminate || intent.takes_service || !is_unsent) return false;
  const Counted* const counted = find(census, intent.instance);
  return counted != nullptr && counted->serves && counted->standing != Standing::draining;
}

// Whether it is known to be as good as another: what failed, or may have, is no reason to end the
// one that did not.
bool is_sound(const Counted& counted) {
  const bool exists = counted.standing == Standing::ready ||
                      counted.standing == Standing::building ||
                      counted.standing == Standing::draining;
  return exists && counted.instance != nullptr && !counted.is_unknown && !counted.by_report &&
         !counted.memory->condemned;
}

}  // namespace

bool was_asked_for(const GroupState& state, const InstanceId& id) {
  return std::any_of(state.intents.begin(), state.intents.end(), [&id](const Intent& intent) {
    return intent.kind == IntentKind::terminate && intent.instance == id;
  });
}

std::vector<InstanceId> unaccounted_for(const GroupState& state, Time now) {
  std::vector<InstanceId> ids;
  for (const InstanceMemory& memory : state.instances) {
    if (memory.missing_since) ids.push_back(memory.id);
  }
  if (ids.size() <= asked_by_id_max) return ids;
  const auto second = static_cast<std::size_t>(now.time_since_epoch().count() / 1'000);
  const auto first = static_cast<std::ptrdiff_t>(second * asked_by_id_max % ids.size());
  std::rotate(ids.begin(), ids.begin() + first, ids.end());
  ids.resize(asked_by_id_max);
  return ids;
}

void end_intents(GroupState& state, const Census& census, const Sighting& sighting) {
  if (state.intents.empty()) return;
  std::erase_if(state.intents, [&](const Intent& intent) {
    return is_done(intent, census, sighting) || is_called_off(intent, census) ||
           serves_after_all(intent, census);
  });
  for (Intent& intent : state.intents) {
    if (intent.stage != IntentStage::accepted || intent.kind == IntentKind::launch) continue;
    const Counted* counted = find(census, intent.instance);
    const bool is_shown = counted != nullptr ? counted->instance != nullptr
                                             : is_stray(intent.instance, *sighting.seen);
    const bool is_overdue = intent.retry_at <= sighting.seen->at;
    if (sighting.is_news && is_shown && is_overdue) intent.stage = IntentStage::open;
  }
}

void mark_leaving(const GroupState& state, Census& census) {
  for (const Intent& intent : state.intents) {
    if (intent.kind != IntentKind::terminate && intent.kind != IntentKind::drain) continue;
    const Counted* counted = find(census, intent.instance);
    if (counted == nullptr || counted->instance == nullptr) continue;
    if (counted->standing == Standing::detached) continue;
    const auto place = static_cast<std::size_t>(counted - census.instances.data());
    census.instances[place].standing = Standing::draining;
  }
}

void mark_duplicates(Census& census) {
  // A table by hash of token, with linear probing: this runs in every round.
  std::size_t size = 16;
  while (size < 2 * census.instances.size()) size *= 2;
  std::vector<Counted*> table;
  for (Counted& counted : census.instances) {
    if (!is_sound(counted) || counted.instance->token.empty()) continue;
    if (table.empty()) table.resize(size);
    const std::string& token = counted.instance->token;
    std::size_t at = std::hash<std::string>()(token) & (size - 1);
    while (table[at] != nullptr && table[at]->instance->token != token) at = (at + 1) & (size - 1);
    if (table[at] == nullptr) {
      table[at] = &counted;
      continue;
    }
    Counted* younger = &counted;
    if (younger->instance->created < table[at]->instance->created) std::swap(younger, table[at]);
    younger->is_duplicate = !younger->is_protected;
  }
}

}  // namespace settle
