// Oracles over what is stored and journaled: each state against the one before it and the truth.
#include <algorithm>
#include <utility>

#include "reconcilers/decide.h"
#include "tests/sim/oracles.h"

namespace settle::sim {
namespace {
using namespace std::chrono_literals;

std::set<std::string> tokens_of(const GroupState& state) {
  std::set<std::string> tokens;
  for (const Intent& intent : state.intents) tokens.insert(intent.token);
  return tokens;
}

}  // namespace

Capacity Oracles::largest_desired(const History& history, Time since) const {
  Capacity largest = 0;
  for (std::size_t at = history.desired.size(); at-- > 0;) {
    largest = std::max(largest, history.desired[at].number);
    if (history.desired[at].at < since) break;
  }
  return largest;
}

void Oracles::on_committed_state(const GroupRecord& record, Time now, Time wall) {
  const auto found = committed_.find(record.group);
  const GroupState* old = found == committed_.end() ? nullptr : &found->second;
  History& history = history_[record.group];
  history.first_commit = std::min(history.first_commit, now);
  check_victims(record, now);
  check_possible(record, old, now, wall);
  if (record.state.desired) history.desired.push_back({now, *record.state.desired});
  check_budgets(record, now, wall);
  if (old != nullptr) {
    check_absence(record, *old, now);
    check_evidence(record, *old, now);
    check_disruption(record, *old, now);
    check_halt(record, *old, now);
  }
  check_memory(record, now);
  check_desired(record, old, now);
  for (const Intent& intent : record.state.intents) {
    if (!intent.replaces.value.empty()) history.replaced.insert(intent.replaces);
  }
  committed_[record.group] = record.state;
}

void Oracles::on_forgotten(const GroupId& group) {
  committed_.erase(group);
  History fresh;
  history_[group] = std::move(fresh);
  paused_.erase(group);
}

void Oracles::check_victims(const GroupRecord& record, Time now) {
  std::set<std::pair<IntentKind, InstanceId>> victims;
  std::set<InstanceId> replaced;
  std::set<std::string> tokens;
  for (const Intent& intent : record.state.intents) {
    if (!tokens.insert(intent.token).second) {
      fail("INV07", record.group, "two intents under one token", now);
    }
    if (intent.kind != IntentKind::launch &&
        !victims.insert({intent.kind, intent.instance}).second) {
      fail("INV07", record.group, "two intents about " + intent.instance.value, now);
    }
    if (!intent.replaces.value.empty() && !replaced.insert(intent.replaces).second) {
      fail("INV07", record.group, "two replacements of " + intent.replaces.value, now);
    }
  }
}

void Oracles::check_possible(const GroupRecord& record, const GroupState* old, Time now,
                             Time wall) {
  const std::set<std::string> before = old ? tokens_of(*old) : std::set<std::string>{};
  std::size_t possible = cloud_.living(record.group, now);
  bool is_launching = false;
  Capacity max = limits_at(spec(record.group), wall).max;
  for (const Intent& intent : record.state.intents) {
    if (intent.kind != IntentKind::launch) continue;
    possible += !made_.contains(intent.token);
    if (before.contains(intent.token)) continue;
    is_launching = true;
    max = std::max(max, limits_at(spec(record.group), intent.opened_at).max);
  }
  if (is_launching && possible > static_cast<std::size_t>(max)) {
    fail("INV01", record.group,
         std::to_string(possible) + " may exist where " + std::to_string(max) + " is the most",
         now);
  }
}

void Oracles::check_budgets(const GroupRecord& record, Time now, Time /*wall*/) {
  History& history = history_[record.group];
  const GuardSpec& guards = spec(record.group).guards;
  const auto check = [&](std::map<std::string, Opened>& opened, const Intent& intent,
                         const Budget& budget, const char* oracle) {
    if (!opened.emplace(intent.token, Opened{intent.opened_at, now}).second) return;
    Capacity within = 0;
    for (const auto& [_, other] : opened) {
      // A period within which the clock jumped has no length that all agree on.
      if (other.seen_at < jumped_at_) continue;
      within += other.at <= intent.opened_at && intent.opened_at < other.at + budget.per;
    }
    const Capacity most = allowed(budget, largest_desired(history, now - 30min));
    if (within <= most) return;
    fail(oracle, record.group,
         std::to_string(within) + " within a period that allows " + std::to_string(most), now);
  };
  for (const Intent& intent : record.state.intents) {
    if (intent.kind == IntentKind::launch) {
      check(history.launches, intent, guards.launches, "INV04");
    } else if (intent.kind == IntentKind::terminate) {
      check(history.terminations, intent, guards.terminations, "INV03");
    }
  }
}

void Oracles::check_absence(const GroupRecord& record, const GroupState& old, Time now) {
  for (const InstanceMemory& memory : old.instances) {
    const auto& kept = record.state.instances;
    const bool is_kept = std::any_of(kept.begin(), kept.end(), [&](const InstanceMemory& other) {
      return other.id == memory.id;
    });
    if (is_kept) continue;
    const auto machine = cloud_.machines().find(memory.id);
    if (machine == cloud_.machines().end() || !machine->second.lives(now)) continue;
    fail("INV12", record.group, memory.id.value + " lives and was given up", now);
  }
}

// A launch ends by evidence, never by age: its instance was made, or the cloud refused it.
void Oracles::check_evidence(const GroupRecord& record, const GroupState& old, Time now) {
  const std::set<std::string> kept = tokens_of(record.state);
  for (const Intent& intent : old.intents) {
    if (intent.kind != IntentKind::launch || kept.contains(intent.token)) continue;
    if (made_.contains(intent.token) || refused_.contains(intent.token)) continue;
    if (intent.sends == 0) continue;  // It never left, and may be thought better of.
    fail("G6", record.group, "a launch was forgotten without evidence: " + intent.token, now);
  }
}

void Oracles::check_memory(const GroupRecord& record, Time now) {
  History& history = history_[record.group];
  const Memory& memory = record.state.memory;
  std::set<Stamp> present;
  std::set<std::pair<Time, std::string>> schedules;
  for (const Firing& firing : memory.firings) {
    present.insert(firing.stamp);
    history.firings.insert({firing.stamp.at, firing.origin});
    if (firing.origin.starts_with("policy/")) {
      history.webhooks.emplace(firing.stamp, firing.origin.substr(7));
    } else if (!schedules.insert({firing.stamp.at, firing.origin}).second) {
      fail("INV27", record.group, "one occurrence of a schedule fired twice", now);
    }
  }
  for (const Stamp& stamp : history.acknowledged) {
    if (stamp.at < memory.folded_to || present.contains(stamp)) continue;
    fail("INV15", record.group, "what was acknowledged is forgotten: " + stamp.id, now);
  }
  std::erase_if(history.acknowledged, [&](const Stamp& one) { return one.at + 2h < now; });
}

void Oracles::check_desired(const GroupRecord& record, const GroupState* old, Time now) {
  if (!record.state.desired || old == nullptr || !old->desired) return;
  const Capacity change = *record.state.desired - *old->desired;
  if (change == 0) return;
  if (role(record.group) == Role::measured && change < 0 && metric_missing_since_ &&
      scenario_.faults.jump_every == 0s && now > *metric_missing_since_ + 4min) {
    fail("INV13", record.group, "shrinks while its metric is missing", now);
  }
  History& history = history_[record.group];
  if (!healed_at_ || now < *healed_at_ + 30min || role(record.group) != Role::measured) return;
  // A mean over instances that have changed since, without a window to settle in, may err once
  // with each change.
  const GroupSpec& the = spec(record.group);
  const auto& policy = std::get<TargetPolicy>(the.policies.front().kind);
  if (!policy.metric.is_total && the.steadiness.in.settle < 1min) return;
  const int direction = change > 0 ? 1 : -1;
  if (history.last_direction != 0 && direction != history.last_direction &&
      ++history.turns_after_heal > 1) {
    fail("INV20", record.group, "desired goes back and forth under a constant signal", now);
  }
  history.last_direction = direction;
}

void Oracles::on_journaled(const Journal& journal, const Revisions& revisions, Time now) {
  for (const JournalEntry& entry : journal.decisions) {
    for (const TakenStep& step : entry.record.steps) recorded_.insert(step.token);
    for (const Voice& voice : entry.record.voices) {
      if (voice.reason != Reason::schedule_skipped) continue;
      for (const auto& [key, value] : voice.facts) {
        const Time* nominal = std::get_if<Time>(&value);
        if (nominal != nullptr) history_[entry.record.group].skipped.insert(*nominal);
      }
    }
    const auto& specs = revisions.at(entry.context.revision);
    const auto found = specs.find(entry.record.group);
    if (found == specs.end()) continue;
    GroupState state = *entry.before;
    const Round again =
        converge(*found->second, state, *entry.seen, entry.record.at, entry.context);
    if (!(again.record == entry.record)) {
      fail("INV17", entry.record.group, "a journaled decision does not replay to itself", now);
    }
  }
  for (const ActionEntry& action : journal.actions) {
    if (action.outcome == "inherited") recorded_.insert(action.token);
  }
}

}  // namespace settle::sim
