#include "reconcilers/anticipation.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/laws.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

StepsPolicy between(const char* low, const char* high, Capacity out = 1, Capacity in = 1) {
  StepsPolicy steps;
  steps.steps = {{number(high), {}, add(out)}, {{}, number(low), add(-in)}};
  steps.wait = {};
  return steps;
}

// Source: Azure Monitor autoscale, "flapping": 28 % on two would be 56 % on one.
TEST(Anticipation, KeepsWhatItWouldAskBackAtOnce) {
  GroupWorld world(2);
  world.policy("cpu", between("30", "50"));
  world.sample("cpu", "28");
  EXPECT_EQ(world.round(), 2);
  EXPECT_EQ(world.reason(), Reason::would_grow_back);
  const Facts facts{
      {"policy", std::string("cpu")}, {"sample", number("56")}, {"at_least", number("50")}};
  EXPECT_EQ(world.record.rungs.back().facts, facts);
}

TEST(Anticipation, GivesUpAsManyAsItCanDoWithout) {
  GroupWorld world(10);
  world.policy("cpu", between("30", "50", 1, 6));
  world.sample("cpu", "28");  // 280 in all: 46.7 on six, 56 on five, 50 would match.
  EXPECT_EQ(world.round(), 6);
}

TEST(Anticipation, OfAStepThatSetsANumberKeepsNoMoreThanThat) {
  GroupWorld world(10);
  StepsPolicy cpu = between("30", "50", 1, 6);
  cpu.steps[0].adjustment = set_to(5);
  world.policy("cpu", cpu);
  world.sample("cpu", "28");  // 56 on five: there the step would set five.
  EXPECT_EQ(world.round(), 5);
}

TEST(Anticipation, LooksAtEveryPolicyThatCanAdd) {
  GroupWorld world(10);
  world.policy("cpu", between("30", "90", 1, 5));
  world.policy("memory", between("90", "96", 1, 5));
  world.sample("cpu", "10");
  world.sample("memory", "86.4");  // 96 on nine.
  EXPECT_EQ(world.round(), 10);
}

TEST(Anticipation, HearsNothingThatIsStale) {
  GroupWorld world(10);
  StepsPolicy cpu = between("30", "90", 1, 5);
  cpu.metric.when_missing = WhenMissing::ignore;
  world.policy("cpu", cpu);
  world.policy("memory", between("90", "96", 1, 5));
  world.sample("cpu", "86.4");  // 96 on nine.
  world.now += 3 * minute;
  world.sample("memory", "10");
  EXPECT_EQ(world.round(), 5);
}

TEST(Anticipation, KnowsThatATotalStaysAsItIs) {
  GroupWorld world(2);
  StepsPolicy queue = between("30", "50");
  queue.metric.is_total = true;
  world.policy("queue", queue);
  world.sample("queue", "28");
  EXPECT_EQ(world.round(), 1);
}

TEST(Anticipation, LetsAGroupGoToNothing) {
  GroupWorld world(1);
  StepsPolicy steps = between("30", "50");
  steps.metric.is_total = true;
  world.policy("queue", steps);
  world.sample("queue", "28");
  EXPECT_EQ(world.round(), 0);
}

TEST(Anticipation, IsNotMisledByTheLastDigitOfAMean) {
  GroupWorld world(7);
  world.policy("cpu", between("22", "29", 2, 2));
  world.tell(SampleClaim{"cpu", {ReadingKind::value, quotient(Decimal(145), Decimal(7))}, {}});
  EXPECT_EQ(world.round(), 6) << "145 over five is 29";
}

TEST(AnticipationLaw, AConstantLoadNeverTurnsTheGroupRound) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    const auto desired = evenly<Capacity>(1, 40);
    const auto low = evenly(1, 60);
    const auto high = low + evenly(1, 40);
    const auto load = evenly(0, 60) * desired;
    GroupWorld world(desired);
    world.policy("cpu", between(std::to_string(low).c_str(), std::to_string(high).c_str(),
                                evenly<Capacity>(1, 5), evenly<Capacity>(1, 9)));
    bool has_shrunk = false;
    Capacity before = desired;
    for (int round = 0; round < 60 && before > 0; ++round) {
      world.now += minute;
      world.tell(
          SampleClaim{"cpu", {ReadingKind::value, quotient(Decimal(load), Decimal(before))}, {}});
      const Capacity after = world.round();
      RC_ASSERT(!(has_shrunk && after > before));
      has_shrunk = has_shrunk || after < before;
      before = after;
    }
    if (has_shrunk) ++telling;
  }));
  EXPECT_GE(telling, 25) << "groups that shrink";
}

TEST(Anticipation, OfNobodyThereIsNoMean) {
  GroupWorld world(1);
  world.policy("cpu", between("30", "50"));
  world.policy("queue", target("100", true));
  world.sample("cpu", "28");
  world.sample("queue", "0");
  EXPECT_EQ(world.round(), 0);
}

}  // namespace
}  // namespace settle
