// Class B: metrics lie, contradict each other or are not there.
#include <gmock/gmock.h>

#include "tests/disasters/stage.h"

namespace settle {
namespace {

using namespace std::chrono_literals;

void is_told_nothing(Stage& stage, const std::string& signal) {
  stage.every(1min, [&stage, signal] {
    stage.tells("web", SampleClaim{signal, {ReadingKind::no_data, {}}, {}});
  });
}

TEST(Disasters, D14_WhileAnythingIsWrongALowLoadShrinksNothingAndAHighOneStillGrows) {
  GroupSpec spec = a_group("web", {1, 60}, 10);
  AlertPolicy errors;
  errors.adjustment = {Adjustment::Kind::change, Decimal(0), 0};
  spec.policies = {a_target("cpu", 50), {"errors", errors, {}}, a_target("queue", 100, true)};
  Stage stage({spec});
  stage.has("web", 10);
  int cpu = 50;
  int queue = 900;
  stage.every(30s, [&] {
    stage.samples("web", "cpu", cpu);
    stage.samples("web", "queue", queue);
  });
  stage.runs(5min);
  cpu = 20;  // It waits for the network. The queue grows, and the alarm fires.
  queue = 1'500;
  stage.tells("web", AlarmClaim{"errors", AlarmState::firing, std::nullopt});
  stage.runs(1h);
  EXPECT_EQ(stage.count(IntentKind::terminate), 0);
  EXPECT_EQ(stage.desired("web"), 15);
  queue = 1;
  stage.runs(2h);
  EXPECT_EQ(stage.truth("web").ready, 10) << "while the alarm fires, no fewer than when it began";
}

TEST(Disasters, D14_LessThanFourFifthsHealthyHoldsTheScaleIn) {
  GroupSpec spec = a_group("web", {1, 60}, 10);
  spec.policies = {a_target("cpu", 50)};
  Stage stage({spec});
  stage.has("web", 10);
  stage.every(30s, [&] {
    stage.samples("web", "cpu", 10);
    for (const char* id : {"web-0001", "web-0003", "web-0005", "web-0007"}) {
      stage.tells("web", HealthClaim{{id}, HealthStatus::unhealthy, "balancer", "no answer"});
    }
  });
  stage.runs(1h);
  EXPECT_EQ(stage.count(IntentKind::terminate), 0);
  EXPECT_TRUE(stage.says("web", Reason::probe_suspect));
}

TEST(Disasters, D15_AnEmptyAnswerIsNoNumber) {
  GroupSpec spec = a_group("web", {2, 60}, 20);
  spec.policies = {a_target("requests", 10, true)};
  Stage stage({spec});
  stage.has("web", 20);
  is_told_nothing(stage, "requests");
  stage.runs(1h);
  EXPECT_EQ(stage.desired("web"), 20);
  EXPECT_TRUE(stage.sent.empty());
  ASSERT_EQ(stage.last("web").voices.size(), 1U);
  EXPECT_EQ(stage.last("web").voices[0].verdict, Verdict::missing) << "and is not called well";
  EXPECT_EQ(stage.last("web").voices[0].reason, Reason::metric_missing);
  // A floor for that case may be configured.
  auto& metric = std::get<TargetPolicy>(spec.policies[0].kind).metric;
  metric.when_missing = WhenMissing::fallback;
  metric.fallback = 25;
  stage.is_reconfigured({spec});
  stage.runs(5min);
  EXPECT_EQ(stage.desired("web"), 25);
}

TEST(Disasters, D19_OneMissingMetricOfSeveralDoesNotKeepTheGroupFromGrowing) {
  GroupSpec spec = a_group("web", {2, 60}, 10);
  spec.policies = {a_target("a", 10, true), a_target("c", 10, true)};
  Stage stage({spec});
  stage.has("web", 10);
  is_told_nothing(stage, "c");
  stage.runs(17h);
  EXPECT_TRUE(stage.sent.empty());
  stage.samples("web", "a", 150);
  stage.runs(30s);
  EXPECT_EQ(stage.desired("web"), 15);
  EXPECT_EQ(stage.count(IntentKind::launch), 5);
  const auto& voices = stage.last("web").voices;
  const auto missing = std::find_if(voices.begin(), voices.end(),
                                    [](const Voice& v) { return v.verdict == Verdict::missing; });
  ASSERT_NE(missing, voices.end());
  EXPECT_EQ(missing->name, "c");
}

TEST(Disasters, D20_ATemplateThatNeverServesIsNotLaunchedForEverAndTheOldOneStays) {
  GroupSpec spec = a_group("web", {1, 40}, 5);
  spec.policies = {a_target("load", 10, true)};
  spec.launch_hash = "v2";
  SimulatedSettings settings = Stage::calm();
  settings.error_at_birth = Odds{1'000'000};
  Stage stage({spec}, settings);
  stage.has("web", 5, "v1");
  stage.every(1min, [&] { stage.samples("web", "load", 300); });
  stage.runs(2h);
  EXPECT_EQ(stage.desired("web"), 30);
  EXPECT_EQ(stage.truth("web").ready, 5) << "who serves is not exchanged for who does not";
  EXPECT_TRUE(stage.says("web", Reason::born_dead));
  EXPECT_LE(stage.count(IntentKind::launch), 25 + 8) << "one wave, then one at a time";
  EXPECT_LT(stage.truth("web").existing, 40);
}

TEST(Disasters, D22_ATenthOfTheTruthForAnHourDoesNotHalveTheGroup) {
  GroupSpec spec = a_group("web", {4, 200}, 100);
  spec.policies = {a_target("usage", 10, true)};
  Stage stage({spec});
  stage.has("web", 100);
  bool is_true = true;
  stage.every(1min, [&] { stage.samples("web", "usage", is_true ? 1'000 : 100); });
  stage.runs(10min);
  is_true = false;
  stage.runs(1h);
  EXPECT_GE(stage.truth("web").ready, 50);
  EXPECT_TRUE(stage.says("web", Reason::termination_budget_spent));
  is_true = true;
  stage.runs(10min);
  EXPECT_EQ(stage.truth("web").ready, 100) << "and is back as soon as the truth is";
}

TEST(Disasters, D23_WhenAllThatReportsFallsSilentNothingIsDone) {
  GroupSpec spec = a_group("web", {1, 40}, 12);
  spec.policies = {a_target("cpu", 50)};
  spec.health.silent_after = 2min;
  Stage stage({spec});
  stage.has("web", 12);
  bool is_silent = false;
  stage.every(20s, [&] {
    if (is_silent) return;
    stage.samples("web", "cpu", 50);
    for (const InstanceId& id : stage.existing("web")) {
      stage.tells("web", HealthClaim{id, HealthStatus::healthy, "agent", ""});
    }
  });
  stage.runs(10min);
  is_silent = true;
  stage.runs(6h);
  EXPECT_TRUE(stage.sent.empty());
  EXPECT_EQ(stage.desired("web"), 12);
}

}  // namespace
}  // namespace settle
