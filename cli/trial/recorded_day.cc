#include "cli/trial/recorded_day.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "config/values.h"
#include "daemon/codec/json.h"
#include "reconcilers/census.h"
#include "reconcilers/memory.h"

namespace settle {
namespace {

// Of a signal that no policy of the group reads: what a metric's `stale_after` is unless given.
constexpr Duration stale_unless_given{120'000};
// Two repetitions of a reading lie so far apart that neither of them grows stale.
constexpr std::int64_t repetitions_within_stale = 2;

const Metric* metric_of(const Policy& policy) {
  if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) return &target->metric;
  if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) return &steps->metric;
  return nullptr;
}

const std::string& signal_of(const Policy& policy, const Metric& metric) {
  return metric.signal.empty() ? policy.name : metric.signal;
}

Duration stale_after(const GroupSpec& spec, const std::string& signal) {
  std::optional<Duration> least;
  for (const Policy& policy : spec.policies) {
    const Metric* metric = metric_of(policy);
    if (metric == nullptr) continue;
    if (signal_of(policy, *metric) != signal && metric->over != signal) continue;
    least = std::min(least.value_or(metric->stale_after), metric->stale_after);
  }
  return least.value_or(stale_unless_given);
}

/// What a group knew of one signal: of itself, or else the mean of its instances.
struct Known {
  Stamp stamp;
  std::optional<Reading> whole;
  Decimal sum;
  std::int64_t count = 0;
  [[nodiscard]] Reading reading() const {
    if (whole) return *whole;
    if (count == 0) return {};
    return {ReadingKind::value, quotient(sum, Decimal(count))};
  }
};

std::map<std::string, Known> known_signals(const Memory& memory) {
  std::map<std::string, Known> all;
  for (const RememberedSample& one : memory.samples) {
    Known& known = all[one.sample.signal];
    const bool is_whole = one.sample.instance.value.empty();
    if (known.whole && !is_whole) continue;
    if (is_whole) known.whole = one.sample.reading;
    if (is_whole || known.stamp < one.stamp) known.stamp = one.stamp;
    if (is_whole || one.sample.reading.kind != ReadingKind::value) continue;
    known.sum = known.sum + one.sample.reading.value;
    ++known.count;
  }
  return all;
}

bool is_lost(const std::string& state) {
  const Fate is = fate(state);
  return is == Fate::replace || is == Fate::gone;
}

const Instance* find(const Observation& seen, const InstanceId& id) {
  for (const Instance& one : seen.instances) {
    if (one.id == id) return &one;
  }
  return nullptr;
}

/// "1" is the oldest of those that are shown.
std::string place_of(const Observation& seen, const Instance& instance) {
  const auto older =
      std::count_if(seen.instances.begin(), seen.instances.end(), [&](const Instance& other) {
        return std::tie(other.created, other.id) < std::tie(instance.created, instance.id);
      });
  return std::to_string(older + 1);
}

std::string row_of(Time at, const Reading& reading, Capacity instances) {
  const std::string value = reading.kind == ReadingKind::value ? reading.value.text() : "";
  return fmt::format("{},{},{}\n", time_text(at), value,
                     instances > 0 ? std::to_string(instances) : "");
}

}  // namespace

RecordedDay::RecordedDay(const GroupSpec& spec, const std::vector<RecordedRound>& rounds,
                         Time until)
    : from_(rounds.front().record.at),
      until_(until),
      rounds_(rounds.size()),
      group_(spec.id),
      desired_(rounds.front().before.desired) {
  const RecordedRound* last_look = nullptr;
  for (const RecordedRound& round : rounds) {
    take_samples(round);
    take_claims(round);
    for (const Intent& intent : round.before.intents) {
      if (intent.kind == IntentKind::terminate || intent.kind == IntentKind::drain) {
        let_go_.insert(intent.instance);
      }
    }
    if (round.seen.is_complete && last_look == nullptr) {
      for (const Instance& one : round.seen.instances) first_.insert(one.id);
      script_.shows(group_, from_, round.seen.instances);
    } else if (round.seen.is_complete) {
      take_mishaps(*last_look, round);
    }
    if (round.seen.is_complete) last_look = &round;
    for (const TakenStep& step : round.record.steps) let_go_.insert(step.instance);
  }
  measure_boots(rounds);
  for (auto& [signal, series] : series_) series = spread(series, stale_after(spec, signal));
}

void RecordedDay::take_samples(const RecordedRound& round) {
  for (const auto& [signal, known] : known_signals(round.before.memory)) {
    Series& series = series_[signal];
    if (series.empty() || series.back().at < known.stamp.at) {
      series.push_back({known.stamp.at, known.reading(), round.record.tally.ready, {}});
    }
    series.back().last_known = round.record.at;
  }
}

/// Everything else that was said, each once: at its own time, or at the beginning if it stood then.
void RecordedDay::take_claims(const RecordedRound& round) {
  const Memory& memory = round.before.memory;
  const auto tell = [this](const std::string& about, const Stamp& stamp, Claim claim) {
    const auto [told, is_new] = told_.try_emplace(about, stamp);
    if (!is_new && !(std::exchange(told->second, std::max(told->second, stamp)) < stamp)) return;
    script_.claim(group_, std::max(stamp.at, from_), std::move(claim));
  };
  for (const RememberedAlarm& one : memory.alarms) {
    tell("alarm " + one.alarm.alarm + " " + one.alarm.alert, one.stamp, one.alarm);
  }
  for (const RememberedHealth& one : memory.health) {
    tell("health " + one.report.instance.value + " " + one.report.reporter, one.stamp, one.report);
  }
  for (const RememberedInstanceOrder& one : memory.orders) {
    tell("order " + one.order.instance.value +
             (is_about_protection(one.order.verb) ? " protection" : " service"),
         one.stamp, one.order);
  }
  if (memory.pause) tell("pause", memory.pause->stamp, memory.pause->order);
  if (memory.hold) tell("hold", memory.hold->stamp, memory.hold->order);
  constexpr std::string_view by_policy = "policy/";
  for (const Firing& one : memory.firings) {
    // What fired before is in the number that the day begins with; schedules fire by themselves.
    if (!one.origin.starts_with(by_policy) || one.stamp.at < from_) continue;
    tell("firing " + one.stamp.source + " " + one.stamp.id, one.stamp,
         AdjustClaim{one.origin.substr(by_policy.size())});
  }
}

/// Instances that died, or went, and not by our doing.
void RecordedDay::take_mishaps(const RecordedRound& before, const RecordedRound& round) {
  for (const Instance& was : before.seen.instances) {
    const Instance* is = find(round.seen, was.id);
    const bool is_gone = is == nullptr;
    if (is_lost(was.state) || let_go_.contains(was.id)) continue;
    if (!is_gone && !is_lost(is->state)) continue;
    const std::string who = first_.contains(was.id) ? was.id.value : place_of(before.seen, was);
    script_.mishap(group_, round.seen.at, who, is_gone ? "gone" : is->state);
  }
}

void RecordedDay::measure_boots(const std::vector<RecordedRound>& rounds) {
  std::map<InstanceId, Time> born;
  std::map<InstanceId, Duration> took;
  for (const RecordedRound& round : rounds) {
    for (const Instance& one : round.seen.instances) {
      if (!first_.contains(one.id)) born.try_emplace(one.id, one.created);
    }
    for (const InstanceMemory& one : round.before.instances) {
      const auto found = born.find(one.id);
      if (found == born.end() || !one.active_since) continue;
      took.try_emplace(one.id, std::max(Duration::zero(), *one.active_since - found->second));
    }
  }
  std::vector<Duration> all;
  for (const auto& [id, lasted] : took) all.push_back(lasted);
  if (all.empty()) return;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  boot_ = *middle;
}

RecordedDay::Series RecordedDay::spread(const Series& series, Duration stale_after) const {
  Series spread;
  const Duration step = stale_after / repetitions_within_stale;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const Point& point = series[i];
    const bool was_stale = point.last_known - point.at > stale_after;
    const Time end = i + 1 < series.size() ? series[i + 1].at : until_;
    const Time until = was_stale ? point.at + Duration{1} : std::max(end, point.at + Duration{1});
    for (Time at = std::max(point.at, from_); at < until; at += step) {
      spread.push_back({at, point.reading, point.ready, point.last_known});
    }
  }
  return spread;
}

std::vector<std::string> RecordedDay::blind_policies(const GroupSpec& spec) const {
  std::vector<std::string> names;
  for (const Policy& policy : spec.policies) {
    const Metric* metric = metric_of(policy);
    if (metric == nullptr || series_.contains(signal_of(policy, *metric))) continue;
    names.push_back(policy.name);
  }
  return names;
}

SimulateOptions RecordedDay::inputs_for(GroupSpec spec, const std::string& revision) const {
  SimulateOptions options;
  ScriptText script = script_;
  if (desired_) spec.initial = desired_;
  for (const auto& [signal, series] : series_) {
    const Policy* reader = nullptr;
    bool is_divisor = false;
    for (const Policy& policy : spec.policies) {
      const Metric* metric = metric_of(policy);
      if (metric == nullptr) continue;
      if (reader == nullptr && signal_of(policy, *metric) == signal) reader = &policy;
      is_divisor = is_divisor || metric->over == signal;
    }
    if (reader != nullptr) {
      const bool is_mean = !metric_of(*reader)->is_total;
      MetricFeed feed{group_.value, reader->name, "timestamp,value,instances\n", std::nullopt};
      for (const Point& point : series) {
        feed.csv += row_of(point.at, point.reading, is_mean ? point.ready : 0);
      }
      options.metrics.push_back(std::move(feed));
    } else if (is_divisor) {
      for (const Point& point : series) {
        script.claim(group_, point.at, SampleClaim{signal, point.reading, {}});
      }
    }
  }
  options.events = script.text();
  options.specs = {std::move(spec)};
  options.revision = revision;
  options.start = from_;
  options.end = until_;
  if (boot_) {
    options.cloud_settings["boot_time"] = duration_setting(*boot_);
    options.cloud_settings["boot_jitter"] = duration_setting(Duration::zero());
  }
  return options;
}

}  // namespace settle
