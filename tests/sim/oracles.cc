#include "tests/sim/oracles.h"

#include <algorithm>
#include <utility>

#include "reconcilers/decide.h"

namespace settle::sim {
namespace {
using namespace std::chrono_literals;

std::set<std::string> tokens_of(const GroupState& state) {
  std::set<std::string> tokens;
  for (const Intent& intent : state.intents) tokens.insert(intent.token);
  return tokens;
}

bool is_serving(const Instance& instance) {
  return instance.state == "ACTIVE" && !instance.is_draining;
}

// Behind a load balancer it serves once that has it, and until it drains; who is thrown out by
// others serves on.
bool is_out_of_pools(const GroupState& state, const InstanceId& id) {
  return std::any_of(state.instances.begin(), state.instances.end(),
                     [&id](const InstanceMemory& memory) {
                       return memory.id == id && (memory.awaits_join || memory.draining_since);
                     });
}

}  // namespace

Oracles::Oracles(const Scenario& scenario, const SimCloud& cloud)
    : scenario_(scenario), cloud_(cloud) {
  for (const GroupPlan& plan : scenario.groups) history_[plan.spec->id];
}

void Oracles::fail(const char* oracle, const GroupId& group, std::string text, Time now) {
  if (!violation_) violation_ = Violation{oracle, group.value + ": " + std::move(text), now};
}

const GroupSpec& Oracles::spec(const GroupId& group) const {
  for (const GroupPlan& plan : scenario_.groups) {
    if (plan.spec->id == group) return *plan.spec;
  }
  return *scenario_.groups.front().spec;
}

Role Oracles::role(const GroupId& group) const {
  for (const GroupPlan& plan : scenario_.groups) {
    if (plan.spec->id == group) return plan.role;
  }
  return Role::contested;
}

// ---- What leaves the partition ------------------------------------------------------------

void Oracles::on_effect(const OwnerFacts& owner, const Effect& effect, Time now, Time /*wall*/) {
  if (owner.is_fenced) fail("INV08", {"-"}, "an owner that knows it is fenced goes on", now);
  if (const auto* observe = std::get_if<Observe>(&effect)) {
    const auto told = owner.told.find(observe->group);
    if (told != owner.told.end() && told->second.looks_under_way > 0) {
      fail("INV28", observe->group, "two observations at one time", now);
    }
  } else if (std::holds_alternative<Commit>(effect) && owner.commits_under_way > 0) {
    fail("INV28", {"-"}, "two commits at one time", now);
  } else if (const auto* journal = std::get_if<Journal>(&effect)) {
    // Several rounds may lie between two commits; what they wanted is known from their records.
    for (const JournalEntry& entry : journal->decisions) {
      const auto wanted = entry.record.desired_to;
      if (wanted) history_[entry.record.group].desired.push_back({now, *wanted});
    }
  } else if (const auto* act = std::get_if<Act>(&effect)) {
    if (owner.calls_under_way.contains(act->intent.token)) {
      fail("INV28", act->group, "one intent sent twice at one time", now);
    }
  }
}

void Oracles::on_act(OwnerFacts& owner, const Act& act, Time now, Time wall) {
  const GroupId& group = act.group;
  const auto stored = committed_.find(group);
  if (stored == committed_.end() || !tokens_of(stored->second).contains(act.intent.token)) {
    fail("INV05", group, "sent before its intent was committed: " + act.intent.token, now);
  }
  if (!owner.has_journal) fail("INV34", group, "sent while the journal fails", now);
  if (!recorded_.contains(act.intent.token)) {
    fail("INV38", group, "no durable record gives the cause of " + act.intent.token, now);
  }
  if (paused_.contains(group)) fail("INV22", group, "sent after a pause was acknowledged", now);
  if (owner.removed.contains(group)) fail("INV32", group, "sent for a removed group", now);
  // A schedule is news of its own.
  if (quiet_at_ && role(group) != Role::scheduled) {
    fail("INV18", group, "an action without news: " + act.intent.token, now);
  }
  const bool is_destructive =
      act.intent.kind == IntentKind::terminate || act.intent.kind == IntentKind::drain;
  if (is_destructive) check_destruction(owner, act, now, wall);
  Told& told = owner.told[group];
  if (is_destructive) told.leaving[act.intent.instance] = true;
  told.last_write = wall;
  told.last_write_turn = owner.turn;
}

void Oracles::check_destruction(OwnerFacts& owner, const Act& act, Time now, Time wall) {
  const GroupId& group = act.group;
  const Intent& intent = act.intent;
  Told& told = owner.told[group];
  check_protection(act, now);
  if (intent.instance.value.empty()) fail("INV23", group, "a victim without a name", now);
  if (!told.seen || !told.is_complete) {
    fail("INV11", group, "destroys by a listing that is not complete", now);
    return;
  }
  if (told.complete_ones < 2) fail("INV11", group, "destroys before two looks", now);
  if (wall - told.seen->at > 90s) fail("INV11", group, "destroys by an old listing", now);
  const Capacity min =
      std::min(limits_at(spec(group), wall).min, limits_at(spec(group), intent.opened_at).min);
  const bool is_balanced = !spec(group).balancer.pools.empty();
  Capacity ready = 0;
  const Instance* victim = nullptr;
  for (const Instance& instance : told.seen->instances) {
    if (instance.id == intent.instance) victim = &instance;
    const bool leaves = told.leaving.contains(instance.id) ||
                        (is_balanced && is_out_of_pools(committed_[group], instance.id));
    if (is_serving(instance) && !leaves && instance.id != intent.instance) ++ready;
  }
  const bool takes_service = victim != nullptr && is_serving(*victim) &&
                             !(is_balanced && is_out_of_pools(committed_[group], victim->id));
  if (intent.is_voluntary && takes_service && ready < min) {
    fail("INV02", group, "leaves " + std::to_string(ready) + " of " + std::to_string(min), now);
  }
  // A condemned one may go without a replacement where there were enough without it when that was
  // decided; what was wanted since does not matter to a call that may have been heard already.
  Capacity desired = committed_[group].desired.value_or(capacity_limit);
  for (const Desired& one : history_[group].desired) {
    if (one.at + 10min >= now) desired = std::min(desired, one.number);
  }
  const bool is_first = history_[group].acted.insert(intent.token).second;
  if (is_first && !intent.is_voluntary && takes_service && !told.leaving.contains(victim->id) &&
      spec(group).health.launch_first && ready < desired &&
      !history_[group].replaced.contains(victim->id)) {
    fail("INV29", group, "a serving instance goes before its replacement was launched", now);
  }
}

// ---- What the owner is told ---------------------------------------------------------------

void Oracles::on_observed(OwnerFacts& owner, const Observed& event, bool is_complete, Time wall) {
  if (!event.observation || owner.removed.contains(event.group)) return;
  const Observation& seen = *event.observation;
  Told& told = owner.told[event.group];
  // Of two the newer stands, unless the clock has gone back since.
  if (told.seen && seen.at < told.seen->at && told.seen->at <= wall) return;
  const bool is_news = !told.seen || told.seen->at < seen.at;
  told.seen = seen;
  told.is_complete = is_complete;
  told.leaving.clear();
  if (is_complete && is_news) ++told.complete_ones;
  History& history = history_[event.group];
  history.idle.clear();
  for (const Instance& instance : seen.instances) {
    if (!is_serving(instance)) history.idle.insert(instance.id);
  }
}

void Oracles::on_acknowledged(const Signal& signal, Time now) {
  const auto stored = committed_.find(signal.group);
  if (stored == committed_.end()) {
    fail("INV16", signal.group, "an event was acknowledged for a group that is not stored", now);
    return;
  }
  const Memory& memory = stored->second.memory;
  if (std::holds_alternative<AdjustClaim>(signal.claim)) {
    History& history = history_[signal.group];
    history.acknowledged.insert(signal.stamp);
    if (!history.webhooks.contains(signal.stamp)) {
      fail("INV16", signal.group, "acknowledged and not committed: " + signal.stamp.id, now);
    }
  } else if (const auto* pause = std::get_if<PauseOrder>(&signal.claim)) {
    if (!memory.pause || memory.pause->stamp < signal.stamp) {
      fail("INV16", signal.group, "a pause was acknowledged and is not committed", now);
    }
    const auto resumed = resumed_.find(signal.group);
    const bool is_over = resumed != resumed_.end() && signal.stamp < resumed->second;
    if (pause->paused && !is_over) paused_[signal.group] = signal.stamp;
  } else if (const auto* order = std::get_if<InstanceOrder>(&signal.claim)) {
    on_order(signal.group, signal.stamp, *order);
  } else if (const auto* sample = std::get_if<SampleClaim>(&signal.claim)) {
    const auto& samples = memory.samples;
    const bool is_there =
        std::any_of(samples.begin(), samples.end(), [&](const RememberedSample& one) {
          return one.sample.signal == sample->signal && one.stamp >= signal.stamp;
        });
    if (!is_there && signal.stamp.at + 2min > now) {
      fail("INV16", signal.group, "a sample was acknowledged and is not committed", now);
    }
  }
}

// ---- What the cloud is made to do ---------------------------------------------------------

void Oracles::on_call_served(const Act& act, const std::string& /*wire_token*/, bool is_stale,
                             Time now) {
  if (is_stale) fail("INV08", act.group, "a call of an owner that has lost its epoch", now);
}

void Oracles::on_launched(const Act& act, const Machine& machine, Time now, Time wall) {
  if (++made_[act.intent.token] > 1) {
    fail("INV06", act.group, "two instances for one intent: " + act.intent.token, now);
  }
  const bool is_marked = !machine.shown.token.empty() &&
                         machine.shown.launch_hash.starts_with(spec(act.group).launch_hash) &&
                         machine.shown.launch_hash == act.intent.launch_hash && act.spec &&
                         act.spec->id == act.group;
  if (!is_marked) fail("INV24", act.group, "an instance without our marks", now);
  const Capacity max = std::max(limits_at(spec(act.group), wall).max,
                                limits_at(spec(act.group), act.intent.opened_at).max);
  if (cloud_.living(act.group, now) > static_cast<std::size_t>(max)) {
    fail("INV01", act.group, "more than max exist", now);
  }
}

void Oracles::on_terminating(const GroupId& group, const Machine* machine, Time now) {
  if (machine == nullptr || machine->group != group) {
    fail("INV10", group, "a call about an instance that is not its own", now);
  }
}

void Oracles::on_resume_asked(const GroupId& group, const Stamp& stamp) {
  paused_.erase(group);
  resumed_[group] = std::max(resumed_[group], stamp);
}

void Oracles::on_metric(bool is_missing, Time now) {
  if (!is_missing) {
    metric_missing_since_.reset();
  } else if (!metric_missing_since_) {
    metric_missing_since_ = now;
  }
}

// ---- How it ends --------------------------------------------------------------------------

void Oracles::on_quiet(Time now) {
  for (const GroupPlan& plan : scenario_.groups) {
    const GroupId& group = plan.spec->id;
    const auto found = committed_.find(group);
    if (found == committed_.end() || !found->second.desired) {
      fail("INV19", group, "nothing is wanted after all is well", now);
      return;
    }
    const auto serving = static_cast<Capacity>(cloud_.serving(group, now));
    if (plan.role == Role::scheduled) continue;
    if (serving != *found->second.desired ||
        cloud_.living(group, now) != cloud_.serving(group, now)) {
      fail("INV19", group,
           std::to_string(serving) + " serve of " + std::to_string(cloud_.living(group, now)) +
               " where " + std::to_string(*found->second.desired) + " are wanted",
           now);
    }
    if (!found->second.intents.empty()) fail("INV19", group, "an intent stays open", now);
  }
  quiet_at_ = now;
}

void Oracles::on_end(std::size_t unanswered, bool has_jumps, Time now, Time wall) {
  if (unanswered > 0) {
    fail("INV16", {"-"}, std::to_string(unanswered) + " events were never answered", now);
  }
  for (const GroupPlan& plan : scenario_.groups) {
    if (plan.role == Role::adjusted && !has_jumps) check_fold(plan.spec->id, now);
    if (plan.role == Role::scheduled) check_schedule(plan.spec->id, now, wall);
  }
}

// Each webhook counted once, in order of its time, clamped at each step: DESIGN section 3, Merge.
void Oracles::check_fold(const GroupId& group, Time now) {
  const GroupSpec& the = spec(group);
  Capacity number = std::clamp(the.initial.value_or(0), the.limits.min, the.limits.max);
  for (const auto& [stamp, name] : history_[group].webhooks) {
    const auto policy = std::find_if(the.policies.begin(), the.policies.end(),
                                     [&](const Policy& one) { return one.name == name; });
    const Adjustment& adjustment = std::get<WebhookPolicy>(policy->kind).adjustment;
    const auto amount = static_cast<Capacity>(std::stoi(adjustment.amount.text()));
    Capacity change = amount;
    if (adjustment.kind == Adjustment::Kind::change_percent) {
      change = std::max(1, number * amount / 100);
    }
    if (adjustment.kind == Adjustment::Kind::change_percent && number == 0) change = 0;
    number = std::clamp(number + change, the.limits.min, the.limits.max);
  }
  const auto& desired = committed_[group].desired;
  if (desired != number) {
    fail("INV15", group,
         "desired is " + std::to_string(desired.value_or(-1)) + " where its events make " +
             std::to_string(number),
         now);
  }
}

void Oracles::check_schedule(const GroupId& group, Time now, Time /*wall*/) {
  const GroupSpec& the = spec(group);
  const History& history = history_[group];
  for (const Schedule& schedule : the.schedules) {
    const auto* one_shot = std::get_if<ScheduledAdjustment>(&schedule.kind);
    if (one_shot == nullptr) continue;
    const Cron& cron = std::get<Cron>(one_shot->when);
    // From when the group is known for certain until the last one must have been seen.
    Time at = history.first_commit + 15min;
    for (;;) {
      const std::optional<Time> next = cron.next(the.zone, at);
      if (!next || *next + 15min > now) break;
      at = *next;
      const bool is_skipped =
          std::any_of(history.skipped.begin(), history.skipped.end(), [&](Time from) {
            // A record names the first of those that are too late by then.
            return from <= at && at <= from + scenario_.chaos && scenario_.faults.jump_every > 0s;
          });
      if (!is_skipped && !history.firings.contains({at, "schedule/" + schedule.name})) {
        fail("INV27", group, "an occurrence of its schedule never fired", now);
      }
    }
  }
}

}  // namespace settle::sim
