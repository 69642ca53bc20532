// Another controller at work on the same instances, and the last look before one is destroyed.
#include "reconcilers/reversals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Fleet fleet_of(int count) {
  Fleet fleet;
  fleet.has_many(count);
  fleet.warms_up();
  return fleet;
}

// Launches one, sees it serve, and somebody deletes it.
void launches_in_vain(Fleet& fleet, Capacity desired) {
  fleet.plans(desired);
  fleet.obeys();
  fleet.after(30s);
  fleet.plans(desired);
  for (Instance& instance : fleet.seen.instances) {
    if (!instance.token.empty()) instance.state = "DELETED";
  }
  fleet.after(30s);
  fleet.counts();
}

TEST(Reversals, AfterThreeWithinTenMinutesItHolds) {
  Fleet fleet = fleet_of(2);
  launches_in_vain(fleet, 3);
  launches_in_vain(fleet, 3);
  EXPECT_EQ(fleet.state.reversals.size(), 2u);
  launches_in_vain(fleet, 3);
  fleet.plans(3);
  EXPECT_THAT(fleet.steps(), IsEmpty());
  EXPECT_THAT(fleet.withheld(), ElementsAre("launch Contended"));
  ASSERT_TRUE(fleet.record.withheld[0].until.has_value());
  fleet.after(*fleet.record.withheld[0].until - fleet.now);
  fleet.plans(3);
  EXPECT_THAT(fleet.steps(), ElementsAre("launch"));
}

TEST(Reversals, WhatItTerminatesAndComesBackIsOneAsWell) {
  Fleet fleet = fleet_of(4);
  for (int round = 0; round < 3; ++round) {
    fleet.plans(3);
    fleet.obeys();
    fleet.after(30s);
    fleet.plans(3);
    fleet.has("y" + std::to_string(round)).created = fleet.now;
    fleet.after(30s);
    fleet.counts();
  }
  EXPECT_EQ(fleet.state.reversals.size(), 3u);
  fleet.plans(3);
  EXPECT_THAT(fleet.withheld(), ElementsAre("terminate i03 Contended"));
}

TEST(Reversals, DeathsOfWhatWasThereBeforeAreNone) {
  Fleet fleet = fleet_of(6);
  fleet.plans(6);
  for (const char* id : {"i00", "i01", "i02", "i03"}) fleet.at(id).state = "DELETED";
  fleet.after(15s);
  fleet.plans(6);
  EXPECT_THAT(fleet.state.reversals, IsEmpty());
}

TEST(LastLook, AVictimIsSeenWithinTenSecondsOrAfterItWasChosen) {
  Fleet fleet = fleet_of(3);
  fleet.now += 11s;
  fleet.plans(2);
  const auto asked = [&fleet] {
    return may_send(fleet.spec, fleet.state, &fleet.seen, fleet.state.intents.front(), fleet.now,
                    fleet.context);
  };
  EXPECT_FALSE(asked().is_cleared);
  EXPECT_EQ(asked().reason, Reason::last_look_due);
  fleet.seen.at = fleet.now;
  EXPECT_TRUE(asked().is_cleared);
  fleet.now += 60s;
  EXPECT_TRUE(asked().is_cleared) << "a listing that took long began after it was chosen";
}

TEST(DailyCap, IsReachedByWhateverLaunchesAndFreesAfterADay) {
  Fleet fleet = fleet_of(1);
  fleet.spec.guards.launches_a_day = {Decimal(3), false, 0, a_day};
  fleet.plans(3);
  fleet.obeys();
  fleet.after(15s);
  fleet.plans(6);
  EXPECT_THAT(fleet.steps(), ElementsAre("launch"));
  EXPECT_THAT(fleet.withheld(), ElementsAre("launch x2 DailyCapSpent"));
  EXPECT_EQ(fleet.record.withheld[0].guard, "daily launches");
  fleet.obeys();
  fleet.after(a_day);
  fleet.plans(6);
  EXPECT_THAT(fleet.steps(), ElementsAre("launch", "launch"));
}

TEST(SpendCap, CountsAllThatMayExist) {
  Fleet fleet = fleet_of(2);
  fleet.spec.guards.spend = {Decimal(1), Decimal::of(3, -1), "EUR/h"};
  fleet.plans(5);
  EXPECT_THAT(fleet.steps(), ElementsAre("launch"));
  EXPECT_THAT(fleet.withheld(), ElementsAre("launch x2 SpendCapReached"));
}

TEST(SharedBudget, AnAllowanceIsNeverExceeded) {
  Fleet fleet = fleet_of(2);
  fleet.spec.budgets = {"media"};
  Allowance allowance;
  allowance.is_short = true;
  allowance.instances = FleetShare{3, "media", Decimal(10), Decimal(10), "instances", {"big"}};
  fleet.context.allowance = allowance;
  fleet.plans(5);
  EXPECT_THAT(fleet.steps(), ElementsAre("launch"));
  EXPECT_THAT(fleet.withheld(), ElementsAre("launch x2 SharedBudgetSpent"));
  EXPECT_EQ(fleet.record.withheld[0].guard, "budget/media");
}

TEST(Reversals, SoManyAreBorneAndEachForTenMinutes) {
  std::vector<Time> reversals(reversals_max, noon);
  EXPECT_EQ(contended_until(reversals, noon), std::nullopt);
  reversals.push_back(noon);
  EXPECT_EQ(contended_until(reversals, noon), noon + reversals_within);
  EXPECT_EQ(contended_until(reversals, noon + reversals_within), std::nullopt);
  forget_reversals(reversals, noon + reversals_within - 1ms);
  EXPECT_EQ(reversals.size(), reversals_max + 1);
  forget_reversals(reversals, noon + reversals_within);
  EXPECT_THAT(reversals, IsEmpty());
}

}  // namespace
}  // namespace settle
