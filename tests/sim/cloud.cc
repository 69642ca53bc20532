#include "tests/sim/cloud.h"

#include <utility>

namespace settle::sim {
using namespace std::chrono_literals;

namespace {

Instance as_of_then(const Machine& machine, Time then) {
  Instance instance = machine.shown;
  instance.is_draining = machine.draining_at <= then;
  instance.membership = machine.membership_as_of(then);
  if (machine.gone_at <= then) {
    instance.state = "DELETED";
  } else if (machine.deleting_at <= then) {
    instance.state = "deleting";
  } else if (machine.fails_at <= then) {
    instance.state = "ERROR";
  } else {
    instance.state = machine.ready_at <= then ? "ACTIVE" : "BUILD";
  }
  return instance;
}

}  // namespace

Machine* SimCloud::launch(const GroupId& group, const Intent& intent, const std::string& wire_token,
                          Time now) {
  if (!wire_token.empty() && tokens_.contains(wire_token)) return nullptr;
  // Names say nothing about order, as those of clouds do not.
  InstanceId id{"i" + std::to_string(dice_.below(1'000'000)) + "-" + std::to_string(++named_)};
  Machine machine;
  machine.group = group;
  machine.meant_token = intent.token;
  machine.shown.id = id;
  machine.shown.created = now;
  machine.shown.zone = intent.zone;
  machine.shown.launch_hash = intent.launch_hash;
  machine.shown.token = wire_token;
  machine.ready_at = now + dice_.between(10s, 120s);
  machine.listed_from = now;
  tokens_[wire_token] = id;
  return &machines_.emplace(id, std::move(machine)).first->second;
}

Machine* SimCloud::made_by(const std::string& wire_token) {
  const auto found = tokens_.find(wire_token);
  return found == tokens_.end() ? nullptr : find(found->second);
}

Machine* SimCloud::find(const InstanceId& id) {
  const auto found = machines_.find(id);
  return found == machines_.end() ? nullptr : &found->second;
}

void SimCloud::terminate(Machine& machine, Time now) {
  if (machine.deleting_at != at_no_time || !machine.lives(now)) return;
  machine.deleting_at = now;
  machine.gone_at = now + dice_.between(1s, 30s);
  machine.unlisted_at = machine.gone_at + (dice_.chance(300) ? dice_.between(1s, 90s) : 0s);
}

void SimCloud::balance(Machine& machine, Membership membership, Time now) {
  if (machine.membership == membership) return;
  machine.membership_before = machine.membership;
  machine.membership = membership;
  machine.membership_at = now;
}

std::vector<InstanceId> SimCloud::strays(const GroupId& group, Time as_of) const {
  std::vector<InstanceId> found;
  for (const auto& [id, machine] : machines_) {
    const bool is_listed = machine.gone_at > as_of || machine.unlisted_at > as_of;
    const Membership membership = machine.membership_as_of(as_of);
    if (machine.group != group || is_listed || membership == Membership::unknown) continue;
    if (membership != Membership::absent) found.push_back(id);
  }
  return found;
}

std::vector<Instance> SimCloud::list(const GroupId& group, Time as_of, Time now) const {
  std::vector<Instance> shown;
  for (const auto& [_, machine] : machines_) {
    if (machine.group != group || machine.listed_from > as_of) continue;
    if (machine.gone_at <= as_of && machine.unlisted_at <= as_of) continue;
    if (machine.gone_at == at_no_time && now < machine.hidden_until) continue;
    shown.push_back(as_of_then(machine, as_of));
  }
  return shown;
}

std::optional<Instance> SimCloud::look_at(const GroupId& group, const InstanceId& id,
                                          Time now) const {
  const auto found = machines_.find(id);
  if (found == machines_.end() || found->second.group != group) return std::nullopt;
  if (!found->second.lives(now)) return std::nullopt;
  return as_of_then(found->second, now);
}

std::size_t SimCloud::living(const GroupId& group, Time now) const {
  std::size_t count = 0;
  for (const auto& [_, machine] : machines_) count += machine.group == group && machine.lives(now);
  return count;
}

std::size_t SimCloud::serving(const GroupId& group, Time now) const {
  std::size_t count = 0;
  for (const auto& [_, machine] : machines_) {
    const bool gets_work = machine.draining_at > now &&
                           (machine.membership == Membership::unknown || machine.is_balanced());
    count += machine.group == group && machine.serves(now) && gets_work;
  }
  return count;
}

}  // namespace settle::sim
