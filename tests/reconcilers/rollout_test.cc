// Members that were made from another template, or are too old, give way some at a time.
#include <utility>

#include <gtest/gtest.h>

#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using Texts = std::vector<std::string>;

// Ten members of v1, and a group that is to be of v2.
struct Rolling : Fleet {
  Rolling() {
    spec.rollout.is_on = true;
    spec.rollout.batch = {Decimal(2), false, 1, Duration{}};
    spec.launch = {{"image", "one"}};
    has_many(10);
    warms_up();
  }
  void changes_template() {
    plans(10);
    after(Duration{15'000});
    spec.launch_hash = "v2";
    spec.launch = {{"image", "two"}};
  }
  void round(Duration later = Duration{60'000}) {
    obeys();
    after(later);
    plans(10);
  }
  [[nodiscard]] int of(const std::string& launch) const {
    return static_cast<int>(
        std::count_if(seen.instances.begin(), seen.instances.end(), [&](const Instance& instance) {
          return instance.launch_hash == launch && instance.state == "ACTIVE";
        }));
  }
  [[nodiscard]] std::string newest() const {
    for (const Instance& instance : seen.instances) {
      if (instance.launch_hash == "v2" && instance.state == "ACTIVE") return instance.id.value;
    }
    return {};
  }
  [[nodiscard]] RolloutStage stage() const { return state.rollout.stage; }
};

TEST(Rollout, WhatExistsStaysWhereTheGroupHasNone) {
  Rolling fleet;
  fleet.spec.rollout.is_on = false;
  fleet.changes_template();
  fleet.plans(10);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_TRUE(fleet.withheld().empty());
  EXPECT_EQ(fleet.state.rollout, RolloutState{});
}

TEST(Rollout, TakesABatchFromOneZone) {
  Rolling fleet;
  for (const char* id : {"i00", "i02", "i04"}) fleet.at(id).zone = "a";
  fleet.changes_template();
  fleet.plans(10);
  ASSERT_EQ(fleet.steps(), (Texts{"launch", "launch"}));
  EXPECT_EQ(fleet.record.steps[0].replaces.value, "i00");
  EXPECT_EQ(fleet.record.steps[1].replaces.value, "i02") << "i01 is in another";
  fleet.round();
  EXPECT_EQ(fleet.steps(), (Texts{"terminate i00", "terminate i02"}));
}

TEST(Rollout, LaunchesABatchAndThenTakesAwayTheOldest) {
  Rolling fleet;
  fleet.changes_template();
  fleet.plans(10);
  EXPECT_EQ(fleet.steps(), (Texts{"launch", "launch"}));
  EXPECT_EQ(fleet.record.steps[0].replaces.value, "i00");
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::launch_outdated);
  EXPECT_EQ(fleet.withheld(),
            (Texts{"terminate i00 ReplacementPending", "terminate i01 ReplacementPending"}));
  fleet.round();
  EXPECT_EQ(fleet.steps(), (Texts{"terminate i00", "terminate i01"}));
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::launch_outdated);
}

TEST(Rollout, ReplacesAllOfThemWithoutEverBeingShort) {
  Rolling fleet;
  fleet.changes_template();
  fleet.plans(10);
  for (int i = 0; i < 30 && fleet.of("v1") > 0; ++i) {
    fleet.round();
    EXPECT_GE(fleet.of("v1") + fleet.of("v2"), 10);
    EXPECT_LE(fleet.of("v1") + fleet.of("v2"), 12);
  }
  EXPECT_EQ(fleet.of("v1"), 0);
  EXPECT_EQ(fleet.of("v2"), 10);
  fleet.round();
  fleet.round();
  EXPECT_EQ(fleet.stage(), RolloutStage::idle);
  EXPECT_EQ(fleet.state.rollout.good, "v2");
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_TRUE(fleet.withheld().empty());
}

TEST(Rollout, NeverGoesAboveMax) {
  Rolling fleet;
  fleet.spec.limits = {0, 11};
  fleet.changes_template();
  fleet.plans(10);
  EXPECT_EQ(fleet.steps(), Texts{"launch"});
  fleet.obeys();
  fleet.spec.limits = {0, 10};
  fleet.after(Duration{60'000});
  fleet.plans(10);
  EXPECT_EQ(fleet.steps(), Texts{"terminate i00"});
}

TEST(Rollout, WaitsWhereThereIsNoRoomUnderMax) {
  Rolling fleet;
  fleet.spec.limits = {0, 10};
  fleet.changes_template();
  fleet.plans(10);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_EQ(fleet.withheld(),
            (Texts{"terminate i00 NoRoomToReplace", "terminate i01 NoRoomToReplace"}));
}

TEST(Rollout, StaysWithinTheOneDisruptionBudget) {
  Rolling fleet;
  fleet.spec.guards.disruption = {Decimal(1), false, 1, Duration{}};
  fleet.spec.drain_timeout = Duration{300'000};
  fleet.changes_template();
  fleet.plans(10);
  fleet.round();
  EXPECT_EQ(fleet.steps(), Texts{"drain i00"});
  EXPECT_EQ(fleet.withheld(), Texts{"drain i01 DisruptionBudgetSpent"});
}

TEST(Rollout, BeginsWithCanariesAndSoaksThem) {
  Rolling fleet;
  fleet.spec.rollout.canary = 1;
  fleet.spec.rollout.canary_soak = Duration{600'000};
  fleet.changes_template();
  fleet.plans(10);
  EXPECT_EQ(fleet.steps(), Texts{"launch"});
  EXPECT_EQ(fleet.stage(), RolloutStage::canary);
  fleet.round();
  EXPECT_EQ(fleet.steps(), Texts{"terminate i00"});
  fleet.round();
  EXPECT_EQ(fleet.stage(), RolloutStage::canary_soak);
  EXPECT_EQ(fleet.withheld(), Texts{"terminate x9 RolloutSoaking"});
  EXPECT_EQ(fleet.record.withheld[0].until, fleet.now + Duration{600'000});
  fleet.round(Duration{599'999});
  EXPECT_TRUE(fleet.steps().empty());
  fleet.round(Duration{1});
  EXPECT_EQ(fleet.stage(), RolloutStage::batch);
  EXPECT_EQ(fleet.steps(), (Texts{"launch", "launch"}));
}

TEST(Rollout, WaitsWhileANewMemberIsUnwell) {
  Rolling fleet;
  fleet.spec.rollout.failures = 5;
  fleet.spec.health.grace = Duration{};
  fleet.spec.health.unhealthy_for = Duration{7'200'000};
  fleet.changes_template();
  fleet.plans(10);
  fleet.round();
  fleet.obeys();
  fleet.is_unhealthy(fleet.newest());
  fleet.after(Duration{60'000});
  fleet.plans(10);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_EQ(fleet.withheld(), Texts{"terminate x8 RolloutUnwell"});
}

TEST(Rollout, HaltsAfterSoManyFailuresAndReplacesNobody) {
  Rolling fleet;
  fleet.changes_template();
  fleet.plans(10);
  fleet.obeys();
  fleet.after(Duration{60'000});
  fleet.at(fleet.newest()).state = "ERROR";
  fleet.plans(10);
  EXPECT_EQ(fleet.stage(), RolloutStage::halted);
  EXPECT_EQ(fleet.census.retiring, 0);
  ASSERT_FALSE(fleet.record.withheld.empty());
  const Facts facts{
      {"launch_hash", std::string("v1")}, {"limit", std::int64_t{1}}, {"times", std::int64_t{1}}};
  EXPECT_EQ(fleet.record.withheld.back().facts, facts);
  for (int i = 0; i < 10; ++i) {
    fleet.round();
    EXPECT_EQ(fleet.withheld(), Texts{"terminate x9 RolloutHalted"}) << i;
    if (i > 1) {
      EXPECT_TRUE(fleet.steps().empty());
    }
  }
  EXPECT_GE(fleet.of("v1"), 8);
}

TEST(Rollout, ATemplateIsGoodOnceNobodyIsOfAnotherProtectedOnesIncluded) {
  Rolling fleet;
  fleet.changes_template();
  fleet.at("i05").is_protected = true;
  for (int i = 0; i < 30 && fleet.of("v1") > 1; ++i) fleet.round();
  fleet.round();
  EXPECT_EQ(fleet.of("v1"), 1);
  EXPECT_EQ(fleet.state.rollout.good, "v1");
  fleet.at("i05").is_protected = false;
  for (int i = 0; i < 5; ++i) fleet.round();
  EXPECT_EQ(fleet.of("v1"), 0);
  EXPECT_EQ(fleet.state.rollout.good, "v2");
}

TEST(Rollout, ATemplateIsNotGoodWhileOneOfItsMembersIsUnwell) {
  for (const auto& [is_ill, good] : {std::pair(true, ""), std::pair(false, "v1")}) {
    Rolling fleet;
    if (is_ill) fleet.is_unhealthy("i03");
    fleet.plans(10);
    EXPECT_EQ(fleet.state.rollout.good, good);
  }
}

TEST(Rollout, AnotherTemplateBeginsAnotherChange) {
  Rolling fleet;
  fleet.changes_template();
  fleet.plans(10);
  fleet.obeys();
  fleet.after(Duration{60'000});
  fleet.at(fleet.newest()).state = "ERROR";
  fleet.plans(10);
  ASSERT_EQ(fleet.stage(), RolloutStage::halted);
  fleet.round();
  fleet.round();
  fleet.spec.launch_hash = "v3";
  fleet.round();
  EXPECT_EQ(fleet.stage(), RolloutStage::batch);
  EXPECT_EQ(fleet.state.rollout.failures, 0U);
}

TEST(Rollout, RollsBackToTheEarlierTemplate) {
  Rolling fleet;
  fleet.spec.rollout.rolls_back = true;
  fleet.changes_template();
  EXPECT_EQ(fleet.state.rollout.good, "v1");
  fleet.plans(10);
  fleet.obeys();
  fleet.after(Duration{60'000});
  fleet.at(fleet.newest()).state = "ERROR";
  fleet.plans(10);
  EXPECT_EQ(fleet.stage(), RolloutStage::rolled_back);
  EXPECT_EQ(launch_in_force(fleet.spec, fleet.state), "v1");
  ASSERT_EQ(fleet.state.rollout.good_launch.size(), 1U);
  EXPECT_EQ(fleet.state.rollout.good_launch[0].value, "one");
  for (int i = 0; i < 20; ++i) fleet.round();
  EXPECT_EQ(fleet.of("v1"), 10);
  EXPECT_EQ(fleet.of("v2"), 0);
  EXPECT_TRUE(fleet.steps().empty());
}

TEST(Rollout, GoesOnWhereItsPredecessorLeftIt) {
  Rolling fleet;
  fleet.changes_template();
  fleet.plans(10);
  fleet.obeys();
  fleet.state.good_observations = 0;
  fleet.after(Duration{15'000});
  fleet.plans(10);
  EXPECT_TRUE(fleet.steps().empty());
  fleet.after(Duration{60'000});
  fleet.plans(10);
  EXPECT_EQ(fleet.steps(), (Texts{"terminate i00", "terminate i01"}));
}

TEST(Rollout, LeavesProtectedMembersAlone) {
  Rolling fleet;
  fleet.at("i00").is_protected = true;
  fleet.is_told("i01", InstanceVerb::protect);
  fleet.changes_template();
  fleet.plans(10);
  ASSERT_EQ(fleet.steps().size(), 2U);
  EXPECT_EQ(fleet.record.steps[0].replaces.value, "i02");
  EXPECT_EQ(fleet.record.steps[1].replaces.value, "i03");
}

TEST(Rollout, WaitsInAFreezeOfItsClass) {
  Rolling fleet;
  fleet.spec.guards.freezes = {
      {"calm", WeeklyWindow{0x7f, 0, 0, 0}, {StepClass::replace_outdated}}};
  fleet.changes_template();
  fleet.plans(10);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_EQ(fleet.withheld()[0], "launch x2 Frozen");
}

TEST(Rollout, AMemberThatIsTooOldGivesWay) {
  Rolling fleet;
  fleet.spec.rollout.is_on = false;
  fleet.spec.age_max = Duration{7'200'000};
  fleet.at("i03").created = fleet.now - Duration{7'200'000};
  fleet.plans(10);
  ASSERT_EQ(fleet.steps(), Texts{"launch"});
  EXPECT_EQ(fleet.record.steps[0].replaces.value, "i03");
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::instance_too_old);
  fleet.round();
  EXPECT_EQ(fleet.steps(), Texts{"terminate i03"});
  fleet.round();
  EXPECT_TRUE(fleet.withheld().empty());
  EXPECT_EQ(fleet.state.rollout, RolloutState{});
}

TEST(Rollout, AShrinkingGroupLetsThemGoWithoutAnother) {
  Rolling fleet;
  fleet.changes_template();
  fleet.plans(10);
  fleet.state.intents.clear();
  fleet.after(Duration{15'000});
  fleet.plans(8);
  EXPECT_EQ(fleet.steps(), (Texts{"terminate i00", "terminate i01"}));
}

TEST(Rollout, ADoubtedProbeIsNoFailureOfTheNewMembers) {
  Rolling fleet;
  fleet.changes_template();
  fleet.plans(10);
  fleet.round();
  ASSERT_EQ(fleet.of("v2"), 2);
  fleet.after(Duration{600'000});
  for (const Instance& instance : fleet.seen.instances) fleet.is_unhealthy(instance.id.value);
  fleet.plans(10);
  EXPECT_TRUE(fleet.census.probe_suspect);
  EXPECT_EQ(fleet.state.rollout.failures, 0U);
  EXPECT_NE(fleet.stage(), RolloutStage::halted);
}

TEST(Rollout, BeginsWithoutTheFailuresOfTheLast) {
  Rolling fleet;
  fleet.plans(10);
  ASSERT_EQ(fleet.stage(), RolloutStage::idle);
  fleet.state.rollout.failures = 1;
  fleet.at("i03").launch_hash = "v0";
  fleet.after(Duration{15'000});
  fleet.plans(10);
  EXPECT_NE(fleet.stage(), RolloutStage::idle);
  EXPECT_EQ(fleet.state.rollout.failures, 0U);
}

TEST(Rollout, RelievesNoMoreThanTheGroupLacks) {
  Rolling fleet;
  fleet.spec.rollout.is_on = false;
  fleet.at("i00").state = "ERROR";
  fleet.is_told("i01", InstanceVerb::replace);
  fleet.is_told("i02", InstanceVerb::replace);
  fleet.has("young", "BUILD");
  fleet.plans(10);
  int launches = 0;
  for (const TakenStep& step : fleet.record.steps) launches += step.op == StepOp::launch ? 1 : 0;
  EXPECT_EQ(launches, 2) << "one for what failed, and one of the two; the third is being built";
}

}  // namespace
}  // namespace settle
