#include "reconcilers/decide.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

Steadiness tolerating(const char* out, const char* in) {
  Steadiness steadiness;
  steadiness.out.tolerance = {number(out), true};
  steadiness.in.tolerance = {number(in), true};
  return steadiness;
}

// ---- Targets ------------------------------------------------------------------------------

TEST(Target, SaysWhatItMadeOfItsSample) {
  GroupWorld world(20);
  world.policy("keep-cpu-at-55", target("55"));
  world.sample("keep-cpu-at-55", "72.4");
  EXPECT_EQ(world.round(), 27);
  const Voice& voice = world.voice("keep-cpu-at-55");
  EXPECT_TRUE(voice.won);
  EXPECT_EQ(voice.input->value, number("72.4"));
  EXPECT_EQ(voice.input_at, epoch);
  const Facts facts{
      {"target", Decimal(55)}, {"ready", std::int64_t{20}}, {"ratio", number("26.32")}};
  EXPECT_EQ(voice.facts, facts);
  EXPECT_EQ(world.record.desired_from, 20);
  EXPECT_EQ(world.record.desired_to, 27);
}

struct WholeCase {
  const char* id;
  Capacity desired;
  Capacity ready;
  const char* value;
  const char* target;
  bool is_total;
  Capacity result;
  const char* tolerance = "10";
};

// Source: cases/hpa.json group_value and group_average; cases/cloud.json target.size.
TEST(Target, ProposesAsTheCasesOfOthersHaveIt) {
  const std::vector<WholeCase> cases{{"group_value-003", 5, 5, "12", "20", false, 3},
                                     {"group_value-004", 3, 3, "20.666", "20", false, 3},
                                     {"group_value-005", 3, 1, "8.6", "4.4", false, 2},
                                     {"group_value-006", 5, 5, "8.6", "14.334", false, 3},
                                     {"group_value-007", 3, 3, "8.6", "8.888", false, 3},
                                     {"group_value-008", 3, 3, "8.6", "6.666", false, 4},
                                     {"group_value-010, of a total", 0, 0, "1", "1", true, 1},
                                     {"group_average-002", 5, 5, "6", "2", true, 3},
                                     {"group_average-003", 4, 4, "20.166", "5", true, 4},
                                     {"group_average-004", 3, 3, "8.6", "2.15", true, 4},
                                     {"group_average-006", 3, 3, "8.6", "2.9", true, 3},
                                     {"group_average-011", 4, 4, "8.6", "2.2", true, 4},
                                     {"tt-aws-03", 10, 10, "1500", "100", true, 15},
                                     {"tv-nomad-02", 2, 2, "26", "13", false, 4, "1"},
                                     {"tv-nomad-03", 0, 0, "20", "10", true, 2, "1"},
                                     {"tv-nomad-07", 8, 8, "5.00001", "5", false, 8, "1"},
                                     {"tv-nomad-08", 8, 8, "5.00001", "5", false, 9, "0.0001"},
                                     {"tv-nomad-11", 2, 2, "16", "16", false, 2, "1"},
                                     {"float-nomad-02", 50, 50, "77", "70", false, 55, "0"},
                                     {"float-nomad-03", 90, 90, "66", "60", false, 99, "0"},
                                     {"a zero is a value", 5, 5, "0", "20", false, 0}};
  for (const WholeCase& c : cases) {
    GroupWorld world(c.desired);
    world.ready = c.ready;
    world.policy("t", target(c.target, c.is_total), tolerating(c.tolerance, c.tolerance));
    world.sample("t", c.value);
    EXPECT_EQ(world.round(), c.result) << c.id;
  }
}

// Source: cases/hpa.json tolerance_per_direction; cases/cloud.json target.direction.
TEST(Target, ToleratesEachDirectionByItself) {
  const std::vector<WholeCase> cases{
      {"tolerance_per_direction-001", 35, 35, "3700", "100", true, 37},
      {"tolerance_per_direction-002", 37, 37, "3800", "100", true, 37}};
  for (const WholeCase& c : cases) {
    GroupWorld world(c.desired);
    world.policy("t", target(c.target, c.is_total), tolerating("5", "50"));
    world.sample("t", c.value);
    EXPECT_EQ(world.round(), c.result) << c.id;
  }
  GroupWorld world(5);
  world.policy("t", target("1"), tolerating("1", "1"));
  world.sample("t", "0.99");
  EXPECT_EQ(world.round(), 5);
  EXPECT_EQ(world.voice("t").reason, Reason::within_tolerance);
  EXPECT_EQ(world.voice("t").verdict, Verdict::stays);
}

TEST(Target, HasNoOpinionOfAMeanOverNobody) {
  GroupWorld world(4);
  world.ready = 0;
  world.policy("t", target("50"));
  world.sample("t", "10");
  EXPECT_EQ(world.round(), 4);
  EXPECT_EQ(world.voice("t").verdict, Verdict::silent);
}

TEST(Target, LeavesWarmingInstancesOutOfItsMean) {
  GroupWorld world(4);
  world.spec.warm_up = 2 * minute;
  for (const char* id : {"a", "b", "c", "d"}) {
    InstanceMemory& instance = world.state.instances.emplace_back();
    instance.id = {id};
    instance.active_since = id[0] < 'c' ? epoch - 10 * minute : epoch - minute;
  }
  world.policy("t", target("50"));
  world.sample("t", "100");
  EXPECT_EQ(world.round(), 4) << "two warm ones, twice the target";
  EXPECT_EQ(world.revisit, epoch + minute);
}

struct EachCase {
  const char* id;
  const char* target;
  std::vector<const char*> ready;    // Samples; null for an instance without one.
  std::vector<const char*> unready;  // The same, of instances that are not ready yet.
  Capacity result;
};

// Source: cases/hpa.json, resource_utilization and instance_average. One of 028 and 033 assumes a
// capacity of 100 % for the silent ones; a sample of ours bears no unit, so they are at target.
TEST(Target, CountsInstancesWithoutASampleAsTheCasesHaveIt) {
  const std::vector<EachCase> cases{
      {"resource_utilization-003", "300", {"500", "700"}, {"300"}, 4},
      {"resource_utilization-005", "300", {"400"}, {"500", "700"}, 3},
      {"resource_utilization-013", "500", {"100", "300", "500", "250", "250"}, {}, 3},
      {"resource_utilization-015", "500", {"100", "300", "500"}, {"250", "250"}, 2},
      {"resource_utilization-017", "500", {"100"}, {nullptr, nullptr, nullptr, nullptr}, 1},
      {"resource_utilization-027", "1000", {"1900", nullptr}, {}, 2},
      {"resource_utilization-028", "1000", {"600", nullptr}, {}, 2},
      {"resource_utilization-029", "500", {"450", nullptr}, {"100"}, 3},
      {"resource_utilization-031", "500", {"2000", nullptr}, {"100"}, 4},
      {"resource_utilization-036",
       "0.56",
       {"0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5"},
       {},
       9},
      {"resource_utilization-037",
       "0.55",
       {"0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5"},
       {},
       10},
      {"instance_average-005", "20", {"12", "12", "12", "12", "12"}, {}, 3}};
  for (const EachCase& c : cases) {
    GroupWorld world(static_cast<Capacity>(c.ready.size() + c.unready.size()));
    world.policy("t", target(c.target), tolerating("10", "10"));
    char name = 'a';
    const auto join = [&](const char* value, bool is_ready) {
      InstanceMemory& instance = world.state.instances.emplace_back();
      instance.id = {std::string(1, name)};
      if (is_ready) instance.active_since = epoch - 60 * minute;
      if (value != nullptr) world.sample("t", value, std::string(1, name));
      ++name;
    };
    for (const char* value : c.ready) join(value, true);
    for (const char* value : c.unready) join(value, false);
    EXPECT_EQ(world.round(), c.result) << c.id;
  }
}

TEST(Target, IsMissingWhereOnlyStrangersSendSamples) {
  GroupWorld world(1);  // Source: cases/hpa.json, resource_utilization-001.
  world.state.instances.emplace_back().id = {"a"};
  world.state.instances[0].active_since = epoch;
  world.policy("t", target("100"));
  world.sample("t", "100", "stranger");
  EXPECT_EQ(world.round(), 1);
  EXPECT_EQ(world.voice("t").verdict, Verdict::missing);
}

// ---- Missing ------------------------------------------------------------------------------

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

// ---- Steps --------------------------------------------------------------------------------

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

// ---- Alerts -------------------------------------------------------------------------------

AlertPolicy page() {
  AlertPolicy alert;
  alert.adjustment = percent("25");
  alert.release_after = 30 * minute;
  return alert;
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

// ---- Webhooks and the number to rest at ---------------------------------------------------

TEST(Webhook, LastsWhereNothingElseDecides) {
  GroupWorld world(10);
  world.policy("more", WebhookPolicy{add(3)});
  static_cast<void>(world.tell(AdjustClaim{"more"}));
  EXPECT_EQ(world.round(), 13);
  static_cast<void>(world.tell(AdjustClaim{"more"}));
  static_cast<void>(world.tell(AdjustClaim{"more"}));
  EXPECT_EQ(world.round(), 19);
  EXPECT_EQ(world.after(24 * 60 * minute), 19);
  EXPECT_TRUE(world.state.memory.firings.empty());
}

TEST(Webhook, StandsForAWhileBesideATarget) {
  GroupWorld world(10);
  world.policy("more", WebhookPolicy{add(3)});
  world.policy("t", target("100", true));
  world.spec.steadiness.out.settle = 10 * minute;
  world.sample("t", "1000");
  EXPECT_EQ(world.round(), 10);
  static_cast<void>(world.tell(AdjustClaim{"more"}));
  EXPECT_EQ(world.round(), 13) << "without waiting for the out window";
  EXPECT_EQ(world.round(), 13) << "counted once";
  world.now += 15 * minute - Duration{1};
  world.sample("t", "1000");
  EXPECT_EQ(world.round(), 13);
  EXPECT_EQ(world.revisit, epoch + 15 * minute);
  EXPECT_EQ(world.after(Duration{1}), 10);
  EXPECT_EQ(world.voice("more").reason, Reason::webhook_silent);
}

TEST(Webhook, AddsUpWithOthersThatCameBeforeARound) {
  GroupWorld world(10);
  world.policy("more", WebhookPolicy{add(3)});
  world.policy("most", WebhookPolicy{add(5)});
  world.policy("t", target("100", true));
  world.sample("t", "1000");
  static_cast<void>(world.tell(AdjustClaim{"more"}));
  static_cast<void>(world.tell_at(epoch - second, AdjustClaim{"most"}));
  EXPECT_EQ(world.round(), 18);
}

TEST(Webhook, PermitsARemovalAndNeverOutvotes) {
  GroupWorld world(10);
  world.policy("less", WebhookPolicy{add(-4)});
  world.policy("t", target("100", true));
  world.sample("t", "900");
  static_cast<void>(world.tell(AdjustClaim{"less"}));
  EXPECT_EQ(world.round(), 9);
}

TEST(Webhook, WaitsForATimeThatHasNotComeYet) {
  GroupWorld world(10);
  world.policy("more", WebhookPolicy{add(3)});
  world.policy("t", target("100", true));
  world.sample("t", "1000");
  static_cast<void>(world.tell_at(epoch + 30 * second, AdjustClaim{"more"}));
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.revisit, epoch + 30 * second);
  EXPECT_EQ(world.after(30 * second), 13);
  EXPECT_EQ(world.after(second), 13);
}

// ---- Limits, holds and where a group begins -----------------------------------------------

ScheduledLimits from_now(const GroupWorld& world, Duration begin, Duration end,
                         std::optional<Capacity> min, std::optional<Capacity> max) {
  const Zone& zone = world.spec.zone;
  return {DatedWindow{zone.local(epoch + begin), zone.local(epoch + end)}, min, max};
}

TEST(Limits, AreRepairedAtOnceWithoutSteadiness) {
  GroupWorld world(10, {2, 50});
  world.spec.steadiness.out.settle = 10 * minute;
  world.spec.steadiness.out.rules = {{Decimal(1), false, minute}};
  world.policy("t", target("100", true));
  world.sample("t", "1000");
  world.spec.schedules = {{"office", from_now(world, minute, 3 * minute, 20, {})}};
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.voice("office").reason, Reason::schedule_idle);
  EXPECT_EQ(world.revisit, epoch + minute);
  EXPECT_EQ(world.after(minute), 20);
  EXPECT_EQ(world.reason(), Reason::limits_repaired);
  EXPECT_EQ(world.record.limits, (Range{20, 50}));
  EXPECT_EQ(world.voice("office").reason, Reason::schedule_active);
}

TEST(Limits, GiveNoReasonToHurryWhenAFloorEnds) {
  GroupWorld world(10, {2, 50});
  world.spec.steadiness.in.rules = {{Decimal(2), false, minute}};
  world.spec.schedules = {{"office", from_now(world, -minute, minute, 20, {})}};
  EXPECT_EQ(world.round(), 20);
  EXPECT_EQ(world.after(minute), 18);
  EXPECT_EQ(world.after(30 * second), 18);
  EXPECT_EQ(world.revisit, epoch + 2 * minute);
  EXPECT_EQ(world.after(30 * second), 16);
}

// Source: cases/cloud.json, bounds and combine.
TEST(Limits, ClampAsTheCasesHaveIt) {
  GroupWorld world(3, {3, 6});
  StepsPolicy never;
  never.steps = {{Decimal(100), {}, add(1)}};
  world.policy("never", never);
  world.sample("never", "1");
  world.state.desired = 1;
  EXPECT_EQ(world.round(), 3) << "bound-az-01";
  world.state.desired = 8;
  EXPECT_EQ(world.round(), 6) << "bound-az-02";
  GroupWorld crossing(4, {1, 10});
  crossing.spec.schedules = {{"floor", from_now(crossing, -minute, minute, 15, {})}};
  EXPECT_EQ(crossing.round(), 10) << "multi-gcp-04";
}

TEST(Hold, StandsAboveEveryVoiceWithinTheLimitsUntilItEnds) {
  GroupWorld world(10, {2, 30});
  world.policy("t", target("100", true));
  world.sample("t", "1000");
  static_cast<void>(world.tell(HoldOrder{50, epoch + minute, false, "ann", "launch day"}));
  EXPECT_EQ(world.round(), 30);
  EXPECT_EQ(world.reason(), Reason::overridden);
  EXPECT_EQ(world.voice("ann").kind, VoiceKind::operator_hold);
  EXPECT_EQ(world.revisit, epoch + minute);
  EXPECT_EQ(world.after(minute), 10);
}

TEST(Hold, IsTheNumberToRestAtOnceItHasEnded) {
  GroupWorld world(10, {2, 30});
  static_cast<void>(world.tell(HoldOrder{17, epoch + minute, false, "ann", ""}));
  EXPECT_EQ(world.round(), 17);
  EXPECT_EQ(world.after(60 * minute), 17);
}

TEST(Initial, IsUnknownUntilTheGroupHasBeenSeen) {
  GroupWorld world(10, {2, 30});
  world.state.desired.reset();
  world.spec.initial.reset();
  world.state.good_observations = 0;
  world.ready = 0;
  EXPECT_EQ(world.round(), -1);
  EXPECT_EQ(world.reason(), Reason::observation_pending);
  EXPECT_FALSE(world.record.desired_to);
  world.state.good_observations = 1;
  world.ready = 7;
  EXPECT_EQ(world.round(), 7);
  EXPECT_EQ(world.record.rungs.front().reason, Reason::initial_capacity);
  world.ready = 3;
  EXPECT_EQ(world.after(minute), 7) << "what it began with, whatever is left of it";
}

TEST(Initial, IsWhatTheConfigurationSaysWithinLimits) {
  GroupWorld world(10, {2, 8});
  world.state.desired.reset();
  world.state.good_observations = 0;
  EXPECT_EQ(world.round(), 8);
}

// ---- One-shot schedules -------------------------------------------------------------------

void every_hour(GroupWorld& world, Adjustment adjustment) {
  std::string error;
  const auto cron = Cron::parse("0 * * * *", error);
  ASSERT_TRUE(cron) << error;
  world.spec.schedules = {{"hourly", ScheduledAdjustment{*cron, adjustment}}};
}
Time next_hour(Time after) {
  return std::chrono::ceil<std::chrono::hours>(after);
}

TEST(OneShot, FiresOnceForEachTimeThatComes) {
  GroupWorld world(10);
  every_hour(world, add(2));
  const Time hour = next_hour(epoch);
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.revisit, hour);
  EXPECT_EQ(world.after(hour - epoch - Duration{1}), 10);
  EXPECT_EQ(world.after(Duration{1}), 12);
  EXPECT_EQ(world.round(), 12);
  EXPECT_EQ(world.after(60 * minute), 14);
  EXPECT_EQ(world.voice("hourly").reason, Reason::schedule_fired);
}

TEST(OneShot, RunsLateUpToItsLimitAndIsSkippedBeyond) {
  GroupWorld world(10);
  every_hour(world, add(2));
  world.round();
  world.now = next_hour(epoch) + 15 * minute;
  EXPECT_EQ(world.round(), 12);
  world.now = next_hour(world.now) + 15 * minute + Duration{1};
  EXPECT_EQ(world.round(), 12);
  EXPECT_EQ(world.voice("hourly").reason, Reason::schedule_skipped);
  EXPECT_EQ(world.after(second), 12);
  EXPECT_EQ(world.voice("hourly").reason, Reason::schedule_idle);
}

TEST(OneShot, DoesNotFireAgainWhenTheClockFallsBack) {
  GroupWorld world(10);
  every_hour(world, add(2));
  world.round();
  world.now = next_hour(epoch);
  EXPECT_EQ(world.round(), 12);
  world.now -= 5 * minute;
  EXPECT_EQ(world.round(), 12);
  EXPECT_EQ(world.after(10 * minute), 12);
}

TEST(OneShot, StandsForAWhileBesideATarget) {
  GroupWorld world(10);
  every_hour(world, set_to(25));
  world.policy("t", target("100", true));
  world.now = next_hour(epoch) - second;
  world.round();
  world.sample("t", "1000");
  EXPECT_EQ(world.after(second), 25);
  world.sample("t", "1000");
  EXPECT_EQ(world.after(second), 25);
  world.now += 15 * minute;
  world.sample("t", "1000");
  EXPECT_EQ(world.round(), 10);
}

// ---- A policy's own steadiness ------------------------------------------------------------

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

// ---- Laws ---------------------------------------------------------------------------------

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
  AnyWorld any{GroupWorld(*rc::gen::inRange(0, 40), {1, 60}), {}};
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
      any.world.sample(signal, std::to_string(*rc::gen::inRange(0, 600)).c_str());
    }
  }
  switch (*rc::gen::inRange(0, 8)) {
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
    any.world.now += *rc::gen::inRange(0, 90) * second;
    anything_arrives(any);
    any.world.round();
    RC_ASSERT(*any.world.state.desired >= any.world.record.limits.min);
    RC_ASSERT(*any.world.state.desired <= any.world.record.limits.max);
    RC_ASSERT(!any.world.revisit || *any.world.revisit > any.world.now);
    RC_ASSERT(any.world.record.desired_from == any.world.record.desired_to ||
              !any.world.record.rungs.empty());
  }
}

RC_GTEST_PROP(Decide, ChangesNothingWhenARoundIsRunAgain, ()) {
  AnyWorld any = any_world();
  for (int i = 0; i < 10; ++i) {
    any.world.now += *rc::gen::inRange(0, 90) * second;
    anything_arrives(any);
    any.world.ready = any.world.state.desired;
    any.world.round();
    const GroupState before = any.world.state;
    any.world.round();
    RC_ASSERT(any.world.state.desired == before.desired);
    RC_ASSERT(any.world.state.changes == before.changes);
    RC_ASSERT(any.world.state.memory == before.memory);
  }
}

RC_GTEST_PROP(Decide, NeverShrinksForLackOfASignal, ()) {
  AnyWorld any = any_world();
  RC_PRE(!any.signals.empty());
  for (int i = 0; i < 8; ++i) {
    any.world.now += *rc::gen::inRange(1, 60) * second;
    anything_arrives(any);
    any.world.round();
  }
  // The same moment twice: once as it is, and once with one signal missing instead of present.
  any.world.now += *rc::gen::inRange(1, 60) * second;
  anything_arrives(any);
  GroupWorld without = any.world;
  const std::string lost = *rc::gen::elementOf(any.signals);
  const auto kind =
      *rc::gen::element(ReadingKind::no_data, ReadingKind::error, ReadingKind::invalid);
  without.now += Duration{1};
  static_cast<void>(without.tell(SampleClaim{lost, {kind, {}}, {}}));
  const Capacity before = *without.state.desired;
  RC_ASSERT(without.round() >= std::min(before, without.record.limits.max));
}

RC_GTEST_PROP(Decide, TurnsAtMostOnceUnderConstantInput, ()) {
  GroupWorld world(*rc::gen::inRange(1, 60), {1, 60});
  world.spec.steadiness = any_steadiness();
  world.policy("load", target("10", true), any_steadiness());
  const std::string load = std::to_string(*rc::gen::inRange(0, 700));
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
}

RC_GTEST_PROP(Decide, DoesNotDependOnTheOrderOfWhatArrivedBeforeARound, ()) {
  AnyWorld any = any_world();
  for (int i = 0; i < 4; ++i) {
    any.world.now += *rc::gen::inRange(1, 60) * second;
    anything_arrives(any);
    any.world.round();
  }
  std::vector<Signal> signals;
  for (int i = 0; i < 8; ++i) {
    Claim claim = AdjustClaim{"d-hook"};
    if (!any.signals.empty() && *rc::gen::arbitrary<bool>()) {
      claim = SampleClaim{*rc::gen::elementOf(any.signals),
                          {ReadingKind::value, Decimal(*rc::gen::inRange(0, 600))},
                          {}};
    }
    const Time at = any.world.now - *rc::gen::inRange(0, 120) * second;
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
                       {epoch - *rc::gen::inRange(0, 600) * second, "s", std::to_string(i)},
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
