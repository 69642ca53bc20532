// Membership in a load balancer's pools: who joins, who drains, who leaves, and what is not known.
#include "reconcilers/balancer.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using Texts = std::vector<std::string>;
constexpr Duration a_look{15'000};

struct Balanced : Fleet {
  Balanced() {
    spec.balancer.pools = {"web-pool"};
    spec.balancer.port = 80;
    spec.balancer.drain_timeout = Duration{60'000};
  }
  /// Members in service, in the sight of an owner that is warm.
  void has_members(int count) {
    has_many(count);
    for (Instance& one : seen.instances) one.membership = Membership::member;
    warms_up();
  }
  void obeys_and_looks() {
    obeys();
    after(a_look);
  }
  /// The balancer refuses every call that is open.
  void is_refused() {
    for (const Intent& intent : std::vector<Intent>(state.intents)) {
      (void)note_sent(state, intent.token, now);
      (void)note_outcome(state, intent.token,
                         {::settle::Answer::refused, {}, Reason::balancer_refused}, now);
    }
    after(a_look);
  }
  void is_not_seen() {
    for (Instance& one : seen.instances) one.membership = Membership::unknown;
  }
  InstanceId launches_one() {
    plans(static_cast<Capacity>(seen.instances.size()) + 1);
    obeys_and_looks();
    for (const Instance& one : seen.instances) {
      if (one.id.value.starts_with("new-")) return one.id;
    }
    return {};
  }
};

TEST(Balancer, WhatIsInServiceAndNoMemberJoinsAndCountsAllTheSame) {
  Balanced fleet;
  fleet.has_many(2);
  for (Instance& one : fleet.seen.instances) one.membership = Membership::absent;
  fleet.warms_up();
  fleet.plans(2);
  EXPECT_EQ(fleet.record.tally.ready, 2);
  EXPECT_EQ(fleet.steps(), (Texts{"join i00", "join i01"}));
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::not_balanced);
  fleet.obeys_and_looks();
  fleet.plans(2);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_TRUE(fleet.withheld().empty());
  EXPECT_TRUE(fleet.state.intents.empty());
}

TEST(Balancer, AGroupWithoutPoolsNeitherJoinsNorLeaves) {
  Balanced fleet;
  fleet.spec.balancer = {};
  fleet.has_many(2);
  for (Instance& one : fleet.seen.instances) one.membership = Membership::absent;
  fleet.seen.strays = {{"gone"}};
  fleet.warms_up();
  fleet.plans(1);
  EXPECT_EQ(fleet.steps(), Texts{"terminate i00"});
}

TEST(Balancer, ANewInstanceServesOnceItIsAMember) {
  Balanced fleet;
  fleet.has_members(2);
  const InstanceId id = fleet.launches_one();
  fleet.plans(3);
  EXPECT_EQ(fleet.record.tally.ready, 2);
  EXPECT_EQ(fleet.record.tally.building, 1);
  EXPECT_EQ(fleet.steps(), Texts{"join " + id.value});
  fleet.after(a_look);
  fleet.plans(3);
  EXPECT_EQ(fleet.withheld(), Texts{"join " + id.value + " BalancerPending"});
  fleet.obeys_and_looks();
  fleet.plans(3);
  EXPECT_EQ(fleet.record.tally.ready, 3);
  EXPECT_TRUE(fleet.withheld().empty());
}

TEST(Balancer, WhomTheBalancerRefusesIsKeptAndIsAskedAboutAgain) {
  Balanced fleet;
  fleet.has_members(2);
  const InstanceId id = fleet.launches_one();
  fleet.plans(3);
  fleet.is_refused();
  fleet.plans(3);
  EXPECT_EQ(fleet.record.tally.building, 1);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_EQ(fleet.withheld(), Texts{"join " + id.value + " BalancerRefused"});
  fleet.after(a_look);
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), Texts{"join " + id.value});
  fleet.obeys_and_looks();
  fleet.plans(3);
  EXPECT_EQ(fleet.record.tally.ready, 3);
  EXPECT_TRUE(fleet.state.setbacks.empty());
}

TEST(Balancer, ABalancerThatDoesNotAnswerStopsNoLaunchAndNobodyJoins) {
  Balanced fleet;
  fleet.has_members(2);
  fleet.is_not_seen();
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), Texts{"launch"});
  EXPECT_EQ(fleet.record.tally.ready, 2);
  fleet.obeys_and_looks();
  fleet.is_not_seen();
  fleet.plans(3);
  EXPECT_EQ(fleet.record.tally.building, 1);
  EXPECT_TRUE(fleet.steps().empty());
  ASSERT_EQ(fleet.record.withheld.size(), 3U);
  EXPECT_EQ(fleet.record.withheld[0].reason, Reason::balancer_unreachable);
}

TEST(Balancer, AMemberDrainsThenLeavesThenIsTerminated) {
  Balanced fleet;
  fleet.has_members(3);
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"drain i00"});
  fleet.obeys_and_looks();
  EXPECT_EQ(fleet.at("i00").membership, Membership::drained);
  fleet.plans(2);
  EXPECT_EQ(fleet.record.tally.draining, 1);
  EXPECT_EQ(fleet.withheld(), Texts{"terminate i00 DrainPending"});
  fleet.after(Duration{45'000});
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"leave i00"});
  EXPECT_EQ(fleet.withheld(), Texts{"terminate i00 LeavePending"});
  fleet.obeys_and_looks();
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"terminate i00"});
}

TEST(Balancer, TheLongerDrainHolds) {
  GroupSpec spec;
  spec.drain_timeout = Duration{90'000};
  EXPECT_EQ(drain_time(spec), Duration{90'000});
  spec.balancer.pools = {"p"};
  EXPECT_EQ(drain_time(spec), Duration{300'000});
  spec.drain_timeout = Duration{600'000};
  EXPECT_EQ(drain_time(spec), Duration{600'000});
}

TEST(Balancer, AnEndWaitsForALeaveThatIsNotAnsweredForAMinuteAndNoLonger) {
  Balanced fleet;
  fleet.has_members(3);
  fleet.plans(2);
  fleet.obeys_and_looks();
  fleet.after(Duration{45'000});
  fleet.plans(2);
  ASSERT_EQ(fleet.steps(), Texts{"leave i00"});
  fleet.after(Duration{59'000});
  fleet.plans(2);
  EXPECT_TRUE(fleet.steps().empty());
  fleet.after(Duration{1'000});
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"terminate i00"});
}

TEST(Balancer, AnEndDoesNotWaitForALeaveThatWasRefused) {
  Balanced fleet;
  fleet.has_members(3);
  fleet.plans(2);
  fleet.obeys_and_looks();
  fleet.after(Duration{45'000});
  fleet.plans(2);
  fleet.is_refused();
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"terminate i00"});
}

TEST(Balancer, WhatFailedLeavesBeforeItIsTerminated) {
  Balanced fleet;
  fleet.has_members(3);
  fleet.at("i01").state = "ERROR";
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), (Texts{"launch", "leave i01"}));
  fleet.obeys_and_looks();
  fleet.plans(3);
  EXPECT_EQ(fleet.steps()[0], "terminate i01");
}

TEST(Balancer, WhatIsNeededAfterAllWhileItDrainsJoinsAgainAndNothingIsLaunched) {
  Balanced fleet;
  fleet.has_members(4);
  fleet.plans(2);
  ASSERT_EQ(fleet.steps(), (Texts{"drain i00", "drain i01"}));
  fleet.obeys_and_looks();
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), Texts{"join i00"});
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::back_in_service);
  fleet.obeys_and_looks();
  fleet.plans(3);
  EXPECT_EQ(fleet.record.tally.ready, 3);
  EXPECT_EQ(fleet.record.tally.draining, 1);
  EXPECT_TRUE(fleet.steps().empty());
}

TEST(Balancer, WhatComesBackIsNoCapacityBeforeTheBalancerShowsIt) {
  Balanced fleet;
  fleet.has_members(3);
  fleet.plans(2);
  fleet.obeys_and_looks();
  fleet.plans(3);
  ASSERT_EQ(fleet.steps(), Texts{"join i00"});
  fleet.after(a_look);
  fleet.plans(3);
  EXPECT_EQ(fleet.record.tally.ready, 2);
  EXPECT_EQ(fleet.record.tally.building, 1);
  EXPECT_TRUE(fleet.steps().empty());
}

TEST(Balancer, WhatIsCondemnedOrWasPromisedToAHookDoesNotComeBack) {
  Balanced fleet;
  fleet.spec.hooks.push_back({"flush", HookOn::terminate, Duration{600'000}, true});
  fleet.has_members(3);
  fleet.plans(2);
  fleet.obeys_and_looks();
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), Texts{"launch"});
}

TEST(Balancer, ALostAnswerToADrainIsSeenInTheBalancer) {
  Balanced fleet;
  fleet.has_members(3);
  fleet.plans(2);
  const std::string token = fleet.state.intents[0].token;
  (void)note_sent(fleet.state, token, fleet.now);
  (void)note_outcome(fleet.state, token, {::settle::Answer::unknown, {}, {}}, fleet.now);
  fleet.at("i00").membership = Membership::drained;
  fleet.after(a_look);
  fleet.plans(2);
  EXPECT_TRUE(fleet.state.intents.empty());
  EXPECT_EQ(fleet.withheld(), Texts{"terminate i00 DrainPending"});
}

TEST(Balancer, WhatALateJoinPutBackWhileItDrainsIsDrainedAgain) {
  Balanced fleet;
  fleet.has_members(3);
  fleet.plans(2);
  fleet.obeys_and_looks();
  fleet.plans(2);
  fleet.at("i00").membership = Membership::member;
  fleet.after(a_look);
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"drain i00"});
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::leaves_balancer);
  fleet.obeys_and_looks();
  fleet.plans(2);
  EXPECT_EQ(fleet.at("i00").membership, Membership::drained);
  EXPECT_TRUE(fleet.steps().empty());
  fleet.after(a_look);
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"leave i00"});  // A minute after the first drain.
}

TEST(Balancer, BeingInNoPoolAnswersNoDrainThatWasNotAnswered) {
  Balanced fleet;
  fleet.has_members(3);
  fleet.plans(2);
  fleet.at("i00").membership = Membership::absent;
  fleet.after(a_look);
  fleet.plans(2);
  ASSERT_EQ(fleet.state.intents.size(), 1U);
  EXPECT_FALSE(fleet.state.instances[0].draining_since);
  fleet.obeys_and_looks();
  fleet.plans(2);
  EXPECT_TRUE(fleet.state.intents.empty());
  EXPECT_TRUE(fleet.state.instances[0].draining_since);
}

TEST(Balancer, WhatWaitsToJoinAndMayHaveJoinedDrainsBeforeItsEnd) {
  Balanced fleet;
  fleet.has_members(2);
  const InstanceId id = fleet.launches_one();
  fleet.is_not_seen();
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"drain " + id.value});
}

TEST(Balancer, SomebodyElsesWeightOfZeroIsOverruledAndEndsNothing) {
  Balanced fleet;
  fleet.has_members(2);
  fleet.at("i00").membership = Membership::drained;
  fleet.at("i01").membership = Membership::partial;
  fleet.plans(2);
  EXPECT_EQ(fleet.record.tally.ready, 2);
  EXPECT_EQ(fleet.steps(), (Texts{"join i00", "join i01"}));
}

TEST(Balancer, WhatIsOnStandbyLeavesAndIsNoCapacityUntilItIsAMemberAgain) {
  Balanced fleet;
  fleet.has_members(2);
  fleet.is_told("i00", InstanceVerb::standby);
  fleet.plans(1);
  EXPECT_EQ(fleet.steps(), Texts{"leave i00"});
  fleet.obeys_and_looks();
  fleet.is_told("i00", InstanceVerb::in_service);
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"join i00"});
  EXPECT_EQ(fleet.record.tally.ready, 1);
  fleet.obeys_and_looks();
  fleet.plans(2);
  EXPECT_EQ(fleet.record.tally.ready, 2);
}

TEST(Balancer, AMemberWithoutAnInstanceLeavesOnceAListingIsComplete) {
  Balanced fleet;
  fleet.has_members(2);
  fleet.seen.strays = {{"gone"}};
  fleet.seen.is_complete = false;
  fleet.plans(2);
  EXPECT_TRUE(fleet.steps().empty());
  fleet.seen.is_complete = true;
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"leave gone"});
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::member_left_over);
  fleet.obeys_and_looks();
  fleet.plans(2);
  EXPECT_TRUE(fleet.state.intents.empty());
  EXPECT_TRUE(fleet.steps().empty());
}

TEST(Balancer, AMemberThatIsMissedAndNotDeadYetStays) {
  Balanced fleet;
  fleet.has_members(3);
  fleet.loses("i01");
  fleet.seen.strays = {{"i01"}};
  fleet.plans(3);
  EXPECT_TRUE(fleet.steps().empty());
}

TEST(Balancer, WhoMayOnlyGrowJoinsAndDoesNotLeave) {
  Balanced fleet;
  fleet.spec.mode = Mode::only_up;
  fleet.has_members(2);
  fleet.at("i00").membership = Membership::absent;
  fleet.seen.strays = {{"gone"}};
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"join i00"});
  EXPECT_EQ(fleet.withheld(), Texts{"leave gone OnlyUp"});
}

TEST(Balancer, APausedGroupAsksItsBalancerForNothing) {
  Balanced fleet;
  fleet.spec.mode = Mode::pause;
  fleet.has_members(2);
  fleet.at("i00").membership = Membership::absent;
  fleet.plans(2);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_EQ(fleet.withheld(), Texts{"join i00 Paused"});
}

TEST(Balancer, AJoinThatIsNoLongerWantedIsNotSent) {
  Balanced fleet;
  fleet.has_members(2);
  const InstanceId id = fleet.launches_one();
  fleet.plans(3);
  ASSERT_EQ(fleet.steps(), Texts{"join " + id.value});
  fleet.at(id.value).state = "ERROR";
  fleet.after(a_look);
  fleet.counts();
  EXPECT_TRUE(fleet.state.intents.empty());
}

TEST(Balancer, EachStandingOfAMemberHasWords) {
  EXPECT_EQ(name(Membership::absent), "in no pool");
  EXPECT_EQ(name(Membership::drained), "at weight 0");
  EXPECT_EQ(name(Membership::partial), "not as declared");
}

TEST(Balancer, EachIsAskedAboutByItself) {
  Balanced fleet;
  fleet.spec.balancer.pools = {"web-pool", "api-pool"};
  fleet.has_many(3);
  for (Instance& one : fleet.seen.instances) one.membership = Membership::absent;
  fleet.warms_up();
  fleet.state.setbacks = {
      {{"i00"}, Reason::balancer_refused, fleet.now + Duration{60'000}, 1, "", true},
      {{"i02"}, Reason::cloud_refused, fleet.now + Duration{60'000}, 1, "", false}};
  fleet.plans(3);
  ASSERT_EQ(fleet.steps(), (Texts{"join i01", "join i02"}));
  EXPECT_EQ(fleet.withheld(), Texts{"join i00 BalancerRefused"});
  const Facts& facts = fleet.record.steps[0].facts;
  EXPECT_NE(std::find(facts.begin(), facts.end(), Fact("pools", std::string("web-pool, api-pool"))),
            facts.end());
  fleet.after(Duration{60'000});
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), Texts{"join i00"}) << "the others are asked for already";
  fleet.obeys_and_looks();
  fleet.plans(3);
  EXPECT_EQ(fleet.state.setbacks.size(), 1U) << "what the cloud refused is another matter";
}

TEST(Balancer, WhoIsOnStandbyAndInNoPoolHasNothingToLeave) {
  Balanced fleet;
  fleet.has_members(3);
  fleet.at("i00").membership = Membership::absent;
  fleet.at("i01").membership = Membership::unknown;
  fleet.is_told("i00", InstanceVerb::standby);
  fleet.is_told("i01", InstanceVerb::standby);
  fleet.plans(1);
  EXPECT_TRUE(fleet.steps().empty());
}

TEST(Balancer, AdviceEndsAtOnceWhomTheBalancerDoesNotShow) {
  for (const Membership membership : {Membership::unknown, Membership::member}) {
    Balanced fleet;
    fleet.has_members(3);
    fleet.at("i00").membership = membership;
    fleet.at("i00").state = "ERROR";
    fleet.context.authority = Authority::advise;
    fleet.plans(2);
    const Texts advised =
        membership == Membership::unknown ? Texts{"terminate i00"} : Texts{"leave i00"};
    EXPECT_EQ(fleet.steps(), advised);
  }
}

TEST(Balancer, WhatIsPutBackByALateJoinIsNotDrainedAgainDuringAPauseNorBesideAnotherStep) {
  for (const bool is_paused : {true, false}) {
    Balanced fleet;
    fleet.has_members(3);
    fleet.plans(2);
    fleet.obeys_and_looks();
    fleet.plans(2);
    fleet.at("i00").membership = is_paused ? Membership::member : Membership::partial;
    if (is_paused) {
      fleet.context.standing = FleetOrder{Mode::pause, "all", "ada", "", fleet.now};
    } else {
      for (const char* id : {"i02", "i00"}) {
        Intent intent;
        intent.token = id;
        intent.kind = IntentKind::terminate;
        intent.instance = {id};
        intent.opened_at = fleet.now;
        fleet.state.intents.push_back(intent);
      }
    }
    fleet.after(a_look);
    fleet.plans(2);
    const Texts steps = fleet.steps();
    EXPECT_EQ(std::count(steps.begin(), steps.end(), "drain i00"), 0);
  }
}

// Two drain, one is needed after all, and something speaks against the first of them.
TEST(Balancer, WhoIsNotFitToServeDoesNotComeBack) {
  using Spoils = void (*)(Fleet&, InstanceMemory&);
  const Spoils all[] = {
      [](Fleet& fleet, InstanceMemory&) { fleet.is_unhealthy("i00"); },
      [](Fleet&, InstanceMemory& memory) { memory.retiring = true; },
      [](Fleet& fleet, InstanceMemory&) { fleet.at("i00").state = "MIGRATING"; },
      [](Fleet& fleet, InstanceMemory&) { fleet.at("i00").membership = Membership::unknown; },
      [](Fleet& fleet, InstanceMemory&) {
        fleet.state.setbacks = {{{"i00"}, Reason::balancer_refused, fleet.now, 1, "", true}};
      },
      [](Fleet& fleet, InstanceMemory&) {
        Intent intent;
        intent.token = "t";
        intent.kind = IntentKind::terminate;
        intent.instance = {"i00"};
        intent.opened_at = fleet.now;
        fleet.state.intents.push_back(intent);
      },
      [](Fleet& fleet, InstanceMemory&) {
        Intent intent;
        intent.token = "t";
        intent.kind = IntentKind::leave;
        intent.instance = {"i00"};
        intent.opened_at = fleet.now;
        fleet.state.intents.push_back(intent);
      },
      [](Fleet& fleet, InstanceMemory&) { fleet.context.authority = Authority::advise; },
      [](Fleet& fleet, InstanceMemory&) {
        fleet.context.standing = FleetOrder{Mode::pause, "all", "ada", "", fleet.now};
      },
  };
  for (const Spoils& spoils : all) {
    Balanced fleet;
    fleet.has_members(4);
    fleet.plans(2);
    fleet.obeys_and_looks();
    fleet.plans(2);
    spoils(fleet, fleet.state.instances[0]);
    fleet.plans(3);
    const Texts steps = fleet.steps();
    EXPECT_EQ(std::count(steps.begin(), steps.end(), "join i00"), 0) << &spoils - &all[0];
  }
}

TEST(Balancer, ADrainThatWasNotSeenYetIsForgottenWithTheReturn) {
  Balanced fleet;
  fleet.has_members(4);
  fleet.plans(2);
  for (const Intent& intent : std::vector<Intent>(fleet.state.intents)) {
    (void)note_sent(fleet.state, intent.token, fleet.now);
    (void)note_outcome(fleet.state, intent.token, {}, fleet.now);
  }
  fleet.after(a_look);
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), Texts{"join i00"});
  for (const Intent& intent : fleet.state.intents) {
    EXPECT_FALSE(intent.kind == IntentKind::drain && intent.instance.value == "i00");
  }
}

}  // namespace
}  // namespace settle
