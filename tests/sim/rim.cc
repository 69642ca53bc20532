// The rim of a simulation: what becomes of each effect, and the answer that comes of it.
#include <algorithm>
#include <set>
#include <utility>

#include "tests/sim/owner.h"

namespace settle::sim {
using namespace std::chrono_literals;

namespace {

bool needs_balancer(IntentKind kind) {
  return kind == IntentKind::join || kind == IntentKind::leave;
}

bool is_to_balancer(IntentKind kind) {
  return kind == IntentKind::drain || needs_balancer(kind);
}

}  // namespace

// ---- Looking ------------------------------------------------------------------------------

void Simulation::start_one(Owner& owner, Observe&& effect) {
  trace("observe", effect.group.value, owner.facts.epoch);
  ++owner.facts.told[effect.group].looks_under_way;
  const Duration delay =
      strikes(faults_.observe_slow) ? dice_.between(2s, 90s) : dice_.between(5ms, 300ms);
  if (options_.mutation == Mutation::unasked_answers) {
    Observed early{effect.group, std::nullopt, Reason::cloud_unreachable};
    after(1ms, [this, &owner, early] { deliver(owner, early); });
  }
  after(delay, [this, &owner, look = std::move(effect), at = wall()] { list(owner, look, at); });
}

void Simulation::list(Owner& owner, const Observe& look, Time at) {
  const GroupId& group = look.group;
  Observed reply{group, std::nullopt, Reason::cloud_unreachable};
  bool is_complete = false;
  if (!strikes(faults_.observe_failed)) {
    const Time as_of = now_ - dice_.between(Duration{}, faults_.listing_lag);
    Observation seen{at, true, cloud_.list(group, as_of, now_)};
    const bool is_balanced = has_pools(group);
    if (is_balanced && strikes(faults_.balancer_down)) {
      for (Instance& one : seen.instances) one.membership = Membership::unknown;
    } else if (is_balanced) {
      seen.strays = cloud_.strays(group, as_of);
    }
    if (now_ < empty_until_[group]) seen.instances.clear();
    if (strikes(faults_.observe_partial)) {
      seen.is_complete = false;
      std::erase_if(seen.instances, [this](const Instance&) { return dice_.chance(500); });
    }
    is_complete = seen.is_complete;
    if (is_complete) look_for(look, seen);
    if (options_.mutation == Mutation::partial_as_complete) seen.is_complete = true;
    reply.observation = std::move(seen);
  }
  after(dice_.between(1ms, 100ms), [this, &owner, reply = std::move(reply), is_complete] {
    if (!owner.is_alive) return;
    trace("observed", reply.group.value,
          reply.observation ? reply.observation->instances.size() : 999);
    Told& told = owner.facts.told[reply.group];
    if (told.looks_under_way > 0) --told.looks_under_way;
    if (options_.is_traced && reply.observation) tell(reply.group, *reply.observation);
    oracles_.on_observed(owner.facts, reply, is_complete, wall());
    deliver(owner, reply);
  });
}

// By id everything is told truly, but that one in ten questions is not answered.
void Simulation::look_for(const Observe& look, Observation& seen) {
  if (options_.mutation == Mutation::inflate_absence) return;
  seen.tells_by_id = true;
  const auto is_listed = [&seen](const InstanceId& id) {
    return std::any_of(seen.instances.begin(), seen.instances.end(),
                       [&id](const Instance& instance) { return instance.id == id; });
  };
  std::set<InstanceId> wanted(look.missing.begin(), look.missing.end());
  for (auto& [id, machine] : cloud_.machines()) {
    if (!machine.is_found_by_id || machine.group != look.group) continue;
    machine.is_found_by_id = !is_listed(id);
    wanted.insert(id);
  }
  for (const InstanceId& id : wanted) {
    if (is_listed(id) || dice_.chance(100)) continue;
    if (auto found = cloud_.look_at(look.group, id, now_)) {
      seen.instances.push_back(*std::move(found));
      cloud_.find(id)->is_found_by_id = true;
    } else {
      seen.gone.push_back(id);
    }
  }
  std::sort(seen.gone.begin(), seen.gone.end());
}

// ---- Store and journal --------------------------------------------------------------------

void Simulation::apply(Owner& owner, const Commit& commit) {
  // A group that is back before the commit of its removal begins anew all the same.
  std::set<GroupId> ended = std::exchange(owner.facts.anew, {});
  ended.insert(commit.forgotten.begin(), commit.forgotten.end());
  for (const GroupId& group : ended) {
    oracles_.on_forgotten(group);
    owner.facts.left.erase(group);
  }
  for (const GroupRecord& record : commit.dirty) {
    oracles_.on_committed_state(record, now_, wall());
  }
}

void Simulation::start_one(Owner& owner, Commit&& effect) {
  trace("commit", "", effect.batch);
  ++owner.facts.commits_under_way;
  const Duration delay =
      strikes(faults_.commit_slow) ? dice_.between(1s, 30s) : dice_.between(1ms, 20ms);
  owner.facts.anew.clear();
  for (const GroupRecord& record : effect.dirty) {
    if (owner.facts.left.contains(record.group)) owner.facts.anew.insert(record.group);
  }
  const auto commit = std::make_shared<Commit>(std::move(effect));
  after(delay, [this, &owner, commit] { store(owner, commit); });
}

void Simulation::store(Owner& owner, const std::shared_ptr<Commit>& commit) {
  Committed reply{commit->batch, Stored::stored};
  if (static_cast<std::uint64_t>(commit->epoch) < epoch_) {
    reply.result = Stored::fenced;
  } else if (strikes(faults_.commit_unavailable)) {
    reply.result = Stored::unavailable;
    if (dice_.chance(300)) apply(owner, *commit);  // It happened; only the answer says otherwise.
  } else if (options_.mutation == Mutation::act_before_commit) {
    after(2s, [this, &owner, commit] { apply(owner, *commit); });
  } else {
    apply(owner, *commit);
  }
  const bool is_fenced = reply.result == Stored::fenced;
  if (is_fenced && options_.mutation == Mutation::act_after_fence) reply.result = Stored::stored;
  after(dice_.between(1ms, 5ms), [this, &owner, reply, is_fenced] {
    if (!owner.is_alive) return;
    trace("committed", "", reply.batch);
    if (owner.facts.commits_under_way > 0) --owner.facts.commits_under_way;
    deliver(owner, reply);
    if (!is_fenced) return;
    turn(owner);
    owner.facts.is_fenced = true;
  });
}

void Simulation::start_one(Owner& owner, Journal&& effect) {
  trace("journal", "", effect.batch);
  const auto journal = std::make_shared<Journal>(std::move(effect));
  after(dice_.between(1ms, 20ms), [this, &owner, journal] { write(owner, journal); });
}

void Simulation::write(Owner& owner, const std::shared_ptr<Journal>& journal) {
  if (strikes(faults_.journal_failed)) journal_down_until_ = now_ + dice_.between(100ms, 3min);
  const bool is_durable = now_ >= journal_down_until_;
  if (is_durable && options_.mutation == Mutation::alter_journal) {
    for (JournalEntry& entry : journal->decisions) {
      auto altered = std::make_shared<GroupState>(*entry.before);
      altered->desired = altered->desired.value_or(0) + 1;
      entry.before = std::move(altered);
    }
  }
  if (options_.mutation == Mutation::drop_records) journal->decisions.clear();
  if (is_durable) {
    result_.decisions += static_cast<unsigned>(journal->decisions.size());
    if (options_.is_traced) tell(*journal);
    oracles_.on_journaled(*journal, revisions_, now_);
  }
  if (journal->batch == 0) return;
  Journaled reply{journal->batch, is_durable || options_.mutation == Mutation::journal_lies};
  after(dice_.between(1ms, 5ms), [this, &owner, reply, is_durable] {
    if (!owner.is_alive) return;
    trace(is_durable ? "journaled" : "unjournaled", "", reply.batch);
    if (is_durable) owner.facts.has_journal = true;
    owner.facts.loses_journal = !is_durable;
    deliver(owner, reply);
  });
}

// ---- Acting -------------------------------------------------------------------------------

void Simulation::start_one(Owner& owner, Act&& effect) {
  // The rim refuses whom the lease has left; the store finds out by itself.
  const bool is_stale = static_cast<std::uint64_t>(effect.epoch) < epoch_;
  if (!owner.facts.has_lease && options_.mutation != Mutation::act_after_fence) return;
  trace("act", effect.intent.token, effect.intent.sends);
  ++result_.acts;
  if (!is_stale) oracles_.on_act(owner.facts, effect, now_, wall());
  owner.facts.calls_under_way.insert(effect.intent.token);
  ++in_network_[effect.intent.token];
  const auto act = std::make_shared<Act>(std::move(effect));
  after(dice_.between(5ms, 300ms), [this, &owner, act, is_stale] { serve(owner, act, is_stale); });
}

void Simulation::serve(Owner& owner, const std::shared_ptr<Act>& act, bool is_stale) {
  const bool is_alone = --in_network_[act->intent.token] == 0;
  oracles_.on_call_served(*act, act->intent.token, is_stale, now_);
  if (strikes(faults_.request_lost)) {
    answer_call(owner, *act, Acted::Result::unknown, {}, Reason::outcome_unknown,
                dice_.between(5s, 30s));
  } else if (is_to_balancer(act->intent.kind) && has_pools(act->group) &&
             strikes(faults_.balancer_down)) {
    answer_call(owner, *act, Acted::Result::not_now, {}, Reason::balancer_unreachable, 10ms);
  } else if (needs_balancer(act->intent.kind) && is_alone && strikes(faults_.balancer_refuses)) {
    answer_call(owner, *act, Acted::Result::refused, {}, Reason::balancer_refused, 10ms);
  } else if (strikes(faults_.throttled)) {
    answer_call(owner, *act, Acted::Result::not_now, {}, Reason::cloud_throttled, 10ms);
  } else if (act->intent.kind == IntentKind::launch && is_alone &&
             cloud_.made_by(act->intent.token) == nullptr && strikes(faults_.quota)) {
    // A refusal is final only where no earlier call under the token is still on its way.
    oracles_.on_refused_call(act->intent.token);
    answer_call(owner, *act, Acted::Result::refused, {}, Reason::cloud_quota, 10ms);
  } else if (strikes(faults_.request_delayed)) {
    answer_call(owner, *act, Acted::Result::unknown, {}, Reason::outcome_unknown, 10s);
    ++in_network_[act->intent.token];
    after(dice_.between(1s, 2min), [this, act] {
      --in_network_[act->intent.token];
      (void)perform(*act);
    });
  } else {
    InstanceId made = perform(*act);
    const bool is_lost = strikes(faults_.reply_lost);
    answer_call(owner, *act, is_lost ? Acted::Result::unknown : Acted::Result::done,
                is_lost ? InstanceId{} : std::move(made), Reason::outcome_unknown,
                is_lost ? dice_.between(5s, 30s) : dice_.between(5ms, 2s));
  }
}

void Simulation::answer_call(Owner& owner, const Act& act, Acted::Result result,
                             InstanceId instance, Reason why, Duration delay) {
  Acted reply{act.group, act.intent.token, result, std::move(instance), why};
  after(delay, [this, &owner, reply = std::move(reply)] {
    if (!owner.is_alive) return;
    trace("acted", reply.token, static_cast<std::uint64_t>(reply.result));
    owner.facts.calls_under_way.erase(reply.token);
    deliver(owner, reply);
  });
}

InstanceId Simulation::perform(const Act& act) {
  const Intent& intent = act.intent;
  if (intent.kind == IntentKind::launch) {
    std::string wire = intent.token;
    if (options_.mutation == Mutation::new_token_on_retry && intent.sends > 1) wire += "-again";
    if (options_.mutation == Mutation::done_without_doing) return {};
    Machine* machine = cloud_.launch(act.group, intent, wire, now_);
    if (machine == nullptr) return cloud_.made_by(wire)->shown.id;
    if (has_pools(act.group)) machine->membership = machine->membership_before = Membership::absent;
    if (options_.mutation == Mutation::unmarked_launch) machine->shown.token.clear();
    if (strikes(faults_.error_at_birth)) machine->fails_at = now_ + dice_.between(1s, 30s);
    if (strikes(faults_.never_ready)) machine->ready_at = at_no_time;
    trace("launched", machine->shown.id.value);
    oracles_.on_launched(act, *machine, now_, wall());
    return machine->shown.id;
  }
  Machine* machine = cloud_.find(intent.instance);
  if (options_.mutation == Mutation::foreign_victim) {
    for (auto& [_, other] : cloud_.machines()) {
      if (other.group != act.group && other.lives(now_)) machine = &other;
    }
  }
  oracles_.on_terminating(act.group, machine, now_);
  if (machine == nullptr) return {};
  trace(name(op_of(intent.kind)), machine->shown.id.value);
  oracles_.on_cut_off(act, *machine, now_);
  if (is_to_balancer(intent.kind) && has_pools(act.group)) {
    balance(intent.kind, *machine);
  } else if (intent.kind == IntentKind::drain) {
    machine->draining_at = std::min(machine->draining_at, now_);
  }
  if (intent.kind == IntentKind::terminate) cloud_.terminate(*machine, now_);
  return {};
}

void Simulation::balance(IntentKind kind, Machine& machine) {
  if (kind == IntentKind::join && machine.lives(now_)) {
    SimCloud::balance(machine, Membership::member, now_);
  } else if (kind == IntentKind::leave) {
    SimCloud::balance(machine, Membership::absent, now_);
  } else if (kind == IntentKind::drain) {
    machine.drained_at = now_;
    if (machine.is_balanced()) SimCloud::balance(machine, Membership::drained, now_);
  }
}

bool Simulation::has_pools(const GroupId& group) const {
  const auto found = given_.find(group);
  return found != given_.end() && !found->second->balancer.pools.empty();
}

void Simulation::start_one(Owner& /*owner*/, Answered&& effect) {
  const auto found = tickets_.find(static_cast<std::uint64_t>(effect.ticket));
  if (found == tickets_.end()) return;
  const std::uint64_t key = found->second;
  tickets_.erase(found);
  trace("answered", "", static_cast<std::uint64_t>(effect.merge));
  if (effect.merge == Merge::full) return;  // It is tried again.
  const auto pending = pending_.find(key);
  if (pending == pending_.end()) return;
  if (effect.merge == Merge::merged || effect.merge == Merge::repeated) {
    oracles_.on_acknowledged(pending->second.signal, now_);
  }
  resolve(key);
}

void Simulation::start_one(Owner& /*owner*/, DeadLetter&& effect) {
  trace("dead", effect.reason);
}

void Simulation::start_one(Owner& /*owner*/, Shown&& effect) {
  trace("shown", "", effect.groups.size());
}

void Simulation::start_one(Owner& /*owner*/, Used&& effect) {
  trace("used", effect.group.value, static_cast<std::uint64_t>(effect.use.holds));
}

// No alarm over many groups is defined here.
void Simulation::start_one(Owner& /*owner*/, Sounded&& effect) {
  trace("sounded", effect.place.value);
}

void Simulation::start_one(Owner& owner, WakeAt&& effect) {
  trace("wake", "", static_cast<std::uint64_t>(effect.at.time_since_epoch().count()));
  after(effect.at - wall(), [this, &owner] { deliver(owner, TimeReached{}); });
}

void Simulation::start_one(Owner& /*owner*/, Left&& /*effect*/) {
  trace("left", "");
}

}  // namespace settle::sim
