#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "reconcilers/decide.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

TEST(Webhook, LastsWhereNothingElseDecides) {
  GroupWorld world(10);
  world.policy("more", WebhookPolicy{add(3)});
  static_cast<void>(world.tell(AdjustClaim{"more"}));
  EXPECT_EQ(world.round(), 13);
  static_cast<void>(world.tell(AdjustClaim{"more"}));
  static_cast<void>(world.tell(AdjustClaim{"more"}));
  EXPECT_EQ(world.round(), 19);
  EXPECT_EQ(world.after(24 * 60 * minute), 19);
  EXPECT_TRUE(world.state.memory.firings.empty());
}

TEST(Webhook, StandsForAWhileBesideATarget) {
  GroupWorld world(10);
  world.policy("more", WebhookPolicy{add(3)});
  world.policy("t", target("100", true));
  world.spec.steadiness.out.settle = 10 * minute;
  world.sample("t", "1000");
  EXPECT_EQ(world.round(), 10);
  static_cast<void>(world.tell(AdjustClaim{"more"}));
  EXPECT_EQ(world.round(), 13) << "without waiting for the out window";
  EXPECT_EQ(world.round(), 13) << "counted once";
  world.now += 15 * minute - Duration{1};
  world.sample("t", "1000");
  EXPECT_EQ(world.round(), 13);
  EXPECT_EQ(world.revisit, epoch + 15 * minute);
  EXPECT_EQ(world.after(Duration{1}), 10);
  EXPECT_EQ(world.voice("more").reason, Reason::webhook_silent);
}

TEST(Webhook, AddsUpWithOthersThatCameBeforeARound) {
  GroupWorld world(10);
  world.policy("more", WebhookPolicy{add(3)});
  world.policy("most", WebhookPolicy{add(5)});
  world.policy("t", target("100", true));
  world.sample("t", "1000");
  static_cast<void>(world.tell(AdjustClaim{"more"}));
  static_cast<void>(world.tell_at(epoch - second, AdjustClaim{"most"}));
  EXPECT_EQ(world.round(), 18);
}

TEST(Webhook, PermitsARemovalAndNeverOutvotes) {
  GroupWorld world(10);
  world.policy("less", WebhookPolicy{add(-4)});
  world.policy("t", target("100", true));
  world.sample("t", "900");
  static_cast<void>(world.tell(AdjustClaim{"less"}));
  EXPECT_EQ(world.round(), 9);
}

TEST(Webhook, WaitsForATimeThatHasNotComeYet) {
  GroupWorld world(10);
  world.policy("more", WebhookPolicy{add(3)});
  world.policy("t", target("100", true));
  world.sample("t", "1000");
  static_cast<void>(world.tell_at(epoch + 30 * second, AdjustClaim{"more"}));
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.revisit, epoch + 30 * second);
  EXPECT_EQ(world.after(30 * second), 13);
  EXPECT_EQ(world.after(second), 13);
}

void every_hour(GroupWorld& world, Adjustment adjustment) {
  std::string error;
  const auto cron = Cron::parse("0 * * * *", error);
  ASSERT_TRUE(cron) << error;
  world.spec.schedules = {{"hourly", ScheduledAdjustment{*cron, adjustment}}};
}
Time next_hour(Time after) {
  return std::chrono::ceil<std::chrono::hours>(after);
}

TEST(OneShot, FiresOnceForEachTimeThatComes) {
  GroupWorld world(10);
  every_hour(world, add(2));
  const Time hour = next_hour(epoch);
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.revisit, hour);
  EXPECT_EQ(world.after(hour - epoch - Duration{1}), 10);
  EXPECT_EQ(world.after(Duration{1}), 12);
  EXPECT_EQ(world.voice("hourly").facts.front(), (Fact{"fired_at", hour}));
  EXPECT_EQ(world.round(), 12);
  EXPECT_EQ(world.after(60 * minute), 14);
  EXPECT_EQ(world.voice("hourly").reason, Reason::schedule_fired);
}

TEST(OneShot, RunsLateUpToItsLimitAndIsSkippedBeyond) {
  GroupWorld world(10);
  every_hour(world, add(2));
  world.round();
  world.now = next_hour(epoch) + 15 * minute;
  EXPECT_EQ(world.round(), 12);
  world.now = next_hour(world.now) + 15 * minute + Duration{1};
  EXPECT_EQ(world.round(), 12);
  EXPECT_EQ(world.voice("hourly").reason, Reason::schedule_skipped);
  EXPECT_EQ(world.after(second), 12);
  EXPECT_EQ(world.voice("hourly").reason, Reason::schedule_idle);
}

TEST(OneShot, DoesNotFireAgainWhenTheClockFallsBack) {
  GroupWorld world(10);
  every_hour(world, add(2));
  world.round();
  world.now = next_hour(epoch);
  EXPECT_EQ(world.round(), 12);
  world.now -= 5 * minute;
  EXPECT_EQ(world.round(), 12);
  EXPECT_EQ(world.after(10 * minute), 12);
}

TEST(OneShot, FiresOnceWhereAnotherOfThatTimeWaitsForRoom) {
  GroupWorld world(10, {0, 100'000});
  every_hour(world, add(1));
  world.spec.schedules.push_back(world.spec.schedules.back());
  world.spec.schedules.back().name = "hourly too";
  world.policy("hook", WebhookPolicy{add(1)});
  world.round();
  world.now = next_hour(epoch);
  for (std::size_t i = 0; i + 1 < firings_max; ++i) {
    ASSERT_EQ(world.tell_at(world.now - 10 * minute, AdjustClaim{"hook"}), Merge::merged);
  }
  const Capacity hooks = static_cast<Capacity>(firings_max) - 1;
  EXPECT_EQ(world.round(), 10 + hooks + 1) << "there is room for one of them";
  EXPECT_EQ(world.after(minute), 10 + hooks + 1);
  EXPECT_EQ(world.after(5 * minute), 10 + hooks + 2) << "what is folded makes room";
  EXPECT_EQ(world.after(5 * minute), 10 + hooks + 2);
}

TEST(OneShot, StandsForAWhileBesideATarget) {
  GroupWorld world(10);
  every_hour(world, set_to(25));
  world.policy("t", target("100", true));
  world.now = next_hour(epoch) - second;
  world.round();
  world.sample("t", "1000");
  EXPECT_EQ(world.after(second), 25);
  world.sample("t", "1000");
  EXPECT_EQ(world.after(second), 25);
  world.now += 15 * minute;
  world.sample("t", "1000");
  EXPECT_EQ(world.round(), 10);
}

TEST(OneShot, IsNamedByItsNominalTimeWhoeverLetsItFire) {
  GroupWorld world(10);
  std::string error;
  world.spec.schedules = {{"more", ScheduledAdjustment{*Cron::parse("*/5 * * * *", error), {}}}};
  std::get<ScheduledAdjustment>(world.spec.schedules[0].kind).adjustment = add(1);
  world.after(11 * minute);
  ASSERT_FALSE(world.state.memory.firings.empty());
  for (const Firing& firing : world.state.memory.firings) {
    EXPECT_EQ(firing.stamp.id, std::to_string(firing.stamp.at.time_since_epoch().count()));
    EXPECT_EQ(firing.stamp.at.time_since_epoch() % (5 * minute), Duration{});
  }
}

}  // namespace
}  // namespace settle
