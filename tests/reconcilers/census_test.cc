#include "reconcilers/census.h"

#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/evidence.h"
#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using namespace std::chrono_literals;

// Expects this tally: ready, building, condemned, draining, missing, in flight, ignored.
void check(Fleet& fleet, const Tally& expected) {
  const Tally& tally = fleet.counts().tally;
  EXPECT_EQ(tally, expected) << "ready " << tally.ready << ", building " << tally.building
                             << ", condemned " << tally.condemned << ", draining " << tally.draining
                             << ", missing " << tally.missing << ", in flight " << tally.in_flight
                             << ", ignored " << tally.ignored;
}

TEST(Fate, KnowsTheStatesOfNovaAndOfEc2InAnyCase) {
  EXPECT_EQ(fate("ACTIVE"), Fate::keep);
  EXPECT_EQ(fate("running"), Fate::keep);
  EXPECT_EQ(fate("Build"), Fate::wait);
  EXPECT_EQ(fate("pending"), Fate::wait);
  EXPECT_EQ(fate("ERROR"), Fate::replace);
  EXPECT_EQ(fate("SHUTOFF"), Fate::replace);
  EXPECT_EQ(fate("stopped"), Fate::replace);
  EXPECT_EQ(fate("DELETED"), Fate::gone);
  EXPECT_EQ(fate("SOFT_DELETED"), Fate::gone);
  EXPECT_EQ(fate("terminated"), Fate::gone);
  for (const char* state :
       {"REBUILD", "RESIZE", "REVERT_RESIZE", "MIGRATING", "REBOOT", "HARD_REBOOT", "PASSWORD"}) {
    EXPECT_EQ(fate(state), Fate::wait) << state;
  }
  for (const char* state :
       {"VERIFY_RESIZE", "RESCUE", "SUSPENDED", "PAUSED", "SHELVED", "SHELVED_OFFLOADED"}) {
    EXPECT_EQ(fate(state), Fate::avoid_replacing) << state;
  }
}

TEST(Fate, OneThatItsCloudWillTakeAwayServesAndIsCondemned) {
  Fleet fleet;
  fleet.has("a", "ACTIVE");
  fleet.has("b", "retiring");
  check(fleet, {.ready = 1, .condemned = 1});
  EXPECT_TRUE(fleet.census.instances[1].serves);
  EXPECT_EQ(fleet.census.instances[1].reason, Reason::instance_failed);
}

TEST(Fate, IgnoresWhatNoCloudIsKnownToSay) {
  for (const char* state : {"", "UNKNOWN", "shutting-down", "ACTIV", "ACTIVE ", "BUILDING-ISH"}) {
    EXPECT_EQ(fate(state), Fate::ignore) << state;
  }
}

TEST(Census, CountsEachInstanceOnce) {
  Fleet fleet;
  fleet.has("a", "ACTIVE");
  fleet.has("b", "BUILD");
  fleet.has("c", "ERROR");
  fleet.has("d", "ACTIVE").is_draining = true;
  fleet.has("e", "DELETED");
  fleet.has("f", "UNKNOWN");
  check(fleet, {.ready = 1, .building = 1, .condemned = 1, .draining = 1, .ignored = 1});
  EXPECT_EQ(fleet.census.tally.possible(), 5);
}

TEST(Census, CountsTheSameForAnyOrderAndRepetitionOfTheListing) {
  Fleet fleet;
  fleet.has("c", "ERROR");
  fleet.has("a", "ACTIVE");
  fleet.has("b", "BUILD");
  fleet.has("a", "ACTIVE");
  check(fleet, {.ready = 1, .building = 1, .condemned = 1});
  check(fleet, {.ready = 1, .building = 1, .condemned = 1});
}

TEST(Census, ALaunchThatTakesTooLongIsCondemned) {
  Fleet fleet;
  fleet.has("a", "BUILD").created = noon;
  fleet.after(fleet.spec.health.launch_timeout - 1ms);
  check(fleet, {.building = 1});
  EXPECT_EQ(fleet.census.instances[0].changes_at, fleet.now + 1ms);
  fleet.after(1ms);
  check(fleet, {.condemned = 1});
  EXPECT_EQ(fleet.census.instances[0].reason, Reason::launch_timed_out);
}

TEST(Census, ARebootIsWaitedForHoweverOldTheInstance) {
  Fleet fleet;
  fleet.has("a", "HARD_REBOOT");
  check(fleet, {.building = 1});
}

TEST(Census, CondemnsTheStatesThatTheGroupLists) {
  Fleet fleet;
  fleet.spec.health.cloud_states = {"ERROR", "RESCUE"};
  fleet.has("a", "RESCUE");
  check(fleet, {.condemned = 1});
  EXPECT_FALSE(fleet.census.instances[0].serves);
}

TEST(Census, AReportCountsOnceItHasLastedAndGraceIsOver) {
  Fleet fleet;
  fleet.spec.health.grace = 5min;
  fleet.spec.health.unhealthy_for = 3min;
  fleet.spec.health.stop_above = Decimal(90);
  fleet.has_many(3);
  fleet.at("i01").created = noon;
  fleet.is_unhealthy("i01");
  check(fleet, {.ready = 3});
  EXPECT_EQ(fleet.census.instances[1].changes_at, noon + 5min);
  fleet.after(5min);
  check(fleet, {.ready = 2, .condemned = 1});
  const Counted& counted = fleet.census.instances[1];
  EXPECT_TRUE(counted.serves);
  EXPECT_TRUE(counted.by_report);
  EXPECT_EQ(counted.reason, Reason::instance_unhealthy);
  EXPECT_EQ(counted.reporter, "probe");

  fleet.state.memory.health[0].unhealthy_since = fleet.now - 2min;
  check(fleet, {.ready = 3});
  fleet.after(1min);
  check(fleet, {.ready = 2, .condemned = 1});
  fleet.state.memory.health[0].report.status = HealthStatus::healthy;
  check(fleet, {.ready = 3});
}

TEST(Census, DoubtsTheProbeWhenItCondemnsTooMany) {
  Fleet fleet;
  fleet.has_many(10);
  for (const char* id : {"i00", "i01", "i02"}) fleet.is_unhealthy(id);
  check(fleet, {.ready = 7, .condemned = 3});
  EXPECT_FALSE(fleet.census.probe_suspect);
  fleet.is_unhealthy("i03");
  check(fleet, {.ready = 10});
  EXPECT_TRUE(fleet.census.probe_suspect);
  EXPECT_EQ(fleet.census.doubted, 4);
  for (const InstanceMemory& memory : fleet.state.instances) {
    EXPECT_FALSE(memory.condemned) << memory.id.value << " is let off, too";
  }
}

TEST(Census, WhoeverIsNotInServiceNeitherAccusesNorAcquitsTheProbe) {
  const auto is_doubted = [](auto&& set_aside) {
    Fleet fleet;
    fleet.has_many(10);
    for (const char* id : {"i00", "i01", "i02", "i03"}) fleet.is_unhealthy(id);
    fleet.has_many(10, "x");
    for (int i = 0; i < 10; ++i) set_aside(fleet, "x0" + std::to_string(i));
    return fleet.counts().probe_suspect;
  };
  EXPECT_FALSE(is_doubted([](Fleet&, const std::string&) {})) << "four of twenty";
  EXPECT_TRUE(
      is_doubted([](Fleet& fleet, const std::string& id) { fleet.at(id).state = "SOFT_DELETED"; }));
  EXPECT_TRUE(is_doubted(
      [](Fleet& fleet, const std::string& id) { fleet.is_told(id, InstanceVerb::standby); }));
  EXPECT_TRUE(is_doubted(
      [](Fleet& fleet, const std::string& id) { fleet.is_told(id, InstanceVerb::detach); }));
}

TEST(Census, DoubtsTheProbeWhenItCondemnsAll) {
  Fleet fleet;
  fleet.spec.health.stop_above = Decimal(100);
  fleet.has_many(3);
  for (const char* id : {"i00", "i01", "i02"}) fleet.is_unhealthy(id);
  check(fleet, {.ready = 3});
}

TEST(Census, AProbeThatFallsSilentCondemnsNobody) {
  Fleet fleet;
  fleet.has_many(10);
  for (const char* id : {"i00", "i01", "i02", "i03"}) fleet.is_unhealthy(id);
  check(fleet, {.ready = 10});
  for (std::size_t i = 1; i < 4; ++i) {
    fleet.state.memory.health[i].report.status = HealthStatus::unknown;
    check(fleet, {.ready = 10});
  }
}

TEST(Census, NeverDoubtsTheCloudsOwnWord) {
  Fleet fleet;
  fleet.has_many(4, "i", "ERROR");
  check(fleet, {.condemned = 4});
  EXPECT_FALSE(fleet.census.probe_suspect);
}

TEST(Census, ASingleReportIsNoPattern) {
  Fleet fleet;
  fleet.has("a");
  fleet.is_unhealthy("a");
  check(fleet, {.condemned = 1});
}

TEST(Census, AbsenceIsDeathAfterThreeCompleteListingsAMinuteApart) {
  Fleet fleet;
  fleet.has_many(10);
  check(fleet, {.ready = 10});
  fleet.loses("i04");
  fleet.after(15s);
  check(fleet, {.ready = 9, .missing = 1});
  for (int i = 0; i < 7; ++i) {
    fleet.after(15s);
    check(fleet, {.ready = 9, .missing = 1});
  }
  fleet.after(15s);
  check(fleet, {.ready = 9});
  EXPECT_EQ(fleet.state.losses.size(), 1u);
}

TEST(Census, WhereTheCloudTellsByIdNobodyIsGoneBeforeItSaysSo) {
  Fleet fleet;
  fleet.has_many(10);
  check(fleet, {.ready = 10});
  fleet.loses("i04");
  fleet.seen.tells_by_id = true;
  for (int i = 0; i < 300; ++i) {
    fleet.after(1min);
    check(fleet, {.ready = 9, .missing = 1});
  }
  EXPECT_TRUE(fleet.state.losses.empty());
  fleet.seen.gone = {{"i04"}};
  fleet.after(1min);
  check(fleet, {.ready = 9});
  EXPECT_EQ(fleet.state.losses.size(), 1u);
}

TEST(Census, TheWordByIdAloneIsNotEnough) {
  Fleet fleet;
  fleet.has_many(10);
  check(fleet, {.ready = 10});
  fleet.loses("i04");
  fleet.seen.tells_by_id = true;
  fleet.seen.gone = {{"i04"}};
  for (int i = 0; i < 2; ++i) {
    fleet.after(1min);
    check(fleet, {.ready = 9, .missing = 1});
  }
  fleet.after(1min);
  check(fleet, {.ready = 9});
}

TEST(Census, WhoIsMissingIsAskedForByIdAFewAtATimeAndEachInItsTurn) {
  Fleet fleet;
  fleet.has_many(95);
  (void)fleet.counts();
  EXPECT_TRUE(unaccounted_for(fleet.state, fleet.now).empty());
  fleet.seen.instances.clear();
  fleet.seen.tells_by_id = true;
  fleet.after(1min);
  (void)fleet.counts();
  std::set<InstanceId> asked;
  for (int i = 0; i < 95; ++i) {
    const std::vector<InstanceId> some = unaccounted_for(fleet.state, fleet.now + i * 15s);
    EXPECT_EQ(some.size(), asked_by_id_max);
    asked.insert(some.begin(), some.end());
  }
  EXPECT_EQ(asked.size(), 95u);
}

TEST(Census, TheSameListingIsCountedOnce) {
  Fleet fleet;
  fleet.has_many(10);
  check(fleet, {.ready = 10});
  fleet.loses("i04");
  fleet.after(15s);
  for (int i = 0; i < 5; ++i) {
    fleet.now += 1min;
    check(fleet, {.ready = 9, .missing = 1});
  }
}

TEST(Census, OneThatIsShownAgainWasNeverDead) {
  Fleet fleet;
  fleet.has_many(10);
  check(fleet, {.ready = 10});
  const Instance absent = fleet.at("i04");
  fleet.loses("i04");
  fleet.after(1min);
  check(fleet, {.ready = 9, .missing = 1});
  fleet.after(1min);
  check(fleet, {.ready = 9, .missing = 1});
  fleet.seen.instances.push_back(absent);
  fleet.after(1min);
  check(fleet, {.ready = 10});
  fleet.loses("i04");
  fleet.after(1min);
  check(fleet, {.ready = 9, .missing = 1});
}

TEST(Census, AbsenceFromAnIncompleteListingIsNothing) {
  Fleet fleet;
  fleet.has_many(10);
  fleet.has("z", "BUILD");
  check(fleet, {.ready = 10, .building = 1});
  fleet.seen.is_complete = false;
  fleet.seen.instances.clear();
  for (int i = 0; i < 20; ++i) {
    fleet.after(1min);
    check(fleet, {.ready = 10, .building = 1});
  }
}

TEST(Census, AbsenceFromAnOlderListingThatComesLateIsNothing) {
  Fleet fleet;
  fleet.has_many(10);
  check(fleet, {.ready = 10});
  fleet.seen.instances.clear();
  fleet.seen.at -= 1s;
  check(fleet, {.ready = 10});
}

TEST(Census, WhenManyAreMissingAtOnceTheListingIsDoubtedForLonger) {
  Fleet fleet;
  fleet.spec.guards.mass_change = Decimal(20);
  fleet.has_many(10);
  check(fleet, {.ready = 10});
  fleet.seen.instances.clear();
  for (int i = 0; i < 9; ++i) {
    fleet.after(1min);
    check(fleet, {.missing = 10});
  }
  fleet.after(1min);
  check(fleet, {});
}

TEST(Census, OneOfManyThatIsMissingIsNoMassAbsence) {
  Fleet fleet;
  fleet.spec.guards.mass_change = Decimal(20);
  fleet.has_many(10);
  check(fleet, {.ready = 10});
  fleet.loses("i04");
  for (int i = 0; i < 2; ++i) {
    fleet.after(1min);
    check(fleet, {.ready = 9, .missing = 1});
  }
  fleet.after(1min);
  check(fleet, {.ready = 9});
}

TEST(Census, OneListingGivesUpTheSameHoweverOftenItIsCounted) {
  Fleet fleet;
  fleet.spec.guards.mass_change = Decimal(20);
  fleet.has_many(5);
  check(fleet, {.ready = 5});
  fleet.loses("i00");
  fleet.after(1min);
  check(fleet, {.ready = 4, .missing = 1});
  fleet.loses("i01");
  for (int i = 0; i < 8; ++i) {
    fleet.after(1min);
    check(fleet, {.ready = 3, .missing = 2});
  }
  fleet.after(1min);
  check(fleet, {.ready = 3, .missing = 1});
  check(fleet, {.ready = 3, .missing = 1});
}

TEST(Census, TheCloudsWordForDeathIsBelievedAtOnce) {
  Fleet fleet;
  fleet.has_many(2);
  check(fleet, {.ready = 2});
  fleet.at("i00").state = "DELETED";
  fleet.after(15s);
  check(fleet, {.ready = 1});
  EXPECT_EQ(fleet.state.losses.size(), 1u);
  fleet.after(15s);
  check(fleet, {.ready = 1});
  EXPECT_EQ(fleet.state.losses.size(), 1u) << "a zombie in the listing dies once";
}

Intent launch_of(std::string token) {
  Intent intent;
  intent.token = std::move(token);
  intent.kind = IntentKind::launch;
  intent.opened_at = noon;
  return intent;
}

TEST(Census, ALaunchCountsUntilItsInstanceIsSeenByToken) {
  Fleet fleet;
  fleet.state.intents = {launch_of("t1"), launch_of("t2")};
  fleet.state.intents[1].stage = IntentStage::unknown;
  fleet.after(24h);
  check(fleet, {.in_flight = 2});
  fleet.has("a", "BUILD").token = "t2";
  check(fleet, {.building = 1, .in_flight = 1});
  EXPECT_EQ(fleet.state.intents[0].token, "t1");
}

TEST(Census, ALaunchEndsWhenTheInstanceThatWasAnsweredIsSeen) {
  Fleet fleet;
  fleet.state.intents = {launch_of("t1")};
  EXPECT_TRUE(note_outcome(fleet.state, "t1", {Answer::done, {"a"}, {}}, fleet.now));
  check(fleet, {.in_flight = 1});
  fleet.has("a", "BUILD");
  fleet.after(15s);
  check(fleet, {.building = 1});
}

TEST(Census, ALaunchThatWasAcceptedAndNeverShowsIsGivenUpAfterTenListings) {
  Fleet fleet;
  fleet.state.intents = {launch_of("t1")};
  EXPECT_TRUE(note_outcome(fleet.state, "t1", {Answer::done, {"a"}, {}}, fleet.now));
  for (int i = 0; i < 9; ++i) {
    fleet.after(1min);
    check(fleet, {.in_flight = 1});
  }
  fleet.after(1min);
  check(fleet, {});
  EXPECT_TRUE(fleet.state.intents.empty());
}

TEST(Census, OneThatIsNeverReadyInTimeIsBornDeadOnce) {
  Fleet fleet;
  fleet.has("a", "BUILD").created = fleet.now;
  fleet.spec.health.launch_timeout = 20min;
  fleet.counts();
  fleet.after(20min - 1s);
  fleet.counts();
  EXPECT_EQ(fleet.state.born_dead.failures, 0U);
  for (int i = 0; i < 3; ++i) {
    fleet.after(1s);
    check(fleet, {.condemned = 1});
    EXPECT_EQ(fleet.state.born_dead.failures, 1U);
  }
  fleet.at("a").state = "DELETED";
  fleet.after(15s);
  fleet.counts();
  EXPECT_EQ(fleet.state.born_dead.failures, 1U);
}

TEST(Census, OfTwoInstancesOfOneIntentTheYoungerIsTheDuplicate) {
  Fleet fleet;
  fleet.has("a").token = "t1";
  fleet.has("b").token = "t1";
  fleet.has("c").token = "t2";
  fleet.has("d").token = "t1";
  fleet.at("b").created -= 1s;
  fleet.counts();
  EXPECT_TRUE(fleet.census.instances[0].is_duplicate);
  EXPECT_FALSE(fleet.census.instances[1].is_duplicate);
  EXPECT_FALSE(fleet.census.instances[2].is_duplicate);
  EXPECT_TRUE(fleet.census.instances[3].is_duplicate);
}

TEST(Census, ATerminationEndsByTheCloudsWordOrByAbsence) {
  Fleet fleet;
  fleet.has_many(2);
  check(fleet, {.ready = 2});
  Intent intent = launch_of("t1");
  intent.kind = IntentKind::terminate;
  intent.instance = {"i00"};
  intent.takes_service = true;
  fleet.state.intents = {intent};
  check(fleet, {.ready = 1, .draining = 1});
  fleet.at("i00").state = "shutting-down";
  fleet.after(15s);
  check(fleet, {.ready = 1, .draining = 1});
  fleet.loses("i00");
  for (int i = 0; i < 2; ++i) {
    fleet.after(1min);
    check(fleet, {.ready = 1, .missing = 1});
    EXPECT_EQ(fleet.state.intents.size(), 1u);
  }
  fleet.after(1min);
  check(fleet, {.ready = 1});
  EXPECT_TRUE(fleet.state.intents.empty());
  EXPECT_TRUE(fleet.state.losses.empty()) << "we asked for it";
}

TEST(Census, WarmsUpOnTwoListingsThatAgree) {
  Fleet fleet;
  fleet.counts();
  EXPECT_EQ(fleet.state.good_observations, 1);
  fleet.has_many(3);
  fleet.after(15s);
  fleet.counts();
  EXPECT_EQ(fleet.state.good_observations, 1) << "the first was empty, the second is not";
  fleet.counts();
  EXPECT_EQ(fleet.state.good_observations, 1) << "the same listing is no second opinion";
  fleet.after(15s);
  fleet.counts();
  EXPECT_EQ(fleet.state.good_observations, 2);
  fleet.has("z");
  fleet.after(15s);
  fleet.counts();
  EXPECT_EQ(fleet.state.good_observations, 2) << "once warm, news is only news";
}

TEST(Census, CountsLaunchesThatWereBornDeadUntilOneLives) {
  Fleet fleet;
  fleet.has("a", "BUILD");
  fleet.has("b", "BUILD");
  fleet.counts();
  fleet.at("a").state = "ERROR";
  fleet.at("b").state = "ERROR";
  for (int i = 0; i < 3; ++i) {
    fleet.after(15s);
    fleet.counts();
    EXPECT_EQ(fleet.state.born_dead.failures, 2u);
  }
  fleet.has("c", "ACTIVE");
  fleet.after(15s);
  fleet.counts();
  EXPECT_EQ(fleet.state.born_dead.failures, 0u);
}

}  // namespace
}  // namespace settle
