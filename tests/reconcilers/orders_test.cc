// What an operator says of single instances, in the census, the plan and the interlock's view.
#include "reconcilers/orders.h"

#include <gtest/gtest.h>

#include "reconcilers/sentry.h"
#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using Texts = std::vector<std::string>;

TEST(Orders, ProtectionAndServiceAreTwoSubjects) {
  Fleet fleet;
  fleet.is_told("i00", InstanceVerb::protect);
  fleet.is_told("i00", InstanceVerb::standby);
  EXPECT_TRUE(said_of(fleet.state.memory, {"i00"}).is_protected);
  EXPECT_EQ(said_of(fleet.state.memory, {"i00"}).service, Duty::standby);
  fleet.is_told("i00", InstanceVerb::unprotect);
  fleet.is_told("i00", InstanceVerb::in_service);
  EXPECT_FALSE(said_of(fleet.state.memory, {"i00"}).is_protected);
  EXPECT_EQ(said_of(fleet.state.memory, {"i00"}).service, Duty::usual);
  EXPECT_EQ(said_of(fleet.state.memory, {"i01"}).order, nullptr);
}

TEST(Orders, AProtectedInstanceIsNoVictimOfScaleIn) {
  Fleet fleet;
  fleet.has_many(3);
  fleet.is_told("i00", InstanceVerb::protect);
  fleet.warms_up();
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), (Texts{"terminate i01", "protect i00"}));
  fleet.obeys();
  fleet.after(Duration{60'000});
  fleet.plans(0);
  EXPECT_EQ(fleet.steps(), Texts{"terminate i02"});
  EXPECT_EQ(fleet.withheld(), Texts{"terminate InstanceProtected"});
}

TEST(Orders, AProtectedInstanceThatFailedIsReplaced) {
  Fleet fleet;
  fleet.has_many(3);
  fleet.is_told("i00", InstanceVerb::protect);
  fleet.warms_up();
  fleet.at("i00").state = "ERROR";
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), (Texts{"launch", "terminate i00"}));
}

TEST(Orders, OneOnStandbyIsNeitherCapacityNorAVictimAndCountsTowardMax) {
  Fleet fleet;
  fleet.spec.limits = {0, 4};
  fleet.has_many(3);
  fleet.is_told("i00", InstanceVerb::standby);
  fleet.warms_up();
  fleet.plans(4);
  EXPECT_EQ(fleet.record.tally.ready, 2);
  EXPECT_EQ(fleet.record.tally.standby, 1);
  EXPECT_EQ(fleet.steps(), Texts{"launch"});
  EXPECT_EQ(fleet.withheld(), Texts{"launch NoRoom"});
  fleet.state.intents.clear();
  fleet.after(Duration{60'000});
  fleet.plans(0);
  EXPECT_EQ(fleet.steps(), (Texts{"terminate i01", "terminate i02"}));
}

TEST(Orders, OneThatComesBackFromStandbyIsCapacityAgain) {
  Fleet fleet;
  fleet.has_many(3);
  fleet.is_told("i00", InstanceVerb::standby);
  fleet.warms_up();
  fleet.plans(2);
  EXPECT_TRUE(fleet.steps().empty());
  fleet.after(Duration{1'000});
  fleet.is_told("i00", InstanceVerb::in_service);
  fleet.plans(3);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_TRUE(fleet.withheld().empty());
  EXPECT_EQ(fleet.record.tally.ready, 3);
}

TEST(Orders, OneThatFailsOnStandbyIsLeftAlone) {
  Fleet fleet;
  fleet.has_many(3);
  fleet.is_told("i00", InstanceVerb::standby);
  fleet.warms_up();
  fleet.at("i00").state = "ERROR";
  fleet.plans(2);
  EXPECT_TRUE(fleet.steps().empty());
}

TEST(Orders, ADetachedInstanceIsNotCountedNorTouchedNorMissed) {
  Fleet fleet;
  fleet.spec.limits = {0, 3};
  fleet.has_many(3);
  fleet.warms_up();
  fleet.is_told("i00", InstanceVerb::detach);
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), Texts{"launch"});
  EXPECT_EQ(fleet.record.tally.possible(), 2);
  fleet.obeys();
  fleet.after(Duration{60'000});
  fleet.plans(0);
  const Texts steps = fleet.steps();
  EXPECT_EQ(std::count(steps.begin(), steps.end(), "terminate i00"), 0);
  fleet.loses("i00");
  for (int i = 0; i < 5; ++i) {
    fleet.after(Duration{61'000});
    fleet.counts();
  }
  EXPECT_TRUE(fleet.state.losses.empty());
}

TEST(Orders, ADetachedInstanceIsNotOursInTheEyesOfTheInterlock) {
  Fleet fleet;
  fleet.has_many(2);
  fleet.is_told("i00", InstanceVerb::detach);
  fleet.is_told("i01", InstanceVerb::standby);
  fleet.warms_up();
  const interlock::View view = view_of(fleet.state, fleet.seen);
  EXPECT_FALSE(view.members[0].is_ours);
  EXPECT_TRUE(view.members[1].is_ours);
  EXPECT_TRUE(view.members[1].is_protected);
  EXPECT_FALSE(view.members[1].serves);
}

TEST(Orders, AnAdoptedInstanceIsCapacityAgain) {
  Fleet fleet;
  fleet.has_many(2);
  fleet.warms_up();
  fleet.is_told("i00", InstanceVerb::detach);
  EXPECT_EQ(fleet.counts().tally.ready, 1);
  fleet.after(Duration{1'000});
  fleet.is_told("i00", InstanceVerb::adopt);
  EXPECT_EQ(fleet.counts().tally.ready, 2);
}

TEST(Orders, WhatWasNeverSentIsCalledOff) {
  Fleet fleet;
  fleet.has_many(3);
  fleet.warms_up();
  fleet.plans(2);
  ASSERT_EQ(fleet.state.intents.size(), 1U);
  fleet.is_told("i00", InstanceVerb::detach);
  fleet.counts();
  EXPECT_TRUE(fleet.state.intents.empty());
}

TEST(Orders, AReplacementIsLaunchedBeforeTheOldOneGoes) {
  Fleet fleet;
  fleet.has_many(3);
  fleet.warms_up();
  fleet.is_told("i01", InstanceVerb::replace);
  fleet.plans(3);
  ASSERT_EQ(fleet.steps(), Texts{"launch"});
  EXPECT_EQ(fleet.record.steps[0].replaces.value, "i01");
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::replace_ordered);
  EXPECT_EQ(fleet.withheld(), Texts{"terminate i01 ReplacementPending"});
  fleet.obeys();
  fleet.after(Duration{60'000});
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), Texts{"terminate i01"});
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::replace_ordered);
  fleet.obeys();
  fleet.after(Duration{60'000});
  fleet.plans(3);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_TRUE(fleet.withheld().empty());
}

TEST(Orders, AProtectedInstanceIsNotReplacedByAnOrder) {
  Fleet fleet;
  fleet.has_many(3);
  fleet.warms_up();
  fleet.is_told("i01", InstanceVerb::protect);
  fleet.is_told("i01", InstanceVerb::replace);
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), Texts{"protect i01"});
  EXPECT_EQ(fleet.withheld(), Texts{"terminate i01 InstanceProtected"});
}

Fleet three_of_which_one_is_told(InstanceVerb verb) {
  Fleet fleet;
  fleet.has_many(3);
  fleet.warms_up();
  fleet.is_told("i01", verb);
  return fleet;
}

Texts later(Fleet& fleet) {
  fleet.obeys();
  fleet.after(Duration{15'000});
  fleet.plans(3);
  return fleet.steps();
}

TEST(Orders, OfProtectionReachTheCloudOnce) {
  Fleet fleet = three_of_which_one_is_told(InstanceVerb::protect);
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), Texts{"protect i01"});
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::protection_ordered);
  EXPECT_EQ(fleet.record.rungs.back().reason, Reason::protection_ordered);
  fleet.plans(3);
  EXPECT_TRUE(fleet.steps().empty()) << "asked for already";
  EXPECT_TRUE(later(fleet).empty());
  EXPECT_TRUE(fleet.at("i01").is_protected);
  fleet.at("i01").is_protected = false;
  EXPECT_TRUE(later(fleet).empty()) << "what somebody takes away is not fought for";
  fleet.is_told("i01", InstanceVerb::unprotect);
  EXPECT_TRUE(later(fleet).empty()) << "there is nothing to take back";
  fleet.at("i01").is_protected = true;
  EXPECT_TRUE(later(fleet).empty()) << "and this one is somebody else's";
}

TEST(Orders, ToTakeAProtectionBackTakeItFromTheCloudToo) {
  Fleet fleet = three_of_which_one_is_told(InstanceVerb::protect);
  fleet.plans(3);
  EXPECT_TRUE(later(fleet).empty());
  fleet.is_told("i01", InstanceVerb::unprotect);
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), Texts{"unprotect i01"});
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::protection_lifted);
  EXPECT_TRUE(later(fleet).empty());
  EXPECT_FALSE(fleet.at("i01").is_protected);
  fleet.is_told("i01", InstanceVerb::protect);
  EXPECT_EQ(later(fleet), Texts{"protect i01"});
}

TEST(Orders, LeaveAProtectionOfTheCloudsOwnAsItIs) {
  Fleet fleet = three_of_which_one_is_told(InstanceVerb::protect);
  fleet.at("i01").is_protected = true;
  EXPECT_TRUE(later(fleet).empty());
  fleet.is_told("i01", InstanceVerb::unprotect);
  EXPECT_TRUE(later(fleet).empty());
  EXPECT_TRUE(fleet.census.instances[1].is_protected);
}

TEST(Orders, OfProtectionThatTheCloudRefusesAreNotRepeated) {
  for (const InstanceVerb verb : {InstanceVerb::protect, InstanceVerb::unprotect}) {
    Fleet fleet = three_of_which_one_is_told(InstanceVerb::protect);
    fleet.plans(3);
    if (verb == InstanceVerb::unprotect) {
      EXPECT_TRUE(later(fleet).empty());
      fleet.is_told("i01", verb);
      fleet.plans(3);
    }
    ASSERT_EQ(fleet.state.intents.size(), 1U);
    const std::string token = fleet.state.intents[0].token;
    EXPECT_TRUE(note_sent(fleet.state, token, fleet.now));
    Outcome outcome;
    outcome.answer = Answer::refused;
    EXPECT_TRUE(note_outcome(fleet.state, token, outcome, fleet.now));
    EXPECT_TRUE(later(fleet).empty());
    EXPECT_TRUE(fleet.census.instances[1].is_protected) << "by whoever protects it";
  }
}

TEST(Orders, OfProtectionWaitWhileThePauseLastsAndForWhatIsSetAside) {
  Fleet fleet = three_of_which_one_is_told(InstanceVerb::protect);
  fleet.context.standing = FleetOrder{Mode::pause, "all", "ada", "storage is down", fleet.now};
  fleet.plans(3);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_EQ(fleet.withheld(), Texts{"protect i01 Paused"});
  fleet.context.standing.reset();
  fleet.is_told("i01", InstanceVerb::standby);
  EXPECT_EQ(later(fleet), Texts{"launch"});
  fleet.is_told("i01", InstanceVerb::in_service);
  EXPECT_EQ(later(fleet), (Texts{"terminate i00", "protect i01"}));
}

TEST(Orders, OfProtectionConcernNobodyWhoLeaves) {
  Fleet fleet = three_of_which_one_is_told(InstanceVerb::protect);
  fleet.loses("i00");
  fleet.at("i01").state = "ERROR";
  fleet.after(Duration{15'000});
  fleet.is_told("i00", InstanceVerb::protect);
  fleet.is_told("i07", InstanceVerb::protect);
  fleet.plans(2);
  for (const TakenStep& step : fleet.record.steps) EXPECT_NE(step.op, StepOp::protect);
}

}  // namespace
}  // namespace settle
