#include "reconcilers/foresight.h"

#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/laws.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

std::string told(const std::optional<TippingPoint>& point) {
  if (!point) return "none";
  const std::string way = point->is_most ? (point->is_excluded ? "below " : "at most ")
                                         : (point->is_excluded ? "above " : "at least ");
  return way + point->reading.text();
}

std::string tipping(GroupWorld& world, const std::string& policy, Way way, Capacity number) {
  return told(
      tipping_point(world.spec, world.state, world.record.tally, world.now, policy, way, number));
}

GroupWorld busy() {
  GroupWorld world(27);
  Steadiness tolerant;
  tolerant.out.tolerance = tolerant.in.tolerance = {Decimal(10), true};
  world.policy("cpu", target("55"), tolerant);
  world.sample("cpu", "51.8");
  world.round();
  return world;
}

TEST(TippingPoint, OfATargetLiesWhereItsToleranceEnds) {
  GroupWorld world = busy();
  EXPECT_EQ(tipping(world, "cpu", Way::in, 26), "below 49.5");
  EXPECT_EQ(tipping(world, "cpu", Way::out, 28), "above 60.5");
}

TEST(TippingPoint, OfAFarNumberLiesWhereTheFormulaReachesIt) {
  GroupWorld world = busy();
  EXPECT_EQ(tipping(world, "cpu", Way::out, 54), "at least 107.963");  // 53 x 55 / 27 = 107.9629...
  EXPECT_EQ(tipping(world, "cpu", Way::in, 9), "at most 18.333");
}

TEST(TippingPoint, OfAStepIsItsEdge) {
  GroupWorld world(10);
  StepsPolicy steps;
  steps.steps = {{Decimal(5'000), {}, add(4)}, {{}, Decimal(200), add(-1)}};
  world.policy("queue", steps);
  world.sample("queue", "1200");
  world.round();
  EXPECT_EQ(tipping(world, "queue", Way::out, 11), "at least 5000");
  EXPECT_EQ(tipping(world, "queue", Way::in, 9), "at most 200");
}

TEST(TippingPoint, IsOfWhatThePolicyAsksForHoweverSlowlyTheGroupMoves) {
  GroupWorld world = busy();
  world.spec.steadiness.out.rules = world.spec.steadiness.in.rules = {{Decimal(2), false, minute}};
  world.spec.steadiness.in.settle = 10 * minute;
  EXPECT_EQ(tipping(world, "cpu", Way::out, 54), "at least 107.963");
  EXPECT_EQ(tipping(world, "cpu", Way::in, 9), "at most 18.333");
}

TEST(TippingPoint, OfSeveralMetricsIsOfTheFirstThatCanBringItAbout) {
  TargetPolicy load = target("1", true);
  for (const auto& [name, aim] : {std::pair("requests", 10), std::pair("streams", 100)}) {
    NamedMetric named;
    named.name = name;
    named.metric.is_total = true;
    named.target = Decimal(aim);
    load.metrics.push_back(named);
  }
  for (const auto& [mix, way, number, metric, expected] :
       {std::tuple(Mix::max, Way::out, 8, "requests", "above 70"),
        std::tuple(Mix::max, Way::in, 5, "requests", "at most 50"),
        std::tuple(Mix::min, Way::out, 3, "streams", "above 200")}) {
    GroupWorld world(6);
    load.combine = mix;
    world.policy("load", load);
    world.sample("requests", "60");
    world.sample("streams", "100");
    world.round();
    const auto point =
        tipping_point(world.spec, world.state, world.record.tally, world.now, "load", way, number);
    ASSERT_TRUE(point) << expected;
    EXPECT_EQ(point->metric, metric);
    EXPECT_EQ(told(point), expected);
    EXPECT_EQ(point->now, Decimal(point->metric == "requests" ? 60 : 100));
  }
}

TEST(TippingPoint, IsNoneWhereNoReadingWouldDo) {
  GroupWorld world(10);
  StepsPolicy steps;
  steps.steps = {{Decimal(5'000), {}, add(4)}};
  world.policy("queue", steps);
  world.sample("queue", "1200");
  world.round();
  EXPECT_EQ(tipping(world, "queue", Way::in, 9), "none");
  EXPECT_EQ(tipping(world, "unheard-of", Way::out, 11), "none");
}

TEST(TippingPoint, IsNoneWhereThePolicyAsksForItAlready) {
  GroupWorld world = busy();
  world.sample("cpu", "90");
  EXPECT_EQ(tipping(world, "cpu", Way::out, 28), "none");
}

TEST(TippingPoint, ReadsAMissingSignalFromNothing) {
  GroupWorld world = busy();
  world.tell(SampleClaim{"cpu", {}, {}});
  world.now += second;
  world.tell(SampleClaim{"cpu", {}, {}});
  world.round();
  EXPECT_EQ(tipping(world, "cpu", Way::out, 28), "above 60.5");
}

TEST(NextTurn, IsWhenTheWindowEnds) {
  GroupWorld world(27);
  Steadiness slow;
  slow.in.settle = 10 * minute;
  world.policy("cpu", target("55"), slow);
  world.sample("cpu", "40");
  world.round();
  const auto turn = next_turn(world.spec, world.state, world.record.tally, world.now, Way::in);
  ASSERT_TRUE(turn);
  EXPECT_EQ(*turn, (Turn{epoch + 10 * minute, 27, 20}));
  EXPECT_FALSE(next_turn(world.spec, world.state, world.record.tally, world.now, Way::out));
}

TEST(NextTurn, EveryOneOfSeveralMetricsGoesOnReadingWhatItReads) {
  GroupWorld world(27);
  Steadiness slow;
  slow.in.settle = 10 * minute;
  TargetPolicy load = target("1", true);
  for (const char* name : {"requests", "streams"}) {
    NamedMetric named;
    named.name = name;
    named.metric.is_total = true;
    named.target = Decimal(10);
    load.metrics.push_back(named);
  }
  world.policy("load", load, slow);
  world.sample("requests", "200");
  world.sample("streams", "100");
  world.round();
  const auto turn = next_turn(world.spec, world.state, world.record.tally, world.now, Way::in);
  ASSERT_TRUE(turn);
  EXPECT_EQ(*turn, (Turn{epoch + 10 * minute, 27, 20}));
}

TEST(NextTurn, NeverComesWhileASignalIsMissing) {
  GroupWorld world(27);
  world.policy("cpu", target("55"));
  world.round();
  EXPECT_FALSE(next_turn(world.spec, world.state, world.record.tally, world.now, Way::in));
}

TEST(NextTurn, SeesALatchRelease) {
  GroupWorld world(8);
  world.policy("page", page());
  world.tell(AlarmClaim{"page", AlarmState::firing, {}});
  world.round();
  world.now += minute;
  world.tell(AlarmClaim{"page", AlarmState::resolved, {}});
  world.round();
  const auto turn = next_turn(world.spec, world.state, world.record.tally, world.now, Way::in);
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->at, world.now + 30 * minute);
  EXPECT_EQ(turn->to, 8);
}

/// What is foretold is what comes, if indeed nothing else happens.
RC_GTEST_PROP(NextTurn, ComesTrue, ()) {
  GroupWorld world(evenly(2, 40), {1, 60});
  Steadiness pace;
  pace.in.settle = evenly(0, 20) * minute;
  pace.out.settle = evenly(0, 5) * minute;
  pace.in.cooldown = evenly(0, 10) * minute;
  world.policy("load", target("10", true), pace);
  for (int i = evenly(1, 5); i > 0; --i) {
    world.sample("load", std::to_string(evenly(0, 600)).c_str());
    world.after(evenly(1, 300) * second);
  }
  const RememberedSample last = world.state.memory.samples.back();
  world.tell(last.sample);
  world.round();
  const Way way = *rc::gen::element(Way::in, Way::out);
  const auto turn = next_turn(world.spec, world.state, world.record.tally, world.now, way);
  RC_PRE(turn.has_value());
  const Capacity before = *world.state.desired;
  RC_ASSERT(before == turn->from);
  while (world.now < turn->at) {
    world.now = std::min(world.now + minute, turn->at);
    world.tell(last.sample);
    world.round();
    if (world.now < turn->at) RC_ASSERT(*world.state.desired == before);
  }
  RC_ASSERT(*world.state.desired == turn->to);
}

}  // namespace
}  // namespace settle
