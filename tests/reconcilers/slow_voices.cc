// The second opinion's rung 1: what each policy, schedule and operator asks for.
#include <algorithm>
#include <tuple>

#include "tests/reconcilers/slow_ladder.h"
#include "tests/reconcilers/slow_numbers.h"

namespace settle::slow {
namespace {

bool is_later(const Stamp& a, const Stamp& b) {
  return std::tie(a.at, a.source, a.id) > std::tie(b.at, b.source, b.id);
}

}  // namespace

// ---- Rung 1 ---------------------------------------------------------------------------------

const Signal* Ladder::newest(const std::string& name) const {
  const Signal* newest = nullptr;
  for (const Signal& signal : told_) {
    const auto* claim = std::get_if<SampleClaim>(&signal.claim);
    if (claim == nullptr || claim->signal != name) continue;
    if (newest == nullptr || is_later(signal.stamp, newest->stamp)) newest = &signal;
  }
  return newest;
}

const Signal* Ladder::sample(const std::string& name, const Metric& metric) const {
  const Signal* const found = newest(name);
  if (found == nullptr || now_ - found->stamp.at > metric.stale_after) return nullptr;
  const Reading& reading = std::get<SampleClaim>(found->claim).reading;
  if (reading.kind != ReadingKind::value) return nullptr;
  return reading.value.is_negative() && !metric.may_be_negative ? nullptr : found;
}

Said Ladder::missing(const Metric& metric) const {
  Said said;
  if (metric.when_missing == WhenMissing::hold) said.is_missing = true;
  if (metric.when_missing == WhenMissing::fallback) {
    said.number = std::max(desired_, metric.fallback);
  }
  return said;
}

Said Ladder::hear_target(const Policy& policy, const TargetPolicy& target) const {
  if (!target.metrics.empty()) return hear_several(policy, target);
  const Signal* found = sample(policy.name, target.metric);
  if (found == nullptr) {
    Said said = missing(target.metric);
    const Signal* const last = newest(policy.name);
    const bool is_fresh = last != nullptr && now_ - last->stamp.at <= target.metric.stale_after;
    if (is_fresh && !said.number) said.read_at = last->stamp.at;
    return said;
  }
  const std::int64_t value = exact(std::get<SampleClaim>(found->claim).reading.value);
  const std::int64_t aim = exact(target.target);
  const bool is_total = target.metric.is_total;
  Said said;
  if (!is_total && ready_ == 0) return said;  // A mean over nobody.
  said.read_at = found->stamp.at;
  said.wanted = is_total ? round_up(value, aim) : round_up(ready_ * value, aim);
  // The percentage of a tolerance is of the measurement; nothing is a percentage of none.
  const std::int64_t aimed = is_total ? aim * desired_ : aim;
  if (aimed > 0) {
    const bool is_above = value > aimed;
    const Tolerance& tolerance =
        (is_above ? policy.steadiness.out : policy.steadiness.in).tolerance;
    const std::int64_t apart = is_above ? value - aimed : aimed - value;
    const bool is_near = apart * 1'000'000 <= aimed * exact(tolerance.amount);
    if (!tolerance.amount.is_zero() && (apart == 0 || (tolerance.is_percent && is_near))) {
      said.wanted = desired_;
    }
  }
  return said;
}

Said Ladder::hear_steps(const Policy& policy, const StepsPolicy& steps) const {
  const Signal* found = sample(policy.name, steps.metric);
  Said read;
  const Signal* const last = newest(policy.name);
  if (last != nullptr && now_ - last->stamp.at <= steps.metric.stale_after) {
    read.read_at = last->stamp.at;
    if (found != nullptr) read.evaluated = std::get<SampleClaim>(found->claim).reading.value;
  }
  if (found == nullptr) {
    Said said = missing(steps.metric);
    said.read_at = read.read_at;
    return said;
  }
  const Decimal& value = std::get<SampleClaim>(found->claim).reading.value;
  const auto lies_in = [](const Step& step, const Decimal& reading) {
    return !(step.at_least && exact(reading) < exact(*step.at_least)) &&
           !(step.at_most && exact(reading) > exact(*step.at_most));
  };
  const auto all = evaluations(policy, read);
  const auto lasts = [&](const Step& step) {
    int count = 0;
    for (const auto& one : all) count += one && lies_in(step, *one) ? 1 : 0;
    return count >= policy.breach.readings;
  };
  bool is_pending = false;
  const Step* grows = nullptr;
  const Step* shrinks = nullptr;
  const Step* stays = nullptr;
  Capacity most = desired_;
  Capacity least = desired_;
  bool can_shrink = false;
  for (const Step& step : steps.steps) {
    const bool removes = step.adjustment.kind == Adjustment::Kind::set
                             ? adjust(desired_, step.adjustment) < desired_
                             : step.adjustment.amount.is_negative();
    can_shrink = can_shrink || removes;
    is_pending = is_pending || lies_in(step, value);
    if (policy.breach.of > 1 ? !lasts(step) : !lies_in(step, value)) continue;
    const Capacity number = adjust(desired_, step.adjustment);
    if (number > most) {
      most = number;
      grows = &step;
    } else if (number < least) {
      least = number;
      shrinks = &step;
    } else if (number == desired_) {
      stays = &step;
    }
  }
  Said said = read;
  if (grows == nullptr && shrinks == nullptr && stays == nullptr) {
    if (can_shrink || is_pending) said.wanted = desired_;
    return said;
  }
  said.wanted = desired_;
  const std::vector<Change> own = changes_of(policy.name);
  const Duration wait = std::max(steps.wait, Duration{1});
  if (!own.empty() && own.back().at + wait > now_) return said;
  if (grows == nullptr) {
    if (shrinks != nullptr) said.wanted = least;
    return said;
  }
  // Within an out-cooldown a larger out adds only the difference.
  Capacity by_own = 0;
  Capacity by_all = 0;
  for (const Change& change : own) {
    const bool is_recent = change.at + policy.steadiness.out.cooldown > now_;
    if (is_recent && change.to > change.from) by_own += change.to - change.from;
  }
  for (const Change& change : changes()) {
    const bool is_recent = change.at + spec_.steadiness.out.cooldown > now_;
    if (is_recent && change.to > change.from) by_all += change.to - change.from;
  }
  const Capacity base = std::max(desired_ - std::max(by_own, by_all), 0);
  said.wanted = std::max(adjust(base, grows->adjustment), desired_);
  return said;
}

/// What the alerts of an alarm come to at one time: any that fires, else any that is not known,
/// else the last that ended.
Ladder::Sounded Ladder::sounded(const std::string& alarm, Time at) const {
  std::map<std::string, const Signal*> newest;
  for (const Signal& signal : told_) {
    const auto* claim = std::get_if<AlarmClaim>(&signal.claim);
    if (claim == nullptr || claim->alarm != alarm || signal.stamp.at > at) continue;
    const Signal*& known = newest[claim->alert];
    if (known == nullptr || is_later(signal.stamp, known->stamp)) known = &signal;
  }
  std::vector<Time> fire;
  std::vector<Time> unknown;
  std::vector<Time> ended;
  for (const auto& [alert, signal] : newest) {
    const auto& claim = std::get<AlarmClaim>(signal->claim);
    if (claim.state == AlarmState::no_data) {
      unknown.push_back(signal->stamp.at);
    } else if (claim.state == AlarmState::resolved) {
      ended.push_back(signal->stamp.at);
    } else if (claim.until && *claim.until <= at) {
      ended.push_back(*claim.until);
    } else {
      fire.push_back(signal->stamp.at);
    }
  }
  if (!fire.empty()) return {AlarmState::firing, *std::min_element(fire.begin(), fire.end())};
  if (!unknown.empty()) return {AlarmState::no_data, {}};
  if (!ended.empty()) return {AlarmState::resolved, *std::max_element(ended.begin(), ended.end())};
  return {};
}

/// Goes through all rounds, this one included, as the latch would have.
Said Ladder::hear_alert(const Policy& policy, const AlertPolicy& alert) const {
  std::optional<Capacity> base;
  std::optional<Time> release_at;
  Sounded alarm;
  std::vector<Time> times;
  for (const Round& round : rounds_) times.push_back(round.at);
  times.push_back(now_);
  for (const Time at : times) {
    alarm = sounded(policy.name, at);
    if (alarm.state == AlarmState::firing) {
      if (!base) base = desired_before(alarm.at);
      release_at.reset();
    } else if (alarm.state == AlarmState::resolved && base) {
      release_at = alarm.at + alert.release_after;
    }
    if (release_at && *release_at <= at) {
      base.reset();
      release_at.reset();
    }
  }
  Said said;
  if (base) {
    said.wanted = adjust(*base, alert.adjustment);
  } else {
    said.is_missing = alarm.state == AlarmState::no_data;
  }
  return said;
}

Said Ladder::hear(const Policy& policy) const {
  Said said;
  if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
    said = hear_target(policy, *target);
    confirm(policy, said);
  } else if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) {
    said = hear_steps(policy, *steps);
  } else if (const auto* alert = std::get_if<AlertPolicy>(&policy.kind)) {
    said = hear_alert(policy, *alert);
  }
  if (!said.wanted) return said;
  Past past{{}, changes(), changes_of(policy.name)};
  Steadiness setting = policy.steadiness;
  const bool is_target = std::holds_alternative<TargetPolicy>(policy.kind);
  // Its percentage was of the measurement, above.
  if (is_target && setting.out.tolerance.is_percent) setting.out.tolerance = {};
  if (is_target && setting.in.tolerance.is_percent) setting.in.tolerance = {};
  for (const Round& round : rounds_) {
    const auto then = round.said.find(policy.name);
    if (then == round.said.end() || !then->second.wanted) continue;
    if (past.wanted.empty()) {
      past.wanted.push_back({round.at - Duration{1}, round.at, round.before});
    } else {
      past.wanted.back().until = round.at;
    }
    past.wanted.push_back({round.at, now_, *then->second.wanted});
  }
  said.number = steady(setting, *said.wanted, 0, past);
  // What is remembered as wanted is what tolerance left of it.
  const Pace& pace = *said.wanted > desired_ ? setting.out : setting.in;
  Steadiness tolerance_only;
  tolerance_only.out.tolerance = tolerance_only.in.tolerance = pace.tolerance;
  said.wanted = steady(tolerance_only, *said.wanted, 0, {});
  return said;
}

// ---- What was told --------------------------------------------------------------------------

std::vector<Ladder::Fired> Ladder::fired() const {
  std::vector<Fired> fired;
  const bool expire = is_measured() || has_alert();
  for (const Signal& signal : told_) {
    if (const auto* claim = std::get_if<AdjustClaim>(&signal.claim)) {
      for (const Policy& policy : spec_.policies) {
        const auto* webhook = std::get_if<WebhookPolicy>(&policy.kind);
        if (webhook == nullptr || policy.name != claim->policy) continue;
        fired.push_back({signal.stamp.at, signal.stamp.source + signal.stamp.id, policy.name,
                         webhook->adjustment, expire ? webhook->hold_for : Duration{}, !expire});
      }
    } else if (const auto* order = std::get_if<HoldOrder>(&signal.claim)) {
      if (order->lifted) continue;
      fired.push_back({signal.stamp.at,
                       signal.stamp.source + signal.stamp.id,
                       "operator",
                       {Adjustment::Kind::set, Decimal(order->number), 0},
                       {},
                       true});
    }
  }
  for (const Schedule& schedule : spec_.schedules) {
    const auto* once = std::get_if<ScheduledAdjustment>(&schedule.kind);
    if (once == nullptr) continue;
    const auto& local = std::get<LocalTime>(once->when);
    const std::chrono::year_month_day day{std::chrono::year{local.year},
                                          std::chrono::month(static_cast<unsigned>(local.month)),
                                          std::chrono::day(static_cast<unsigned>(local.day))};
    const Time at = std::chrono::sys_days{day} + std::chrono::hours{local.hour} +
                    std::chrono::minutes{local.minute};
    // It fires in the first round after its time, unless that comes too late.
    std::optional<Time> considered;
    Time before = rounds_.empty() ? now_ : rounds_.front().at;
    for (const Round& round : rounds_) {
      if (!considered && at > before && at <= round.at) considered = round.at;
      before = round.at;
    }
    if (!considered && at > before && at <= now_) considered = now_;
    if (!considered || *considered - at > once->late_by) continue;
    const bool is_measured_group = is_measured();
    fired.push_back({at, "schedule", "schedule/" + schedule.name, once->adjustment,
                     is_measured_group ? Duration{900'000} : Duration{}, true});
  }
  std::sort(fired.begin(), fired.end(), [](const Fired& a, const Fired& b) {
    return std::tie(a.at, a.id, a.by) < std::tie(b.at, b.id, b.by);
  });
  return fired;
}

std::map<std::string, Said> Ladder::hear_told() const {
  struct Standing {
    Capacity number = 0;
    Time until;
  };
  std::map<std::string, Standing> standing;
  // A result counts from others that stood then, as long as firings are remembered one by one.
  Duration remembered = std::max(spec_.lateness, Duration{is_measured() ? 900'000 : 0});
  for (const Policy& policy : spec_.policies) {
    const auto* webhook = std::get_if<WebhookPolicy>(&policy.kind);
    if (webhook != nullptr) remembered = std::max(remembered, webhook->hold_for);
  }
  for (const Fired& one : fired()) {
    if (one.stands <= Duration{} || one.at > now_ || one.at < now_ - remembered) continue;
    Capacity base = desired_before(one.at);
    for (const auto& [by, other] : standing) {
      if (other.until > one.at) base = std::max(base, other.number);
    }
    standing[one.by] = {within(adjust(base, one.adjustment), limits(one.at)), one.at + one.stands};
  }
  std::map<std::string, Said> told;
  for (const auto& [by, one] : standing) {
    if (one.until > now_) told[by] = {one.number, false, {}, one.number};
  }
  if (is_measured()) return told;
  const Capacity number = rest();
  told["rest"] = {number, false, {}, number};
  return told;
}

Capacity Ladder::rest() const {
  Capacity number = spec_.initial.value_or(0);
  for (const Fired& one : fired()) {
    if (!one.lasts) continue;
    const Range then = limits(one.at);
    number = within(adjust(within(number, then), one.adjustment), then);
  }
  return number;
}

const HoldOrder* Ladder::hold() const {
  const Signal* newest = nullptr;
  for (const Signal& signal : told_) {
    if (!std::holds_alternative<HoldOrder>(signal.claim)) continue;
    if (newest == nullptr || is_later(signal.stamp, newest->stamp)) newest = &signal;
  }
  if (newest == nullptr) return nullptr;
  const auto& order = std::get<HoldOrder>(newest->claim);
  return !order.lifted && now_ < order.until ? &order : nullptr;
}

}  // namespace settle::slow
