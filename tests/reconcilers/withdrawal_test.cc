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

}  // namespace
}  // namespace settle
