// What is said of single instances: remembered beside one another, in any order, until it is past.
#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "reconcilers/fold.h"
#include "reconcilers/orders.h"
#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

Signal said(const std::string& id, Duration ago, Claim claim) {
  return {{"web"}, {noon - ago, "tests", id}, std::move(claim)};
}

/// Answers to two hooks of two instances, and orders about both of their subjects.
std::vector<Signal> claims() {
  using enum InstanceVerb;
  return {said("1", Duration{4}, LifecycleClaim{{"a"}, "ready", true}),
          said("2", Duration{3}, LifecycleClaim{{"a"}, "ready", false}),
          said("3", Duration{3}, LifecycleClaim{{"a"}, "warm", true}),
          said("4", Duration{2}, LifecycleClaim{{"b"}, "ready", true}),
          said("5", Duration{4}, InstanceOrder{{"a"}, protect, "ann", "a debugger is attached"}),
          said("6", Duration{3}, InstanceOrder{{"a"}, unprotect, "bob", ""}),
          said("7", Duration{3}, InstanceOrder{{"a"}, standby, "ann", ""}),
          said("8", Duration{2}, InstanceOrder{{"b"}, detach, "ann", ""})};
}

GroupState hears(const std::vector<Signal>& signals) {
  GroupSpec spec;
  spec.id = {"web"};
  GroupState state;
  for (const Signal& signal : signals) (void)merge(spec, state, signal, noon);
  return state;
}

TEST(InstanceClaims, AreRememberedByTheirSubjectInWhateverOrderTheyCome) {
  std::vector<Signal> signals = claims();
  const GroupState whole = hears(signals);
  EXPECT_EQ(whole.memory.hooks.size(), 3U);
  EXPECT_EQ(whole.memory.orders.size(), 3U) << "what is said of protection is no word on service";
  EXPECT_FALSE(said_of(whole.memory, {"a"}).is_protected);
  EXPECT_EQ(said_of(whole.memory, {"a"}).service, Duty::standby);
  for (int turns = 0; turns < 8; ++turns) {
    std::rotate(signals.begin(), signals.begin() + 1, signals.end());
    EXPECT_EQ(hears(signals).memory, whole.memory) << turns;
  }
  std::reverse(signals.begin(), signals.end());
  EXPECT_EQ(hears(signals).memory, whole.memory);
}

TEST(InstanceClaims, EachHaveADigestOfTheirOwn) {
  std::set<std::string> digests;
  for (const Signal& signal : claims()) digests.insert(digest(hears({signal}).memory));
  EXPECT_EQ(digests.size(), claims().size());
}

TEST(InstanceClaims, ArePastOnceNobodyKnowsTheInstanceAndNoneIsToCome) {
  GroupSpec spec;
  spec.id = {"web"};
  GroupState state = hears(claims());
  state.instances.push_back({});
  state.instances.back().id = {"a"};
  compact(spec, state, noon);
  EXPECT_EQ(state.memory.hooks.size(), 3U);
  compact(spec, state, noon - Duration{2} + spec.lateness);
  EXPECT_EQ(state.memory.hooks.size(), 3U) << "an older one may yet come";
  compact(spec, state, noon + spec.lateness);
  EXPECT_EQ(state.memory.hooks.size(), 2U) << "those of the one that is known";
  EXPECT_EQ(state.memory.orders.size(), 2U);
}

TEST(InstanceClaims, PushBackWhereThereIsNoRoomForMore) {
  GroupSpec spec;
  spec.id = {"web"};
  GroupState state;
  state.memory.hooks.resize(claims_max);
  EXPECT_EQ(merge(spec, state, claims()[0], noon), Merge::full);
  state.memory.health.resize(claims_max);
  const HealthClaim ill{{"a"}, HealthStatus::unhealthy, "probe", ""};
  EXPECT_EQ(merge(spec, state, said("h", Duration{1}, ill), noon), Merge::full);
}

TEST(InstanceClaims, AHintIsNothingToRemember) {
  const GroupState state = hears({said("1", Duration{1}, InstanceHint{})});
  EXPECT_EQ(state.memory, GroupState{}.memory);
}

TEST(AlertLabels, AreThoseOfThePolicyOrItsName) {
  AlertPolicy alert;
  const Policy policy{"Slow", alert, {}};
  EXPECT_TRUE(is_meant(policy, alert, {{"alertname", "Slow"}, {"zone", "a"}}));
  EXPECT_FALSE(is_meant(policy, alert, {{"alertname", "Slower"}}));
  EXPECT_FALSE(is_meant(policy, alert, {{"zone", "a"}}));
  alert.match = {{"zone", "a"}, {"team", "shop"}};
  EXPECT_TRUE(is_meant(policy, alert, {{"team", "shop"}, {"zone", "a"}, {"more", "said"}}));
  EXPECT_FALSE(is_meant(policy, alert, {{"zone", "a"}, {"team", "media"}}));
  EXPECT_FALSE(is_meant(policy, alert, {{"alertname", "Slow"}, {"zone", "a"}}));
}

}  // namespace
}  // namespace settle
