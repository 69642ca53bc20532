// What fires once: webhooks and one-shot schedules, and for how long their results stand.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "reconcilers/adjust.h"
#include "reconcilers/decide.h"
#include "reconcilers/fold.h"
#include "reconcilers/history.h"
#include "reconcilers/memory.h"
#include "reconcilers/timetable.h"
#include "reconcilers/voices.h"

namespace settle {
namespace {

/// The result of one origin's firings, for as long as it stands.
struct Standing {
  std::string_view origin;
  Capacity number = 0;
  Capacity base = 0;
  Time fired_at;
  Time until;
  std::int64_t times = 0;
};

std::string_view name_of(std::string_view origin, std::string_view prefix) {
  return origin.substr(prefix.size());
}

/// How long a firing of this origin stands as a proposal; zero if it does not.
Duration stands_for(const GroupSpec& spec, std::string_view origin) {
  if (origin.starts_with(schedule_origin)) {
    return has_measure(spec) ? schedule_hold_for : Duration::zero();
  }
  if (!origin.starts_with(policy_origin) || !webhooks_expire(spec)) return Duration::zero();
  for (const Policy& policy : spec.policies) {
    const auto* webhook = std::get_if<WebhookPolicy>(&policy.kind);
    if (webhook != nullptr && policy.name == name_of(origin, policy_origin)) {
      return webhook->hold_for;
    }
  }
  return Duration::zero();
}

/// In order of time, each counted from what was desired then, or from what others' results that
/// stood then will have made of it.
std::vector<Standing> fold_standing(const Moment& moment) {
  std::vector<Standing> standing;
  for (const Firing& firing : moment.state.memory.firings) {
    const Duration hold_for = stands_for(moment.spec, firing.origin);
    if (hold_for <= Duration::zero()) continue;
    const Time at = firing.stamp.at;
    if (at > moment.now) {  // It has not happened yet, by our clock.
      moment.agenda.note(at);
      continue;
    }
    Capacity base = desired_before(moment.state.changes, moment.desired, at);
    Standing* own = nullptr;
    for (Standing& other : standing) {
      if (other.until > at) base = std::max(base, other.number);
      if (other.origin == firing.origin) own = &other;
    }
    if (own == nullptr) own = &standing.emplace_back();
    const Capacity number = clamped(adjusted(base, firing.adjustment), limits_at(moment.spec, at));
    *own = {firing.origin, number, base, at, at + hold_for, own->times + 1};
  }
  std::erase_if(standing, [&](const Standing& one) { return one.until <= moment.now; });
  return standing;
}

void stand(const Moment& moment, const Standing& standing, const Adjustment& adjustment,
           Voice& voice) {
  voice.verdict = Verdict::proposes;
  voice.proposes = standing.number;
  voice.facts.emplace_back("fired_at", standing.fired_at);
  voice.facts.push_back(adjustment_fact(adjustment));
  voice.facts.emplace_back("base", std::int64_t{standing.base});
  voice.facts.emplace_back("times", standing.times);
  voice.facts.emplace_back("until", standing.until);
  moment.agenda.note(standing.until);
}

const Standing* find(const std::vector<Standing>& standing, std::string_view prefix,
                     std::string_view name) {
  const auto place = std::find_if(standing.begin(), standing.end(), [&](const Standing& one) {
    return one.origin.starts_with(prefix) && name_of(one.origin, prefix) == name;
  });
  return place == standing.end() ? nullptr : &*place;
}

/// A firing's id: its nominal time, so that it is the same whoever lets it fire.
std::string nominal_id(Time at) {
  return std::to_string(at.time_since_epoch().count());
}

/// One schedule that fires, and when.
struct OneShot {
  const Schedule& schedule;
  const ScheduledAdjustment& kind;
  Timetable times;
};

bool remember_firing(Memory& memory, const std::string& schedule, const Adjustment& adjustment,
                     Time nominal) {
  const std::string origin = std::string(schedule_origin) + schedule;
  // What came after it may have been folded already; then it counts from there.
  Firing firing{
      {std::max(nominal, memory.folded_to), origin, nominal_id(nominal)}, origin, adjustment};
  const auto place =
      std::lower_bound(memory.firings.begin(), memory.firings.end(), firing,
                       [](const Firing& a, const Firing& b) { return a.stamp < b.stamp; });
  if (place != memory.firings.end() && place->stamp == firing.stamp) return true;
  if (memory.firings.size() >= firings_max) return false;
  memory.firings.insert(place, std::move(firing));
  return true;
}

Voice& schedule_voice(const Schedule& schedule, Reason reason, std::vector<Voice>& voices) {
  Voice& voice = voices.emplace_back();
  voice.name = schedule.name;
  voice.kind = VoiceKind::schedule;
  voice.reason = reason;
  return voice;
}

void note_delay(const Timetable& times, Voice& voice) {
  if (times.delay() > Duration::zero()) voice.facts.emplace_back("delay", times.delay());
}

/// Lets one schedule fire for each time that came due since `after`, and returns up to when that
/// is settled: less than `now` only where there is no room to remember a firing.
Time fire(const OneShot& shot, GroupState& state, Time after, Time now,
          std::vector<Voice>& voices) {
  const std::string& name = shot.schedule.name;
  const Duration late_by = shot.kind.late_by;
  auto nominal = shot.times.next_firing(after);
  if (nominal && *nominal < now - late_by) {
    Voice& voice = schedule_voice(shot.schedule, Reason::schedule_skipped, voices);
    voice.facts.emplace_back("nominal", *nominal);
    voice.facts.emplace_back("late_by", late_by);
    nominal = shot.times.next_firing(now - late_by - Duration{1});
  }
  std::optional<Time> fired;
  for (; nominal && *nominal <= now; nominal = shot.times.next_firing(*nominal)) {
    if (!remember_firing(state.memory, name, shot.kind.adjustment, *nominal)) {
      return *nominal - Duration{1};
    }
    fired = nominal;
  }
  if (fired) {
    Voice& voice = schedule_voice(shot.schedule, Reason::schedule_fired, voices);
    voice.facts.emplace_back("fired_at", *fired);
    voice.facts.push_back(adjustment_fact(shot.kind.adjustment));
    note_delay(shot.times, voice);
  }
  return now;
}

}  // namespace

void hear_standing(const Moment& moment, std::vector<Voice>& voices) {
  const auto standing =
      moment.state.memory.firings.empty() ? std::vector<Standing>{} : fold_standing(moment);
  const bool expire = webhooks_expire(moment.spec);
  for (const Policy& policy : moment.spec.policies) {
    const auto* webhook = std::get_if<WebhookPolicy>(&policy.kind);
    if (webhook == nullptr || !expire) continue;
    Voice& voice = voices.emplace_back();
    voice.name = policy.name;
    voice.kind = VoiceKind::webhook;
    const Standing* const own = find(standing, policy_origin, policy.name);
    voice.reason = own != nullptr ? Reason::webhook_held : Reason::webhook_silent;
    if (own != nullptr) stand(moment, *own, webhook->adjustment, voice);
  }
  for (const Schedule& schedule : moment.spec.schedules) {
    const auto* adjustment = std::get_if<ScheduledAdjustment>(&schedule.kind);
    if (adjustment == nullptr) continue;
    const Standing* const own = find(standing, schedule_origin, schedule.name);
    if (own == nullptr) continue;
    const auto spoken = std::find_if(voices.begin(), voices.end(), [&](const Voice& voice) {
      return voice.kind == VoiceKind::schedule && voice.name == schedule.name &&
             voice.reason != Reason::schedule_skipped;
    });
    Voice& voice =
        spoken != voices.end() ? *spoken : schedule_voice(schedule, Reason::schedule_fired, voices);
    voice.reason = Reason::schedule_fired;
    voice.facts.clear();
    stand(moment, *own, adjustment->adjustment, voice);
  }
}

void fire_schedules(const GroupSpec& spec, GroupState& state, Agenda& agenda, Time now,
                    const GuardMask& guards, std::vector<Voice>& voices) {
  Time& considered = state.memory.scheduled_to;
  bool has_any = false;
  Time settled_to = now;
  const Time after = considered == Time{} ? now : considered;  // None before the group began.
  for (const Schedule& schedule : spec.schedules) {
    const auto* adjustment = std::get_if<ScheduledAdjustment>(&schedule.kind);
    if (adjustment == nullptr) continue;
    has_any = true;
    const OneShot shot{schedule, *adjustment, Timetable(spec, schedule, guards)};
    const std::size_t spoken = voices.size();
    settled_to = std::min(settled_to, fire(shot, state, after, now, voices));
    const auto coming = shot.times.next_firing(std::max(after, now));
    agenda.note(coming);
    if (voices.size() > spoken) continue;
    Voice& voice = schedule_voice(schedule, Reason::schedule_idle, voices);
    if (coming) voice.facts.emplace_back("at", *coming);
    note_delay(shot.times, voice);
  }
  considered = has_any ? std::max(settled_to, considered) : Time{};
}

}  // namespace settle
