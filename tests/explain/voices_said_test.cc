// What policies say of themselves, from groups that are really asked.
#include <gtest/gtest.h>

#include "reconcilers/explain/explain.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

StepsPolicy over(std::int64_t bound, std::int64_t amount) {
  StepsPolicy steps;
  steps.steps = {{Decimal(bound), {}, add(amount)}};
  return steps;
}

NamedMetric metric(std::string name, const char* aim, bool is_total) {
  NamedMetric named;
  named.name = std::move(name);
  named.metric.is_total = is_total;
  named.target = number(aim);
  return named;
}

struct Asked : GroupWorld {
  [[nodiscard]] std::string said(const std::string& name) const { return because(voice(name)); }
};

TEST(VoicesSaid, HowManyReadingsAgree) {
  Asked world;
  world.policy("load", over(80, 2));
  world.spec.policies.front().breach = {2, 3};
  world.sample("load", "90");
  world.round();
  EXPECT_EQ(world.said("load"), "1 of the last 3 readings ask for it, and 2 must");
  world.now += minute;
  world.sample("load", "85");
  EXPECT_EQ(world.round(), 12);
  EXPECT_EQ(world.said("load"), "2 of the last 3 readings are at least 80: add 2");
}

TEST(VoicesSaid, ThatATargetIsAgreedOn) {
  Asked world;
  world.policy("load", target("10", true));
  world.spec.policies.front().breach = {1, 3};
  world.sample("load", "130");
  EXPECT_EQ(world.round(), 13);
  EXPECT_EQ(world.said("load"), "1 of the last 3 readings agree on it");
}

TEST(VoicesSaid, WhatEachOfSeveralMetricsRead) {
  Asked world;
  TargetPolicy policy = target("10", true);
  policy.combine = Mix::sum;
  policy.metrics = {metric("a", "10", true), metric("cpu", "50", false)};
  world.policy("load", policy);
  world.sample("a", "43");
  world.round();
  EXPECT_EQ(world.said("load"), "no sample of cpu: it asks for nothing, and nothing shrinks");
  world.sample("cpu", "60");
  EXPECT_EQ(world.round(), 17);
  EXPECT_EQ(world.said("load"), "a 43 of 10, cpu 60 of 50: 16.3, rounded up");
}

TEST(VoicesSaid, WhyTheLastInstanceStays) {
  Asked world;
  world.policy("cpu", target("50"));
  world.sample("cpu", "0");
  EXPECT_EQ(world.round(), 1);
  EXPECT_EQ(because(world.record.rungs.back()),
            "cpu would take the last one, and nobody could ask for it back");
}

TEST(VoicesSaid, WhatIsExpectedAndHowFarOffThatWasOfLate) {
  Asked world;
  world.policy("load", target("100", true));
  world.policy("before", ForecastPolicy{"load", 10 * minute, ForecastMode::act});
  world.round();
  EXPECT_EQ(world.said("before"), "knows nothing yet of this time of day");
  world.now = Zone().instant({2026, 1, 5, 0, 0, 0});
  for (int quarter = 0; quarter < 2 * 96; ++quarter) {
    world.sample("load", "1200");
    world.round();
    world.now += 15 * minute;
  }
  world.round();
  EXPECT_EQ(world.said("before"),
            "load is expected to need 12 until Wed 7 Jan 00:10 UTC (error 0% of late)");
  std::get<ForecastPolicy>(world.spec.policies.front().kind).mode = ForecastMode::forecast_only;
  world.round();
  EXPECT_EQ(world.said("before"), "would ask for 12 until Wed 7 Jan 00:10 UTC (error 0% of late)");
}

}  // namespace
}  // namespace settle
