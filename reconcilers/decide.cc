// The ladder's rungs 2 to 4 over what the voices say, and what is remembered of the result.
#include "reconcilers/decide.h"

#include <algorithm>

#include "reconcilers/adjust.h"
#include "reconcilers/anticipation.h"
#include "reconcilers/awake.h"
#include "reconcilers/fold.h"
#include "reconcilers/history.h"
#include "reconcilers/limits.h"
#include "reconcilers/steadiness.h"
#include "reconcilers/voices.h"

namespace settle {
namespace {

/// Where a group begins: as configured, or with what it has, once that has been seen in full.
void begin(const GroupSpec& spec, GroupState& state, DecisionRecord& record) {
  if (!spec.initial && !state.initial && state.good_observations > 0) {
    state.initial = record.tally.ready + record.tally.building + record.tally.condemned;
  }
  if (state.desired) return;
  const auto initial = initial_capacity(spec, state);
  if (!initial) return;
  state.desired = clamped(*initial, record.limits);
  record.rungs.push_back({Rung::combine,
                          *initial,
                          *state.desired,
                          Reason::initial_capacity,
                          {{"initial", std::int64_t{*initial}}}});
}

/// The largest proposal; less than what is desired only if nobody objects and nobody is missing.
/// A forecast is a floor to what others ask for, and asks for nothing less itself.
Capacity combine(const GroupSpec& spec, Capacity desired, DecisionRecord& record,
                 const GuardMask& guards) {
  const Voice* largest = nullptr;
  bool is_measured = false;
  const Voice* stays = nullptr;
  const Voice* missing = nullptr;
  for (const Voice& voice : record.voices) {
    if (voice.verdict == Verdict::stays && stays == nullptr && guards.has(Guard::contradiction)) {
      stays = &voice;
    }
    if (voice.verdict == Verdict::missing && missing == nullptr &&
        guards.has(Guard::missing_holds)) {
      missing = &voice;
    }
    if (voice.verdict != Verdict::proposes || !voice.proposes) continue;
    is_measured = is_measured || voice.kind != VoiceKind::forecast;
    if (largest == nullptr || *voice.proposes > *largest->proposes) largest = &voice;
  }
  const bool shrinks = largest != nullptr && *largest->proposes < desired;
  const Voice* const objects = missing != nullptr ? missing : stays;
  if (largest == nullptr || (shrinks && (objects != nullptr || !is_measured))) {
    Reason reason = Reason::nobody_asks;
    if (shrinks && objects != nullptr) reason = Reason::shrink_outvoted;
    if (missing != nullptr) reason = Reason::shrink_vetoed_by_missing;
    Facts facts;
    if (reason != Reason::nobody_asks) facts.emplace_back("policy", objects->name);
    record.rungs.push_back({Rung::combine, desired, desired, reason, std::move(facts)});
    return desired;
  }
  const Capacity number = *largest->proposes;
  for (Voice& voice : record.voices) voice.won = voice.proposes == number;
  record.rungs.push_back(
      {Rung::combine, desired, number, Reason::largest_proposal, {{"policy", largest->name}}});
  if (number > 0 || desired == 0 || may_be_last(spec, record.voices)) return number;
  record.rungs.push_back(
      {Rung::combine, number, 1, Reason::last_one_kept, {{"policy", largest->name}}});
  return 1;
}

/// So much is asked for by those who need not ask for a while: they were told, not measured.
Capacity at_once(const DecisionRecord& record) {
  Capacity number = 0;
  for (const Voice& voice : record.voices) {
    const bool was_told = voice.kind == VoiceKind::webhook || voice.kind == VoiceKind::schedule ||
                          voice.kind == VoiceKind::rest || voice.kind == VoiceKind::forecast;
    if (was_told && voice.proposes) number = std::max(number, *voice.proposes);
  }
  return number;
}

/// What would be asked back at once is not given up.
Capacity anticipate(const GroupSpec& spec, Capacity desired, Capacity wanted,
                    DecisionRecord& record) {
  const auto cut = anticipated(spec, record.voices, desired, wanted);
  if (!cut) return wanted;
  record.rungs.push_back({Rung::steadiness,
                          wanted,
                          cut->number,
                          Reason::would_grow_back,
                          {{"policy", cut->policy->name},
                           {"sample", cut->reading},
                           {"at_least", *cut->step->at_least}}});
  return cut->number;
}

Capacity steady(const GroupSpec& spec, GroupState& state, Capacity wanted, Agenda& agenda,
                DecisionRecord& record) {
  const Wanted request{*state.desired, wanted, at_once(record), false};
  Steadied result =
      steadied(spec.steadiness, request, state.recent, {state.changes, state.changes}, agenda);
  if (result.number == wanted) return wanted;
  // Beyond the limits nothing can happen anyway: then they are the reason, not steadiness.
  const bool is_moot = clamped(wanted, record.limits) == clamped(result.number, record.limits);
  if (is_moot) return wanted;
  record.rungs.push_back(
      {Rung::steadiness, wanted, result.number, result.reason, std::move(result.facts)});
  return result.number;
}

Capacity limit(Capacity desired, Capacity number, DecisionRecord& record) {
  const Range& limits = record.limits;
  const Capacity limited = clamped(number, limits);
  const bool was_outside = clamped(desired, limits) != desired;
  if (was_outside && clamped(desired, limits) == limited) {
    record.rungs.push_back(
        {Rung::limits,
         desired,
         limited,
         Reason::limits_repaired,
         {{"min", std::int64_t{limits.min}}, {"max", std::int64_t{limits.max}}}});
  } else if (limited > number) {
    record.rungs.push_back(
        {Rung::limits, number, limited, Reason::at_minimum, {{"min", std::int64_t{limits.min}}}});
  } else if (limited < number) {
    record.rungs.push_back(
        {Rung::limits, number, limited, Reason::at_maximum, {{"max", std::int64_t{limits.max}}}});
  }
  return limited;
}

const HoldOrder* active_hold(const GroupState& state, Time now) {
  if (!state.memory.hold) return nullptr;
  const HoldOrder& order = state.memory.hold->order;
  return !order.lifted && now < order.until ? &order : nullptr;
}

/// An operator's number stands above every voice, within the limits.
Capacity hold(const HoldOrder& order, Capacity number, Agenda& agenda, DecisionRecord& record) {
  const Capacity held = clamped(order.number, record.limits);
  Facts facts{
      {"owner", order.owner}, {"number", std::int64_t{order.number}}, {"until", order.until}};
  if (!order.reason.empty()) facts.emplace_back("reason", order.reason);
  for (Voice& other : record.voices) other.won = false;
  Voice& voice = record.voices.emplace_back();
  voice.name = order.owner;
  voice.kind = VoiceKind::operator_hold;
  voice.verdict = Verdict::proposes;
  voice.proposes = order.number;
  voice.reason = Reason::overridden;
  voice.facts = facts;
  voice.won = true;
  record.rungs.push_back({Rung::limits, number, held, Reason::overridden, std::move(facts)});
  agenda.note(order.until);
  return held;
}

/// A larger change in its direction grants what a policy asked for as well: it need not ask again.
bool is_granted(const Voice& voice, const Change& change) {
  if (voice.won) return true;
  return voice.proposes && *voice.proposes > change.from && *voice.proposes <= change.to;
}

/// Every policy that got what it asked for remembers the change as its own.
void remember_change(const GroupSpec& spec, GroupState& state, const Change& change,
                     const DecisionRecord& record) {
  state.changes.push_back(change);
  for (const Voice& voice : record.voices) {
    if (!is_granted(voice, change)) continue;
    const auto policy =
        std::find_if(spec.policies.begin(), spec.policies.end(),
                     [&](const Policy& candidate) { return candidate.name == voice.name; });
    const bool is_policy = voice.kind == VoiceKind::target || voice.kind == VoiceKind::steps ||
                           voice.kind == VoiceKind::alert;
    if (is_policy && policy != spec.policies.end() && has_memory(*policy)) {
      memory_of(state, voice.name).changes.push_back(change);
    }
  }
}

/// Whether anything counts from what was desired at some moment in the past.
bool counts_from_the_past(const GroupSpec& spec) {
  const auto is_told = [](const Policy& policy) {
    return std::holds_alternative<WebhookPolicy>(policy.kind) ||
           std::holds_alternative<AlertPolicy>(policy.kind);
  };
  const auto fires = [](const Schedule& schedule) {
    return std::holds_alternative<ScheduledAdjustment>(schedule.kind);
  };
  return std::any_of(spec.policies.begin(), spec.policies.end(), is_told) ||
         std::any_of(spec.schedules.begin(), spec.schedules.end(), fires);
}

Duration longest_memory(const GroupSpec& spec) {
  Duration longest = std::max(longest_period(spec.steadiness), longest_cooldown(spec.steadiness));
  for (const Policy& policy : spec.policies) {
    longest = std::max(longest, longest_period(policy.steadiness));
  }
  const FlappingGuard& flapping = spec.guards.flapping;
  if (flapping.reversals > 0) longest = std::max(longest, flapping.within + flapping.hold);
  if (counts_from_the_past(spec)) longest = std::max(longest, remembered_for(spec));
  return longest;
}

void forget(const GroupSpec& spec, GroupState& state, Time now) {
  if (!state.changes.empty()) forget_changes(state.changes, now - longest_memory(spec));
  for (VoiceState& voice : state.voices) {
    if (voice.changes.empty()) continue;
    for (const Policy& policy : spec.policies) {
      if (policy.name != voice.policy) continue;
      Duration longest = longest_cooldown(policy.steadiness);
      if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) {
        longest = std::max({longest, steps->wait, spec.steadiness.out.cooldown});
      }
      forget_changes(voice.changes, now - longest);
    }
  }
}

}  // namespace

std::optional<Time> decide(const GroupSpec& spec, GroupState& state, Time now,
                           DecisionRecord& record, const GuardMask& guards) {
  Agenda agenda(now);
  record.desired_from = state.desired;
  if (!state.voices.empty() || !state.seasons.empty()) forget_former_policies(spec, state);
  std::vector<Voice> schedules;
  const LimitsNow limits = read_windows(spec, now, guards, schedules);
  agenda.note(limits.changes_at);
  record.limits = state.limits = limits.limits;
  fire_schedules(spec, state, agenda, now, guards, schedules);
  begin(spec, state, record);

  const HoldOrder* const order = active_hold(state, now);
  record.voices.reserve(spec.policies.size() + schedules.size() + 2);
  if (!state.desired) {
    record.voices = std::move(schedules);
    record.rungs.push_back({Rung::combine, 0, 0, Reason::observation_pending, {}});
    if (order != nullptr) state.desired = hold(*order, 0, agenda, record);
    record.desired_to = state.desired;
    return agenda.earliest();
  }
  const Capacity desired = *state.desired;
  std::move(schedules.begin(), schedules.end(), std::back_inserter(record.voices));
  hear_policies({spec, state, record.tally, desired, now, agenda}, record.voices);
  const Capacity asked = combine(spec, desired, record, guards);
  const Capacity wanted = anticipate(spec, desired, asked, record);
  Capacity number = steady(spec, state, wanted, agenda, record);
  number = limit(desired, number, record);
  if (order != nullptr) number = hold(*order, number, agenda, record);

  if (number != desired) remember_change(spec, state, {now, desired, number}, record);
  state.desired = record.desired_to = number;
  forget(spec, state, now);
  return agenda.earliest();
}

}  // namespace settle
