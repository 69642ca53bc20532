#include "reconcilers/foresight.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "reconcilers/decide.h"
#include "reconcilers/fold.h"
#include "reconcilers/voices.h"

namespace settle {
namespace {

constexpr std::int64_t five_digits = 100'000;
constexpr std::int64_t upward = 100;  // Times the present reading.

std::optional<Capacity> decided(const GroupSpec& spec, GroupState state, const Tally& tally,
                                Time now) {
  DecisionRecord record;
  record.tally = tally;
  decide(spec, state, now, record);
  return record.desired_to;
}

/// Keeps the tolerance: it is part of what a policy asks for.
void put_at_rest(Pace& pace) {
  Pace rest;
  rest.tolerance = pace.tolerance;
  pace = std::move(rest);
}

void put_at_rest(Steadiness& steadiness) {
  put_at_rest(steadiness.out);
  put_at_rest(steadiness.in);
}

RememberedSample* own_sample(Memory& memory, const std::string& signal) {
  for (RememberedSample& entry : memory.samples) {
    if (entry.sample.signal == signal && entry.sample.instance.value.empty()) return &entry;
  }
  return nullptr;
}

/// What a policy reads under one name; the name is empty where it is the only one.
struct Gauge {
  std::string_view name;
  const Metric* metric = nullptr;
  const std::string* signal = nullptr;
  const Decimal* target = nullptr;  // Null of a policy of steps.
};

std::vector<Gauge> gauges_of(const Policy& policy) {
  const auto* target = std::get_if<TargetPolicy>(&policy.kind);
  if (const Metric* const only = metric_of(policy)) {
    return {{{}, only, &signal_name(policy, *only), target != nullptr ? &target->target : nullptr}};
  }
  std::vector<Gauge> gauges;
  if (target == nullptr) return gauges;
  for (const NamedMetric& named : target->metrics) {
    gauges.push_back({named.name, &named.metric, &signal_name(named), &named.target});
  }
  return gauges;
}

/// One policy with the whole group to itself, one of whose readings can be set.
class Trial {
 public:
  Trial(const GroupSpec& spec, const GroupState& state, const Tally& tally, Time now,
        const Policy& policy, const Gauge& gauge)
      : spec_(spec), tally_(tally), now_(now) {
    spec_.policies = {policy};
    spec_.schedules.clear();
    spec_.limits = {0, capacity_limit};
    put_at_rest(spec_.steadiness);
    put_at_rest(spec_.policies.front().steadiness);
    spec_.policies.front().breach = {};
    if (auto* steps = std::get_if<StepsPolicy>(&spec_.policies.front().kind)) steps->wait = {};
    state_.desired = state.desired;
    state_.initial = state.initial;
    state_.instances = state.instances;
    std::copy_if(state.memory.samples.begin(), state.memory.samples.end(),
                 std::back_inserter(state_.memory.samples), [&](const RememberedSample& entry) {
                   return reader_of(policy, entry.sample.signal) != nullptr;
                 });
    sample_ = own_sample(state_.memory, *gauge.signal);
    was_fresh_ = sample_ != nullptr && judge(*gauge.metric, *sample_, now).is_value();
    can_be_negative_ = gauge.metric->may_be_negative;
  }

  [[nodiscard]] bool was_fresh() const { return was_fresh_; }
  [[nodiscard]] bool has_reading() const { return sample_ != nullptr; }
  [[nodiscard]] bool can_be_negative() const { return can_be_negative_; }
  [[nodiscard]] std::optional<Decimal> reading() const {
    if (sample_->sample.reading.kind != ReadingKind::value) return std::nullopt;
    return sample_->sample.reading.value;
  }

  [[nodiscard]] Capacity asks_for_at(const Decimal& value) {
    sample_->stamp.at = now_;
    sample_->sample.reading = {ReadingKind::value, value};
    return decided(spec_, state_, tally_, now_).value_or(0);
  }

 private:
  GroupSpec spec_;
  GroupState state_;
  Tally tally_;
  Time now_;
  RememberedSample* sample_ = nullptr;  // Into state_.
  bool was_fresh_ = false;
  bool can_be_negative_ = false;
};

Decimal larger(const Decimal& a, const Decimal& b) {
  const Decimal size = b.is_negative() ? -b : b;
  return a < size ? size : a;
}

/// What the policy's numbers look like, where nothing has been read to show it.
Decimal scale_of(const Policy& policy, const Gauge& gauge, const std::optional<Decimal>& reading) {
  Decimal scale = larger(Decimal(), reading.value_or(Decimal()));
  if (gauge.target != nullptr) scale = larger(scale, *gauge.target);
  if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) {
    for (const Step& step : steps->steps) {
      scale = larger(scale, step.at_least.value_or(Decimal()));
      scale = larger(scale, step.at_most.value_or(Decimal()));
    }
  }
  return scale.is_zero() ? Decimal(1) : scale;
}

/// The exponent of a ruler on which `scale` is a number of five digits.
int ruler(const Decimal& scale) {
  int exponent = scale.exponent();
  std::int64_t digits = scale.digits();
  for (; digits >= five_digits; digits /= 10) ++exponent;
  for (; digits < five_digits / 10; digits *= 10) --exponent;
  return exponent;
}

std::int64_t on_ruler(const Decimal& value, int exponent) {
  std::int64_t digits = value.digits();
  for (int at = value.exponent(); at < exponent; ++at) digits /= 10;
  for (int at = value.exponent(); at > exponent; --at) digits *= 10;
  return digits;
}

/// Of the last mark that will do and the first that will not, the one that is shorter to say.
TippingPoint told(std::int64_t will_do, std::int64_t will_not, int exponent) {
  const Decimal inside = Decimal::of(will_do, exponent);
  const Decimal outside = Decimal::of(will_not, exponent);
  TippingPoint point;
  point.is_most = will_do < will_not;
  point.is_excluded = outside.exponent() > inside.exponent();
  point.reading = point.is_excluded ? outside : inside;
  return point;
}

/// REQUIRES: `holds` is false at `from` and true at `to`.
template <typename Holds>
TippingPoint search(std::int64_t from, std::int64_t to, int exponent, Holds holds) {
  while (from + 1 < to || to + 1 < from) {
    const std::int64_t middle = from + (to - from) / 2;
    (holds(middle) ? to : from) = middle;
  }
  return told(to, from, exponent);
}

bool is_fresh(const GroupSpec& spec, const RememberedSample& sample, Time now) {
  return std::any_of(spec.policies.begin(), spec.policies.end(), [&](const Policy& policy) {
    const Metric* const metric = reader_of(policy, sample.sample.signal);
    return metric != nullptr && judge(*metric, sample, now).is_value();
  });
}

/// Whatever is fresh now stays so for as long as anybody looks ahead; nothing else becomes it.
void keep_reading(GroupSpec& spec, GroupState& state, Time now) {
  for (RememberedSample& entry : state.memory.samples) {
    if (!is_fresh(spec, entry, now)) entry.sample.reading = {};
  }
  for (Policy& policy : spec.policies) {
    if (auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
      target->metric.stale_after += foresight_max;
      for (NamedMetric& named : target->metrics) named.metric.stale_after += foresight_max;
    } else if (auto* steps = std::get_if<StepsPolicy>(&policy.kind)) {
      steps->metric.stale_after += foresight_max;
    }
  }
}

/// What one reading of the policy can do.
std::optional<TippingPoint> tipping_point(Trial& trial, const Policy& policy, const Gauge& gauge,
                                          Way way, Capacity number) {
  if (!trial.has_reading()) return std::nullopt;
  const std::optional<Decimal> reading = trial.reading();
  const int exponent = ruler(scale_of(policy, gauge, reading));
  const auto holds = [&](std::int64_t mark) {
    const Capacity asked = trial.asks_for_at(Decimal::of(mark, exponent));
    return way == Way::in ? asked <= number : asked >= number;
  };
  const std::int64_t present = on_ruler(reading.value_or(Decimal()), exponent);
  if (holds(present)) return std::nullopt;
  const std::int64_t low = trial.can_be_negative() ? -upward * five_digits : 0;
  const std::int64_t high = upward * five_digits;
  // More load asks for more of nearly every policy: the likelier side first.
  const std::int64_t sides[] = {way == Way::in ? low : high, way == Way::in ? high : low};
  for (const std::int64_t side : sides) {
    if (side == present || !holds(side)) continue;
    TippingPoint point = search(present, side, exponent, holds);
    if (trial.was_fresh()) point.now = reading;
    point.metric = gauge.name;
    return point;
  }
  return std::nullopt;
}

}  // namespace

std::optional<TippingPoint> tipping_point(const GroupSpec& spec, const GroupState& state,
                                          const Tally& tally, Time now, const std::string& policy,
                                          Way way, Capacity number) {
  const auto found = std::find_if(spec.policies.begin(), spec.policies.end(),
                                  [&](const Policy& other) { return other.name == policy; });
  if (found == spec.policies.end() || !state.desired) return std::nullopt;
  for (const Gauge& gauge : gauges_of(*found)) {
    Trial trial(spec, state, tally, now, *found, gauge);
    if (const auto point = tipping_point(trial, *found, gauge, way, number)) return point;
  }
  return std::nullopt;
}

std::optional<Turn> next_turn(const GroupSpec& spec, const GroupState& state, const Tally& tally,
                              Time now, Way way) {
  GroupSpec ahead = spec;
  GroupState trial = state;
  keep_reading(ahead, trial, now);
  Time at = now;
  for (int round = 0; round < foresight_rounds_max; ++round) {
    const std::optional<Capacity> before = trial.desired;
    DecisionRecord record;
    record.tally = tally;
    const std::optional<Time> revisit = decide(ahead, trial, at, record);
    if (before && trial.desired && trial.desired != before) {
      const bool is_out = *trial.desired > *before;
      if (is_out == (way == Way::out)) return Turn{at, *before, *trial.desired};
    }
    if (!revisit || *revisit > now + foresight_max) return std::nullopt;
    at = *revisit;
  }
  return std::nullopt;
}

}  // namespace settle
