#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace settle::sim {
using namespace std::chrono_literals;

// An owner is a loop with its partition, and what the oracles know of it.
struct Simulation::Owner final : World, Clock {
  Owner(Simulation& sim_in, std::uint64_t epoch) : sim(sim_in) { facts.epoch = epoch; }
  [[nodiscard]] Time now() const override { return sim.wall(); }
  void start(std::vector<Effect> effects) override { sim.start(*this, std::move(effects)); }

  Simulation& sim;
  OwnerFacts facts;
  std::unique_ptr<Loop> loop;  // None once it is dead.
  bool is_alive = true;
  bool is_turn_due = false;
};

Simulation::Simulation(const RunOptions& options)
    : options_(options),
      dice_(options.seed ^ 0x5e771e),
      scenario_(draw_scenario(options.seed)),
      faults_(scenario_.faults),
      cloud_(dice_),
      oracles_(scenario_, cloud_),
      now_(scenario_.begins) {
  for (const GroupPlan& plan : scenario_.groups) {
    given_[plan.spec->id] = mutated_spec(plan.spec, options.mutation);
  }
}

Simulation::~Simulation() = default;

RunResult Simulation::run() {
  const Time heals = scenario_.begins + scenario_.chaos;
  const Time quiets = heals + scenario_.healed - scenario_.quiet;
  const Time ends = heals + scenario_.healed;
  elect();
  begin_chaos();
  after(scenario_.chaos, [this] { begin_healing(); });
  after(quiets - now_, [this] { oracles_.on_quiet(now_); });
  const auto later = [](const Item& a, const Item& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  };
  while (!queue_.empty() && !oracles_.violation()) {
    std::pop_heap(queue_.begin(), queue_.end(), later);
    Item item = std::move(queue_.back());
    queue_.pop_back();
    if (item.at > ends) break;
    now_ = item.at;
    item.what();
  }
  const auto unanswered = static_cast<std::size_t>(std::count_if(
      pending_.begin(), pending_.end(), [](const auto& entry) { return entry.second.is_retried; }));
  if (!oracles_.violation()) {
    oracles_.on_end(unanswered, scenario_.faults.jump_every > 0s, now_, wall());
  }
  result_.violation = oracles_.violation();
  return result_;
}

void Simulation::after(Duration delay, std::function<void()> what) {
  queue_.push_back({now_ + std::max(delay, Duration{}), ++order_, std::move(what)});
  std::push_heap(queue_.begin(), queue_.end(), [](const Item& a, const Item& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  });
}

void Simulation::trace(std::string_view kind, std::string_view about, std::uint64_t number) {
  const auto mix = [this](std::uint64_t value) {
    result_.trace = (result_.trace ^ value) * 0x100000001b3ULL;
  };
  mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  for (const char letter : kind) mix(static_cast<unsigned char>(letter));
  for (const char letter : about) mix(static_cast<unsigned char>(letter));
  mix(number);
  if (!options_.is_traced) return;
  const auto since = (now_ - scenario_.begins).count();
  std::printf("%9.3f %-12.*s %.*s %llu\n", static_cast<double>(since) / 1000.0,
              static_cast<int>(kind.size()), kind.data(), static_cast<int>(about.size()),
              about.data(), static_cast<unsigned long long>(number));
}

void Simulation::tell(const Journal& journal) const {
  for (const JournalEntry& entry : journal.decisions) {
    const DecisionRecord& record = entry.record;
    std::printf("          decided      %s desired %d to %d, ready %d of %d\n",
                record.group.value.c_str(), record.desired_from.value_or(-1),
                record.desired_to.value_or(-1), record.tally.ready, record.tally.possible());
    for (const TakenStep& step : record.steps) {
      std::printf("            step %d %s for %s: %.*s, %s\n", static_cast<int>(step.op),
                  step.instance.value.c_str(), step.replaces.value.c_str(),
                  static_cast<int>(name(step.reason).size()), name(step.reason).data(),
                  step.token.c_str());
    }
    for (const WithheldStep& step : record.withheld) {
      std::printf("            withheld %d %s: %.*s\n", static_cast<int>(step.op),
                  step.instance.value.c_str(), static_cast<int>(name(step.reason).size()),
                  name(step.reason).data());
    }
  }
  for (const ActionEntry& action : journal.actions) {
    std::printf("            action %s %s %s\n", action.token.c_str(),
                action.instance.value.c_str(), action.outcome.c_str());
  }
}

void Simulation::tell(const GroupId& group, const Observation& seen) const {
  std::printf("          listing      %s%s", group.value.c_str(),
              seen.is_complete ? "" : " in part");
  for (const Instance& one : seen.instances) {
    std::printf(" %s=%s%s", one.id.value.c_str(), one.state.c_str(),
                one.is_draining ? "/drains" : "");
  }
  std::printf("\n");
}

bool Simulation::strikes(unsigned per_mille) {
  if (per_mille == 0 || !dice_.chance(per_mille)) return false;
  ++result_.faults;
  return true;
}

// ---- Owners -------------------------------------------------------------------------------

void Simulation::elect() {
  ++epoch_;
  std::vector<GroupRecord> inherited;
  for (const auto& [group, state] : oracles_.committed()) {
    inherited.push_back({group, state});
    if (epoch_ > 1) restore_mutated(inherited.back().state);
  }
  auto owner = std::make_unique<Owner>(*this, epoch_);
  PartitionLimits limits;
  limits.turn_rounds_max = 1 + dice_.below(8);
  limits.commit_groups_max = 1 + dice_.below(4);
  owner->loop = std::make_unique<Loop>(
      Loop::Limits{1'000, 1 + static_cast<std::size_t>(dice_.below(16))},
      Partition({0, Epoch{epoch_}, "sim", "sim", "sim"}, limits, std::move(inherited)), *owner,
      *owner);
  owners_.push_back(std::move(owner));
  owner_ = owners_.back().get();
  crash_in_ = is_healed_ ? 0 : 50 + dice_.below(5'000);
  trace("elected", "", epoch_);
  reconfigure(*owner_);
}

void Simulation::restore_mutated(GroupState& state) const {
  switch (options_.mutation) {
    case Mutation::drop_ids:
      state.memory.firings.clear();
      break;
    case Mutation::forget_launches:
      std::erase_if(state.intents,
                    [](const Intent& intent) { return intent.kind == IntentKind::launch; });
      break;
    case Mutation::reset_launches:
      state.launches.clear();
      break;
    case Mutation::reset_terminations:
      state.terminations.clear();
      state.vetted.clear();
      break;
    case Mutation::drop_pause:
      state.memory.pause.reset();
      break;
    case Mutation::skip_schedule:
      state.memory.scheduled_to += 15min;
      break;
    case Mutation::inflate_absence:
      for (InstanceMemory& memory : state.instances) {
        memory.missing_listings = 2;
        memory.missing_since = memory.missing_counted_at = state.observed_at - 10min;
      }
      break;
    case Mutation::double_intents: {
      const std::vector<Intent> intents = state.intents;
      for (Intent intent : intents) {
        if (intent.kind == IntentKind::launch) continue;
        intent.token += "2";
        state.intents.push_back(intent);
      }
      break;
    }
    default:
      break;
  }
}

void Simulation::crash() {
  if (owner_ == nullptr || !owner_->is_alive) return;
  ++result_.crashes;
  ++result_.faults;
  trace("crashed", "", owner_->facts.epoch);
  owner_->is_alive = false;
  owner_ = nullptr;
  after(dice_.between(200ms, 60s), [this] {
    if (owner_ == nullptr) elect();
  });
}

// Another takes its place and it does not know: it goes on until the store tells it.
void Simulation::depose() {
  if (owner_ == nullptr) return;
  trace("deposed", "", owner_->facts.epoch);
  owner_->facts.has_lease = false;
  elect();
}

void Simulation::deliver(Owner& owner, Event event) {
  if (!owner.is_alive) return;
  if (!owner.loop->offer(std::move(event))) return;
  if (std::exchange(owner.is_turn_due, true)) return;
  after(dice_.between(0ms, 5ms), [this, &owner] { turn(owner); });
}

void Simulation::turn(Owner& owner) {
  owner.is_turn_due = false;
  bool has_more = owner.is_alive;
  while (has_more && owner.is_alive) {
    ++owner.facts.turn;
    has_more = owner.loop->turn();
  }
  if (!owner.is_alive) owner.loop.reset();
}

void Simulation::start(Owner& owner, std::vector<Effect>&& effects) {
  for (Effect& effect : effects) {
    if (!owner.is_alive) return;
    // It dies between any two effects: what it asked for before is on its way, the rest is not.
    if (&owner == owner_ && crash_in_ > 0 && --crash_in_ == 0) {
      crash();
      return;
    }
    oracles_.on_effect(owner.facts, effect, now_, wall());
    std::visit([&](auto&& one) { start_one(owner, std::move(one)); }, std::move(effect));
  }
}

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
  after(delay, [this, &owner, group = effect.group, at = wall()] { list(owner, group, at); });
}

void Simulation::list(Owner& owner, const GroupId& group, Time at) {
  Observed reply{group, std::nullopt, Reason::cloud_unreachable};
  bool is_complete = false;
  if (!strikes(faults_.observe_failed)) {
    const Time as_of = now_ - dice_.between(Duration{}, faults_.listing_lag);
    Observation seen{at, true, cloud_.list(group, as_of, now_)};
    if (now_ < empty_until_[group]) seen.instances.clear();
    if (strikes(faults_.observe_partial)) {
      seen.is_complete = false;
      std::erase_if(seen.instances, [this](const Instance&) { return dice_.chance(500); });
    }
    is_complete = seen.is_complete;
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
    oracles_.on_observed(owner.facts, reply, is_complete);
    deliver(owner, reply);
  });
}

// ---- Store and journal --------------------------------------------------------------------

void Simulation::apply(const Commit& commit) {
  for (const GroupId& group : commit.forgotten) oracles_.on_forgotten(group);
  for (const GroupRecord& record : commit.dirty) {
    oracles_.on_committed_state(record, now_, wall());
  }
}

void Simulation::start_one(Owner& owner, Commit&& effect) {
  trace("commit", "", effect.batch);
  ++owner.facts.commits_under_way;
  const Duration delay =
      strikes(faults_.commit_slow) ? dice_.between(1s, 30s) : dice_.between(1ms, 20ms);
  const auto commit = std::make_shared<Commit>(std::move(effect));
  after(delay, [this, &owner, commit] { store(owner, commit); });
}

void Simulation::store(Owner& owner, const std::shared_ptr<Commit>& commit) {
  Committed reply{commit->batch, Stored::stored};
  if (static_cast<std::uint64_t>(commit->epoch) < epoch_) {
    reply.result = Stored::fenced;
  } else if (strikes(faults_.commit_unavailable)) {
    reply.result = Stored::unavailable;
    if (dice_.chance(300)) apply(*commit);  // It happened; only the answer says otherwise.
  } else if (options_.mutation == Mutation::act_before_commit) {
    after(2s, [this, commit] { apply(*commit); });
  } else {
    apply(*commit);
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
    oracles_.on_journaled(*journal, given_, now_);
  }
  if (journal->batch == 0) return;
  Journaled reply{journal->batch, is_durable || options_.mutation == Mutation::journal_lies};
  after(dice_.between(1ms, 5ms), [this, &owner, reply, is_durable] {
    if (!owner.is_alive) return;
    owner.facts.has_journal = is_durable;
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
  trace(intent.kind == IntentKind::drain ? "draining" : "terminating", machine->shown.id.value);
  if (intent.kind == IntentKind::drain) machine->draining_at = std::min(machine->draining_at, now_);
  if (intent.kind == IntentKind::terminate) cloud_.terminate(*machine, now_);
  return {};
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

void Simulation::start_one(Owner& owner, WakeAt&& effect) {
  trace("wake", "", static_cast<std::uint64_t>(effect.at.time_since_epoch().count()));
  after(effect.at - wall(), [this, &owner] { deliver(owner, TimeReached{}); });
}

void Simulation::reconfigure(Owner& owner) {
  Reconfigured event{"r-sim", Authority::act, {}};
  for (const auto& [group, spec] : given_) {
    const bool is_hidden = options_.mutation == Mutation::hide_removal;
    if (is_hidden || !removed_.contains(group)) event.specs.push_back(spec);
  }
  deliver(owner, std::move(event));
  turn(owner);
  owner.facts.removed = removed_;
  for (const GroupId& group : removed_) owner.facts.told.erase(group);
}

}  // namespace settle::sim
