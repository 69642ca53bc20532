#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "reconcilers/decide.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

ScheduledLimits from_now(const GroupWorld& world, Duration begin, Duration end,
                         std::optional<Capacity> min, std::optional<Capacity> max) {
  const Zone& zone = world.spec.zone;
  return {DatedWindow{zone.local(epoch + begin), zone.local(epoch + end)}, min, max};
}

TEST(Limits, AreRepairedAtOnceWithoutSteadiness) {
  GroupWorld world(10, {2, 50});
  world.spec.steadiness.out.settle = 10 * minute;
  world.spec.steadiness.out.rules = {{Decimal(1), false, minute}};
  world.policy("t", target("100", true));
  world.sample("t", "1000");
  world.spec.schedules = {{"office", from_now(world, minute, 3 * minute, 20, {})}};
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.voice("office").reason, Reason::schedule_idle);
  EXPECT_EQ(world.voice("office").facts.back(), (Fact{"from", epoch + minute}));
  EXPECT_EQ(world.revisit, epoch + minute);
  EXPECT_EQ(world.after(minute), 20);
  EXPECT_EQ(world.reason(), Reason::limits_repaired);
  EXPECT_EQ(world.record.limits, (Range{20, 50}));
  EXPECT_EQ(world.voice("office").reason, Reason::schedule_active);
}

TEST(Limits, GiveNoReasonToHurryWhenAFloorEnds) {
  GroupWorld world(10, {2, 50});
  world.spec.steadiness.in.rules = {{Decimal(2), false, minute}};
  world.spec.schedules = {{"office", from_now(world, -minute, minute, 20, {})}};
  EXPECT_EQ(world.round(), 20);
  EXPECT_EQ(world.after(minute), 18);
  EXPECT_EQ(world.after(30 * second), 18);
  EXPECT_EQ(world.revisit, epoch + 2 * minute);
  EXPECT_EQ(world.after(30 * second), 16);
}

// Source: cases/cloud.json, bounds and combine.
TEST(Limits, ClampAsTheCasesHaveIt) {
  GroupWorld world(3, {3, 6});
  StepsPolicy never;
  never.steps = {{Decimal(100), {}, add(1)}};
  world.policy("never", never);
  world.sample("never", "1");
  world.state.desired = 1;
  EXPECT_EQ(world.round(), 3) << "bound-az-01";
  world.state.desired = 8;
  EXPECT_EQ(world.round(), 6) << "bound-az-02";
  GroupWorld crossing(4, {1, 10});
  crossing.spec.schedules = {{"floor", from_now(crossing, -minute, minute, 15, {})}};
  EXPECT_EQ(crossing.round(), 10) << "multi-gcp-04";
}

TEST(Hold, StandsAboveEveryVoiceWithinTheLimitsUntilItEnds) {
  GroupWorld world(10, {2, 30});
  world.policy("t", target("100", true));
  world.sample("t", "1000");
  static_cast<void>(world.tell(HoldOrder{50, epoch + minute, false, "ann", "launch day"}));
  EXPECT_EQ(world.round(), 30);
  EXPECT_EQ(world.reason(), Reason::overridden);
  EXPECT_EQ(world.voice("ann").kind, VoiceKind::operator_hold);
  EXPECT_EQ(world.revisit, epoch + minute);
  EXPECT_EQ(world.after(minute), 10);
}

TEST(Hold, IsTheNumberToRestAtOnceItHasEnded) {
  GroupWorld world(10, {2, 30});
  static_cast<void>(world.tell(HoldOrder{17, epoch + minute, false, "ann", ""}));
  EXPECT_EQ(world.round(), 17);
  EXPECT_EQ(world.after(60 * minute), 17);
}

TEST(Initial, IsUnknownUntilTheGroupHasBeenSeen) {
  GroupWorld world(10, {2, 30});
  world.state.desired.reset();
  world.spec.initial.reset();
  world.state.good_observations = 0;
  world.ready = 0;
  EXPECT_EQ(world.round(), -1);
  EXPECT_EQ(world.reason(), Reason::observation_pending);
  EXPECT_FALSE(world.record.desired_to);
  world.state.good_observations = 1;
  world.ready = 7;
  EXPECT_EQ(world.round(), 7);
  EXPECT_EQ(world.record.rungs.front().reason, Reason::initial_capacity);
  world.ready = 3;
  EXPECT_EQ(world.after(minute), 7) << "what it began with, whatever is left of it";
}

TEST(Initial, IsWhatTheConfigurationSaysWithinLimits) {
  GroupWorld world(10, {2, 8});
  world.state.desired.reset();
  world.state.good_observations = 0;
  EXPECT_EQ(world.round(), 8);
}

TEST(LimitsAt, TakesTheLargestMinAndTheSmallestMaxAndTheMaxWhereTheyCross) {
  GroupSpec spec;
  spec.limits = {2, 50};
  const DatedWindow now{spec.zone.local(epoch), spec.zone.local(epoch + 10 * minute)};
  spec.schedules = {{"a", ScheduledLimits{now, 10, {}}}, {"b", ScheduledLimits{now, 20, 40}}};
  EXPECT_EQ(limits_at(spec, epoch), (Range{20, 40}));
  EXPECT_EQ(limits_at(spec, epoch - Duration{1}), (Range{2, 50}));
  EXPECT_EQ(limits_at(spec, epoch + 10 * minute), (Range{2, 50}));
  spec.schedules.push_back({"c", ScheduledLimits{now, {}, 15}});
  EXPECT_EQ(limits_at(spec, epoch), (Range{15, 15}));
}

}  // namespace
}  // namespace settle
