#include "daemon/sources/alerts/audience.h"

#include <algorithm>

#include "reconcilers/fold.h"

namespace settle::alerts {
namespace {

/// What the policy asks of an alert's labels.
Labels wanted_by(const Policy& policy, const AlertPolicy& alert) {
  if (!alert.match.empty()) return alert.match;
  return {{"alertname", alarm_name(policy, alert)}};
}

}  // namespace

Audience::Audience(const std::vector<SpecPointer>& groups, const std::string& source) {
  std::map<Pair, std::size_t> counts;
  const auto each = [&](const auto& visit) {
    for (const SpecPointer& spec : groups) {
      for (const Policy& policy : spec->policies) {
        const auto* alert = std::get_if<AlertPolicy>(&policy.kind);
        if (alert != nullptr && alert->source == source) visit(spec, policy, *alert);
      }
    }
  };
  each([&](const SpecPointer&, const Policy& policy, const AlertPolicy& alert) {
    for (const auto& pair : wanted_by(policy, alert)) ++counts[pair];
  });
  each([&](const SpecPointer& spec, const Policy& policy, const AlertPolicy& alert) {
    const Labels wanted = wanted_by(policy, alert);
    const auto rarest =
        std::min_element(wanted.begin(), wanted.end(),
                         [&counts](const auto& a, const auto& b) { return counts[a] < counts[b]; });
    by_label_[*rarest].push_back({spec, &policy, alarm_name(policy, alert)});
    ++size_;
  });
}

std::vector<const Audience::Listener*> Audience::of(const Labels& labels) const {
  std::vector<const Listener*> meant;
  for (const auto& pair : labels) {
    const auto found = by_label_.find(pair);
    if (found == by_label_.end()) continue;
    for (const Listener& listener : found->second) {
      const auto& alert = std::get<AlertPolicy>(listener.policy->kind);
      if (is_meant(*listener.policy, alert, labels)) meant.push_back(&listener);
    }
  }
  std::sort(meant.begin(), meant.end(),
            [](const Listener* a, const Listener* b) { return *a < *b; });
  meant.erase(std::unique(meant.begin(), meant.end(),
                          [](const Listener* a, const Listener* b) { return *a == *b; }),
              meant.end());
  return meant;
}

}  // namespace settle::alerts
