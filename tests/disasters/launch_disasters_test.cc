// Class C: twins, launches without end, caps that are checked too late.
#include <set>

#include <gmock/gmock.h>

#include "tests/disasters/stage.h"

namespace settle {
namespace {

using namespace std::chrono_literals;

std::set<std::string> tokens_of(const Stage& stage, IntentKind kind) {
  std::set<std::string> tokens;
  for (const Stage::Sent& one : stage.sent) {
    if (one.intent.kind == kind) tokens.insert(one.intent.token);
  }
  return tokens;
}

TEST(Disasters, D24_FiftyCrashesAtAnyPointOfALaunchMakeOneInstanceAnIntent) {
  const auto is_commit = [](const Effect& e) { return std::holds_alternative<Commit>(e); };
  const auto is_journal = [](const Effect& e) { return std::holds_alternative<Journal>(e); };
  const auto is_act = [](const Effect& e) { return std::holds_alternative<Act>(e); };
  const std::vector<std::function<bool(const Effect&)>> points = {is_commit, is_journal, is_act};
  for (std::size_t at = 0; at < 2 * points.size(); ++at) {
    Stage stage({a_group("web", {0, 10}, 3)});
    int crashes = 0;
    const auto crash = [&](const Effect& effect) {
      return crashes < 50 && points[at / 2](effect) && ++crashes > 0;
    };
    (at % 2 == 0 ? stage.dies_before : stage.dies_after) = crash;
    for (int i = 0; i < 400; ++i) {
      stage.runs(5s);
      const auto known = static_cast<Capacity>(tokens_of(stage, IntentKind::launch).size());
      ASSERT_LE(stage.truth("web").existing, known) << at;
    }
    EXPECT_EQ(crashes, 50) << at;
    EXPECT_EQ(stage.truth("web"), (SimulatedCloud::Truth{3, 3})) << at;
    EXPECT_EQ(tokens_of(stage, IntentKind::launch).size(), 3U) << at;
    EXPECT_EQ(stage.count(IntentKind::terminate), 0) << at;
  }
}

TEST(Disasters, D25_SlowListingsAndLostRepliesMakeNoTwins) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SimulatedSettings settings = Stage::calm();
    settings.list_lag = 5min;
    settings.lost_reply = Odds{200'000};
    settings.seed = seed;
    Stage stage({a_group("web", {0, 20}, 20)}, settings);
    for (int i = 0; i < 60; ++i) {
      stage.runs(1min);
      ASSERT_LE(stage.truth("web").existing, 20) << seed;
    }
    EXPECT_EQ(stage.truth("web").ready, 20) << seed;
    EXPECT_EQ(tokens_of(stage, IntentKind::launch).size(), 20U) << "one token an instance";
    EXPECT_EQ(stage.count(IntentKind::terminate), 0) << seed;
  }
}

TEST(Disasters, D29_InstancesThatStopAtOnceCountTowardMaxAndAPauseEndsIt) {
  SimulatedSettings settings = Stage::calm();
  settings.boot_time = 0s;
  settings.error_at_birth = Odds{1'000'000};
  Stage stage({a_group("web", {1, 3}, 3)}, settings);
  for (int i = 0; i < 60; ++i) {
    stage.runs(1min);
    ASSERT_LE(stage.truth("web").existing, 3);
  }
  EXPECT_TRUE(stage.says("web", Reason::born_dead));
  stage.pauses("web");
  const Time acknowledged = stage.now;
  stage.runs(1s);
  stage.is_succeeded();
  stage.runs(23h);
  EXPECT_EQ(stage.count(IntentKind::launch, acknowledged + 1s), 0);
  EXPECT_EQ(stage.count(IntentKind::terminate, acknowledged + 1s), 0);
}

TEST(Disasters, D30_AnImageThatNeverBecomesReadyIsTriedLessAndLess) {
  SimulatedSettings settings = Stage::calm();
  settings.boot_time = 48h;
  Stage stage({a_group("web", {1, 10}, 1)}, settings);
  stage.runs(24h);
  EXPECT_LE(stage.count(IntentKind::launch), 60);
  EXPECT_GE(stage.count(IntentKind::launch), 3);
  EXPECT_TRUE(stage.says("web", Reason::born_dead));
  EXPECT_TRUE(stage.says("web", Reason::launch_timed_out));
}

TEST(Disasters, D31_TriggersAtTheSameMomentShareOneCapAlsoAcrossAChangeOfOwner) {
  GroupSpec spec = a_group("web", {0, 5}, 1);
  spec.policies = {a_webhook("more", 1)};
  spec.guards.launches = {Decimal(100), false, 1, Duration{60'000}};
  Stage stage({spec});
  stage.runs(2min);
  for (int i = 0; i < 20; ++i) stage.tells("web", AdjustClaim{"more"});
  stage.runs(20ms);
  stage.is_succeeded();
  for (int i = 0; i < 20; ++i) stage.tells("web", AdjustClaim{"more"});
  for (int i = 0; i < 200; ++i) {
    stage.runs(1s);
    ASSERT_LE(stage.truth("web").existing, 5);
  }
  EXPECT_EQ(stage.truth("web").ready, 5);
  EXPECT_EQ(tokens_of(stage, IntentKind::launch).size(), 5U);
}

TEST(Disasters, D32_ReplacementsThatFailFollowOneAnotherAndTheVictimStays) {
  GroupSpec spec = a_group("web", {1, 10}, 4);
  SimulatedSettings settings = Stage::calm();
  settings.error_at_birth = Odds{1'000'000};
  Stage stage({spec}, settings);
  stage.has("web", 4);
  stage.runs(2min);
  stage.every(30s, [&] {
    stage.tells("web", HealthClaim{{"web-0002"}, HealthStatus::unhealthy, "probe", ""});
    int outstanding = 0;
    for (const Intent& intent : stage.stored("web").intents) {
      if (intent.replaces.value == "web-0002") ++outstanding;
    }
    EXPECT_LE(outstanding, 1);
    EXPECT_LE(stage.truth("web").existing, 10) << "what failed counts until it is gone";
  });
  stage.runs(6h);
  EXPECT_GT(stage.count(IntentKind::launch), 1);
  EXPECT_LE(stage.count(IntentKind::launch), 20);
  const std::vector<InstanceId> left = stage.existing("web");
  EXPECT_NE(std::find(left.begin(), left.end(), InstanceId{"web-0002"}), left.end());
}

TEST(Disasters, D33_WhatDiesAsSoonAsItIsBornIsNotBornByTheThousand) {
  Stage stage({a_group("web", {1, 10}, 4)});
  stage.call = [&stage](const Act& act) -> std::optional<Acted> {
    if (act.intent.kind != IntentKind::launch) return std::nullopt;
    Chance chance(1);
    Acted done = stage.cloud().act(act, stage.now, chance);
    stage.cloud().remove(done.instance, stage.now);
    return done;
  };
  stage.runs(10min);
  EXPECT_LE(stage.most_within(IntentKind::launch, 1min), 4);
  EXPECT_LE(stage.sent.size(), 20U);
}

}  // namespace
}  // namespace settle
