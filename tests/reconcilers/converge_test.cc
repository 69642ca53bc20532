#include "reconcilers/converge.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

// A fleet whose desired capacity an operator holds, so that these tests are about the round.
struct Held : Fleet {
  Round round;

  explicit Held(int count, Capacity number) {
    spec.limits = {1, 20};
    has_many(count);
    holds(number);
    warms_up();
    // The first round of a group finds its desired capacity.
    turns();
  }

  void holds(Capacity number) {
    HoldOrder order;
    order.number = number;
    order.until = now + 24h;
    order.owner = "mia";
    state.memory.hold = {{now, "operator", std::to_string(now.time_since_epoch().count())}, order};
  }

  const Round& turns() {
    round = converge(spec, state, seen, now, context);
    record = round.record;
    return round;
  }
};

TEST(Converge, ARoundThatOpensAnIntentIsNotable) {
  Held fleet(3, 3);
  fleet.holds(5);
  EXPECT_TRUE(fleet.turns().is_notable);
  EXPECT_EQ(fleet.record.desired_from, 3);
  EXPECT_EQ(fleet.record.desired_to, 5);
  EXPECT_EQ(fleet.steps(), (std::vector<std::string>{"launch", "launch"}));
  EXPECT_EQ(fleet.round.opened.size(), 2u);
  EXPECT_EQ(fleet.record.round, fleet.state.round);
  EXPECT_THAT(fleet.record.digest, SizeIs(32));
  EXPECT_FALSE(fleet.record.converged);
}

TEST(Converge, TheSameRoundAgainOpensNothingAndLeavesNoRecord) {
  Held fleet(3, 3);
  fleet.holds(5);
  fleet.turns();
  const GroupState before = fleet.state;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(fleet.turns().is_notable);
    EXPECT_THAT(fleet.round.opened, IsEmpty());
    EXPECT_EQ(fleet.state, before);
  }
}

TEST(Converge, AGroupAtRestHasConverged) {
  Held fleet(3, 3);
  fleet.turns();
  EXPECT_TRUE(fleet.record.converged);
  EXPECT_FALSE(fleet.round.is_notable);
  EXPECT_FALSE(fleet.round.wants_observation);
}

TEST(Converge, ARefusalIsRecordedOnceAndThenCounted) {
  Held fleet(3, 3);
  fleet.spec.guards.launches = {Decimal(0), false, 0, Duration{60'000}};
  fleet.holds(5);
  EXPECT_TRUE(fleet.turns().is_notable);
  EXPECT_EQ(fleet.withheld(), (std::vector<std::string>{"launch x2 LaunchBudgetSpent"}));
  const std::uint64_t rounds = fleet.state.round;
  for (int i = 1; i <= 3; ++i) {
    fleet.after(15s);
    EXPECT_FALSE(fleet.turns().is_notable);
    EXPECT_EQ(fleet.state.refusal_repeats, static_cast<std::uint32_t>(i));
  }
  EXPECT_EQ(fleet.state.round, rounds);
  fleet.context.authority = Authority::observe;
  EXPECT_TRUE(fleet.turns().is_notable) << "it is refused for another reason";
  EXPECT_EQ(fleet.record.refusal_repeats, 3u);
  EXPECT_EQ(fleet.state.refusal_repeats, 0u);
}

TEST(Converge, WaitingForTheLookAfterACallIsNoRefusal) {
  Held fleet(3, 3);
  fleet.holds(3);
  (void)fleet.turns();
  fleet.holds(5);
  fleet.state.wrote_at = fleet.seen.at + 1ms;
  (void)fleet.turns();  // Desired changed: this one is kept.
  EXPECT_EQ(fleet.withheld(), (std::vector<std::string>{"launch x2 LookPending"}));
  EXPECT_FALSE(fleet.turns().is_notable);
}

TEST(Converge, AFiringThatIsSkippedLeavesARecord) {
  Held fleet(3, 3);
  std::string error;
  const ScheduledAdjustment hourly{
      *Cron::parse("0 * * * *", error), {Adjustment::Kind::set, Decimal(3), 0}, Duration{900'000}};
  fleet.spec.schedules.push_back({"hourly", hourly});
  fleet.holds(3);
  (void)fleet.turns();
  (void)fleet.turns();
  EXPECT_FALSE(fleet.turns().is_notable);
  fleet.after(2h + 50min);  // At least one hour passed unseen, longer ago than late_by.
  const Round& round = fleet.turns();
  EXPECT_TRUE(round.is_notable);
  EXPECT_TRUE(
      std::any_of(round.record.voices.begin(), round.record.voices.end(),
                  [](const Voice& voice) { return voice.reason == Reason::schedule_skipped; }));
}

TEST(Converge, AdviceIsRecordedOnceUntilItChanges) {
  Held fleet(3, 3);
  fleet.context.authority = Authority::advise;
  fleet.holds(5);
  EXPECT_TRUE(fleet.turns().is_notable);
  fleet.after(15s);
  EXPECT_FALSE(fleet.turns().is_notable);
  EXPECT_THAT(fleet.record.steps, SizeIs(2));
  fleet.loses("i01");
  fleet.at("i00").state = "ERROR";
  EXPECT_TRUE(fleet.turns().is_notable);
  EXPECT_THAT(fleet.state.intents, IsEmpty());
}

TEST(Converge, WithoutAnObservationItAsksForOne) {
  Fleet fleet;
  const Round round = converge(fleet.spec, fleet.state, Observation{}, fleet.now, fleet.context);
  EXPECT_TRUE(round.wants_observation);
  EXPECT_THAT(round.record.steps, IsEmpty());
}

TEST(Converge, SaysWhenToLookAgain) {
  Held fleet(4, 3);
  fleet.spec.guards.terminations = {Decimal(1), false, 1, Duration{600'000}};
  fleet.turns();
  fleet.obeys();
  fleet.after(15s);
  fleet.holds(2);
  fleet.turns();
  ASSERT_TRUE(fleet.round.revisit_at.has_value());
  EXPECT_GT(*fleet.round.revisit_at, fleet.now);
  EXPECT_LE(*fleet.round.revisit_at, fleet.now + 10min);
  EXPECT_EQ(fleet.record.revisit_at, fleet.round.revisit_at);
}

TEST(Converge, EqualInputsGiveEqualRounds) {
  Held fleet(5, 3);
  fleet.at("i03").state = "ERROR";
  GroupState one = fleet.state;
  GroupState other = fleet.state;
  const Round first = converge(fleet.spec, one, fleet.seen, fleet.now, fleet.context);
  const Round second = converge(fleet.spec, other, fleet.seen, fleet.now, fleet.context);
  EXPECT_EQ(first.record, second.record);
  EXPECT_EQ(first.opened, second.opened);
  EXPECT_EQ(one, other);
}

TEST(Converge, APausedGroupDecidesAndDoesNothing) {
  Held fleet(3, 3);
  fleet.state.memory.pause = {{}, {true, "mia", "release"}};
  fleet.holds(5);
  fleet.turns();
  EXPECT_EQ(fleet.record.desired_to, 5);
  EXPECT_EQ(fleet.withheld(), (std::vector<std::string>{"launch x2 Paused"}));
  EXPECT_THAT(fleet.state.intents, IsEmpty());
}

TEST(Converge, ReachesDesiredAndStays) {
  Held fleet(3, 3);
  for (const Capacity number : {7, 2, 9, 1}) {
    fleet.holds(number);
    for (int i = 0; i < 6; ++i) {
      fleet.turns();
      fleet.obeys();
      fleet.after(1min);
    }
    fleet.turns();
    EXPECT_TRUE(fleet.record.converged) << number;
    EXPECT_EQ(fleet.record.tally.ready, number);
  }
}

TEST(Converge, AdviceThatBecomesMoreIsNews) {
  Held fleet(3, 3);
  fleet.context.authority = Authority::advise;
  fleet.holds(4);
  EXPECT_TRUE(fleet.turns().is_notable);
  EXPECT_EQ(fleet.steps().size(), 1U);
  EXPECT_FALSE(fleet.turns().is_notable) << "the same advice";
  fleet.at("i00").state = "DELETED";
  EXPECT_TRUE(fleet.turns().is_notable) << "two launches where there was one";
  EXPECT_EQ(fleet.steps(), (std::vector<std::string>{"launch", "launch"}));
}

TEST(Converge, AnotherOfTheSameRefusalIsNoNews) {
  Held fleet(6, 6);
  fleet.spec.drain_timeout = 1h;
  fleet.at("i00").is_draining = true;
  fleet.turns();
  fleet.after(15s);
  fleet.turns();
  EXPECT_FALSE(fleet.round.is_notable);
  fleet.at("i01").is_draining = true;
  fleet.has("i06");
  fleet.turns();
  EXPECT_EQ(
      std::count_if(fleet.record.withheld.begin(), fleet.record.withheld.end(),
                    [](const WithheldStep& step) { return step.reason == Reason::drain_pending; }),
      2);
}

TEST(Converge, ItsRecordSaysWhereAndByWhatConfigurationItWasDecided) {
  Held fleet(3, 3);
  fleet.context.partition = 7;
  fleet.context.revision = "r-1";
  fleet.turns();
  EXPECT_EQ(fleet.record.partition, 7U);
  EXPECT_EQ(fleet.record.revision, "r-1");
}

}  // namespace
}  // namespace settle
