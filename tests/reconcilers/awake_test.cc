// From zero and to zero: the last instance goes only if somebody could ask for one again.
#include "reconcilers/awake.h"

#include <gtest/gtest.h>

#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

TEST(Awake, ATotalTakesTheLastInstanceAndAsksForTheFirst) {
  GroupWorld world(3);
  world.policy("queue", target("100", true));
  world.sample("queue", "0");
  EXPECT_EQ(world.round(), 0);
  world.sample("queue", "1");
  EXPECT_EQ(world.after(second), 1);
}

TEST(Awake, AMeanLeavesTheLastInstance) {
  GroupWorld world(3);
  world.policy("cpu", target("50"));
  world.sample("cpu", "0");
  EXPECT_EQ(world.round(), 1);
  EXPECT_EQ(world.reason(), Reason::last_one_kept);
  for (const RungNote& note : world.record.rungs) {
    if (note.reason != Reason::last_one_kept) continue;
    EXPECT_EQ(note.from, 0);
    EXPECT_EQ(note.to, 1);
  }
  EXPECT_EQ(world.after(second), 1);
}

TEST(Awake, AMeanGoesAlongWithATotal) {
  GroupWorld world(3);
  world.policy("cpu", target("50"));
  world.policy("queue", target("100", true));
  world.sample("cpu", "0");
  world.sample("queue", "0");
  EXPECT_EQ(world.round(), 0);
  EXPECT_EQ(world.after(second), 0) << "a mean over nobody has no opinion";
  world.sample("queue", "250");
  EXPECT_EQ(world.after(second), 3);
}

TEST(Awake, AnOperatorMayAlwaysTakeTheLast) {
  GroupWorld world(3);
  world.policy("cpu", target("50"));
  world.sample("cpu", "50");
  static_cast<void>(
      world.tell(HoldOrder{0, world.now + 60 * minute, false, "ann", "out of service"}));
  EXPECT_EQ(world.round(), 0);
}

TEST(Awake, WhoCouldAskForAFirstInstance) {
  const auto with = [](decltype(Policy::kind) kind) {
    GroupWorld world(0);
    world.policy("p", std::move(kind));
    return can_wake(world.spec);
  };
  EXPECT_FALSE(with(target("50")));
  EXPECT_TRUE(with(target("50", true)));
  EXPECT_TRUE(with(WebhookPolicy{add(1)}));
  EXPECT_FALSE(with(WebhookPolicy{add(-1)}));
  EXPECT_FALSE(with(page())) << "a quarter of nothing is nothing";
  EXPECT_FALSE(with(ForecastPolicy{"cpu"}));
  StepsPolicy steps;
  steps.steps = {{Decimal(5), {}, add(2)}};
  EXPECT_FALSE(with(steps));
  steps.metric.is_total = true;
  EXPECT_TRUE(with(steps));
  GroupWorld world(0);
  world.spec.schedules = {{"day", ScheduledLimits{WeeklyWindow{0x1f, 480, 1'080}, 1, {}}}};
  EXPECT_TRUE(can_wake(world.spec));
  world.spec.schedules = {{"night", ScheduledLimits{WeeklyWindow{0x1f, 480, 1'080}, {}, 3}}};
  EXPECT_FALSE(can_wake(world.spec));
  for (const auto& [amount, wakes] : {std::pair(2, true), std::pair(0, false)}) {
    const LocalTime monday{2026, 1, 5, 8, 0, 0};
    world.spec.schedules = {{"morning", ScheduledAdjustment{monday, set_to(amount)}}};
    EXPECT_EQ(can_wake(world.spec), wakes) << amount;
  }
}

// Absolute as well as in percent, each direction by itself.
TEST(Tolerance, IsANumberOfInstancesWhereItIsAbsolute) {
  struct Case {
    const char* value;
    Capacity result;
  };
  for (const Case& c : {Case{"120", 10}, Case{"121", 13}, Case{"90", 10}, Case{"80", 8}}) {
    Steadiness steadiness;
    steadiness.out.tolerance = {Decimal(2), false};
    steadiness.in.tolerance = {Decimal(1), false};
    GroupWorld world(10);
    world.policy("load", target("10", true), steadiness);
    world.sample("load", c.value);
    EXPECT_EQ(world.round(), c.result) << c.value;
  }
}

TEST(Awake, ATotalThatIsSilentDoesNotTakeTheLastInstance) {
  GroupWorld world(1);
  TargetPolicy queue = target("100", true);
  queue.metric.when_missing = WhenMissing::ignore;
  world.policy("cpu", target("50"));
  world.policy("queue", queue);
  world.sample("cpu", "0");
  EXPECT_EQ(world.round(), 1);
  EXPECT_EQ(world.reason(), Reason::last_one_kept);
}

}  // namespace
}  // namespace settle
