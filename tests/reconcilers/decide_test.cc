#include "reconcilers/decide.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/laws.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

TEST(OwnSteadiness, ActsOnThatPolicysProposalAlone) {
  GroupWorld world(10);
  Steadiness slow;
  slow.in.settle = 10 * minute;
  slow.out.rules = {{Decimal(50), true, minute}};
  world.policy("slow", target("100", true), slow);
  world.sample("slow", "4000");
  EXPECT_EQ(world.round(), 15);
  EXPECT_EQ(world.voice("slow").reason, Reason::step_limited);
  EXPECT_EQ(world.after(30 * second), 15);
  EXPECT_EQ(world.after(30 * second), 23);
  world.sample("slow", "100");
  EXPECT_EQ(world.after(second), 23);
  EXPECT_EQ(world.voice("slow").verdict, Verdict::stays);
  EXPECT_EQ(world.voice("slow").reason, Reason::settling);
}

struct AnyWorld {
  GroupWorld world;
  std::vector<std::string> signals;
};

Steadiness any_steadiness() {
  Steadiness result;
  for (Pace* pace : {&result.out, &result.in}) {
    pace->settle = *rc::gen::element(0, 60, 300) * second;
    pace->cooldown = *rc::gen::element(0, 0, 120) * second;
    pace->tolerance = {Decimal(*rc::gen::element(0, 10)), true};
    if (*rc::gen::arbitrary<bool>()) {
      pace->rules.push_back(
          {Decimal(*rc::gen::element(2, 50)), *rc::gen::arbitrary<bool>(), minute});
    }
  }
  return result;
}

AnyWorld any_world() {
  AnyWorld any{GroupWorld(evenly(0, 40), {1, 60}), {}};
  any.world.spec.steadiness = any_steadiness();
  if (*rc::gen::arbitrary<bool>()) {
    any.world.policy("a-target", target("10", true), any_steadiness());
    any.signals.emplace_back("a-target");
  }
  if (*rc::gen::arbitrary<bool>()) {
    any.world.policy("b-mean", target("50"));
    any.signals.emplace_back("b-mean");
  }
  if (*rc::gen::arbitrary<bool>()) {
    StepsPolicy steps;
    steps.steps = {{Decimal(200), {}, add(3)}, {{}, Decimal(20), add(-1)}};
    any.world.policy("c-steps", steps);
    any.signals.emplace_back("c-steps");
  }
  any.world.policy("d-hook", WebhookPolicy{add(2), 5 * minute});
  AlertPolicy alert = page();
  alert.release_after = 5 * minute;
  if (*rc::gen::arbitrary<bool>()) any.world.policy("e-page", alert);
  return any;
}

void anything_arrives(AnyWorld& any) {
  for (const std::string& signal : any.signals) {
    if (*rc::gen::arbitrary<bool>()) {
      any.world.sample(signal, std::to_string(evenly(0, 600)).c_str());
    }
  }
  switch (evenly(0, 8)) {
    case 0:
      static_cast<void>(any.world.tell(AdjustClaim{"d-hook"}));
      break;
    case 1:
      static_cast<void>(any.world.tell(AlarmClaim{"e-page", AlarmState::firing, {}}));
      break;
    case 2:
      static_cast<void>(any.world.tell(AlarmClaim{"e-page", AlarmState::resolved, {}}));
      break;
    default:
      break;
  }
}

RC_GTEST_PROP(Decide, KeepsDesiredWithinTheLimits, ()) {
  AnyWorld any = any_world();
  for (int i = 0; i < 20; ++i) {
    any.world.now += evenly(0, 90) * second;
    anything_arrives(any);
    any.world.round();
    RC_ASSERT(*any.world.state.desired >= any.world.record.limits.min);
    RC_ASSERT(*any.world.state.desired <= any.world.record.limits.max);
    RC_ASSERT(!any.world.revisit || *any.world.revisit > any.world.now);
    RC_ASSERT(any.world.record.desired_from == any.world.record.desired_to ||
              !any.world.record.rungs.empty());
  }
}

TEST(Decide, ChangesNothingWhenARoundIsRunAgain) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    AnyWorld any = any_world();
    for (int i = 0; i < 10; ++i) {
      any.world.now += evenly(0, 90) * second;
      anything_arrives(any);
      any.world.ready = any.world.state.desired;
      any.world.round();
      const GroupState before = any.world.state;
      any.world.round();
      RC_ASSERT(any.world.state.desired == before.desired);
      RC_ASSERT(any.world.state.changes == before.changes);
      RC_ASSERT(any.world.state.memory == before.memory);
    }
    if (!any.world.state.changes.empty()) ++telling;
  }));
  EXPECT_GE(telling, 60) << "groups that the rounds have moved";
}

TEST(Decide, NeverShrinksForLackOfASignal) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    AnyWorld any = any_world();
    RC_PRE(!any.signals.empty());
    if (evenly(0, 4) > 0) {  // Most of them would shrink at once, if they were let.
      any.world.spec.steadiness = {};
      for (Policy& policy : any.world.spec.policies) policy.steadiness = {};
    }
    for (int i = 0; i < 8; ++i) {
      any.world.now += evenly(1, 60) * second;
      anything_arrives(any);
      any.world.round();
    }
    // The same moment twice: once as it is, and once with signals missing instead of present.
    any.world.now += evenly(1, 900) * second;
    for (const std::string& signal : any.signals) {
      any.world.sample(signal, std::to_string(evenly(0, 600)).c_str());
    }
    const Capacity before = *any.world.state.desired;
    GroupWorld without = any.world;
    GroupWorld naive = any.world;  // It takes silence for nothing.
    without.now += Duration{1};
    naive.now += Duration{1};
    const std::size_t lost = evenly<std::size_t>(0, any.signals.size());
    for (std::size_t i = 0; i < any.signals.size(); ++i) {
      if (i != lost && *rc::gen::arbitrary<bool>()) continue;
      const auto kind =
          *rc::gen::element(ReadingKind::no_data, ReadingKind::error, ReadingKind::invalid);
      static_cast<void>(without.tell(SampleClaim{any.signals[i], {kind, {}}, {}}));
      naive.sample(any.signals[i], "0");
    }
    RC_ASSERT(without.round() >= std::min(before, without.record.limits.max));
    if (naive.round() < before) ++telling;
  }));
  EXPECT_GE(telling, 20) << "groups that would shrink if silence were nothing";
}

TEST(Decide, TurnsAtMostOnceUnderConstantInput) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    GroupWorld world(evenly(1, 60), {1, 60});
    world.spec.steadiness = any_steadiness();
    world.policy("load", target("10", true), any_steadiness());
    const std::string load = std::to_string(evenly(0, 700));
    int turns = 0;
    int direction = 0;
    for (int i = 0; i < 80; ++i) {
      const Capacity before = *world.state.desired;
      world.sample("load", load.c_str());
      const Capacity moved = world.after(15 * second) - before;
      if (moved == 0) continue;
      const int now = moved > 0 ? 1 : -1;
      if (direction != 0 && now != direction) ++turns;
      direction = now;
    }
    RC_ASSERT(turns == 0);
    if (direction != 0) ++telling;
  }));
  EXPECT_GE(telling, 60) << "groups that move";
}

TEST(Decide, DoesNotDependOnTheOrderOfWhatArrivedBeforeARound) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    AnyWorld any = any_world();
    for (int i = 0; i < 4; ++i) {
      any.world.now += evenly(1, 60) * second;
      anything_arrives(any);
      any.world.round();
    }
    std::vector<Signal> signals;
    for (int i = 0; i < 8; ++i) {
      Claim claim = AdjustClaim{"d-hook"};
      if (!any.signals.empty() && *rc::gen::arbitrary<bool>()) {
        claim = SampleClaim{
            *rc::gen::elementOf(any.signals), {ReadingKind::value, Decimal(evenly(0, 600))}, {}};
      }
      const Time at = any.world.now - evenly(0, 120) * second;
      signals.push_back({any.world.spec.id, {at, "other", std::to_string(i)}, claim});
    }
    GroupWorld other = any.world;
    for (const Signal& one : signals) {
      static_cast<void>(merge(any.world.spec, any.world.state, one, any.world.now));
    }
    for (auto one = signals.rbegin(); one != signals.rend(); ++one) {
      static_cast<void>(merge(other.spec, other.state, *one, other.now));
      static_cast<void>(merge(other.spec, other.state, *one, other.now));
    }
    RC_ASSERT(any.world.round() == other.round());
    RC_ASSERT(any.world.state == other.state);
    RC_ASSERT(any.world.record == other.record);
    if (other.record.desired_from != other.record.desired_to) ++telling;
  }));
  EXPECT_GE(telling, 40) << "rounds that move a group";
}

RC_GTEST_PROP(Decide, FollowsTheFoldWhereAdjustmentsAloneMoveIt, ()) {
  GroupWorld world(10, {1, 60});
  world.policy("double", WebhookPolicy{percent("100")});
  world.policy("less", WebhookPolicy{add(-3)});
  world.policy("more", WebhookPolicy{add(2)});
  std::vector<Signal> signals;
  for (int i = 0; i < 10; ++i) {
    const std::string policy = *rc::gen::element<std::string>("double", "less", "more");
    signals.push_back({world.spec.id,
                       {epoch - evenly(0, 600) * second, "s", std::to_string(i)},
                       AdjustClaim{policy}});
  }
  GroupWorld batched = world;
  for (const Signal& one : signals) {
    static_cast<void>(merge(world.spec, world.state, one, world.now));
    world.round();
  }
  for (auto one = signals.rbegin(); one != signals.rend(); ++one) {
    static_cast<void>(merge(batched.spec, batched.state, *one, batched.now));
  }
  RC_ASSERT(batched.round() == world.round());
  RC_ASSERT(batched.state.memory == world.state.memory);
}

}  // namespace
}  // namespace settle
