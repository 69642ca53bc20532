#include "reconcilers/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

using Texts = std::vector<std::string>;

// Plans toward `desired`, and expects these steps and these refusals.
void check(Fleet& fleet, Capacity desired, const Texts& steps, const Texts& withheld = {}) {
  fleet.plans(desired);
  EXPECT_EQ(fleet.steps(), steps);
  EXPECT_EQ(fleet.withheld(), withheld);
}

Fleet fleet_of(int count) {
  Fleet fleet;
  fleet.has_many(count);
  fleet.warms_up();
  return fleet;
}

TEST(Plan, LaunchesWhatIsMissing) {
  Fleet fleet = fleet_of(2);
  check(fleet, 4, {"launch", "launch"});
  ASSERT_EQ(fleet.state.intents.size(), 2u);
  EXPECT_EQ(fleet.planned.opened.size(), 2u);
  EXPECT_EQ(fleet.state.intents[0].token, fleet.record.steps[0].token);
  EXPECT_NE(fleet.state.intents[0].token, fleet.state.intents[1].token);
  EXPECT_EQ(fleet.state.intents[0].launch_hash, "v1");
  check(fleet, 4, {});
}

TEST(Plan, CountsWhatIsBuildingAndWhatIsUnknown) {
  Fleet fleet = fleet_of(2);
  fleet.has("z", "BUILD");
  check(fleet, 4, {"launch"});
  EXPECT_TRUE(
      note_outcome(fleet.state, fleet.planned.opened[0], {Answer::unknown, {}, {}}, fleet.now));
  fleet.after(15min);
  check(fleet, 4, {});
}

TEST(Plan, NeverGoesAboveMaxCountingAllThatMayExist) {
  Fleet fleet = fleet_of(2);
  fleet.spec.limits.max = 5;
  fleet.has("u", "UNKNOWN");
  fleet.has("v", "ACTIVE").is_draining = true;
  fleet.spec.drain_timeout = 1h;
  check(fleet, 5, {"launch"}, {"launch x2 NoRoom", "terminate v DrainPending"});
}

TEST(Plan, WhatIsMissingIsNotReplacedBeforeItIsDead) {
  Fleet fleet = fleet_of(4);
  fleet.plans(4);
  fleet.loses("i01");
  fleet.after(15s);
  check(fleet, 4, {});
  fleet.after(1min);
  check(fleet, 4, {});
  fleet.after(1min);
  check(fleet, 4, {"launch"});
}

TEST(Plan, LaunchesIntoTheEmptiestZone) {
  Fleet fleet;
  fleet.spec.zones = {"a", "b", "c"};
  fleet.has("i1", "ACTIVE", "a");
  fleet.has("i2", "ACTIVE", "b");
  fleet.has("i3", "ACTIVE", "a");
  fleet.warms_up();
  fleet.plans(7);
  Texts zones;
  for (const TakenStep& step : fleet.record.steps) zones.push_back(step.zone);
  EXPECT_THAT(zones, ElementsAre("c", "b", "c", "a"));
}

// ---- Victims --------------------------------------------------------------------------------

TEST(Victims, WhatDoesNotServeYetGoesFirst) {
  Fleet fleet = fleet_of(3);
  fleet.has("z", "BUILD");
  fleet.warms_up();
  check(fleet, 3, {"terminate z"});
}

TEST(Victims, TheFullestZoneLosesItsOldest) {
  Fleet fleet;
  fleet.has("i1", "ACTIVE", "a");
  fleet.has("i2", "ACTIVE", "b").created -= 1h;
  fleet.has("i3", "ACTIVE", "a").created -= 1min;
  fleet.has("i4", "ACTIVE", "a");
  fleet.warms_up();
  check(fleet, 2, {"terminate i3", "terminate i1"});
}

TEST(Victims, AmongEqualsTheGroupsOrderDecidesThenTheId) {
  Fleet fleet = fleet_of(4);
  fleet.at("i02").created -= 1min;
  fleet.at("i01").created += 1min;
  Fleet other = fleet;
  check(fleet, 2, {"terminate i02", "terminate i00"});
  other.spec.victims = VictimOrder::newest;
  Fleet third = other;
  check(other, 2, {"terminate i01", "terminate i00"});
  third.spec.victims = VictimOrder::oldest_launch;
  third.at("i03").launch_hash = "v0";
  check(third, 2, {"terminate i03", "terminate i02"});
}

TEST(Victims, AProtectedOneNeverGoes) {
  Fleet fleet = fleet_of(3);
  fleet.at("i00").is_protected = true;
  fleet.at("i02").is_protected = true;
  check(fleet, 1, {"terminate i01"}, {"terminate InstanceProtected"});
}

TEST(Victims, NoneGoesBelowMin) {
  Fleet fleet = fleet_of(3);
  fleet.spec.limits.min = 3;
  fleet.has("y", "RESCUE");
  fleet.at("y").is_protected = true;
  fleet.warms_up();
  check(fleet, 3, {}, {"terminate i00 AtMinimum"});
}

TEST(Victims, TheYoungerOfADuplicateGoesFirst) {
  Fleet fleet = fleet_of(3);
  fleet.at("i01").token = fleet.at("i02").token = "t1";
  fleet.at("i01").created += 1s;
  check(fleet, 2, {"terminate i01"});
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::duplicate_of_intent);
}

TEST(Victims, ADuplicateThatServesStaysWhereTheGroupIsAtItsMin) {
  Fleet fleet = fleet_of(3);
  fleet.spec.limits.min = 3;
  fleet.at("i01").token = fleet.at("i02").token = "t1";
  check(fleet, 3, {"launch"}, {"terminate i02 AtMinimum"});
}

TEST(Plan, ItsRecordEndsWithWhatThereIsAndWhatThereWillBe) {
  for (const Capacity desired : {4, 1, 0}) {
    Fleet fleet = fleet_of(2);
    fleet.plans(desired);
    ASSERT_FALSE(fleet.record.rungs.empty());
    EXPECT_EQ(fleet.record.rungs.back().rung, Rung::actions);
    EXPECT_EQ(fleet.record.rungs.back().from, 2);
    EXPECT_EQ(fleet.record.rungs.back().to, desired);
  }
}

TEST(Victims, ADuplicateIsNoCapacity) {
  Fleet fleet = fleet_of(3);
  fleet.at("i01").token = fleet.at("i02").token = "t1";
  check(fleet, 3, {"launch", "terminate i02"});
}

// ---- Replacement ----------------------------------------------------------------------------

TEST(Replacement, OneThatDoesNotServeIsReplacedAndEndedAtOnce) {
  Fleet fleet = fleet_of(4);
  fleet.at("i01").state = "ERROR";
  check(fleet, 4, {"launch", "terminate i01"});
  EXPECT_EQ(fleet.record.steps[0].replaces.value, "i01");
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::instance_failed);
  EXPECT_EQ(fleet.record.steps[1].reason, Reason::instance_failed);
  check(fleet, 4, {});
}

TEST(Replacement, WithoutRoomOneThatDoesNotServeGoesFirst) {
  Fleet fleet = fleet_of(4);
  fleet.spec.limits.max = 4;
  fleet.at("i01").state = "ERROR";
  check(fleet, 4, {"terminate i01"}, {"launch NoRoom"});
  fleet.obeys();
  fleet.after(15s);
  check(fleet, 4, {"launch"});
}

TEST(Replacement, OneThatServesWaitsUntilItsReplacementIsReady) {
  Fleet fleet = fleet_of(4);
  fleet.is_unhealthy("i01");
  check(fleet, 4, {"launch"}, {"terminate i01 ReplacementPending"});
  fleet.obeys();
  fleet.seen.instances.back().state = "BUILD";
  fleet.after(15s);
  check(fleet, 4, {}, {"terminate i01 ReplacementPending"});
  fleet.seen.instances.back().state = "ACTIVE";
  fleet.after(15s);
  check(fleet, 4, {"terminate i01"});
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::replacement_ready);
}

TEST(Replacement, OneThatItsCloudWillTakeAwayIsReplacedBeforeItGoes) {
  Fleet fleet = fleet_of(4);
  fleet.at("i01").state = "retiring";
  check(fleet, 4, {"launch"}, {"terminate i01 ReplacementPending"});
  fleet.obeys();
  fleet.seen.instances.back().state = "ACTIVE";
  fleet.after(15s);
  check(fleet, 4, {"terminate i01"});
}

TEST(Replacement, WithoutRoomOneThatServesStays) {
  Fleet fleet = fleet_of(4);
  fleet.spec.limits.max = 4;
  fleet.is_unhealthy("i01");
  check(fleet, 4, {}, {"terminate i01 NoRoomToReplace"});
}

TEST(Replacement, OneThatServesIsEndedFirstWhereTheGroupAsksForIt) {
  Fleet fleet = fleet_of(4);
  fleet.spec.health.launch_first = false;
  fleet.is_unhealthy("i01");
  check(fleet, 4, {"launch", "terminate i01"});
}

TEST(Replacement, TheStepThatEndsAFailedOneSaysWhatTheCloudSaysOfIt) {
  Fleet fleet = fleet_of(4);
  fleet.at("i01").state = "ERROR";
  fleet.seen.faults = {
      {{"i00"}, "of another"}, {{"i01"}, ""}, {{"i01"}, "No valid host was found"}};
  check(fleet, 4, {"launch", "terminate i01"});
  const auto step = std::find_if(fleet.record.steps.begin(), fleet.record.steps.end(),
                                 [](const TakenStep& one) { return one.op == StepOp::terminate; });
  ASSERT_NE(step, fleet.record.steps.end());
  EXPECT_EQ(step->reason, Reason::instance_failed);
  const Fact said{"error", std::string("No valid host was found")};
  EXPECT_EQ(std::count(step->facts.begin(), step->facts.end(), said), 1);
  EXPECT_EQ(std::count_if(step->facts.begin(), step->facts.end(),
                          [](const Fact& fact) { return fact.first == "error"; }),
            1);
}

TEST(Replacement, AProtectedOneThatFailedIsReplaced) {
  Fleet fleet = fleet_of(4);
  fleet.at("i01").state = "ERROR";
  fleet.at("i01").is_protected = true;
  check(fleet, 4, {"launch", "terminate i01"});
}

TEST(Replacement, NothingIsReplacedWhileTheProbeIsDoubted) {
  Fleet fleet = fleet_of(4);
  fleet.is_unhealthy("i00");
  fleet.is_unhealthy("i01");
  check(fleet, 4, {}, {"terminate x2 ProbeSuspect"});
  check(fleet, 3, {}, {"terminate x2 ProbeSuspect", "terminate i00 ProbeSuspect"});
}

TEST(Replacement, HealsSlowlyWhenMostOfTheGroupHasFailed) {
  Fleet fleet = fleet_of(10);
  for (int i = 0; i < 6; ++i) fleet.at("i0" + std::to_string(i)).state = "ERROR";
  fleet.plans(10);
  EXPECT_THAT(fleet.withheld(), ElementsAre("launch x5 DisruptionBudgetSpent"));
}

// ---- Drain ----------------------------------------------------------------------------------

TEST(Drain, OneThatServesDrainsBeforeItIsTerminated) {
  Fleet fleet = fleet_of(3);
  fleet.spec.drain_timeout = 5min;
  check(fleet, 2, {"drain i00"});
  check(fleet, 2, {});
  fleet.obeys();
  fleet.after(4min);
  check(fleet, 2, {}, {"terminate i00 DrainPending"});
  EXPECT_EQ(fleet.planned.revisit_at, fleet.now + 1min);
  fleet.after(1min);
  check(fleet, 2, {"terminate i00"});
}

TEST(Drain, OneThatDoesNotServeHasNothingToDrain) {
  Fleet fleet = fleet_of(3);
  fleet.spec.drain_timeout = 5min;
  fleet.at("i01").state = "ERROR";
  check(fleet, 2, {"terminate i01"});
}

TEST(Drain, ACloudThatCannotDrainIsGivenTheTimeAllTheSame) {
  Fleet fleet = fleet_of(3);
  fleet.spec.drain_timeout = 5min;
  fleet.plans(2);
  EXPECT_TRUE(note_outcome(fleet.state, fleet.planned.opened[0],
                           {Answer::refused, {}, Reason::cloud_refused}, fleet.now));
  check(fleet, 2, {}, {"terminate i00 DrainPending"});
  fleet.after(5min);
  check(fleet, 2, {"terminate i00"});
}

TEST(Drain, OneThatFailsWhileItDrainsGoesAtOnce) {
  Fleet fleet = fleet_of(3);
  fleet.spec.drain_timeout = 5min;
  check(fleet, 2, {"drain i00"});
  fleet.obeys();
  fleet.after(1min);
  fleet.at("i00").state = "ERROR";
  check(fleet, 2, {"terminate i00"});
}

TEST(Drain, OneMarkedBeforeItEverServedGoesAtOnce) {
  Fleet fleet = fleet_of(3);
  fleet.spec.drain_timeout = 5min;
  fleet.has("new", "BUILD").is_draining = true;
  check(fleet, 3, {"terminate new"});
}

TEST(Drain, OneThatSomebodyPutsAsideMeanwhileStays) {
  Fleet fleet = fleet_of(3);
  fleet.spec.drain_timeout = 5min;
  check(fleet, 2, {"drain i00"});
  fleet.obeys();
  fleet.at("i00").state = "SUSPENDED";
  fleet.after(10min);
  check(fleet, 3, {});
}

// ---- Victims --------------------------------------------------------------------------------

TEST(Victims, WhatDoesNotServeYetGoesBeforeWhatSomebodyPutAside) {
  Fleet fleet = fleet_of(2);
  fleet.has("aside", "RESCUE");
  fleet.has("new", "BUILD");
  check(fleet, 3, {"terminate new"});
  fleet.loses("new");
  fleet.state.intents.clear();
  fleet.after(10min);
  check(fleet, 2, {"terminate aside"});
}

// ---- Guards ---------------------------------------------------------------------------------

TEST(Guards, NothingIsDoneFromAnObservationThatIsIncomplete) {
  Fleet fleet = fleet_of(3);
  fleet.seen.is_complete = false;
  check(fleet, 5, {}, {"launch x2 ObservationIncomplete"});
  EXPECT_TRUE(fleet.planned.wants_observation);
}

TEST(Guards, NothingIsDoneFromAnObservationThatIsStale) {
  Fleet fleet = fleet_of(3);
  fleet.now += 60s;
  fleet.plans(4);
  EXPECT_THAT(fleet.steps(), ElementsAre("launch"));
  fleet.now = fleet.seen.at + 90s + 1ms;
  check(fleet, 1, {}, {"terminate x2 ObservationStale"});
}

TEST(Guards, NothingIsDoneFromAnObservationOlderThanOurOwnWrite) {
  Fleet fleet = fleet_of(3);
  fleet.state.wrote_at = fleet.seen.at + 1ms;
  check(fleet, 2, {}, {"terminate i00 LookPending"});
}

TEST(Guards, ANewOwnerWaitsForASecondLook) {
  Fleet fleet;
  fleet.has_many(3);
  check(fleet, 5, {}, {"launch x2 ObservationWarming"});
  fleet.after(15s);
  check(fleet, 5, {"launch", "launch"});
}

TEST(Guards, AdviceNeedsOneLookAndSpendsNothing) {
  Fleet fleet;
  fleet.has_many(3);
  fleet.context.authority = Authority::advise;
  fleet.now += 1h;
  check(fleet, 2, {"terminate i00"});
  EXPECT_THAT(fleet.record.steps[0].token, IsEmpty());
  EXPECT_THAT(fleet.state.intents, IsEmpty());
  EXPECT_THAT(fleet.state.terminations, IsEmpty());
  EXPECT_THAT(fleet.state.vetted, IsEmpty());
  EXPECT_EQ(fleet.state.generation, 0u);
  check(fleet, 2, {"terminate i00"});
}

TEST(Guards, AnObserverTakesNoStep) {
  Fleet fleet = fleet_of(3);
  fleet.context.authority = Authority::observe;
  check(fleet, 5, {}, {"launch x2 ObserveOnly"});
  check(fleet, 2, {}, {"terminate i00 ObserveOnly"});
}

TEST(Guards, WithoutAJournalNothingIsDone) {
  Fleet fleet = fleet_of(3);
  fleet.context.journal_failed = true;
  check(fleet, 5, {}, {"launch x2 JournalFailed"});
}

TEST(Guards, APauseHoldsBackEverythingInheritedIntentsIncluded) {
  Fleet fleet = fleet_of(3);
  fleet.plans(4);
  const Intent inherited = fleet.state.intents.front();
  EXPECT_TRUE(may_send(fleet.spec, fleet.state, &fleet.seen, inherited, fleet.now, fleet.context)
                  .is_cleared);
  fleet.state.memory.pause = {{}, {true, "mia", "release"}};
  fleet.after(15s);
  check(fleet, 5, {}, {"launch x2 Paused"});
  const Clearance clearance =
      may_send(fleet.spec, fleet.state, &fleet.seen, inherited, fleet.now, fleet.context);
  EXPECT_FALSE(clearance.is_cleared);
  EXPECT_EQ(clearance.reason, Reason::paused);
}

TEST(Guards, TheLaunchBudgetIsASlidingWindow) {
  Fleet fleet = fleet_of(2);
  fleet.spec.guards.launches = {Decimal(100), true, 4, Duration{60'000}};
  check(fleet, 7, {"launch", "launch", "launch", "launch", "launch"});
  fleet.obeys();
  fleet.after(30s);
  fleet.spec.guards.launches = {Decimal(6), false, 1, Duration{60'000}};
  check(fleet, 9, {"launch"}, {"launch LaunchBudgetSpent"});
  EXPECT_EQ(fleet.record.withheld[0].until, fleet.now + 30s);
  EXPECT_EQ(fleet.record.withheld[0].guard, "launch budget");
  fleet.obeys();
  fleet.after(30s);
  check(fleet, 9, {"launch"});
}

TEST(Guards, TheTerminationBudgetIsSharedAndSurvivesTheOwner) {
  Fleet fleet = fleet_of(10);
  fleet.spec.guards.terminations = {Decimal(20), true, 1, Duration{600'000}};
  fleet.at("i07").state = "ERROR";
  check(fleet, 8, {"terminate i07"}, {"terminate i00 TerminationBudgetSpent"});
  fleet.obeys();
  fleet.state.good_observations = 0;  // A new owner.
  fleet.warms_up();
  check(fleet, 8, {}, {"terminate i00 TerminationBudgetSpent"});
  EXPECT_EQ(fleet.record.withheld[0].until, noon + 30s + 600s);
  fleet.after(10min);
  check(fleet, 8, {"terminate i00"});
}

TEST(Guards, TheDisruptionBudgetBoundsWhatIsUnavailableAtOneTime) {
  Fleet fleet = fleet_of(10);
  fleet.spec.guards.disruption = {Decimal(25), true, 1, Duration{}};
  check(fleet, 8, {"terminate i00", "terminate i01"});
  Fleet other = fleet_of(10);
  other.spec.guards.disruption = {Decimal(25), true, 1, Duration{}};
  check(other, 4, {"terminate i00"}, {"terminate x5 DisruptionBudgetSpent"});
}

Freeze freeze_now(StepClass step_class) {
  return {"calm", WeeklyWindow{0x7f, 0, 0, 0}, {step_class}};
}

TEST(Guards, AFreezeHoldsBackItsOwnKindOfStep) {
  Fleet fleet = fleet_of(4);
  fleet.spec.guards.freezes = {freeze_now(StepClass::scale_in)};
  check(fleet, 3, {}, {"terminate i00 Frozen"});
  EXPECT_EQ(fleet.record.withheld[0].guard, "freeze/calm");
  EXPECT_TRUE(fleet.record.withheld[0].until.has_value());
  check(fleet, 5, {"launch"});

  Fleet other = fleet_of(4);
  other.spec.guards.freezes = {freeze_now(StepClass::replace)};
  other.at("i01").state = "ERROR";
  check(other, 5, {"launch"}, {"launch Frozen", "terminate i01 Frozen"});

  Fleet third = fleet_of(4);
  third.spec.guards.freezes = {freeze_now(StepClass::scale_out)};
  check(third, 5, {}, {"launch Frozen"});
}

TEST(Guards, AGroupThatGoesToAndFroStopsShrinking) {
  Fleet fleet = fleet_of(4);
  fleet.spec.guards.flapping = {2, 30min, 30min};
  fleet.state.changes = {
      {fleet.now - 20min, 4, 5}, {fleet.now - 10min, 5, 4}, {fleet.now - 5min, 4, 6}};
  check(fleet, 3, {}, {"terminate i00 FlappingHeld"});
  EXPECT_EQ(fleet.record.withheld[0].until, fleet.now + 30min);
  check(fleet, 5, {"launch"});
  fleet.after(30min);
  check(fleet, 3, {"terminate i00"});
}

TEST(Guards, WhenManyAreLostAtOnceNothingMoreIsDestroyed) {
  Fleet fleet = fleet_of(10);
  fleet.spec.guards.mass_change = Decimal(20);
  fleet.plans(10);
  for (const char* id : {"i00", "i01", "i02"}) fleet.loses(id);
  fleet.after(15s);
  check(fleet, 5, {}, {"terminate x2 MassChange"});
  fleet.has_many(2, "z");
  fleet.after(15s);
  check(fleet, 10, {});
}

TEST(Guards, DeathsThatTheCloudConfirmsAreHealedAndStopDestruction) {
  Fleet fleet = fleet_of(10);
  fleet.spec.guards.mass_change = Decimal(20);
  fleet.plans(10);
  for (const char* id : {"i00", "i01", "i02"}) fleet.at(id).state = "DELETED";
  fleet.at("i03").state = "ERROR";
  fleet.after(15s);
  check(fleet, 10, {"launch", "launch", "launch", "launch"}, {"terminate i03 MassChange"});
  EXPECT_EQ(fleet.record.withheld[0].until, fleet.now + 10min);
}

TEST(Guards, ATemplateThatIsBornDeadIsNotLaunchedAgainAndAgain) {
  Fleet fleet = fleet_of(1);
  fleet.has_many(3, "z", "ERROR");
  check(fleet, 3, {"terminate z00", "terminate z01", "terminate z02"}, {"launch x2 BornDead"});
  EXPECT_EQ(fleet.record.withheld[0].until, fleet.now + 5min);
  fleet.obeys();
  fleet.after(5min);
  check(fleet, 3, {"launch"}, {"launch BornDead"});
}

TEST(Guards, WhatTheCloudRefusesIsTriedAgainLater) {
  Fleet fleet = fleet_of(1);
  fleet.plans(2);
  EXPECT_TRUE(note_outcome(fleet.state, fleet.planned.opened[0],
                           {Answer::refused, {}, Reason::cloud_quota}, fleet.now));
  fleet.after(15s);
  check(fleet, 2, {}, {"launch CloudQuota"});
  EXPECT_EQ(fleet.record.withheld[0].guard, "cloud");
  fleet.after(15s);
  check(fleet, 2, {"launch"});
}

// ---- Ledger ---------------------------------------------------------------------------------

TEST(Ledger, TokensAreFixedByWhatTheyName) {
  const std::string token = token_of("prod", {"web"}, 7, IntentKind::launch);
  EXPECT_EQ(token, token_of("prod", {"web"}, 7, IntentKind::launch));
  EXPECT_EQ(token.size(), 26u);
  EXPECT_THAT(token, testing::MatchesRegex("[a-z2-7]+"));
  EXPECT_NE(token, token_of("test", {"web"}, 7, IntentKind::launch));
  EXPECT_NE(token, token_of("prod", {"wec"}, 7, IntentKind::launch));
  EXPECT_NE(token, token_of("prod", {"web"}, 8, IntentKind::launch));
  EXPECT_NE(token, token_of("prod", {"web"}, 7, IntentKind::terminate));
  EXPECT_NE(token_of("ab", {"c"}, 7, IntentKind::launch),
            token_of("a", {"bc"}, 7, IntentKind::launch));
}

TEST(Ledger, ATerminationNeedsASecondLookBeforeItLeaves) {
  Fleet fleet = fleet_of(3);
  fleet.plans(2);
  const Intent intent = fleet.state.intents.front();
  Clearance clearance =
      may_send(fleet.spec, fleet.state, &fleet.seen, intent, fleet.now, fleet.context);
  EXPECT_TRUE(clearance.is_cleared);
  ASSERT_TRUE(clearance.permit.has_value());
  EXPECT_TRUE(clearance.permit->covers("i00"));

  EXPECT_FALSE(
      may_send(fleet.spec, fleet.state, nullptr, intent, fleet.now, fleet.context).is_cleared);
  fleet.at("i00").is_protected = true;
  clearance = may_send(fleet.spec, fleet.state, &fleet.seen, intent, fleet.now, fleet.context);
  EXPECT_FALSE(clearance.is_cleared);
  EXPECT_EQ(clearance.reason, Reason::interlock_refused);
  EXPECT_FALSE(clearance.permit.has_value());
}

TEST(Ledger, ASecondLookSeesThatTooFewWouldBeLeft) {
  Fleet fleet = fleet_of(3);
  fleet.spec.limits.min = 2;
  fleet.plans(2);
  const Intent intent = fleet.state.intents.front();
  fleet.at("i02").state = "ERROR";
  EXPECT_FALSE(
      may_send(fleet.spec, fleet.state, &fleet.seen, intent, fleet.now, fleet.context).is_cleared);
  fleet.after(15s);
  fleet.plans(2);
  EXPECT_THAT(fleet.steps(), ElementsAre("terminate i02"));
  ASSERT_EQ(fleet.state.intents.size(), 1u) << "the step that nobody wants any more is taken back";
  EXPECT_EQ(fleet.state.intents[0].instance.value, "i02");
}

TEST(Ledger, OneThatServesStaysWhenItsReplacementHasFailed) {
  Fleet fleet = fleet_of(5);
  fleet.is_unhealthy("i01");
  check(fleet, 4, {"terminate i01"});
  EXPECT_TRUE(note_sent(fleet.state, fleet.planned.opened[0], fleet.now));
  EXPECT_TRUE(
      note_outcome(fleet.state, fleet.planned.opened[0], {Answer::unknown, {}, {}}, fleet.now));
  fleet.at("i02").state = "ERROR";
  fleet.after(15s);
  check(fleet, 4, {"launch", "terminate i02"});
  fleet.after(15s);
  check(fleet, 4, {}, {"terminate i01 ReplacementPending"});
}

TEST(Ledger, AnIntentIsNotSentAgainBeforeItsTime) {
  Fleet fleet = fleet_of(3);
  fleet.plans(4);
  const std::string token = fleet.planned.opened[0];
  EXPECT_TRUE(note_sent(fleet.state, token, fleet.now));
  EXPECT_EQ(fleet.state.wrote_at, fleet.now);
  const auto may = [&fleet] {
    return may_send(fleet.spec, fleet.state, &fleet.seen, fleet.state.intents[0], fleet.now,
                    fleet.context);
  };
  EXPECT_FALSE(may().is_cleared);
  EXPECT_TRUE(note_outcome(fleet.state, token, {Answer::not_now, {}, {}}, fleet.now));
  EXPECT_FALSE(may().is_cleared);
  EXPECT_EQ(may().until, fleet.now + 2s);
  fleet.now += 2s;
  EXPECT_TRUE(may().is_cleared);
  EXPECT_TRUE(note_outcome(fleet.state, token, {Answer::done, {"x"}, {}}, fleet.now));
  fleet.now += 24h;
  EXPECT_FALSE(may().is_cleared) << "what was accepted is not sent again";
}

TEST(Ledger, ATerminationThatTheCloudForgotIsSentAgainUnderItsToken) {
  Fleet fleet = fleet_of(3);
  fleet.plans(2);
  const std::string token = fleet.planned.opened[0];
  EXPECT_TRUE(note_outcome(fleet.state, token, {Answer::done, {}, {}}, fleet.now));
  fleet.after(4min);
  fleet.plans(2);
  EXPECT_EQ(fleet.state.intents[0].stage, IntentStage::accepted);
  fleet.after(1min);
  fleet.plans(2);
  ASSERT_EQ(fleet.state.intents.size(), 1u);
  EXPECT_EQ(fleet.state.intents[0].stage, IntentStage::open);
  EXPECT_EQ(fleet.state.intents[0].token, token);
}

TEST(Plan, ADuplicateIsNoneThatAnUnhealthyOneCouldBeSparedFor) {
  Fleet fleet = fleet_of(4);
  fleet.at("i02").token = fleet.at("i03").token = "t";
  fleet.at("i02").created -= 1h;
  fleet.is_unhealthy("i00");
  check(fleet, 3, {"launch", "terminate i03"}, {"terminate i00 ReplacementPending"});
}

TEST(Plan, HealsMoreSlowlyFromFiftyFivePercentOn) {
  for (const int failed : {10, 11}) {
    Fleet fleet;
    fleet.has_many(20);
    fleet.warms_up();
    for (int i = 0; i < failed; ++i) {
      fleet.seen.instances[static_cast<std::size_t>(i)].state = "ERROR";
    }
    fleet.plans(20);
    int launches = 0;
    for (const TakenStep& step : fleet.record.steps) launches += step.op == StepOp::launch ? 1 : 0;
    EXPECT_EQ(launches, failed == 10 ? 10 : 2);
  }
}

TEST(Plan, ABudgetSaysItsLimitItsPeriodAndWhatIsUsed) {
  Fleet fleet = fleet_of(2);
  fleet.spec.guards.launches = {Decimal(1), false, 1, 1min};
  fleet.plans(5);
  ASSERT_EQ(fleet.withheld(), (Texts{"launch x2 LaunchBudgetSpent"}));
  EXPECT_EQ(
      fleet.record.withheld[0].facts,
      (Facts{{"limit", std::int64_t{1}}, {"per", Duration{1min}}, {"used", std::int64_t{1}}}));
}

}  // namespace
}  // namespace settle
