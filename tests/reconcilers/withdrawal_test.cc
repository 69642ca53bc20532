// What is taken back, and what it counts as in the round that takes it back.
#include <gtest/gtest.h>

#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

Intent ends(std::string instance, Time opened_at) {
  Intent intent;
  intent.token = "t-" + instance;
  intent.kind = IntentKind::terminate;
  intent.instance = {std::move(instance)};
  intent.opened_at = opened_at;
  intent.takes_service = true;
  return intent;
}

TEST(Withdrawal, WhatStaysAfterAllIsNotLaunchedAgain) {
  Fleet fleet;
  fleet.has_many(2);
  fleet.warms_up();
  fleet.state.intents.push_back(ends("i00", fleet.now - Duration{60'000}));
  fleet.plans(2);
  EXPECT_TRUE(fleet.state.intents.empty());
  EXPECT_TRUE(fleet.steps().empty());
}

TEST(Withdrawal, WhatStaysAlthoughItFailedIsReplaced) {
  Fleet fleet;
  fleet.has_many(4);
  fleet.is_unhealthy("i00");
  fleet.warms_up();
  fleet.state.intents.push_back(ends("i00", fleet.now - Duration{60'000}));
  fleet.plans(4);
  ASSERT_EQ(fleet.record.steps.size(), 1U);
  EXPECT_EQ(fleet.record.steps[0].op, StepOp::launch);
  EXPECT_EQ(fleet.record.steps[0].replaces.value, "i00");
}

/// Four are wanted; a fifth did not serve yet when it was chosen to go, and has begun to since.
Fleet with_a_latecomer(const std::string& was) {
  Fleet fleet;
  fleet.has_many(4);
  fleet.has("late", was);
  fleet.warms_up();
  fleet.plans(4);
  EXPECT_EQ(fleet.steps(), std::vector<std::string>{"terminate late"});
  fleet.after(Duration{15'000});
  fleet.at("late").state = "ACTIVE";
  return fleet;
}

TEST(Withdrawal, WhoBeginsToServeBeforeItsEndWasSentIsChosenAnewAndDrained) {
  for (const char* const was : {"BUILD", "SHUTOFF"}) {
    Fleet fleet = with_a_latecomer(was);
    fleet.spec.drain_timeout = Duration{60'000};
    fleet.plans(4);
    ASSERT_EQ(fleet.state.intents.size(), 1U) << was;
    EXPECT_EQ(fleet.state.intents[0].kind, IntentKind::drain) << was;
    EXPECT_TRUE(fleet.state.intents[0].takes_service) << was;
  }
}

TEST(Withdrawal, WhoBeginsToServeBeforeItsEndWasSentIsOfTheDisruptionBudget) {
  for (const char* const was : {"BUILD", "SHUTOFF", "ERROR"}) {
    Fleet fleet = with_a_latecomer(was);
    fleet.spec.guards.disruption = {Decimal(1), false, 1, Duration{}};
    fleet.loses("i00");
    fleet.plans(3);
    EXPECT_TRUE(fleet.state.intents.empty()) << was;
    EXPECT_EQ(fleet.withheld().size(), 1U) << was;
    EXPECT_EQ(fleet.record.withheld[0].reason, Reason::disruption_budget_spent) << was;
  }
}

TEST(Withdrawal, WhatWasSentStandsWhateverItsVictimDoesSince) {
  Fleet fleet = with_a_latecomer("BUILD");
  (void)note_sent(fleet.state, fleet.state.intents[0].token, fleet.now);
  fleet.plans(4);
  ASSERT_EQ(fleet.state.intents.size(), 1U);
  EXPECT_EQ(fleet.state.intents[0].kind, IntentKind::terminate);
}

TEST(Withdrawal, WhoWaitsForItsLaunchHookDoesNotServeYet) {
  Fleet fleet;
  fleet.spec.hooks = {{"welcome", HookOn::launch, Duration{600'000}, true}};
  fleet.has_many(2);
  fleet.warms_up();
  fleet.plans(3);
  fleet.obeys();
  fleet.after(Duration{15'000});
  fleet.plans(2);
  ASSERT_EQ(fleet.record.steps.size(), 1U);
  const InstanceId late = fleet.record.steps[0].instance;
  fleet.after(Duration{15'000});
  fleet.plans(2);
  ASSERT_EQ(fleet.state.intents.size(), 1U) << "it stands while nobody has answered";
  fleet.spec.drain_timeout = Duration{60'000};
  fleet.is_answered(late.value, "welcome", true);
  fleet.plans(2);
  ASSERT_EQ(fleet.state.intents.size(), 1U);
  EXPECT_EQ(fleet.state.intents[0].kind, IntentKind::drain) << "whoever goes now";
}

/// Four bear a token each; one of them was to go, and is needed after all.
Fleet with_tokens() {
  Fleet fleet;
  fleet.has_many(4);
  for (Instance& instance : fleet.seen.instances) instance.token = "of-" + instance.id.value;
  fleet.warms_up();
  fleet.plans(3);
  return fleet;
}

TEST(Withdrawal, OneThatIsNeededAfterAllStaysUnlessItsTwinDoes) {
  Fleet fleet = with_tokens();
  ASSERT_EQ(fleet.state.intents.size(), 1U);
  fleet.after(Duration{15'000});
  Fleet doubled = fleet;
  fleet.plans(4);
  EXPECT_TRUE(fleet.state.intents.empty());

  const InstanceId leaver = doubled.state.intents[0].instance;
  const std::string token = doubled.at(leaver.value).token;
  doubled.has("z", "ACTIVE").token = token;
  Fleet bereft = doubled;
  doubled.plans(5);
  EXPECT_EQ(doubled.state.intents[0].instance, leaver) << "one of the two goes in any case";

  bereft.counts();
  bereft.after(Duration{15'000});
  bereft.at("z").state = "DELETED";
  bereft.plans(4);
  EXPECT_TRUE(bereft.state.intents.empty()) << "the twin is gone";
}

TEST(Withdrawal, NoMoreStayThanAreNeeded) {
  Fleet fleet;
  fleet.has_many(4);
  fleet.warms_up();
  fleet.plans(2);
  ASSERT_EQ(fleet.state.intents.size(), 2U);
  fleet.after(Duration{15'000});
  fleet.plans(3);
  EXPECT_EQ(fleet.state.intents.size(), 1U);
}

}  // namespace
}  // namespace settle
