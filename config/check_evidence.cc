// What a policy makes its number from, and whether there could ever be any.
#include <algorithm>

#include <fmt/format.h>

#include "config/checks.h"
#include "reconcilers/awake.h"
#include "reconcilers/fold.h"

namespace settle {
namespace {

void check_breach(const BoundGroup& group, const Policy& policy, Findings& findings) {
  const Breach& breach = policy.breach;
  if (breach.readings <= breach.of) return;
  findings
      .add("E0231", place_in(group, {"policies", policy.name, "breach", "readings"}),
           fmt::format("{} of the last {} readings can never agree", breach.readings, breach.of))
      .hint = fmt::format("of: {} or more", breach.readings);
}

const NamedMetric* find_metric(const TargetPolicy& target, const std::string& name) {
  const auto found = std::find_if(target.metrics.begin(), target.metrics.end(),
                                  [&](const NamedMetric& named) { return named.name == name; });
  return found == target.metrics.end() ? nullptr : &*found;
}

/// Whether one stands in for another until it is the first one's turn again.
bool goes_round(const TargetPolicy& target, const NamedMetric& first) {
  const NamedMetric* at = &first;
  for (std::size_t hop = 0; hop <= target.metrics.size() && at != nullptr; ++hop) {
    at = at->instead.empty() ? nullptr : find_metric(target, at->instead);
    if (at == &first) return true;
  }
  return false;
}

void check_stand_ins(const BoundGroup& group, const Policy& policy, Findings& findings) {
  const auto* target = std::get_if<TargetPolicy>(&policy.kind);
  if (target == nullptr) return;
  for (const NamedMetric& named : target->metrics) {
    if (named.instead.empty()) continue;
    const Place place =
        place_in(group, {"policies", policy.name, "metrics", named.name, "instead"});
    if (find_metric(*target, named.instead) == nullptr) {
      std::vector<std::string_view> names;
      for (const NamedMetric& other : target->metrics) names.push_back(other.name);
      Diagnostic& found = findings.add(
          "E0232", place, fmt::format("no metric here is called {}", quoted(named.instead)));
      found.hint = did_you_mean(named.instead, names);
    } else if (goes_round(*target, named)) {
      findings
          .add("E0232", place,
               fmt::format("{} would speak for itself in the end", quoted(named.name)))
          .hint = "the last of them has no instead";
    }
  }
}

void check_forecast(const BoundGroup& group, const Policy& policy, Findings& findings) {
  const auto* forecast = std::get_if<ForecastPolicy>(&policy.kind);
  if (forecast == nullptr) return;
  std::vector<std::string_view> names;
  for (const Policy& other : group.spec.policies) {
    if (std::holds_alternative<TargetPolicy>(other.kind)) names.push_back(other.name);
  }
  if (std::find(names.begin(), names.end(), forecast->of) != names.end()) return;
  Diagnostic& found = findings.add(
      "E0233", place_in(group, {"policies", policy.name, "of"}),
      fmt::format("no target policy of this group is called {}", quoted(forecast->of)));
  found.hint = did_you_mean(forecast->of, names);
  found.notes.push_back(names.empty() ? "the group has none" : "target policies: " + joined(names));
}

}  // namespace

void check_evidence(const BoundGroup& group, const Policy& policy, Findings& findings) {
  check_breach(group, policy, findings);
  check_stand_ins(group, policy, findings);
  check_forecast(group, policy, findings);
}

void check_waking(const BoundGroup& group, Findings& findings) {
  const GroupSpec& spec = group.spec;
  const bool can_sleep = spec.limits.min == 0 && spec.limits.max > 0 && has_measure(spec);
  if (!can_sleep || can_wake(spec)) return;
  findings
      .add("W0041", place_in(group, {"capacity", "min"}),
           "min is 0, and no policy or schedule could ask for a first instance")
      .hint = "min: 1, or a metric with divide_by: instances";
}

}  // namespace settle
