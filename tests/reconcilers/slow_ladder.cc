#include "tests/reconcilers/slow_ladder.h"

#include <algorithm>
#include <cstdlib>

#include "tests/reconcilers/slow_numbers.h"

namespace settle::slow {
namespace {

/// By minutes of the week, one window at a time.
bool is_active(const WeeklyWindow& window, Time at) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count();
  constexpr std::int64_t day = 1'440;
  const std::int64_t today = minutes / day;
  for (std::int64_t begins = today - 8; begins <= today; ++begins) {
    const std::int64_t weekday = (begins + 3) % 7;  // The first of 1970 was a Thursday.
    if ((window.days >> weekday & 1) == 0) continue;
    const std::int64_t from = begins * day + window.from_minute;
    std::int64_t until = (begins + window.days_long) * day + window.until_minute;
    if (until <= from) until += day;
    if (from <= minutes && minutes < until) return true;
  }
  return false;
}

}  // namespace

Range Ladder::limits(Time at) const {
  std::optional<Capacity> min;
  std::optional<Capacity> max;
  for (const Schedule& schedule : spec_.schedules) {
    const auto* limits = std::get_if<ScheduledLimits>(&schedule.kind);
    if (limits == nullptr || !is_active(std::get<WeeklyWindow>(limits->window), at)) continue;
    if (limits->min && (!min || *limits->min > *min)) min = limits->min;
    if (limits->max && (!max || *limits->max < *max)) max = limits->max;
  }
  Range range{min.value_or(spec_.limits.min), max.value_or(spec_.limits.max)};
  if (range.min > range.max) range.min = range.max;
  return range;
}

bool Ladder::is_measured() const {
  return std::any_of(spec_.policies.begin(), spec_.policies.end(), [](const Policy& policy) {
    return std::holds_alternative<TargetPolicy>(policy.kind) ||
           std::holds_alternative<StepsPolicy>(policy.kind);
  });
}

bool Ladder::has_alert() const {
  return std::any_of(spec_.policies.begin(), spec_.policies.end(), [](const Policy& policy) {
    return std::holds_alternative<AlertPolicy>(policy.kind);
  });
}

// ---- The past -------------------------------------------------------------------------------

std::vector<Ladder::Change> Ladder::changes() const {
  std::vector<Change> changes;
  for (const Round& round : rounds_) {
    if (round.before != round.after) changes.push_back({round.at, round.before, round.after});
  }
  return changes;
}

/// A policy's own: those it asked for, and larger ones that gave it what it asked for.
std::vector<Ladder::Change> Ladder::changes_of(const std::string& policy) const {
  std::vector<Change> own;
  for (const Round& round : rounds_) {
    const auto said = round.said.find(policy);
    if (round.before == round.after || said == round.said.end() || !said->second.number) continue;
    const Capacity number = *said->second.number;
    const bool won = !round.is_held && number == round.asked;
    const bool was_granted = number > round.before && number <= round.after;
    if (won || was_granted) own.push_back({round.at, round.before, round.after});
  }
  return own;
}

Capacity Ladder::desired_before(Time at) const {
  Capacity desired = desired_;
  for (auto round = rounds_.rbegin(); round != rounds_.rend() && round->at >= at; ++round) {
    desired = round->before;
  }
  return desired;
}

// ---- Rungs 2 to 4 ---------------------------------------------------------------------------

Capacity Ladder::combine(const std::map<std::string, Said>& said) const {
  std::optional<Capacity> largest;
  bool is_missing = false;
  for (const auto& [name, one] : said) {
    is_missing = is_missing || one.is_missing;
    if (one.number) largest = std::max(largest.value_or(0), *one.number);
  }
  if (!largest || (is_missing && *largest < desired_)) return desired_;
  return *largest;
}

Capacity Ladder::steady(const Steadiness& setting, Capacity number, Capacity at_once,
                        const Past& past) const {
  const auto pace = [&]() -> const Pace& { return number > desired_ ? setting.out : setting.in; };
  const Tolerance& tolerance = pace().tolerance;
  const std::int64_t apart = std::abs(number - desired_);
  const std::int64_t band = exact(tolerance.amount) * (tolerance.is_percent ? desired_ : 100);
  if (!tolerance.amount.is_zero() && apart * 1'000'000 <= band) number = desired_;

  // Out: the smallest that was wanted within the window; in: the largest.
  if (number != desired_ && pace().settle > Duration{}) {
    const bool grows = number > desired_;
    const Duration settle = pace().settle;
    Capacity extreme = past.wanted.empty() ? desired_ : number;
    for (const Wanted& wanted : past.wanted) {
      if (wanted.until + settle <= now_) continue;
      extreme = grows ? std::min(extreme, wanted.number) : std::max(extreme, wanted.number);
    }
    const Capacity held = grows ? std::max(desired_, extreme) : std::min(desired_, extreme);
    number = grows ? std::max(held, std::min(at_once, number)) : held;
  }

  // Rates: so far from where the group was when the period began.
  if (number != desired_ && pace().select == RateSelect::disabled) number = desired_;
  if (number != desired_ && !pace().rules.empty()) {
    const bool grows = number > desired_;
    std::optional<Capacity> room;
    for (const RateRule& rule : pace().rules) {
      Capacity start = desired_;
      for (auto change = past.all.rbegin(); change != past.all.rend(); ++change) {
        if (change->at > now_ - rule.per) start = change->from;
      }
      const Capacity amount = rule.is_percent
                                  ? std::max(round_up(start * exact(rule.amount), 1'000'000), 1)
                                  : whole(rule.amount);
      const Capacity far =
          std::max(grows ? start + amount - desired_ : desired_ - start + amount, 0);
      const bool wants_far = pace().select == RateSelect::largest;
      if (!room || (wants_far ? far > *room : far < *room)) room = far;
    }
    number = grows ? std::min(number, desired_ + *room) : std::max(number, desired_ - *room);
  }

  // Out never waits; in waits for both cooldowns.
  for (const Change& change : past.own) {
    const Duration quiet = (change.to > change.from ? setting.out : setting.in).cooldown;
    if (number < desired_ && change.at + quiet > now_) number = desired_;
  }
  return number;
}

/// The first size from there upwards at which no step that adds would match.
Capacity Ladder::not_undone(Capacity number) const {
  for (; number > 0 && number < desired_; ++number) {
    bool is_undone = false;
    for (const Policy& policy : spec_.policies) {
      const auto* steps = std::get_if<StepsPolicy>(&policy.kind);
      if (steps == nullptr || steps->metric.is_total) continue;
      const Signal* found = sample(policy.name, steps->metric);
      if (found == nullptr) continue;
      const std::int64_t value = exact(std::get<SampleClaim>(found->claim).reading.value);
      for (const Step& step : steps->steps) {
        if (!step.at_least || value >= exact(*step.at_least)) continue;
        const bool adds = adjust(number, step.adjustment) > number;
        if (adds && value * desired_ >= exact(*step.at_least) * number) is_undone = true;
      }
    }
    if (!is_undone) break;
  }
  return number;
}

/// The last one goes only if somebody asks for none who can be heard where there is none.
Capacity Ladder::keep_last(Capacity number, const std::map<std::string, Said>& said) const {
  if (number > 0 || desired_ == 0) return number;
  for (const auto& [name, one] : said) {
    if (one.number != 0) continue;
    bool is_of_instances = false;
    for (const Policy& policy : spec_.policies) {
      if (policy.name != name) continue;
      if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
        is_of_instances = !target->metric.is_total;
        if (!target->metrics.empty()) is_of_instances = true;
        for (const NamedMetric& named : target->metrics) {
          if (named.metric.is_total) is_of_instances = false;
        }
      }
      if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) {
        is_of_instances = !steps->metric.is_total;
      }
    }
    if (!is_of_instances) return 0;
  }
  return 1;
}

Capacity Ladder::round(Time now, Capacity ready) {
  now_ = now;
  ready_ = ready;
  const Range range = limits(now);
  desired_ = rounds_.empty() ? within(spec_.initial.value_or(0), range) : rounds_.back().after;
  Round round;
  round.at = now;
  round.before = desired_;
  round.said = hear_told();
  for (const Policy& policy : spec_.policies) {
    if (!std::holds_alternative<WebhookPolicy>(policy.kind)) round.said[policy.name] = hear(policy);
  }
  round.asked = combine(round.said);
  round.combined = not_undone(keep_last(round.asked, round.said));
  Capacity at_once = 0;
  for (const auto& [name, said] : round.said) at_once = std::max(at_once, said.told.value_or(0));

  Past past{{}, changes(), changes()};
  for (const Round& then : rounds_) {
    if (past.wanted.empty()) {
      past.wanted.push_back({then.at - Duration{1}, then.at, then.before});
    } else {
      past.wanted.back().until = then.at;
    }
    past.wanted.push_back({then.at, now, then.wanted});
  }
  const Capacity steadied = steady(spec_.steadiness, round.combined, at_once, past);
  const Pace& pace = round.combined > desired_ ? spec_.steadiness.out : spec_.steadiness.in;
  Steadiness tolerance_only;
  tolerance_only.out.tolerance = tolerance_only.in.tolerance = pace.tolerance;
  round.wanted = steady(tolerance_only, round.combined, 0, {});

  round.after = within(steadied, range);
  if (const HoldOrder* order = hold()) {
    round.is_held = true;
    round.after = within(order->number, range);
  }
  rounds_.push_back(round);
  return round.after;
}

std::string Ladder::story() const {
  const Round& round = rounds_.back();
  std::string text = std::to_string(round.before) + " to " + std::to_string(round.after) + ":";
  for (const auto& [name, said] : round.said) {
    text += " " + name + "=" + (said.number ? std::to_string(*said.number) : "-") +
            (said.is_missing ? " missing" : "");
  }
  return text + ", combined " + std::to_string(round.combined) + ", wanted " +
         std::to_string(round.wanted);
}

}  // namespace settle::slow
