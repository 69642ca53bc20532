#include "reconcilers/fold.h"

#include <algorithm>
#include <span>

#include "reconcilers/adjust.h"
#include "reconcilers/decide.h"
#include "reconcilers/memory.h"

namespace settle {
namespace {

template <typename Kind>
bool has_policy(const GroupSpec& spec) {
  return std::any_of(spec.policies.begin(), spec.policies.end(), [](const Policy& policy) {
    return std::holds_alternative<Kind>(policy.kind);
  });
}

Capacity folded(const GroupSpec& spec, Capacity number, const Firing& firing) {
  if (!lasts(spec, firing.origin)) return number;
  const Range limits = limits_at(spec, firing.stamp.at);
  return clamped(adjusted(clamped(number, limits), firing.adjustment), limits);
}

void fold_firings(const GroupSpec& spec, GroupState& state, Time boundary) {
  Memory& memory = state.memory;
  auto kept = memory.firings.begin();
  for (; kept != memory.firings.end() && kept->stamp.at < boundary; ++kept) {
    if (lasts(spec, kept->origin)) {
      const auto start = memory.base ? memory.base : initial_capacity(spec, state);
      if (!start) break;  // Nothing to count from yet: it waits for the first observation.
      memory.base = folded(spec, *start, *kept);
    }
    memory.folded_to = kept->stamp.at + Duration{1};
  }
  memory.firings.erase(memory.firings.begin(), kept);
}

void forget_samples(const GroupSpec& spec, GroupState& state, Time now) {
  std::erase_if(state.memory.samples, [&](const RememberedSample& entry) {
    if (entry.stamp.at >= now - spec.lateness) return false;
    bool is_read = false;
    Duration stale_after{};
    for (const Policy& policy : spec.policies) {
      const Metric* const metric = reader_of(policy, entry.sample.signal);
      if (metric == nullptr) continue;
      is_read = true;
      stale_after = std::max(stale_after, metric->stale_after);
    }
    // A group's own sample stays, to say for how long it has been stale.
    if (is_read && entry.sample.instance.value.empty()) return false;
    return !is_read || entry.stamp.at < now - stale_after;
  });
}

/// Whether a policy holds on to what its alarm has asked for, and has not been told that it ended.
bool is_latched(const GroupState& state, const std::string& policy) {
  return std::any_of(state.voices.begin(), state.voices.end(), [&](const VoiceState& voice) {
    return voice.policy == policy && voice.latched && !voice.release_at;
  });
}

void forget_alarms(const GroupSpec& spec, GroupState& state, Time boundary) {
  std::erase_if(state.memory.alarms, [&](const RememberedAlarm& entry) {
    const AlarmClaim& alarm = entry.alarm;
    const bool fires = alarm.state == AlarmState::firing;
    if (entry.stamp.at >= boundary || (fires && alarm.until >= boundary)) return false;
    bool is_heard = false;
    bool has_news = false;
    for (const Policy& policy : spec.policies) {
      const auto* alert = std::get_if<AlertPolicy>(&policy.kind);
      if (alert == nullptr || alarm_name(policy, *alert) != alarm.alarm) continue;
      is_heard = true;
      has_news = has_news || is_latched(state, policy.name);
    }
    if (!is_heard) return true;
    // Of several alerts, one that has ended leaves the alarm to the others.
    const bool has_ended = alarm.state == AlarmState::resolved || (fires && alarm.until);
    return !alarm.alert.empty() && has_ended && !has_news;
  });
}

bool is_known(const GroupState& state, const InstanceId& id) {
  const auto place = std::lower_bound(state.instances.begin(), state.instances.end(), id,
                                      [](const InstanceMemory& instance, const InstanceId& wanted) {
                                        return instance.id < wanted;
                                      });
  return place != state.instances.end() && place->id == id;
}

/// Before `boundary` nothing more can arrive, so nothing can split a run of reports there, and of
/// its marks only the first matters. Of an instance that nobody knows, nothing there matters.
void forget_health(GroupState& state, Time boundary) {
  std::erase_if(state.memory.health, [&](RememberedHealth& entry) {
    auto& marks = entry.unhealthy;
    const auto old_end = std::lower_bound(marks.begin(), marks.end(), boundary);
    const bool has_old_marks = old_end != marks.begin();
    const bool has_old_other = entry.last_other && *entry.last_other < boundary;
    if (entry.stamp.at >= boundary && !has_old_marks && !has_old_other) return false;
    if (is_known(state, entry.report.instance)) {
      if (has_old_marks) marks.erase(marks.begin() + 1, old_end);
      return false;
    }
    if (entry.stamp.at < boundary) return true;
    marks.erase(marks.begin(), old_end);
    if (has_old_other) entry.last_other.reset();
    if (entry.unhealthy_since) {
      entry.unhealthy_since = marks.empty() ? entry.stamp.at : marks.front();
    }
    return false;
  });
}

// What was said of an instance that nobody knows, and may not be about one yet to come, is past.
template <typename Entry, typename InstanceOf>
void forget_unknown(const GroupState& state, std::vector<Entry>& entries, Time boundary,
                    InstanceOf instance_of) {
  std::erase_if(entries, [&](const Entry& entry) {
    return entry.stamp.at < boundary && !is_known(state, instance_of(entry));
  });
}

}  // namespace

bool has_measure(const GroupSpec& spec) {
  return has_policy<TargetPolicy>(spec) || has_policy<StepsPolicy>(spec);
}

bool webhooks_expire(const GroupSpec& spec) {
  return has_measure(spec) || has_policy<AlertPolicy>(spec);
}

bool lasts(const GroupSpec& spec, std::string_view origin) {
  return !origin.starts_with(policy_origin) || !webhooks_expire(spec);
}

Duration remembered_for(const GroupSpec& spec) {
  Duration longest = spec.lateness;
  if (has_measure(spec)) longest = std::max(longest, schedule_hold_for);
  if (!webhooks_expire(spec)) return longest;
  for (const Policy& policy : spec.policies) {
    if (const auto* webhook = std::get_if<WebhookPolicy>(&policy.kind)) {
      longest = std::max(longest, webhook->hold_for);
    }
  }
  return longest;
}

std::optional<Capacity> initial_capacity(const GroupSpec& spec, const GroupState& state) {
  return spec.initial ? spec.initial : state.initial;
}

const std::string& signal_name(const Policy& policy, const Metric& metric) {
  return metric.signal.empty() ? policy.name : metric.signal;
}

const std::string& signal_name(const NamedMetric& named) {
  return named.metric.signal.empty() ? named.name : named.metric.signal;
}

const Metric* metric_of(const Policy& policy) {
  if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
    return target->metrics.empty() ? &target->metric : nullptr;
  }
  if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) return &steps->metric;
  return nullptr;
}

const Metric* reader_of(const Policy& policy, const std::string& signal) {
  const auto reads = [&](const Metric& metric, const std::string& own) {
    return own == signal || (!metric.over.empty() && metric.over == signal);
  };
  if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
    const Metric* longest = nullptr;  // Of several, the one that keeps the signal for longest.
    for (const NamedMetric& named : target->metrics) {
      if (!reads(named.metric, signal_name(named))) continue;
      const bool is_longer = longest == nullptr || named.metric.stale_after > longest->stale_after;
      if (is_longer) longest = &named.metric;
    }
    if (!target->metrics.empty()) return longest;
  }
  const Metric* const metric = metric_of(policy);
  if (metric == nullptr) return nullptr;
  return reads(*metric, signal_name(policy, *metric)) ? metric : nullptr;
}

const std::string& alarm_name(const Policy& policy, const AlertPolicy& alert) {
  return alert.alarm.empty() ? policy.name : alert.alarm;
}

bool is_meant(const Policy& policy, const AlertPolicy& alert,
              const std::map<std::string, std::string>& labels) {
  const auto bears = [&labels](const std::string& label, const std::string& value) {
    const auto found = labels.find(label);
    return found != labels.end() && found->second == value;
  };
  if (alert.match.empty()) return bears("alertname", alarm_name(policy, alert));
  return std::all_of(alert.match.begin(), alert.match.end(),
                     [&](const auto& wanted) { return bears(wanted.first, wanted.second); });
}

void compact(const GroupSpec& spec, GroupState& state, Time now) {
  const Time boundary = now - spec.lateness;
  if (!state.memory.firings.empty()) fold_firings(spec, state, now - remembered_for(spec));
  if (!state.memory.samples.empty()) forget_samples(spec, state, now);
  if (!state.memory.alarms.empty()) forget_alarms(spec, state, boundary);
  if (!state.memory.health.empty()) forget_health(state, boundary);
  if (!state.memory.hooks.empty()) {
    forget_unknown(state, state.memory.hooks, boundary,
                   [](const RememberedHook& entry) { return entry.claim.instance; });
  }
  if (!state.memory.orders.empty()) {
    forget_unknown(state, state.memory.orders, boundary,
                   [](const RememberedInstanceOrder& entry) { return entry.order.instance; });
  }
}

Capacity rest_number(const GroupSpec& spec, const GroupState& state, Capacity initial) {
  Capacity number = state.memory.base.value_or(initial);
  for (const Firing& firing : state.memory.firings) number = folded(spec, number, firing);
  return number;
}

}  // namespace settle
