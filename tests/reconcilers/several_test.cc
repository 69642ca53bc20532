// Several metrics in one target policy, and who speaks where one is missing.
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/laws.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

NamedMetric total(std::string name, const char* aim) {
  NamedMetric named;
  named.name = std::move(name);
  named.metric.is_total = true;
  named.target = number(aim);
  return named;
}
NamedMetric mean(std::string name, const char* aim) {
  NamedMetric named = total(std::move(name), aim);
  named.metric.is_total = false;
  return named;
}

TargetPolicy mixed(Mix mix, std::vector<NamedMetric> metrics) {
  TargetPolicy policy = target("10", true);
  policy.combine = mix;
  policy.metrics = std::move(metrics);
  return policy;
}

TEST(SeveralMetrics, AreMixedBeforeTheyAreRoundedUp) {
  struct Case {
    Mix mix;
    Capacity result;
  };
  // 4.3 and 12.4 instances.
  for (const Case& c :
       {Case{Mix::max, 13}, Case{Mix::min, 5}, Case{Mix::sum, 17}, Case{Mix::mean, 9}}) {
    GroupWorld world(10);
    world.policy("load", mixed(c.mix, {total("a", "10"), total("b", "100")}));
    world.sample("a", "43");
    world.sample("b", "1240");
    EXPECT_EQ(world.round(), c.result) << static_cast<int>(c.mix);
  }
}

TEST(SeveralMetrics, CountWhatIsMissingAsNothingWhereTheGroupGrowsAndNeverShrinkIt) {
  struct Case {
    Mix mix;
    const char* known;
    Capacity result;
  };
  for (const Case& c :
       {Case{Mix::max, "200", 20}, Case{Mix::max, "50", 10}, Case{Mix::sum, "200", 20},
        Case{Mix::sum, "50", 10}, Case{Mix::mean, "300", 15}, Case{Mix::mean, "150", 10},
        Case{Mix::min, "900", 10}, Case{Mix::min, "50", 10}}) {
    GroupWorld world(10);
    world.policy("load", mixed(c.mix, {total("a", "10"), total("b", "10")}));
    world.sample("a", c.known);
    EXPECT_EQ(world.round(), c.result) << static_cast<int>(c.mix) << " " << c.known;
    if (c.result > 10) continue;
    EXPECT_EQ(world.voice("load").verdict, Verdict::missing);
  }
}

TEST(SeveralMetrics, HaveAnotherSpeakInThePlaceOfTheMissing) {
  NamedMetric cpu = total("cpu", "10");
  cpu.instead = "requests";
  GroupWorld world(10);
  world.policy("load", mixed(Mix::max, {cpu, total("requests", "100")}));
  world.sample("cpu", "50");
  world.sample("requests", "3000");
  EXPECT_EQ(world.round(), 5) << "it has no say while cpu is known";
  static_cast<void>(
      world.tell_at(world.now + second, SampleClaim{"cpu", {ReadingKind::error, {}}, {}}));
  EXPECT_EQ(world.after(2 * second), 30);
  world.sample("cpu", "70");
  EXPECT_EQ(world.after(second), 7);
}

TEST(SeveralMetrics, AreMissingWhereNobodyIsLeftToSpeak) {
  NamedMetric cpu = total("cpu", "10");
  cpu.instead = "requests";
  NamedMetric requests = total("requests", "10");
  requests.instead = "cpu";  // `check` refuses it; here it must only end.
  GroupWorld world(10);
  world.policy("load", mixed(Mix::max, {cpu, total("queue", "10"), requests}));
  world.sample("queue", "10");
  EXPECT_EQ(world.round(), 1) << "two that only speak for each other have no say of their own";
}

TEST(SeveralMetrics, FallBackAndAreIgnoredEachByItself) {
  NamedMetric a = total("a", "10");
  a.metric.when_missing = WhenMissing::fallback;
  a.metric.fallback = 14;
  NamedMetric b = total("b", "10");
  b.metric.when_missing = WhenMissing::ignore;
  GroupWorld world(10);
  world.policy("load", mixed(Mix::max, {a, b, total("c", "10")}));
  world.sample("c", "20");
  EXPECT_EQ(world.round(), 14);
}

TEST(SeveralMetrics, DoNotFeedOnWhatWasDesiredBefore) {
  NamedMetric a = total("a", "10");
  a.metric.when_missing = WhenMissing::fallback;
  a.metric.fallback = 4;
  GroupWorld world(10);
  world.policy("load", mixed(Mix::sum, {a, total("b", "10")}));
  world.sample("b", "90");
  EXPECT_EQ(world.round(), 13) << "4 and 9";
  EXPECT_EQ(world.round(), 13);
  world.sample("b", "10");
  EXPECT_EQ(world.after(second), 13) << "what is missing never lowers it";
}

TEST(SeveralMetrics, TolerateTheMixAndNotEachOfThem) {
  Steadiness steadiness;
  steadiness.out.tolerance = steadiness.in.tolerance = {Decimal(10), true};
  GroupWorld world(10);
  world.policy("load", mixed(Mix::mean, {mean("a", "50"), mean("b", "50")}), steadiness);
  world.sample("a", "70");
  world.sample("b", "40");
  EXPECT_EQ(world.round(), 10) << "1.4 and 0.8 are 1.1 of the target";
  EXPECT_EQ(world.voice("load").reason, Reason::within_tolerance);
  world.sample("a", "71");
  EXPECT_EQ(world.after(second), 12);
}

TEST(SeveralMetrics, HaveNoOpinionWhereATargetIsNotAboveZero) {
  for (const char* aim : {"0", "-1"}) {
    GroupWorld world(10);
    TargetPolicy policy = mixed(Mix::min, {total("a", "10"), total("b", "100")});
    policy.target = number(aim);
    world.policy("own", policy);
    world.policy("one", mixed(Mix::min, {total("a", "10"), total("b", aim)}));
    world.sample("a", "43");
    world.sample("b", "1240");
    EXPECT_EQ(world.round(), 10);
    EXPECT_EQ(world.voice("own").verdict, Verdict::silent);
    EXPECT_EQ(world.voice("one").verdict, Verdict::silent);
  }
}

TEST(SeveralMetrics, OfInstancesCountThoseWithoutASample) {
  GroupWorld world(2);
  for (const char* id : {"i-1", "i-2"}) {
    InstanceMemory& instance = world.state.instances.emplace_back();
    instance.id = {id};
    instance.active_since = epoch - minute;
  }
  world.policy("load", mixed(Mix::max, {mean("cpu", "50"), total("queue", "100")}));
  world.sample("cpu", "100", "i-1");
  world.sample("queue", "100");
  EXPECT_EQ(world.round(), 2) << "100 and nothing: exactly the target";
  world.sample("cpu", "100", "i-2");
  EXPECT_EQ(world.after(second), 4);
}

RC_GTEST_PROP(SeveralMetricsLaw, MissingForPresentNeverShrinksTheGroup, ()) {
  const auto mix = static_cast<Mix>(evenly(0, 4));
  const auto desired = evenly<Capacity>(1, 50);
  const auto a = evenly<std::int64_t>(0, 1'000);
  const auto b = evenly<std::int64_t>(0, 1'000);
  GroupWorld whole(desired);
  whole.policy("load", mixed(mix, {total("a", "10"), total("b", "10")}));
  GroupWorld part = whole;
  whole.sample("a", std::to_string(a).c_str());
  part.sample("a", std::to_string(a).c_str());
  whole.sample("b", std::to_string(b).c_str());
  const Capacity known = whole.round();
  const Capacity guessed = part.round();
  RC_ASSERT(guessed >= desired);
  RC_ASSERT(guessed <= std::max(desired, known));
}

RC_GTEST_PROP(SeveralMetricsLaw, OneMetricAmongSeveralIsThatMetricAlone, ()) {
  const auto mix = static_cast<Mix>(evenly(0, 4));
  const bool is_total = *rc::gen::arbitrary<bool>();
  const auto value = std::to_string(evenly(0, 2'000));
  GroupWorld alone(7);
  alone.policy("load", target("13", is_total));
  alone.sample("load", value.c_str());
  GroupWorld several(7);
  several.policy("load", mixed(mix, {is_total ? total("load", "13") : mean("load", "13")}));
  several.sample("load", value.c_str());
  RC_ASSERT(alone.round() == several.round());
}

}  // namespace
}  // namespace settle
