#include "daemon/cloud/simulated_cloud.h"

#include <algorithm>
#include <chrono>
#include <tuple>

#include <fmt/core.h>

#include "reconcilers/balancer.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

constexpr Duration token_memory = 24h;

Acted answer(const Act& act, Acted::Result result, Reason why = Reason::cloud_refused) {
  Acted acted;
  acted.group = act.group;
  acted.token = act.intent.token;
  acted.result = result;
  acted.instance = act.intent.instance;
  acted.why = why;
  return acted;
}

/// Some time between half of `about` and once and a half, from now; never if it is zero.
std::optional<Time> some_day(Duration about, Time now, Chance& chance) {
  if (about <= Duration::zero()) return std::nullopt;
  return now + about / 2 + chance.up_to(about);
}

}  // namespace

bool SimulatedCloud::Machine::is_listed_at(Time at) const {
  return listed_from <= at && (!deleted_at || *deleted_at + leaves_listing_after > at);
}

std::string SimulatedCloud::Machine::state_at(Time at) const {
  if (fails_at && *fails_at <= at) return "ERROR";
  if (!instance.state.empty()) return instance.state;
  return ready_at <= at ? "ACTIVE" : "BUILD";
}

Acted SimulatedCloud::act(const Act& act, Time now, Chance& chance) {
  if (chance.happens(settings_.lost_request)) return answer(act, Acted::Result::unknown);
  if (chance.happens(settings_.error_rate)) {
    const bool is_throttled = chance.below(2) == 0;
    return answer(act, Acted::Result::not_now,
                  is_throttled ? Reason::cloud_throttled : Reason::cloud_unreachable);
  }
  Acted acted = perform(act, now, chance);
  if (chance.happens(settings_.lost_reply)) return answer(act, Acted::Result::unknown);
  return acted;
}

Acted SimulatedCloud::perform(const Act& act, Time now, Chance& chance) {
  while (!token_ages_.empty() && token_ages_.front().first + token_memory < now) {
    tokens_.erase(token_ages_.front().second);
    token_ages_.pop_front();
  }
  if (act.intent.kind == IntentKind::launch) return launch(act, now, chance);
  return change(act, now, chance);
}

Acted SimulatedCloud::launch(const Act& act, Time now, Chance& chance) {
  const auto known = tokens_.find(act.intent.token);
  if (known != tokens_.end()) {
    if (known->second.group != act.group) return answer(act, Acted::Result::refused);
    Acted again = answer(act, Acted::Result::done);
    again.instance = known->second.instance;
    return again;
  }
  Instance born;
  born.zone = act.intent.zone.empty() ? pick_zone(act.group, now) : act.intent.zone;
  if (const auto why = why_no_room(born.zone, now)) {
    return answer(act, Acted::Result::refused, *why);
  }
  born.launch_hash = act.intent.launch_hash;
  born.token = act.intent.token;
  Acted done = answer(act, Acted::Result::done);
  done.instance = bear(act.group, std::move(born), now, chance).instance.id;
  if (settings_.tokens && !act.intent.token.empty()) {
    tokens_[act.intent.token] = {done.instance, act.group};
    token_ages_.emplace_back(now, act.intent.token);
  }
  return done;
}

Acted SimulatedCloud::change(const Act& act, Time now, Chance& chance) {
  Machine* machine = find(act.intent.instance);
  if (machine == nullptr) return answer(act, Acted::Result::done);  // Gone: as was wanted.
  if (owners_[act.intent.instance.value] != act.group) {
    return answer(act, Acted::Result::refused);  // Not ours to touch.
  }
  const bool is_to_balancer = act.intent.kind == IntentKind::drain ||
                              act.intent.kind == IntentKind::join ||
                              act.intent.kind == IntentKind::leave;
  if (is_to_balancer && !settings_.pools.empty() && chance.happens(settings_.balancer_errors)) {
    return answer(act, Acted::Result::not_now, Reason::balancer_unreachable);
  }
  switch (act.intent.kind) {
    case IntentKind::terminate:
      if (machine->exists_at(now)) machine->deleted_at = now;
      break;
    case IntentKind::drain:
      machine->instance.is_draining = true;
      if (is_in_pools(machine->instance)) machine->instance.membership = Membership::drained;
      break;
    case IntentKind::join:
    case IntentKind::leave:
      return change_membership(act, *machine, now);
    case IntentKind::protect:
      machine->instance.is_protected = true;
      break;
    case IntentKind::unprotect:
      machine->instance.is_protected = false;
      break;
    case IntentKind::launch:
      break;
  }
  note_change(act.intent.instance);
  return answer(act, Acted::Result::done);
}

Acted SimulatedCloud::change_membership(const Act& act, Machine& machine, Time now) {
  const auto exists = [this](const std::string& pool) {
    return std::find(settings_.pools.begin(), settings_.pools.end(), pool) != settings_.pools.end();
  };
  const auto& wanted = act.spec->balancer.pools;
  if (wanted.empty() || !std::all_of(wanted.begin(), wanted.end(), exists)) {
    return answer(act, Acted::Result::refused, Reason::balancer_refused);
  }
  if (act.intent.kind == IntentKind::leave) {
    machine.instance.membership = Membership::absent;
  } else if (machine.exists_at(now)) {
    machine.instance.membership = Membership::member;
    machine.instance.is_draining = false;
  }
  note_change(act.intent.instance);
  return answer(act, Acted::Result::done);
}

bool SimulatedCloud::is_stray(const Machine& machine, Time at) const {
  return is_in_pools(machine.instance) && !machine.exists_at(at) && !machine.is_listed_at(at);
}

SimulatedCloud::Machine& SimulatedCloud::bear(const GroupId& group, Instance born, Time now,
                                              Chance& chance) {
  born.id = InstanceId{fmt::format("i-{:08x}", ++born_)};
  born.created = now;
  if (!settings_.pools.empty()) born.membership = Membership::absent;
  Machine machine;
  machine.ready_at = now + settings_.boot_time + chance.up_to(settings_.boot_jitter);
  machine.fails_at = some_day(settings_.failure_every, now, chance);
  if (chance.happens(settings_.error_at_birth)) machine.fails_at = machine.ready_at;
  machine.deleted_at = some_day(settings_.vanish_every, now, chance);
  machine.listed_from = now + chance.up_to(settings_.list_lag);
  machine.leaves_listing_after = chance.up_to(settings_.list_lag);
  machine.instance = std::move(born);
  owners_[machine.instance.id.value] = group;
  const InstanceId id = machine.instance.id;
  note_change(id);
  return fleets_[group].machines.insert_or_assign(id, std::move(machine)).first->second;
}

bool SimulatedCloud::is_full(const std::string& zone) const {
  const auto& full = settings_.full_zones;
  return std::find(full.begin(), full.end(), zone) != full.end();
}

std::optional<Reason> SimulatedCloud::why_no_room(const std::string& zone, Time now) const {
  const auto& zones = settings_.zones;
  if (!zones.empty() && std::find(zones.begin(), zones.end(), zone) == zones.end()) {
    return Reason::launch_config_invalid;
  }
  if (is_full(zone)) return Reason::cloud_no_capacity;
  if (settings_.quota == 0) return std::nullopt;
  std::uint32_t used = 0;
  for (const auto& [group, fleet] : fleets_) {
    for (const auto& [id, machine] : fleet.machines) used += machine.exists_at(now) ? 1 : 0;
  }
  if (used >= settings_.quota) return Reason::cloud_quota;
  return std::nullopt;
}

/// The emptiest zone that has room, the first of several; the first of all if none has.
std::string SimulatedCloud::pick_zone(const GroupId& group, Time now) const {
  if (settings_.zones.empty()) return {};
  const auto found = fleets_.find(group);
  const auto fullness = [&](const std::string& zone) {
    std::size_t count = 0;
    if (found != fleets_.end()) {
      for (const auto& [id, machine] : found->second.machines) {
        count += machine.exists_at(now) && machine.instance.zone == zone ? 1 : 0;
      }
    }
    return std::tuple(is_full(zone), count);
  };
  return *std::min_element(
      settings_.zones.begin(), settings_.zones.end(),
      [&](const std::string& a, const std::string& b) { return fullness(a) < fullness(b); });
}

Observed SimulatedCloud::observe(const Observe& look, Time began, Time now, Chance& chance) {
  const GroupId& group = look.group;
  Observed observed{group, std::nullopt, Reason::cloud_unreachable};
  if (chance.happens(settings_.lost_request) || chance.happens(settings_.lost_reply)) {
    return observed;
  }
  if (chance.happens(settings_.error_rate)) {
    if (chance.below(2) == 0) observed.failure = Reason::cloud_throttled;
    return observed;
  }
  Observation& seen = observed.observation.emplace();
  seen.at = began;
  seen.is_complete = true;
  Fleet& fleet = fleets_[group];
  forget_gone(fleet, now);
  std::uint32_t on_page = 0;
  bool is_page_lost = chance.happens(settings_.page_loss);
  const bool hides_members = !settings_.pools.empty() && chance.happens(settings_.balancer_errors);
  for (const auto& [id, machine] : fleet.machines) {
    if (is_stray(machine, now) && !hides_members) seen.strays.push_back(id);
    if (!machine.is_listed_at(now) || is_omitted(id, now)) continue;
    if (on_page == settings_.page_size) {
      on_page = 0;
      is_page_lost = chance.happens(settings_.page_loss);
    }
    ++on_page;
    if (is_page_lost) {
      seen.is_complete = false;
      continue;
    }
    seen.instances.push_back(machine.instance);
    seen.instances.back().state = machine.state_at(now);
    if (hides_members) seen.instances.back().membership = Membership::unknown;
  }
  if (is_page_lost) seen.is_complete = false;
  look_for(look.missing, observed, now);
  return observed;
}

void SimulatedCloud::look_for(const std::vector<InstanceId>& missing, Observed& observed,
                              Time now) {
  if (!observed.observation || !observed.observation->is_complete) return;
  Observation& seen = *observed.observation;
  seen.tells_by_id = true;
  for (const InstanceId& id : missing) {
    const auto place = std::lower_bound(
        seen.instances.begin(), seen.instances.end(), id,
        [](const Instance& one, const InstanceId& other) { return one.id < other; });
    if (place != seen.instances.end() && place->id == id) continue;
    const Machine* machine = find(id);
    // What was just made is not known yet anywhere, as clouds have it.
    const bool is_here = machine != nullptr && owners_.at(id.value) == observed.group &&
                         machine->exists_at(now) && machine->listed_from <= now;
    if (!is_here) {
      seen.gone.push_back(id);
      continue;
    }
    const auto found = seen.instances.insert(place, machine->instance);
    found->state = machine->state_at(now);
  }
  std::sort(seen.gone.begin(), seen.gone.end());
}

Listing SimulatedCloud::list_all(Time now) const {
  Listing listing{true, {}};
  for (const auto& [group, fleet] : fleets_) {
    if (group.value.empty()) continue;
    for (const auto& [id, machine] : fleet.machines) {
      if (!machine.is_listed_at(now)) continue;
      listing.groups[group].push_back(machine.instance);
      listing.groups[group].back().state = machine.state_at(now);
    }
  }
  return listing;
}

/// Drawn from the name and the time alone, so that it is the same in every listing of that while.
bool SimulatedCloud::is_omitted(const InstanceId& id, Time now) const {
  if (settings_.omitted.millionths == 0) return false;
  std::uint64_t mixed = settings_.seed;
  for (const char letter : id.value)
    mixed = Chance(mixed ^ static_cast<unsigned char>(letter)).next();
  const auto since = now.time_since_epoch() +
                     Duration(static_cast<Duration::rep>(
                         mixed % static_cast<std::uint64_t>(settings_.omitted_for.count())));
  const auto whiles = static_cast<std::uint64_t>(since / settings_.omitted_for);
  return Chance(mixed ^ whiles).happens(settings_.omitted);
}

InstanceId SimulatedCloud::create(const GroupId& group, Time now, Chance& chance) {
  return bear(group, {}, now, chance).instance.id;
}

void SimulatedCloud::fail(const InstanceId& instance, std::string state) {
  if (Machine* machine = find(instance)) machine->instance.state = std::move(state);
  note_change(instance);
}

void SimulatedCloud::expel(const InstanceId& instance) {
  Machine* machine = find(instance);
  if (machine != nullptr && is_in_pools(machine->instance)) {
    machine->instance.membership = Membership::absent;
  }
  note_change(instance);
}

void SimulatedCloud::remove(const InstanceId& instance, Time now) {
  Machine* machine = find(instance);
  if (machine != nullptr && machine->exists_at(now)) machine->deleted_at = now;
  note_change(instance);
}

void SimulatedCloud::restate(const GroupId& group, const std::vector<Instance>& instances,
                             Time now) {
  Fleet& fleet = fleets_[group];
  for (auto& [id, machine] : fleet.machines) {
    if (machine.exists_at(now)) machine.deleted_at = now;
    machine.leaves_listing_after = Duration::zero();
  }
  forget_gone(fleet, now);
  for (const Instance& stated : instances) {
    Machine machine;
    machine.instance = stated;
    machine.ready_at = now;
    machine.listed_from = now;
    if (stated.state == "ACTIVE") machine.instance.state.clear();
    if (stated.state == "BUILD") {
      machine.instance.state.clear();
      machine.ready_at = std::max(now, stated.created + settings_.boot_time);
    }
    // What it lived before it was stated is not counted.
    fleet.lived -= now - std::min(stated.created, now);
    owners_[stated.id.value] = group;
    fleet.machines.insert_or_assign(stated.id, std::move(machine));
  }
}

SimulatedCloud::Truth SimulatedCloud::truth(const GroupId& group, Time now) const {
  Truth truth;
  const auto fleet = fleets_.find(group);
  if (fleet == fleets_.end()) return truth;
  for (const auto& [id, machine] : fleet->second.machines) {
    if (!machine.exists_at(now)) continue;
    ++truth.existing;
    const bool is_active = machine.state_at(now) == "ACTIVE";
    if (!machine.instance.is_draining && is_active) ++truth.ready;
    if (machine.instance.membership == Membership::member && is_active) ++truth.balanced;
  }
  return truth;
}

std::vector<InstanceId> SimulatedCloud::existing(const GroupId& group, Time now) const {
  std::vector<InstanceId> found;
  const auto fleet = fleets_.find(group);
  if (fleet == fleets_.end()) return found;
  const auto& machines = fleet->second.machines;
  for (const auto& [id, machine] : machines) {
    if (machine.exists_at(now)) found.push_back(id);
  }
  std::stable_sort(found.begin(), found.end(), [&](const InstanceId& a, const InstanceId& b) {
    return machines.at(a).instance.created < machines.at(b).instance.created;
  });
  return found;
}

Duration SimulatedCloud::lived(const GroupId& group, Time now) const {
  const auto fleet = fleets_.find(group);
  if (fleet == fleets_.end()) return Duration::zero();
  Duration total = fleet->second.lived;
  for (const auto& [id, machine] : fleet->second.machines) {
    total +=
        std::min(now, machine.deleted_at.value_or(now)) - std::min(now, machine.instance.created);
  }
  return total;
}

void SimulatedCloud::forget_gone(Fleet& fleet, Time now) {
  for (auto at = fleet.machines.begin(); at != fleet.machines.end();) {
    const Machine& machine = at->second;
    if (machine.exists_at(now) || machine.is_listed_at(now) || is_stray(machine, now)) {
      ++at;
      continue;
    }
    fleet.lived += *machine.deleted_at - machine.instance.created;
    owners_.erase(at->first.value);
    at = fleet.machines.erase(at);
  }
}

SimulatedCloud::Machine* SimulatedCloud::find(const InstanceId& instance) {
  const auto owner = owners_.find(instance.value);
  if (owner == owners_.end()) return nullptr;
  std::map<InstanceId, Machine>& machines = fleets_[owner->second].machines;
  const auto found = machines.find(instance);
  return found == machines.end() ? nullptr : &found->second;
}

}  // namespace settle
