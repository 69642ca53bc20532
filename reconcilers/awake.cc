#include "reconcilers/awake.h"

#include <algorithm>

#include "reconcilers/adjust.h"

namespace settle {
namespace {

/// Whether the policy can be measured where there is no instance, or is told.
bool speaks_of_nobody(const Policy& policy) {
  if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
    if (target->metrics.empty()) return target->metric.is_total;
    return std::any_of(target->metrics.begin(), target->metrics.end(),
                       [](const NamedMetric& named) { return named.metric.is_total; });
  }
  if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) return steps->metric.is_total;
  return !std::holds_alternative<ForecastPolicy>(policy.kind);
}

bool makes_one(const Adjustment& adjustment) {
  return adjusted(0, adjustment) > 0;
}

bool wakes(const Policy& policy) {
  if (!speaks_of_nobody(policy)) return false;
  if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) {
    return std::any_of(steps->steps.begin(), steps->steps.end(),
                       [](const Step& step) { return makes_one(step.adjustment); });
  }
  if (const auto* alert = std::get_if<AlertPolicy>(&policy.kind)) {
    return makes_one(alert->adjustment);
  }
  const auto* webhook = std::get_if<WebhookPolicy>(&policy.kind);
  return webhook == nullptr || makes_one(webhook->adjustment);
}

bool wakes(const Schedule& schedule) {
  if (const auto* limits = std::get_if<ScheduledLimits>(&schedule.kind)) {
    return limits->min.value_or(0) > 0;
  }
  return makes_one(std::get<ScheduledAdjustment>(schedule.kind).adjustment);
}

}  // namespace

bool may_be_last(const GroupSpec& spec, const std::vector<Voice>& voices) {
  return std::any_of(voices.begin(), voices.end(), [&](const Voice& voice) {
    if (voice.verdict != Verdict::proposes || voice.proposes != 0) return false;
    const auto policy =
        std::find_if(spec.policies.begin(), spec.policies.end(),
                     [&](const Policy& candidate) { return candidate.name == voice.name; });
    // A schedule or the number at rest is no policy, and was told.
    return policy == spec.policies.end() || speaks_of_nobody(*policy);
  });
}

bool can_wake(const GroupSpec& spec) {
  return std::any_of(spec.policies.begin(), spec.policies.end(),
                     [](const Policy& policy) { return wakes(policy); }) ||
         std::any_of(spec.schedules.begin(), spec.schedules.end(),
                     [](const Schedule& schedule) { return wakes(schedule); });
}

}  // namespace settle
