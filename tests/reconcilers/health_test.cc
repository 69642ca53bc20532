#include "reconcilers/health.h"

#include <gtest/gtest.h>

#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using namespace std::chrono_literals;

constexpr Time born = noon - Duration{3'600'000};

RememberedHealth report(std::string by, HealthStatus status, Duration ago) {
  RememberedHealth entry;
  entry.stamp.at = noon - ago;
  entry.report = {{"i"}, status, std::move(by), ""};
  if (status == HealthStatus::unhealthy) entry.unhealthy_since = entry.stamp.at;
  return entry;
}

TEST(Health, OneOfWhoeverReportsIsEnoughUnlessMoreMustAgree) {
  const std::vector reports{report("lb", HealthStatus::unhealthy, 5min),
                            report("probe", HealthStatus::healthy, 1min)};
  HealthSpec spec;
  EXPECT_TRUE(diagnose(spec, reports, born, noon).is_condemned);
  spec.agree = 2;
  const Diagnosis one = diagnose(spec, reports, born, noon);
  EXPECT_FALSE(one.is_condemned);
  EXPECT_FALSE(one.is_ill);
  const std::vector both{reports[0], report("probe", HealthStatus::unhealthy, 1min)};
  EXPECT_TRUE(diagnose(spec, both, born, noon).is_condemned);
}

TEST(Health, TheVerdictStandsOnceTheLastOfThoseItTakesDoes) {
  HealthSpec spec;
  spec.agree = 2;
  spec.reporters = {{"lb", 1min}, {"probe", 10min}};
  const std::vector reports{report("lb", HealthStatus::unhealthy, 5min),
                            report("probe", HealthStatus::unhealthy, 4min)};
  const Diagnosis diagnosis = diagnose(spec, reports, born, noon);
  EXPECT_TRUE(diagnosis.is_ill);
  EXPECT_FALSE(diagnosis.is_condemned);
  EXPECT_EQ(diagnosis.changes_at, noon + 6min);
  const Diagnosis later = diagnose(spec, reports, born, noon + 6min);
  EXPECT_TRUE(later.is_condemned);
  EXPECT_EQ(later.reporter, "probe");
}

TEST(Health, WhereReportersAreNamedNoOtherCounts) {
  HealthSpec spec;
  spec.reporters = {{"probe", {}}};
  const std::vector reports{report("stranger", HealthStatus::unhealthy, 5min)};
  EXPECT_FALSE(diagnose(spec, reports, born, noon).is_ill);
}

TEST(Health, NothingCountsWithinGrace) {
  HealthSpec spec;
  spec.grace = 5min;
  const std::vector reports{report("probe", HealthStatus::unhealthy, 1min)};
  const Diagnosis diagnosis = diagnose(spec, reports, noon - 4min, noon);
  EXPECT_FALSE(diagnosis.is_ill);
  EXPECT_FALSE(diagnosis.is_condemned);
  EXPECT_EQ(diagnosis.changes_at, noon + 1min);
}

TEST(Health, SilenceIsNoSicknessUnlessTheGroupSaysSo) {
  HealthSpec spec;
  const std::vector reports{report("probe", HealthStatus::healthy, 20min)};
  EXPECT_FALSE(diagnose(spec, reports, born, noon).is_condemned);
  spec.silent_after = 30min;
  EXPECT_EQ(diagnose(spec, reports, born, noon).changes_at, noon + 10min);
  spec.silent_after = 10min;
  const Diagnosis silent = diagnose(spec, reports, born, noon);
  EXPECT_TRUE(silent.is_condemned);
  EXPECT_TRUE(silent.is_ill);
  EXPECT_EQ(silent.reason, Reason::reports_silent);
}

TEST(Health, OneThatFellSilentIsOneVoiceOfThoseThatMustAgree) {
  HealthSpec spec;
  spec.agree = 2;
  spec.silent_after = 10min;
  const std::vector one{report("probe", HealthStatus::healthy, 20min),
                        report("lb", HealthStatus::healthy, 1min)};
  EXPECT_FALSE(diagnose(spec, one, born, noon).is_ill);
  const std::vector both{one[0], report("lb", HealthStatus::healthy, 11min)};
  EXPECT_TRUE(diagnose(spec, both, born, noon).is_ill);
}

TEST(Health, OneThatWasNeverHeardIsSilentOnlyWhereItIsNamed) {
  HealthSpec spec;
  spec.silent_after = 10min;
  EXPECT_FALSE(diagnose(spec, {}, born, noon).is_condemned);
  spec.reporters = {{"probe", {}}};
  EXPECT_EQ(diagnose(spec, {}, born, noon).reason, Reason::reports_silent);
  EXPECT_TRUE(diagnose(spec, {}, born, noon).is_condemned);
}

TEST(Health, WhatIsSaidAgainstAnInstanceLapses) {
  HealthSpec spec;
  spec.unhealthy_for = 3min;
  std::vector reports{report("prometheus", HealthStatus::unhealthy, 2min)};
  reports[0].report.until = noon + 30s;
  const Diagnosis before = diagnose(spec, reports, born, noon);
  EXPECT_TRUE(before.is_ill);
  EXPECT_EQ(before.changes_at, noon + 30s);
  const Diagnosis after = diagnose(spec, reports, born, noon + 30s);
  EXPECT_FALSE(after.is_ill);
  EXPECT_FALSE(diagnose(spec, reports, born, noon + 10min).is_condemned);
  reports[0].report.until = noon + 5min;
  const Diagnosis condemned = diagnose(spec, reports, born, noon + 1min);
  EXPECT_TRUE(condemned.is_condemned);
  EXPECT_EQ(condemned.changes_at, noon + 5min);
}

TEST(Health, OneThatNamesTheIllAloneSaysNothingByItsSilence) {
  HealthSpec spec;
  spec.silent_after = 10min;
  spec.reporters = {{"prometheus", {}, true}};
  EXPECT_FALSE(diagnose(spec, {}, born, noon).is_condemned);
  std::vector reports{report("prometheus", HealthStatus::healthy, 30min)};
  EXPECT_FALSE(diagnose(spec, reports, born, noon).is_condemned);
  reports = {report("prometheus", HealthStatus::unhealthy, 30min)};
  reports[0].report.until = noon - 20min;
  EXPECT_FALSE(diagnose(spec, reports, born, noon).is_condemned);
}

TEST(Health, AProbeThatFallsSilentEverywhereIsDoubtedNotTheFleet) {
  Fleet fleet;
  fleet.spec.health.silent_after = 10min;
  fleet.spec.health.reporters = {{"probe", {}}};
  fleet.has_many(10);
  EXPECT_EQ(fleet.counts().tally.ready, 10);
  EXPECT_TRUE(fleet.census.probe_suspect);
}

TEST(Health, AnInstanceThatFallsIllAgainAndAgainIsReplacedThoughItIsWell) {
  Fleet fleet;
  fleet.spec.health.relapses = 3;
  fleet.spec.health.unhealthy_for = 1h;  // No single illness lasts long enough.
  fleet.has_many(5);
  fleet.is_unhealthy("i02");
  auto& entry = fleet.state.memory.health[0];
  for (int times = 1; times <= 3; ++times) {
    entry.report.status = HealthStatus::unhealthy;
    entry.unhealthy_since = fleet.now;
    fleet.counts();
    EXPECT_EQ(fleet.counts().tally.condemned, times == 3 ? 1 : 0) << times;
    entry.report.status = HealthStatus::healthy;
    fleet.after(5min);
    EXPECT_EQ(fleet.counts().tally.condemned, times == 3 ? 1 : 0) << times;
  }
  EXPECT_EQ(fleet.census.instances[2].reason, Reason::instance_relapsed);
  fleet.after(1h);
  EXPECT_EQ(fleet.counts().tally.ready, 5) << "what lies further back is forgiven";
}

TEST(Zones, AReplacementGoesWhereItsPredecessorWas) {
  Fleet fleet;
  fleet.spec.zones = {"a", "b"};
  fleet.has("i1", "ACTIVE", "a");
  fleet.has("i2", "ACTIVE", "b");
  fleet.has("i3", "ACTIVE", "a");
  fleet.has("i4", "ERROR", "b");
  fleet.warms_up();
  fleet.plans(4);
  ASSERT_EQ(fleet.record.steps.size(), 2U);
  EXPECT_EQ(fleet.record.steps[0].zone, "b");
}

TEST(Zones, AZoneInWhichEverythingFailedIsShunned) {
  Fleet fleet;
  fleet.spec.zones = {"a", "b", "c"};
  for (const char* id : {"a1", "a2"}) fleet.has(id, "ERROR", "a");
  for (const char* id : {"b1", "b2"}) fleet.has(id, "ACTIVE", "b");
  for (const char* id : {"c1", "c2"}) fleet.has(id, "ACTIVE", "c");
  fleet.warms_up();
  fleet.plans(6);
  std::vector<std::string> zones;
  for (const TakenStep& step : fleet.record.steps) {
    if (step.op == StepOp::launch) zones.push_back(step.zone);
  }
  EXPECT_EQ(zones, (std::vector<std::string>{"b", "c"}));
}

}  // namespace
}  // namespace settle
