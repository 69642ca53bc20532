// The second opinion on what a number is made from: several metrics, and several readings.
#include <algorithm>

#include "tests/reconcilers/slow_ladder.h"
#include "tests/reconcilers/slow_numbers.h"

namespace settle::slow {
namespace {

__extension__ using Wide = __int128;

/// A number that is not rounded.
struct Fraction {
  Wide over = 0;
  Wide under = 1;
};

Fraction sum_of(const Fraction& a, const Fraction& b) {
  return {a.over * b.under + b.over * a.under, a.under * b.under};
}
bool is_less(const Fraction& a, const Fraction& b) {
  return a.over * b.under < b.over * a.under;
}
Capacity rounded_up(const Fraction& a) {
  return a.over <= 0 ? 0 : static_cast<Capacity>((a.over + a.under - 1) / a.under);
}

Fraction mix(Mix how, const std::vector<Fraction>& terms) {
  if (how == Mix::max) return *std::max_element(terms.begin(), terms.end(), is_less);
  if (how == Mix::min) return *std::min_element(terms.begin(), terms.end(), is_less);
  Fraction sum;
  for (const Fraction& term : terms) sum = sum_of(sum, term);
  if (how == Mix::mean) sum.under *= static_cast<Wide>(terms.size());
  return sum;
}

}  // namespace

Said Ladder::hear_several(const Policy& policy, const TargetPolicy& target) const {
  const auto named = [&](const std::string& name) -> const NamedMetric* {
    for (const NamedMetric& one : target.metrics) {
      if (one.name == name) return &one;
    }
    return nullptr;
  };
  std::vector<Fraction> needs;
  std::vector<Fraction> loads;
  bool is_missing = false;
  bool never_less = false;
  Said said;
  for (const NamedMetric& first : target.metrics) {
    const bool stands_in =
        std::any_of(target.metrics.begin(), target.metrics.end(),
                    [&](const NamedMetric& other) { return other.instead == first.name; });
    if (stands_in) continue;
    const NamedMetric* speaks = &first;
    while (speaks != nullptr && sample(speaks->name, speaks->metric) == nullptr) {
      speaks = named(speaks->instead);
    }
    const Signal* const last = newest(speaks != nullptr ? speaks->name : first.name);
    if (last != nullptr) said.read_at = std::max(said.read_at.value_or(Time{}), last->stamp.at);
    if (speaks == nullptr) {
      const Said without = missing(first.metric);
      if (without.is_missing) {
        is_missing = true;
        needs.push_back({});
        loads.push_back({});
      } else if (without.number) {
        needs.push_back({first.metric.fallback, 1});
        never_less = true;
      }
      continue;
    }
    const Signal* const found = sample(speaks->name, speaks->metric);
    const Wide value =
        std::max<std::int64_t>(exact(std::get<SampleClaim>(found->claim).reading.value), 0);
    const Wide aim = exact(speaks->target);
    if (speaks->metric.is_total) {
      needs.push_back({value, aim});
      if (desired_ > 0) loads.push_back({value, aim * desired_});
    } else if (ready_ > 0) {
      needs.push_back({value * ready_, aim});
      loads.push_back({value, aim});
    }
  }
  if (needs.empty()) {
    said.read_at.reset();
    return said;
  }
  Capacity number = rounded_up(mix(target.combine, needs));
  if (never_less) number = std::max(number, desired_);
  if (is_missing && number <= desired_) {
    said.is_missing = true;
    return said;
  }
  said.wanted = number;
  if (loads.size() == needs.size()) {
    const Fraction load = mix(target.combine, loads);
    const bool is_above = load.over > load.under;
    const Tolerance& tolerance =
        (is_above ? policy.steadiness.out : policy.steadiness.in).tolerance;
    const Wide apart = is_above ? load.over - load.under : load.under - load.over;
    const bool is_near = apart * 1'000'000 <= load.under * exact(tolerance.amount);
    if (tolerance.is_percent && !tolerance.amount.is_zero() && is_near) said.wanted = desired_;
  }
  return said;
}

std::vector<std::optional<Decimal>> Ladder::evaluations(const Policy& policy,
                                                        const Said& now) const {
  std::vector<Said> all;
  for (const Round& round : rounds_) {
    const auto then = round.said.find(policy.name);
    if (then != round.said.end() && then->second.read_at) all.push_back(then->second);
  }
  if (now.read_at) all.push_back(now);
  Duration silence{};
  if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) {
    silence = steps->metric.stale_after;
  } else if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
    silence = target->metric.stale_after;
    for (const NamedMetric& one : target->metrics) {
      silence = std::max(silence, one.metric.stale_after);
    }
  }
  std::vector<std::optional<Decimal>> last;
  std::optional<Time> at;
  for (const Said& one : all) {
    if (at && *one.read_at <= *at) continue;  // Each reading once.
    if (at && *one.read_at - *at > silence) last.clear();
    last.push_back(one.evaluated);
    at = one.read_at;
  }
  const auto most = static_cast<std::size_t>(policy.breach.of);
  if (last.size() > most) last.erase(last.begin(), last.end() - policy.breach.of);
  return last;
}

void Ladder::confirm(const Policy& policy, Said& said) const {
  if (said.wanted) said.evaluated = Decimal(*said.wanted);
  if (!said.wanted || policy.breach.of <= 1) return;
  int more = 0;
  int less = 0;
  std::vector<std::int64_t> numbers;
  for (const auto& one : evaluations(policy, said)) {
    if (one) numbers.push_back(whole(*one));
  }
  for (const std::int64_t number : numbers) {
    more += number > desired_ ? 1 : 0;
    less += number < desired_ ? 1 : 0;
  }
  std::sort(numbers.begin(), numbers.end());
  const auto readings = static_cast<std::size_t>(policy.breach.readings);
  said.wanted = desired_;
  if (numbers.size() < readings) return;
  const std::int64_t agreed_more = numbers[numbers.size() - readings];
  if (more >= policy.breach.readings) {
    said.wanted = static_cast<Capacity>(agreed_more);
  } else if (less >= policy.breach.readings && agreed_more < desired_) {
    said.wanted = static_cast<Capacity>(std::max(numbers[readings - 1], agreed_more));
  }
}

}  // namespace settle::slow
