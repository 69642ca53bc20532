// Groups as a fleet has them, for measuring: one target policy, a weekday window, ten instances.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/partition/partition.h"

namespace settle::bench {

inline constexpr Time start{std::chrono::hours(24 * 20'000)};

inline GroupSpec spec(std::string id) {
  GroupSpec spec;
  spec.id.value = std::move(id);
  spec.limits = {0, 2'000};
  spec.initial = 10;
  TargetPolicy target;
  target.metric.signal = "load";
  target.target = Decimal(100);
  spec.policies.push_back({"load", target, {}});
  WebhookPolicy more;
  more.adjustment.amount = Decimal(1);
  spec.policies.push_back({"more", more, {}});
  ScheduledLimits hours;
  hours.window = WeeklyWindow{0x1f, 8 * 60, 20 * 60, 0};
  hours.min = 1;
  spec.schedules.push_back({"office-hours", hours});
  return spec;
}

inline Observation fleet(int instances, Time at) {
  Observation seen{at, true, {}};
  for (int i = 0; i < instances; ++i) {
    Instance instance;
    instance.id.value = "i-" + std::to_string(100'000 + i);
    instance.state = "ACTIVE";
    instance.created = start - std::chrono::hours(1);
    instance.zone = i % 2 == 0 ? "a" : "b";
    seen.instances.push_back(std::move(instance));
  }
  return seen;
}

inline Signal sample(const std::string& group, int n, Time at) {
  SampleClaim claim{"load", {ReadingKind::value, Decimal(90 + n % 20)}, {}};
  return {GroupId{group}, {at, "/bench", std::to_string(n)}, claim};
}

}  // namespace settle::bench
