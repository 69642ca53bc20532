#include "reconcilers/windows/windows.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace settle::windows {
namespace {

constexpr Duration future_max{60'000};
constexpr std::int64_t millionths_max = 1'000'000'000'000'000'000;  // 10^12 of size.

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

std::int64_t pane_of(const Alarm& alarm, Time at) {
  return floor_div(at.time_since_epoch().count(), alarm.slide.count());
}

Time end_of(const Alarm& alarm, std::int64_t pane) {
  return Time(Duration((pane + 1) * alarm.slide.count()));
}

std::int64_t panes_in(const Alarm& alarm) {
  return alarm.length.count() / alarm.slide.count();
}

/// The last pane whose end may be judged at that time.
std::int64_t judged_by(const Alarm& alarm, Time now) {
  return pane_of(alarm, now - alarm.lateness) - 1;
}

std::optional<std::int64_t> millionths(const Decimal& value) {
  std::int64_t digits = value.digits();
  int exponent = value.exponent() + 6;
  for (; exponent > 0; --exponent) {
    if (digits > millionths_max / 10 || digits < -millionths_max / 10) return std::nullopt;
    digits *= 10;
  }
  if (exponent < -19) return 0;
  std::int64_t divisor = 1;
  for (; exponent < 0 && divisor <= std::numeric_limits<std::int64_t>::max() / 10; ++exponent) {
    divisor *= 10;
  }
  if (exponent < 0) return 0;
  const std::int64_t whole = digits / divisor;
  const std::int64_t rest = digits % divisor;
  const bool rounds = (rest < 0 ? -rest : rest) >= divisor - divisor / 2 && divisor > 1;
  const std::int64_t rounded = whole + (rounds ? (digits < 0 ? -1 : 1) : 0);
  if (rounded > millionths_max || rounded < -millionths_max) return std::nullopt;
  return rounded;
}

/// To 18 digits, truncated toward zero.
Decimal decimal_of(Wide sum) {
  int exponent = -6;
  while (sum > 999'999'999'999'999'999 || sum < -999'999'999'999'999'999) {
    sum /= 10;
    ++exponent;
  }
  return Decimal::of(static_cast<std::int64_t>(sum), exponent);
}

void add(Pane& into, const Pane& pane) {
  if (pane.count == 0) return;
  into.least = into.count == 0 ? pane.least : std::min(into.least, pane.least);
  into.most = into.count == 0 ? pane.most : std::max(into.most, pane.most);
  into.count += pane.count;
  into.sum += pane.sum;
  into.sketch.add(pane.sketch);
}

Pane window_of(const Alarm& alarm, const Key& key, std::int64_t last) {
  Pane whole;
  const auto end = key.panes.upper_bound(last);
  for (auto pane = key.panes.upper_bound(last - panes_in(alarm)); pane != end; ++pane) {
    add(whole, pane->second);
  }
  return whole;
}

std::uint64_t rank_of(std::uint64_t count, std::int32_t percentile) {
  const auto scaled = static_cast<Wide>(count) * percentile;
  const auto rank = static_cast<std::uint64_t>((scaled + 99'999) / 100'000);
  return std::clamp<std::uint64_t>(rank, 1, count);
}

Decimal whole_number(std::uint64_t count) {
  return Decimal(static_cast<std::int64_t>(count));
}

/// A statistic as a fraction, so that it is compared without rounding.
struct Fraction {
  Decimal over;
  Decimal under{1};
};

std::optional<Fraction> statistic_of(const Alarm& alarm, const Pane& window) {
  switch (alarm.statistic) {
    case Statistic::count:
    case Statistic::absence:
      return Fraction{whole_number(window.count)};
    case Statistic::rate:
      return Fraction{whole_number(window.count) * Decimal(1'000), Decimal(alarm.length.count())};
    default:
      break;
  }
  // What was not measured is not zero.
  if (window.count == 0) return std::nullopt;
  switch (alarm.statistic) {
    case Statistic::sum:
      return Fraction{decimal_of(window.sum)};
    case Statistic::mean:
      return Fraction{decimal_of(window.sum), whole_number(window.count)};
    case Statistic::min:
      return Fraction{decimal_of(window.least)};
    case Statistic::max:
      return Fraction{decimal_of(window.most)};
    default:
      return Fraction{decimal_of(window.sketch.at_rank(rank_of(window.count, alarm.percentile)))};
  }
}

State state_of(const Alarm& alarm, const Pane& window, const std::optional<Fraction>& value,
               bool was_firing) {
  if (alarm.statistic == Statistic::absence) {
    return window.count == 0 ? State::firing : State::ok;
  }
  if (!value) return State::no_data;
  const auto against = [&](const std::optional<Decimal>& bound) {
    return compare_ratios(value->over, value->under, *bound, Decimal(1));
  };
  const auto& up_from = alarm.clears && was_firing ? alarm.clears : alarm.at_least;
  const auto& down_from = alarm.clears && was_firing ? alarm.clears : alarm.at_most;
  const bool is_high = alarm.at_least && against(up_from) >= 0;
  const bool is_low = alarm.at_most && against(down_from) <= 0;
  return is_high || is_low ? State::firing : State::ok;
}

Verdict judge_key(const Alarm& alarm, const std::string& name, Key& key, std::int64_t pane) {
  const Pane window = window_of(alarm, key, pane);
  const std::optional<Fraction> value = statistic_of(alarm, window);
  const State state = state_of(alarm, window, value, key.is_firing);
  Verdict verdict{name, end_of(alarm, pane), state, std::nullopt, false};
  if (value) verdict.value = quotient(value->over, value->under);
  // What is not known ends no alarm.
  if (verdict.state == State::no_data) return verdict;
  const bool fires = verdict.state == State::firing;
  verdict.is_change = fires != key.is_firing;
  key.is_firing = fires;
  return verdict;
}

/// Drops what no window after this pane's needs, and the ids of what can come no more; true if
/// nothing is left of the key.
bool forget(const Alarm& alarm, Key& key, std::int64_t pane) {
  const auto judged = key.panes.find(pane);
  if (judged != key.panes.end()) judged->second.ids = {};
  key.panes.erase(key.panes.begin(), key.panes.upper_bound(pane + 1 - panes_in(alarm)));
  return key.panes.empty() && key.heard + alarm.forget_after <= end_of(alarm, pane);
}

}  // namespace

Taken take(const Alarm& alarm, Memory& memory, const Measure& measure, Time now) {
  memory.clock = std::max(memory.clock, now);
  if (!memory.judged) memory.judged = judged_by(alarm, memory.clock);
  if (measure.at > memory.clock + future_max) return Taken::from_the_future;
  const std::int64_t number = pane_of(alarm, measure.at);
  if (number <= std::max(*memory.judged, judged_by(alarm, memory.clock))) return Taken::late;
  const std::optional<std::int64_t> value = millionths(measure.value);
  if (!value) return Taken::too_large;
  const bool is_known = memory.keys.contains(measure.key);
  if (!is_known && memory.keys.size() >= alarm.keys_max) return Taken::full;
  Key& key = memory.keys[measure.key];
  if (!is_known) key.first = number;
  Pane& pane = key.panes[number];
  const auto place = std::lower_bound(pane.ids.begin(), pane.ids.end(), measure.id);
  if (place != pane.ids.end() && *place == measure.id) return Taken::repeated;
  if (pane.ids.size() >= alarm.ids_max) return Taken::full;
  pane.ids.insert(place, measure.id);
  key.heard = std::max(key.heard, measure.at);
  key.first = std::min(key.first, number);
  Pane one{1, *value, *value, *value, {}, {}};
  if (alarm.statistic == Statistic::percentile) one.sketch.add(*value);
  add(pane, one);
  return Taken::taken;
}

std::vector<Verdict> judge(const Alarm& alarm, Memory& memory, Time now) {
  memory.clock = std::max(memory.clock, now);
  const std::int64_t last = judged_by(alarm, memory.clock);
  if (!memory.judged) memory.judged = last;
  std::vector<Verdict> verdicts;
  for (std::int64_t pane = *memory.judged + 1; pane <= last && !memory.keys.empty(); ++pane) {
    for (auto key = memory.keys.begin(); key != memory.keys.end();) {
      if (pane < key->second.first) {
        ++key;
        continue;
      }
      Verdict verdict = judge_key(alarm, key->first, key->second, pane);
      const bool is_over = forget(alarm, key->second, pane);
      // Nobody will say any more that it fires no longer.
      const bool is_given_up = is_over && key->second.is_firing;
      if (is_given_up) verdict = {key->first, verdict.end, State::no_data, std::nullopt, true};
      if (verdict.state != State::no_data || is_given_up) verdicts.push_back(std::move(verdict));
      key = is_over ? memory.keys.erase(key) : std::next(key);
    }
  }
  memory.judged = std::max(*memory.judged, last);
  return verdicts;
}

void restart(const Alarm& alarm, Memory& memory, Time now) {
  memory.clock = std::max(memory.clock, now);
  memory.judged = judged_by(alarm, memory.clock);
  for (auto& [name, key] : memory.keys) {
    key.panes.clear();
    key.first = *memory.judged + 1;
  }
}

Time judge_at(const Alarm& alarm, const Memory& memory) {
  if (memory.keys.empty() || !memory.judged) return Time::max();
  return end_of(alarm, *memory.judged + 1) + alarm.lateness;
}

}  // namespace settle::windows
