// Steps and alerts, and what every policy's own steadiness makes of its proposal.
#include <algorithm>
#include <cstdlib>

#include "reconcilers/adjust.h"
#include "reconcilers/breach.h"
#include "reconcilers/fold.h"
#include "reconcilers/history.h"
#include "reconcilers/memory.h"
#include "reconcilers/steadiness.h"
#include "reconcilers/voices.h"

namespace settle {
namespace {

/// Of those that hold, the one that moves the group farthest; where two pull in opposite
/// directions, the one that grows it.
template <typename Holds>
const Step* most_extreme(const StepsPolicy& steps, Capacity base, Holds holds) {
  const Step* found = nullptr;
  Capacity farthest = 0;
  for (const Step& step : steps.steps) {
    if (!holds(step)) continue;
    const Capacity move = adjusted(base, step.adjustment) - base;
    const bool grows_instead = move > 0 && farthest < 0;
    const bool same_side = (move < 0) == (farthest < 0) || farthest == 0;
    if (found == nullptr || grows_instead || (same_side && std::abs(move) > std::abs(farthest))) {
      found = &step;
      farthest = move;
    }
  }
  return found;
}

/// Within an out-cooldown a step counts from where the group was before: a larger one adds only
/// the difference, and the same one nothing.
Capacity step_base(const Moment& moment, const Policy& policy, const VoiceState& own) {
  const Capacity added =
      std::max(added_within(own.changes, policy.steadiness.out.cooldown, moment.now),
               added_within(moment.state.changes, moment.spec.steadiness.out.cooldown, moment.now));
  return std::max(moment.desired - added, 0);
}

std::optional<Time> waits_until(const StepsPolicy& steps, const VoiceState& own, Time now) {
  if (own.changes.empty()) return std::nullopt;
  // Never twice at one moment, whatever `wait` is: a round may be run again.
  const Time until = own.changes.back().at + std::max(steps.wait, Duration{1});
  return until > now ? std::optional(until) : std::nullopt;
}

/// The step that enough of the last readings lie in.
const Step* confirmed_step(const Moment& moment, const Policy& policy, const StepsPolicy& steps,
                           const VoiceState& own, Voice& voice) {
  const Decimal& value = voice.input->value;
  const auto matches_now = [&](const Step& step) { return matches(step, value); };
  if (policy.breach.of <= 1) return most_extreme(steps, moment.desired, matches_now);
  const Step* const step = most_extreme(steps, moment.desired, [&](const Step& candidate) {
    return count_within(own.evaluations, candidate) >= policy.breach.readings;
  });
  if (step != nullptr) {
    voice.facts.emplace_back("count", std::int64_t{count_within(own.evaluations, *step)});
    voice.facts.emplace_back("of", std::int64_t{policy.breach.of});
  } else if (const Step* const now = most_extreme(steps, moment.desired, matches_now)) {
    be_unconfirmed(policy.breach, count_within(own.evaluations, *now), voice);
  }
  return step;
}

void take_step(const Moment& moment, const Policy& policy, const StepsPolicy& steps,
               const VoiceState& own, Voice& voice) {
  const Step* step = confirmed_step(moment, policy, steps, own, voice);
  if (voice.reason == Reason::breach_pending) return;
  if (step == nullptr) {
    const bool shrinks = std::any_of(
        steps.steps.begin(), steps.steps.end(),
        [&](const Step& other) { return is_removal(other.adjustment, moment.desired); });
    voice.verdict = shrinks ? Verdict::stays : Verdict::silent;
    voice.reason = shrinks ? Reason::no_step_matched : Reason::no_opinion;
    return;
  }
  if (const auto until = waits_until(steps, own, moment.now)) {
    voice.verdict = Verdict::stays;
    voice.reason = Reason::step_waiting;
    voice.facts.emplace_back("wait", steps.wait);
    voice.facts.emplace_back("until", *until);
    moment.agenda.note(*until);
    return;
  }
  voice.verdict = Verdict::proposes;
  voice.reason = Reason::step_matched;
  if (step->at_least) voice.facts.emplace_back("at_least", *step->at_least);
  if (step->at_most) voice.facts.emplace_back("at_most", *step->at_most);
  voice.facts.push_back(adjustment_fact(step->adjustment));
  const bool shrinks = is_removal(step->adjustment, moment.desired);
  const Capacity base = shrinks ? moment.desired : step_base(moment, policy, own);
  const Capacity number = adjusted(base, step->adjustment);
  voice.proposes = shrinks ? number : std::max(number, moment.desired);
  voice.facts.emplace_back("base", std::int64_t{base});
}

/// What the alerts that sound one alarm come to.
struct Sounding {
  AlarmState state = AlarmState::resolved;
  Time at;      // The first of those that fire, or that are not known; the last that ended.
  Time newest;  // When any of them was last told of.
  const RememberedAlarm* loudest = nullptr;  // The last told of those that have that state.
};

AlarmState state_at(const AlarmClaim& alarm, Time now) {
  const bool has_lapsed = alarm.state == AlarmState::firing && alarm.until && *alarm.until <= now;
  return has_lapsed ? AlarmState::resolved : alarm.state;
}

/// Firing outweighs not known, which outweighs resolved.
int weight(AlarmState state) {
  if (state == AlarmState::firing) return 2;
  return state == AlarmState::no_data ? 1 : 0;
}

/// None while nobody has told of it. Alerts of one alarm lie side by side.
std::optional<Sounding> sounding_of(const Moment& moment, const std::string& alarm) {
  const auto& alarms = moment.state.memory.alarms;
  auto place = std::lower_bound(alarms.begin(), alarms.end(), alarm,
                                [](const RememberedAlarm& entry, const std::string& name) {
                                  return entry.alarm.alarm < name;
                                });
  std::optional<Sounding> heard;
  for (; place != alarms.end() && place->alarm.alarm == alarm; ++place) {
    const AlarmState state = state_at(place->alarm, moment.now);
    const bool has_lapsed = state != place->alarm.state;
    const Time at = has_lapsed ? *place->alarm.until : place->stamp.at;
    if (state == AlarmState::firing) moment.agenda.note(place->alarm.until);
    const int more = heard ? weight(state) - weight(heard->state) : 1;
    const Time newest = heard ? std::max(heard->newest, place->stamp.at) : place->stamp.at;
    if (more > 0) heard = Sounding{state, at, newest};
    heard->newest = newest;
    if (more < 0) continue;
    const bool is_later = heard->loudest == nullptr || heard->loudest->stamp < place->stamp;
    if (is_later) heard->loudest = &*place;
    heard->at = state == AlarmState::resolved ? std::max(heard->at, at) : std::min(heard->at, at);
  }
  return heard;
}

/// What was measured, of which alert, and in which event that was said.
void show_value(const Sounding& alarm, Voice& voice) {
  if (alarm.loudest == nullptr || !alarm.loudest->alarm.value) return;
  voice.facts.emplace_back("value", *alarm.loudest->alarm.value);
  voice.facts.emplace_back("id", alarm.loudest->stamp.id);
}

/// The latch follows the alarm: it keeps the number it began from until release_after beyond. One
/// whose alarm nobody remembers any more has been let go.
void follow_alarm(const Moment& moment, const AlertPolicy& alert,
                  const std::optional<Sounding>& alarm, VoiceState& own) {
  if (alarm && alarm->state == AlarmState::firing) {
    if (!own.latched) {
      own.latched = desired_before(moment.state.changes, moment.desired, alarm->at);
    }
    own.release_at.reset();
  } else if (alarm && alarm->state == AlarmState::resolved && own.latched) {
    own.release_at = alarm->at + alert.release_after;
  } else if (!alarm && own.latched && !own.release_at) {
    own.release_at = moment.now + alert.release_after;
  }
  if (own.release_at && *own.release_at <= moment.now) {
    own.latched.reset();
    own.release_at.reset();
  }
}

/// What the policy's own steadiness lets through of its proposal.
void steady_voice(const Moment& moment, const Policy& policy, Voice& voice) {
  if (!is_steady(policy.steadiness)) return;
  const bool speaks = voice.verdict == Verdict::proposes || voice.verdict == Verdict::stays;
  if (!speaks || voice.reason == Reason::fallback_used) return;
  VoiceState& own = memory_of(moment.state, policy.name);
  const Wanted wanted{moment.desired, voice.proposes.value_or(moment.desired), 0,
                      std::holds_alternative<TargetPolicy>(policy.kind)};
  Steadied steady = steadied(policy.steadiness, wanted, own.recent,
                             {moment.state.changes, own.changes}, moment.agenda);
  if (steady.number == wanted.number) return;
  voice.facts = std::move(steady.facts);
  voice.facts.emplace_back("from", std::int64_t{wanted.number});
  voice.facts.emplace_back("to", std::int64_t{steady.number});
  voice.reason = steady.reason;
  voice.proposes = steady.number;
  if (steady.number == moment.desired) {
    voice.verdict = Verdict::stays;
    voice.proposes.reset();
  }
}

}  // namespace

bool matches(const Step& step, const Decimal& value) {
  return (!step.at_least || value >= *step.at_least) && (!step.at_most || value <= *step.at_most);
}

bool has_memory(const Policy& policy) {
  return policy.breach.of > 1 || std::holds_alternative<StepsPolicy>(policy.kind) ||
         std::holds_alternative<AlertPolicy>(policy.kind) || is_steady(policy.steadiness);
}

VoiceState& memory_of(GroupState& state, const std::string& policy) {
  const auto place = std::lower_bound(
      state.voices.begin(), state.voices.end(), policy,
      [](const VoiceState& voice, const std::string& name) { return voice.policy < name; });
  if (place != state.voices.end() && place->policy == policy) return *place;
  VoiceState fresh;
  fresh.policy = policy;
  return *state.voices.insert(place, std::move(fresh));
}

void forget_former_policies(const GroupSpec& spec, GroupState& state) {
  std::erase_if(state.voices, [&](const VoiceState& voice) {
    return std::none_of(spec.policies.begin(), spec.policies.end(), [&](const Policy& policy) {
      return policy.name == voice.policy && has_memory(policy);
    });
  });
  std::erase_if(state.seasons, [&](const Season& season) {
    return std::none_of(spec.policies.begin(), spec.policies.end(), [&](const Policy& policy) {
      return policy.name == season.policy && std::holds_alternative<ForecastPolicy>(policy.kind);
    });
  });
}

void hear_steps(const Moment& moment, const Policy& policy, const StepsPolicy& steps,
                Voice& voice) {
  voice.kind = VoiceKind::steps;
  const Samples samples = samples_of(moment.state.memory, signal_name(policy, steps.metric));
  const bool has_own = samples.begin != samples.end && samples.begin->sample.instance.value.empty();
  const Heard heard = has_own ? judge(steps.metric, *samples.begin, moment.now) : Heard{};
  if (policy.breach.of > 1 && heard.sample != nullptr && heard.problem != Reason::metric_stale) {
    std::optional<Decimal> said;
    if (heard.is_value()) said = heard.sample->sample.reading.value;
    remember(memory_of(moment.state, policy.name), policy.breach, {heard.sample->stamp.at, said},
             steps.metric.stale_after);
  }
  if (!heard.is_value()) return be_missing(moment, steps.metric, heard, voice);
  have_read(moment, steps.metric, *heard.sample, voice);
  take_step(moment, policy, steps, memory_of(moment.state, policy.name), voice);
}

void hear_alert(const Moment& moment, const Policy& policy, const AlertPolicy& alert,
                Voice& voice) {
  voice.kind = VoiceKind::alert;
  voice.reason = Reason::alarm_quiet;
  VoiceState& own = memory_of(moment.state, policy.name);
  const std::optional<Sounding> alarm = sounding_of(moment, alarm_name(policy, alert));
  follow_alarm(moment, alert, alarm, own);
  voice.facts.emplace_back("alarm", alarm_name(policy, alert));
  if (alarm) voice.input_at = alarm->newest;
  if (alarm) show_value(*alarm, voice);
  if (!own.latched) {
    if (!alarm || alarm->state != AlarmState::no_data) return;
    voice.verdict = Verdict::missing;  // It may be firing, for all that anybody knows.
    voice.reason = Reason::metric_missing;
    voice.facts.emplace_back("since", alarm->at);
    return;
  }
  voice.verdict = Verdict::proposes;
  voice.reason = Reason::latched;
  voice.proposes = adjusted(*own.latched, alert.adjustment);
  voice.facts.push_back(adjustment_fact(alert.adjustment));
  voice.facts.emplace_back("base", std::int64_t{*own.latched});
  if (own.release_at) voice.facts.emplace_back("release_at", *own.release_at);
  moment.agenda.note(own.release_at);
}

namespace {

/// Who moved the rest number last, as long as that is remembered one by one.
void hear_rest(const Moment& moment, Voice& voice) {
  voice.name = "rest";
  voice.kind = VoiceKind::rest;
  voice.verdict = Verdict::proposes;
  voice.reason = Reason::at_rest;
  const auto initial = initial_capacity(moment.spec, moment.state);
  voice.proposes = rest_number(moment.spec, moment.state, initial.value_or(moment.desired));
  voice.facts.emplace_back("number", std::int64_t{*voice.proposes});
  const auto& firings = moment.state.memory.firings;
  const auto last = std::find_if(firings.rbegin(), firings.rend(), [&](const Firing& firing) {
    return lasts(moment.spec, firing.origin);
  });
  if (last == firings.rend()) return;
  voice.facts.emplace_back("source", last->origin);
  voice.facts.emplace_back("fired_at", last->stamp.at);
}

}  // namespace

void hear_policies(const Moment& moment, std::vector<Voice>& voices) {
  for (const Policy& policy : moment.spec.policies) {
    if (std::holds_alternative<WebhookPolicy>(policy.kind)) continue;
    Voice& voice = voices.emplace_back();
    voice.name = policy.name;
    if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
      hear_target(moment, policy, *target, voice);
    } else if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) {
      hear_steps(moment, policy, *steps, voice);
    } else if (const auto* alert = std::get_if<AlertPolicy>(&policy.kind)) {
      hear_alert(moment, policy, *alert, voice);
    } else if (const auto* forecast = std::get_if<ForecastPolicy>(&policy.kind)) {
      hear_forecast(moment, policy, *forecast, voice);
    }
    steady_voice(moment, policy, voice);
  }
  hear_standing(moment, voices);
  if (has_measure(moment.spec)) return;
  hear_rest(moment, voices.emplace_back());
}

}  // namespace settle
