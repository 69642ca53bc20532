#include "reconcilers/voices.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "reconcilers/decide.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

TEST(Missing, NeverLowersDesiredWhateverIsWrongWithTheSignal) {
  struct Case {
    Reading reading;
    Duration age;
    Reason reason;
  };
  const Reading value{ReadingKind::value, Decimal(1)};
  for (const Case& c : {Case{value, 121 * second, Reason::metric_stale},
                        Case{{ReadingKind::no_data, {}}, {}, Reason::metric_missing},
                        Case{{ReadingKind::error, {}}, {}, Reason::metric_error},
                        Case{{ReadingKind::invalid, {}}, {}, Reason::metric_invalid},
                        Case{{ReadingKind::value, Decimal(-1)}, {}, Reason::metric_invalid}}) {
    GroupWorld world(10);
    world.policy("a", target("100", true));
    world.policy("b", target("100", true));
    static_cast<void>(world.tell_at(epoch - c.age, SampleClaim{"a", c.reading, {}}));
    world.sample("b", "100");  // Would make it 1.
    EXPECT_EQ(world.round(), 10) << name(c.reason);
    EXPECT_EQ(world.voice("a").reason, c.reason);
    EXPECT_EQ(world.voice("a").verdict, Verdict::missing);
    EXPECT_EQ(world.voice("a").input_at, epoch - c.age);
    EXPECT_EQ(world.reason(), Reason::shrink_vetoed_by_missing);
    world.sample("b", "3000");
    EXPECT_EQ(world.after(second), 30) << "others may still ask for more";
  }
}

TEST(Missing, BeginsTheMomentASampleIsTooOld) {
  GroupWorld world(10);
  world.policy("a", target("100", true));
  world.sample("a", "500");
  EXPECT_EQ(world.round(), 5);
  EXPECT_EQ(world.revisit, epoch + 120 * second + Duration{1});
  world.after(120 * second);
  EXPECT_EQ(world.voice("a").verdict, Verdict::proposes);
  world.after(Duration{1});
  EXPECT_EQ(world.voice("a").verdict, Verdict::missing);
}

TEST(Missing, FallsBackToTheLargerOfDesiredAndItsNumber) {
  for (const auto& [desired, expected] : {std::pair<Capacity, Capacity>{10, 12}, {20, 20}}) {
    GroupWorld world(desired);
    TargetPolicy policy = target("100", true);
    policy.metric.when_missing = WhenMissing::fallback;
    policy.metric.fallback = 12;
    world.policy("a", policy);
    EXPECT_EQ(world.round(), expected);
    EXPECT_EQ(world.voice("a").reason, Reason::fallback_used);
  }
}

TEST(Missing, IsNoObjectionWhereItIsIgnored) {
  GroupWorld world(10);
  TargetPolicy policy = target("100", true);
  policy.metric.when_missing = WhenMissing::ignore;
  world.policy("a", policy);
  world.policy("b", target("100", true));
  world.sample("b", "400");
  EXPECT_EQ(world.round(), 4);
  EXPECT_EQ(world.voice("a").reason, Reason::metric_missing);
}

StepsPolicy queue_steps() {
  StepsPolicy steps;
  steps.steps = {
      {Decimal(20'000), {}, add(12)}, {Decimal(5'000), {}, add(4)}, {{}, Decimal(200), add(-1)}};
  return steps;
}

TEST(Steps, TakeTheMostExtremeThatMatchesInclusively) {
  struct Case {
    const char* value;
    Capacity result;
  };
  for (const Case& c : {Case{"20000", 22},
                        {"19999.9", 14},
                        {"5000", 14},
                        {"4999", 10},
                        {"201", 10},
                        {"200", 9},
                        {"0", 9}}) {
    GroupWorld world(10);
    world.policy("q", queue_steps());
    world.sample("q", c.value);
    EXPECT_EQ(world.round(), c.result) << c.value;
  }
}

// Source: cases/cloud.json, step.select.
TEST(Steps, SelectAsTheCasesHaveIt) {
  const auto band = [](std::int64_t low, std::int64_t high, const char* by) {
    return Step{Decimal(low), Decimal(high), percent(by)};
  };
  StepsPolicy out;
  out.steps = {band(50, 60, "0"), band(60, 70, "10"), {Decimal(70), {}, percent("30")}};
  StepsPolicy in;
  in.steps = {band(40, 50, "0"), band(30, 40, "-10"), {{}, Decimal(30), percent("-30")}};
  struct Case {
    const char* id;
    const StepsPolicy& steps;
    Capacity desired;
    const char* value;
    Capacity result;
  };
  for (const Case& c : {Case{"step-out-01", out, 10, "50", 10},
                        {"step-out-03", out, 10, "60", 11},
                        {"step-out-04", out, 11, "69.9", 12},
                        {"step-out-06", out, 11, "100", 14},
                        {"step-in-03", in, 14, "40.1", 14},
                        {"step-in-04", in, 14, "40", 13},
                        {"step-in-07", in, 13, "0", 10}}) {
    GroupWorld world(c.desired);
    world.policy("s", c.steps);
    world.sample("s", c.value);
    EXPECT_EQ(world.round(), c.result) << c.id;
  }
}

TEST(Steps, WaitAfterAChangeOfTheirOwn) {
  GroupWorld world(10);
  world.policy("q", queue_steps());
  world.sample("q", "6000");
  EXPECT_EQ(world.round(), 14);
  EXPECT_EQ(world.round(), 14) << "a round that is run again";
  EXPECT_EQ(world.voice("q").reason, Reason::step_waiting);
  world.sample("q", "6000");
  EXPECT_EQ(world.after(minute), 14);
  world.now += minute;
  world.sample("q", "6000");
  EXPECT_EQ(world.after(minute - Duration{1}), 14);
  EXPECT_EQ(world.revisit, epoch + 3 * minute);
  EXPECT_EQ(world.after(Duration{1}), 18);
}

TEST(Steps, WaitAlsoWhereAnotherGrantsThemMore) {
  GroupWorld world(10);
  world.policy("q", queue_steps());
  world.policy("t", target("100", true));
  world.sample("q", "6000");
  world.sample("t", "2000");
  EXPECT_EQ(world.round(), 20);
  EXPECT_EQ(world.after(second), 20);
  EXPECT_EQ(world.voice("q").reason, Reason::step_waiting);
}

TEST(Steps, ProposeToStayOnlyWhereTheyCouldShrink) {
  GroupWorld world(10);
  world.policy("q", queue_steps());
  world.policy("t", target("100", true));
  world.sample("q", "1000");
  world.sample("t", "500");
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.voice("q").verdict, Verdict::stays);
  EXPECT_EQ(world.reason(), Reason::shrink_outvoted);

  GroupWorld other(10);
  StepsPolicy grows_only = queue_steps();
  grows_only.steps.pop_back();
  other.policy("q", grows_only);
  other.policy("t", target("100", true));
  other.sample("q", "1000");
  other.sample("t", "500");
  EXPECT_EQ(other.round(), 5);
  EXPECT_EQ(other.voice("q").verdict, Verdict::silent);
}

TEST(Steps, AddOnlyTheDifferenceWithinAnOutCooldown) {
  GroupWorld world(10);
  StepsPolicy steps = queue_steps();
  steps.wait = {};
  world.policy("q", steps);
  world.spec.steadiness.out.cooldown = 5 * minute;
  world.sample("q", "6000");
  EXPECT_EQ(world.round(), 14);
  world.sample("q", "7000");
  EXPECT_EQ(world.after(second), 14) << "the same step again";
  world.sample("q", "25000");
  EXPECT_EQ(world.after(second), 22) << "12 more than the 10 of before";
  world.now += 5 * minute;
  world.sample("q", "6000");
  EXPECT_EQ(world.round(), 26);
}

TEST(Steps, CountFromNothingWhereTheGroupBeganTheCooldownWithNothing) {
  GroupWorld world(0, {0, 100});
  StepsPolicy steps;
  steps.wait = {};
  steps.steps = {{Decimal(5'000), {}, add(4)}};
  world.policy("q", steps);
  world.spec.steadiness.out.cooldown = 5 * minute;
  world.sample("q", "6000");
  EXPECT_EQ(world.round(), 4);
  world.sample("q", "6000");
  EXPECT_EQ(world.after(second), 4) << "four more than the none of before";
}

TEST(Alert, LatchesFromItsFirstFiringUntilReleaseAfter) {
  GroupWorld world(10);
  world.policy("page", page());
  EXPECT_EQ(world.round(), 10);
  static_cast<void>(world.tell(AlarmClaim{"page", AlarmState::firing, {}}));
  EXPECT_EQ(world.round(), 12);
  EXPECT_EQ(world.after(minute), 12) << "counted once";
  static_cast<void>(world.tell(AlarmClaim{"page", AlarmState::resolved, {}}));
  EXPECT_EQ(world.round(), 12);
  EXPECT_EQ(world.revisit, world.now + 30 * minute);
  EXPECT_EQ(world.after(20 * minute), 12);
  static_cast<void>(world.tell(AlarmClaim{"page", AlarmState::firing, {}}));
  EXPECT_EQ(world.round(), 12) << "extends, and keeps the base";
  EXPECT_EQ(world.after(60 * minute), 12);
  static_cast<void>(world.tell(AlarmClaim{"page", AlarmState::resolved, {}}));
  EXPECT_EQ(world.after(30 * minute - Duration{1}), 12);
  EXPECT_EQ(world.after(Duration{1}), 10) << "back at its initial capacity";
  EXPECT_EQ(world.voice("page").reason, Reason::alarm_quiet);
}

TEST(Alert, IsNotReleasedByNoData) {
  GroupWorld world(10);
  world.policy("page", page());
  static_cast<void>(world.tell(AlarmClaim{"page", AlarmState::firing, {}}));
  EXPECT_EQ(world.round(), 12);
  world.now += minute;
  static_cast<void>(world.tell(AlarmClaim{"page", AlarmState::no_data, {}}));
  EXPECT_EQ(world.after(120 * minute), 12);
}

AlarmClaim told_of(const char* alert, AlarmState state, std::optional<Time> until = {}) {
  return {"page", state, {}, alert, until};
}

TEST(Alert, FiresWhileAnyOfItsAlertsDoes) {
  GroupWorld world(10);
  world.policy("page", page());
  static_cast<void>(world.tell(told_of("a", AlarmState::firing)));
  static_cast<void>(world.tell(told_of("b", AlarmState::firing)));
  EXPECT_EQ(world.round(), 12) << "two alerts are one alarm";
  const Facts& facts = world.voice("page").facts;
  EXPECT_EQ(std::count(facts.begin(), facts.end(), adjustment_fact(percent("25"))), 1);
  world.now += minute;
  static_cast<void>(world.tell(told_of("a", AlarmState::resolved)));
  EXPECT_EQ(world.after(60 * minute), 12);
  static_cast<void>(world.tell(told_of("b", AlarmState::no_data)));
  EXPECT_EQ(world.after(60 * minute), 12) << "not known is not resolved";
  static_cast<void>(world.tell(told_of("b", AlarmState::resolved)));
  EXPECT_EQ(world.after(30 * minute - Duration{1}), 12);
  EXPECT_EQ(world.after(Duration{1}), 10);
}

TEST(Alert, EndsByItselfWhenItIsNotToldAgain) {
  GroupWorld world(10);
  world.policy("page", page());
  static_cast<void>(world.tell(told_of("a", AlarmState::firing, world.now + 8 * minute)));
  EXPECT_EQ(world.round(), 12);
  EXPECT_EQ(world.revisit, world.now + 8 * minute);
  world.now += 5 * minute;
  static_cast<void>(world.tell(told_of("a", AlarmState::firing, world.now + 8 * minute)));
  EXPECT_EQ(world.after(8 * minute - Duration{1}), 12);
  EXPECT_EQ(world.after(Duration{1}), 12) << "released 30 minutes later";
  EXPECT_EQ(world.after(30 * minute - Duration{1}), 12);
  EXPECT_EQ(world.after(Duration{1}), 10);
}

TEST(Alert, LetsGoOfALatchWhoseAlertEndedWhileNobodyLooked) {
  GroupWorld world(10);
  world.policy("page", page());
  static_cast<void>(world.tell(told_of("a", AlarmState::firing, world.now + 8 * minute)));
  EXPECT_EQ(world.round(), 12);
  EXPECT_EQ(world.after(24 * 60 * minute), 10) << "released half an hour after it had ended";
  EXPECT_EQ(world.after(second), 10);
  EXPECT_TRUE(world.state.memory.alarms.empty());
}

}  // namespace
}  // namespace settle
