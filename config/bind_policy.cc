// Policies, by their type.
#include <algorithm>

#include <fmt/format.h>

#include "config/bind.h"
#include "config/values.h"

namespace settle {
namespace {

Metric read_metric(const Element& map, const std::string& policy) {
  Metric metric;
  metric.signal = policy;
  read(map, "from", metric.source);
  read(map, "query", metric.query);
  read(map, "signal", metric.signal);
  std::string shared;
  metric.is_total = read(map, "divide_by", shared);
  read(map, "over", metric.over);
  read(map, "per_instance", metric.per_instance);
  read(map, "stale_after", metric.stale_after);
  read(map, "may_be_negative", metric.may_be_negative);
  const Element* missing = map.find("when_missing");
  if (missing == nullptr) return metric;
  if (missing->text == "ignore") {
    metric.when_missing = WhenMissing::ignore;
  } else if (missing->kind == Element::Kind::map || missing->text != "hold") {
    metric.when_missing = WhenMissing::fallback;
    if (!read(*missing, "fallback", metric.fallback)) {
      const std::string_view text = missing->text;  // "fallback: N"
      const std::optional<std::int64_t> count = parse_count(text.substr(text.rfind(' ') + 1));
      const std::optional<std::int64_t> stuck = parse_count(text.substr(text.rfind(':') + 1));
      metric.fallback = static_cast<Capacity>(count ? *count : stuck.value_or(0));
    }
  }
  return metric;
}

/// Reports a target that is there and not above zero.
bool is_sound_target(const Element& map, const Decimal& target, Findings& findings) {
  if (target > Decimal()) return true;
  findings
      .add("E0119", map.find("target")->place, fmt::format("target cannot be {}", target.text()))
      .hint = "it is above zero";
  return false;
}

std::optional<NamedMetric> bind_named_metric(const Entry& entry, const Decimal& target,
                                             Findings& findings) {
  const Element& map = entry.value;
  NamedMetric named{entry.key, read_metric(map, entry.key), target, {}};
  read(map, "instead", named.instead);
  const bool has_own = read(map, "target", named.target);
  if (has_own && !is_sound_target(map, named.target, findings)) return std::nullopt;
  return named;
}

Mix read_mix(const Element& map) {
  std::string text;
  if (!read(map, "combine", text) || text == "max") return Mix::max;
  if (text == "min") return Mix::min;
  return text == "sum" ? Mix::sum : Mix::mean;
}

std::optional<TargetPolicy> bind_target(const std::string& name, const Element& map,
                                        Findings& findings) {
  TargetPolicy policy;
  policy.metric = read_metric(child(map, "metric"), name);
  if (!read(map, "target", policy.target)) return std::nullopt;
  if (!is_sound_target(map, policy.target, findings)) return std::nullopt;
  policy.combine = read_mix(map);
  const Element* const metrics = map.find("metrics");
  if (metrics == nullptr) return policy;
  if (const Entry* const metric = map.entry("metric")) {
    findings.add("E0116", metric->key_place, "both metric and metrics").hint =
        "put it among the metrics";
    return std::nullopt;
  }
  for (const Entry& entry : metrics->entries) {
    if (!entry.value.is_usable) continue;
    std::optional<NamedMetric> named = bind_named_metric(entry, policy.target, findings);
    if (!named) return std::nullopt;
    policy.metrics.push_back(std::move(*named));
  }
  std::sort(policy.metrics.begin(), policy.metrics.end(),
            [](const NamedMetric& a, const NamedMetric& b) { return a.name < b.name; });
  return policy;
}

Breach read_breach(const Element& map) {
  Breach breach;
  const Element& said = child(map, "breach");
  if (!read(said, "readings", breach.readings)) return {};
  if (!read(said, "of", breach.of)) breach.of = breach.readings;
  return breach;
}

std::optional<ForecastPolicy> bind_forecast(const Element& map) {
  ForecastPolicy policy;
  if (!read(map, "of", policy.of)) return std::nullopt;
  read(map, "lead", policy.lead);
  if (std::string mode; read(map, "mode", mode) && mode == "act") policy.mode = ForecastMode::act;
  return policy;
}

std::optional<StepsPolicy> bind_steps(const std::string& name, const Element& map,
                                      Findings& findings) {
  StepsPolicy policy;
  policy.metric = read_metric(child(map, "metric"), name);
  read(map, "wait", policy.wait);
  const Element* steps = map.find("steps");
  if (steps == nullptr) return std::nullopt;
  for (const Element& item : steps->items) {
    if (const std::optional<Step> step = bind_step(item, findings)) policy.steps.push_back(*step);
  }
  return policy;
}

/// The adjustment of an alert or a webhook, which must have one.
std::optional<Adjustment> demand_adjustment(const Entry& entry, Findings& findings) {
  if (!has_adjustment(entry.value)) {
    findings.add("E0116", entry.key_place,
                 fmt::format("the policy {} without add, remove and set", quoted(entry.key)));
    return std::nullopt;
  }
  return read_adjustment(entry.value, "at_least", findings);
}

std::optional<AlertPolicy> bind_alert(const Entry& entry, Findings& findings) {
  const Element& map = entry.value;
  AlertPolicy policy;
  read(map, "from", policy.source);
  for (const Entry& label : child(map, "match").entries) {
    if (label.value.is_usable) policy.match[label.key] = label.value.text;
  }
  const auto alertname = policy.match.find("alertname");
  policy.alarm = alertname == policy.match.end() ? entry.key : alertname->second;
  read(map, "alarm", policy.alarm);
  read(map, "release_after", policy.release_after);
  const std::optional<Adjustment> adjustment = demand_adjustment(entry, findings);
  if (!adjustment) return std::nullopt;
  policy.adjustment = *adjustment;
  return policy;
}

std::optional<WebhookPolicy> bind_webhook(const Entry& entry, Findings& findings) {
  WebhookPolicy policy;
  read(entry.value, "hold_for", policy.hold_for);
  const std::optional<Adjustment> adjustment = demand_adjustment(entry, findings);
  if (!adjustment) return std::nullopt;
  policy.adjustment = *adjustment;
  return policy;
}

template <typename Kind>
std::optional<Policy> named(const std::string& name, const std::optional<Kind>& kind,
                            const Element& map) {
  if (!kind) return std::nullopt;
  return Policy{name, *kind, read_steadiness(map), read_breach(map)};
}

}  // namespace

std::optional<Step> bind_step(const Element& item, Findings& findings) {
  if (!item.is_usable || item.kind != Element::Kind::map) return std::nullopt;
  Step step;
  if (Decimal edge; read(item, "at_least", edge)) step.at_least = edge;
  if (Decimal edge; read(item, "at_most", edge)) step.at_most = edge;
  const bool has_edge = item.entry("at_least") != nullptr || item.entry("at_most") != nullptr;
  if (!has_edge) {
    findings.add("E0116", item.place, "a step without at_least and at_most").hint =
        "such as { at_least: 5000, add: 4 }";
    return std::nullopt;
  }
  if (!has_adjustment(item)) {
    findings.add("E0116", item.place, "a step without add, remove and set").hint =
        "such as { at_least: 5000, add: 4 }";
    return std::nullopt;
  }
  const std::optional<Adjustment> adjustment = read_adjustment(item, "min_change", findings);
  if (!adjustment || (!step.at_least && !step.at_most)) return std::nullopt;
  step.adjustment = *adjustment;
  return step;
}

std::optional<Policy> bind_policy(const std::string& name, const Entry& entry, Findings& findings) {
  const Element& map = entry.value;
  std::string type;
  if (!map.is_usable || !read(map, "type", type)) return std::nullopt;
  if (type == "target") return named(name, bind_target(name, map, findings), map);
  if (type == "steps") return named(name, bind_steps(name, map, findings), map);
  if (type == "alert") return named(name, bind_alert(entry, findings), map);
  if (type == "webhook") return named(name, bind_webhook(entry, findings), map);
  if (type == "forecast") return named(name, bind_forecast(map), map);
  return std::nullopt;
}

}  // namespace settle
