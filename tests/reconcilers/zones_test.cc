#include <gtest/gtest.h>

#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

/// Two of `desired` in zone a, the rest are to come; the cloud has refused launches in these zones.
Fleet two_zones(const std::vector<std::string>& full) {
  Fleet fleet;
  fleet.spec.zones = {"a", "b"};
  fleet.has("i00", "ACTIVE", "b");
  fleet.has("i01", "ACTIVE", "b");
  fleet.warms_up();
  for (const std::string& zone : full) {
    fleet.state.setbacks.push_back({{}, Reason::cloud_no_capacity, fleet.now + 1min, 2, zone});
  }
  return fleet;
}

std::vector<std::string> zones_of(const DecisionRecord& record) {
  std::vector<std::string> zones;
  for (const TakenStep& step : record.steps) zones.push_back(step.zone);
  return zones;
}

Outcome no_capacity() {
  Outcome outcome;
  outcome.answer = Answer::refused;
  outcome.why = Reason::cloud_no_capacity;
  return outcome;
}

using Names = std::vector<std::string>;

TEST(Zones, AFullOneIsLeftAloneWhileAnotherHasRoom) {
  Fleet fleet = two_zones({"a"});
  EXPECT_EQ(zones_of(fleet.plans(5)), (Names{"b", "b", "b"}));
  EXPECT_TRUE(fleet.record.withheld.empty());
}

TEST(Zones, WhereAllAreFullNothingIsLaunchedUntilTheFirstIsAskedAgain) {
  Fleet fleet = two_zones({"a", "b"});
  fleet.state.setbacks[0].until += 1min;
  EXPECT_TRUE(fleet.plans(5).steps.empty());
  EXPECT_EQ(fleet.withheld(), (Names{"launch x3 CloudNoCapacity"}));
  EXPECT_EQ(fleet.record.withheld.front().until, fleet.now + 1min);
  const Facts& facts = fleet.record.withheld.front().facts;
  EXPECT_TRUE(std::find(facts.begin(), facts.end(), Fact{"zone", std::string("b")}) != facts.end());
}

TEST(Zones, OneLaunchTriesWhetherAFullOneHasRoomAgain) {
  Fleet fleet = two_zones({"a"});
  fleet.after(1min);
  EXPECT_EQ(zones_of(fleet.plans(5)), (Names{"a", "b", "b"}));
  EXPECT_EQ(zones_of(fleet.plans(7)), (Names{"b", "b"}));
}

TEST(Zones, OneThatTakesALaunchAgainIsLikeAnyOther) {
  Fleet fleet = two_zones({"a", "b"});
  fleet.after(1min);
  ASSERT_EQ(zones_of(fleet.plans(6)), (Names{"a", "b"}));
  EXPECT_EQ(fleet.withheld(), (Names{"launch x2 CloudNoCapacity"}));
  EXPECT_FALSE(fleet.record.withheld.front().until) << "it is being asked";
  const std::vector<Intent> intents = fleet.state.intents;
  (void)note_outcome(fleet.state, intents[0].token, {}, fleet.now);
  (void)note_outcome(fleet.state, intents[1].token, no_capacity(), fleet.now);
  ASSERT_EQ(fleet.state.setbacks.size(), 1U);
  EXPECT_EQ(fleet.state.setbacks[0].zone, "b");
  EXPECT_EQ(fleet.state.setbacks[0].times, 3U);
  EXPECT_EQ(fleet.state.setbacks[0].until, fleet.now + 2min);
  EXPECT_EQ(zones_of(fleet.plans(6)), (Names{"a", "a", "a"}));
}

TEST(Zones, AWaveOfRefusalsIsOneRefusal) {
  Fleet fleet = two_zones({});
  ASSERT_EQ(zones_of(fleet.plans(4)), (Names{"a", "a"}));
  const std::vector<Intent> intents = fleet.state.intents;
  for (const Intent& intent : intents) {
    (void)note_outcome(fleet.state, intent.token, no_capacity(), fleet.now);
  }
  ASSERT_EQ(fleet.state.setbacks.size(), 1U);
  EXPECT_EQ(fleet.state.setbacks[0].times, 1U);
  EXPECT_EQ(fleet.state.setbacks[0].until, fleet.now + 30s);
}

TEST(Zones, AQuotaIsOfAllZones) {
  Fleet fleet = two_zones({});
  ASSERT_EQ(fleet.plans(3).steps.size(), 1U);
  Outcome outcome = no_capacity();
  outcome.why = Reason::cloud_quota;
  (void)note_outcome(fleet.state, fleet.state.intents.front().token, outcome, fleet.now);
  EXPECT_TRUE(fleet.plans(3).steps.empty());
  EXPECT_EQ(fleet.withheld(), (Names{"launch CloudQuota"}));
}

TEST(Zones, OneLaunchTriesWhetherAQuotaHasRoomAgain) {
  Fleet fleet = two_zones({});
  fleet.state.setbacks = {{{}, Reason::cloud_quota, fleet.now, 2, ""}};
  EXPECT_EQ(fleet.plans(5).steps.size(), 1U);
  EXPECT_EQ(fleet.withheld(), (Names{"launch x2 CloudQuota"}));
  EXPECT_FALSE(fleet.record.withheld.front().until) << "it is being asked";
  EXPECT_TRUE(fleet.plans(5).steps.empty());
  (void)note_outcome(fleet.state, fleet.state.intents.front().token, {}, fleet.now);
  EXPECT_EQ(fleet.plans(5).steps.size(), 2U);
}

TEST(Zones, WhatWasSaidOfAZoneIsForgottenWithTheZone) {
  Fleet fleet = two_zones({"a", "b"});
  fleet.spec.zones = {"b", "c"};
  fleet.plans(2);
  ASSERT_EQ(fleet.state.setbacks.size(), 1U);
  EXPECT_EQ(fleet.state.setbacks[0].zone, "b");
}

}  // namespace
}  // namespace settle
