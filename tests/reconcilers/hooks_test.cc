// Who asked to be heard before an instance serves, or before it goes.
#include "reconcilers/hooks.h"

#include <gtest/gtest.h>

#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using Texts = std::vector<std::string>;

struct Hooked : Fleet {
  explicit Hooked(HookOn on, bool proceeds = true) {
    spec.hooks.push_back({"prepare", on, Duration{600'000}, proceeds});
  }
  InstanceId launches_one() {
    warms_up();
    plans(static_cast<Capacity>(seen.instances.size()) + 1);
    obeys();
    after(Duration{15'000});
    for (const Instance& instance : seen.instances) {
      if (instance.id.value.starts_with("new-")) return instance.id;
    }
    return {};
  }
};

TEST(Hooks, AnInstanceWithAnUnansweredLaunchHookIsNotReady) {
  Hooked fleet(HookOn::launch);
  fleet.has_many(2);
  const InstanceId id = fleet.launches_one();
  fleet.plans(3);
  EXPECT_EQ(fleet.record.tally.ready, 2);
  EXPECT_EQ(fleet.record.tally.building, 1);
  EXPECT_EQ(fleet.withheld(), Texts{"launch " + id.value + " HookPending"});
  EXPECT_EQ(fleet.record.withheld[0].guard, "hook/prepare");
  EXPECT_EQ(fleet.record.withheld[0].until, fleet.now + Duration{585'000});
}

TEST(Hooks, WhatWasThereBeforeIsNotHeld) {
  Hooked fleet(HookOn::launch);
  fleet.has_many(2);
  fleet.warms_up();
  fleet.plans(2);
  EXPECT_EQ(fleet.record.tally.ready, 2);
  EXPECT_TRUE(fleet.withheld().empty());
}

TEST(Hooks, AnAnswerLetsItServe) {
  Hooked fleet(HookOn::launch);
  fleet.has_many(2);
  const InstanceId id = fleet.launches_one();
  fleet.counts();
  fleet.is_answered(id.value, "prepare", true);
  fleet.plans(3);
  EXPECT_EQ(fleet.record.tally.ready, 3);
  EXPECT_TRUE(fleet.withheld().empty());
}

TEST(Hooks, AnAbandonedInstanceIsReplaced) {
  Hooked fleet(HookOn::launch);
  fleet.has_many(2);
  const InstanceId id = fleet.launches_one();
  fleet.counts();
  fleet.is_answered(id.value, "prepare", false);
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), (Texts{"launch", "terminate " + id.value}));
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::hook_abandoned);
  EXPECT_EQ(fleet.state.born_dead.failures, 1U);
}

TEST(Hooks, AtTheDeadlineOfALaunchTheDefaultHolds) {
  for (const bool proceeds : {true, false}) {
    Hooked fleet(HookOn::launch, proceeds);
    fleet.has_many(2);
    (void)fleet.launches_one();
    fleet.counts();
    fleet.after(Duration{584'999});
    EXPECT_EQ(fleet.counts().tally.building, 1);
    fleet.after(Duration{1});
    fleet.plans(3);
    EXPECT_EQ(fleet.record.tally.ready, proceeds ? 3 : 2);
    EXPECT_EQ(fleet.record.tally.condemned, proceeds ? 0 : 1);
  }
}

TEST(Hooks, ATerminateHookHoldsTheEndFromTheDrainOn) {
  Hooked fleet(HookOn::terminate);
  fleet.has_many(3);
  fleet.warms_up();
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"drain i00"});
  fleet.obeys();
  fleet.after(Duration{60'000});
  fleet.plans(2);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_EQ(fleet.withheld(), Texts{"terminate i00 HookPending"});
  fleet.after(Duration{1'000});
  fleet.is_answered("i00", "prepare", true);
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"terminate i00"});
}

TEST(Hooks, ATerminateHookThatNobodyAnswersEndsAtItsDeadline) {
  Hooked fleet(HookOn::terminate);
  fleet.has_many(3);
  fleet.warms_up();
  fleet.plans(2);
  fleet.obeys();
  fleet.after(Duration{60'000});
  fleet.plans(2);
  EXPECT_FALSE(fleet.withheld().empty());
  fleet.after(Duration{600'000});
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"terminate i00"});
}

TEST(Hooks, AnAnswerToAnEarlierDrainDoesNotCount) {
  Hooked fleet(HookOn::terminate);
  fleet.has_many(3);
  fleet.warms_up();
  fleet.is_answered("i00", "prepare", true);
  fleet.after(Duration{15'000});
  fleet.plans(2);
  fleet.obeys();
  fleet.after(Duration{15'000});
  fleet.plans(2);
  EXPECT_EQ(fleet.withheld(), Texts{"terminate i00 HookPending"});
}

TEST(Hooks, AnInstanceThatFailedWaitsForItsTerminateHookToo) {
  Hooked fleet(HookOn::terminate);
  fleet.has_many(3);
  fleet.warms_up();
  fleet.at("i00").state = "ERROR";
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), (Texts{"launch", "drain i00"}));
  fleet.obeys();
  fleet.after(Duration{15'000});
  fleet.plans(3);
  EXPECT_EQ(fleet.withheld(), Texts{"terminate i00 HookPending"});
  fleet.after(Duration{600'000});
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), Texts{"terminate i00"});
}

TEST(Hooks, WhatIsStillBeingMadeWaitsForNobodyYet) {
  Fleet fleet;
  fleet.spec.hooks = {{"welcome", HookOn::launch, Duration{600'000}, true}};
  fleet.has_many(2);
  fleet.has("young", "BUILD");
  fleet.warms_up();
  fleet.plans(3);
  EXPECT_TRUE(fleet.withheld().empty());
}

TEST(Hooks, EachHasItsOwnAnswerAndItsOwnWord) {
  GroupSpec spec;
  HookSpec hook;
  for (const char* name : {"a", "b", "c"}) {
    hook.name = name;
    spec.hooks.push_back(hook);
  }
  hook.name = "d";
  hook.on = HookOn::terminate;
  spec.hooks.push_back(hook);
  Memory memory;
  const auto stand = [&](Time now) {
    return stand_of(spec, memory, {"i01"}, HookOn::launch, noon, now);
  };
  memory.hooks = {{{noon, "h", "1"}, {{"i00"}, "a", true}},
                  {{noon, "h", "2"}, {{"i01"}, "c", false}},
                  {{noon, "h", "3"}, {{"i02"}, "a", true}}};
  EXPECT_EQ(stand(noon).pending, "a");
  EXPECT_EQ(stand(noon).abandoned, "c");
  for (HookSpec& one : spec.hooks) one.proceeds = false;
  EXPECT_EQ(stand(noon + hook.deadline).pending, "");
  EXPECT_EQ(stand(noon + hook.deadline).abandoned, "a") << "the first of three";
  EXPECT_TRUE(has_hooks(spec, HookOn::terminate));
}

}  // namespace
}  // namespace settle
