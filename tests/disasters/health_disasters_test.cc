// Class D: healers that make it worse.
#include <gmock/gmock.h>

#include "tests/disasters/stage.h"

namespace settle {
namespace {

using namespace std::chrono_literals;

void are_reported(Stage& stage, const std::string& group, int count, const std::string& reporter,
                  HealthStatus status) {
  std::vector<Claim> claims;
  for (const InstanceId& id : stage.existing(group)) {
    if (static_cast<int>(claims.size()) == count) break;
    claims.push_back(HealthClaim{id, status, reporter, "no answer"});
  }
  stage.tells_all(group, std::move(claims));
}

TEST(Disasters, D09_WhenMostOfAGroupIsReportedIllTheProbeIsDoubtedAndNobodyIsReplaced) {
  for (const int ill : {28, 50}) {
    Stage stage({a_group("web", {10, 100}, 50)});
    stage.has("web", 50);
    stage.runs(2min);
    stage.every(1min, [&] { are_reported(stage, "web", ill, "probe", HealthStatus::unhealthy); });
    stage.runs(3h);
    EXPECT_TRUE(stage.sent.empty()) << ill;
    EXPECT_TRUE(stage.says("web", Reason::probe_suspect)) << ill;
    EXPECT_EQ(stage.truth("web").ready, 50) << ill;
  }
}

TEST(Disasters, D36_WhenEverythingIsIllNewcomersIncludedTheOldOnesStay) {
  Stage stage({a_group("web", {4, 40}, 20)});
  stage.has("web", 20);
  stage.runs(2min);
  stage.every(30s, [&] { are_reported(stage, "web", 999, "balancer", HealthStatus::unhealthy); });
  stage.runs(2h);
  EXPECT_EQ(stage.count(IntentKind::terminate), 0);
  EXPECT_TRUE(stage.sent.empty());
  EXPECT_EQ(stage.last("web").withheld.front().reason, Reason::probe_suspect);
}

TEST(Disasters, D37_OneSourceAgainstAnotherCondemnsNobodyAndWhoIsReplacedStaysUntilThen) {
  GroupSpec spec = a_group("web", {2, 20}, 8);
  spec.health.agree = 2;
  spec.health.reporters = {{"agent", 0ms}, {"balancer", 0ms}};
  Stage stage({spec});
  stage.has("web", 8);
  stage.runs(2min);
  stage.every(1min, [&] {
    are_reported(stage, "web", 2, "agent", HealthStatus::unhealthy);
    are_reported(stage, "web", 2, "balancer", HealthStatus::healthy);
  });
  stage.runs(2h);
  EXPECT_TRUE(stage.sent.empty());
  // One alone is believed: then another serves before it goes.
  spec.health.agree = 1;
  stage.is_reconfigured({spec});
  Capacity least = 8;
  stage.every(5s, [&] { least = std::min(least, stage.truth("web").ready); });
  stage.runs(20min);
  ASSERT_FALSE(stage.sent.empty());
  EXPECT_EQ(stage.sent.front().intent.kind, IntentKind::launch);
  EXPECT_GT(stage.count(IntentKind::terminate), 0);
  EXPECT_GE(least, 8);
}

TEST(Disasters, D40_SlowReplacementsAndMoreAndMoreIllTakeNobodyAwayBeforeAnotherServes) {
  GroupSpec spec = a_group("web", {2, 40}, 20);
  SimulatedSettings settings = Stage::calm();
  settings.boot_time = 30min;
  settings.boot_jitter = 0s;
  spec.health.launch_timeout = 1h;
  Stage stage({spec}, settings);
  stage.has("web", 20);
  stage.runs(2min);
  int ill = 0;
  stage.every(10min, [&] {
    ill = std::min(ill + 1, 6);
    are_reported(stage, "web", ill, "probe", HealthStatus::unhealthy);
  });
  Capacity least = 20;
  stage.every(5s, [&] { least = std::min(least, stage.truth("web").ready); });
  stage.runs(6h);
  EXPECT_GT(stage.count(IntentKind::terminate), 0);
  EXPECT_GE(least, 20);
  EXPECT_LE(stage.most_within(IntentKind::terminate, 10min), 2);
}

TEST(Disasters, D40_WhereReplacementsComeAfterwardsThoseThatBootAreOfTheDisruptionBudget) {
  GroupSpec spec = a_group("web", {2, 20}, 20);
  SimulatedSettings settings = Stage::calm();
  settings.boot_time = 30min;
  settings.boot_jitter = 0s;
  spec.health.launch_timeout = 1h;
  spec.health.launch_first = false;
  Stage stage({spec}, settings);
  stage.has("web", 20);
  stage.runs(2min);
  int ill = 0;
  stage.every(10min, [&] {
    ill = std::min(ill + 1, 6);
    are_reported(stage, "web", ill, "probe", HealthStatus::unhealthy);
  });
  Capacity least = 20;
  stage.every(5s, [&] { least = std::min(least, stage.truth("web").ready); });
  stage.runs(6h);
  EXPECT_GE(stage.count(IntentKind::terminate), 6);
  EXPECT_EQ(least, 16) << "a fifth of twenty";
}

TEST(Disasters, D41_ABlipOfAMinuteDuringARollingRestartReplacesNobody) {
  GroupSpec spec = a_group("web", {2, 40}, 20);
  spec.health.unhealthy_for = 2min;
  Stage stage({spec});
  stage.has("web", 20);
  stage.runs(2min);
  const std::vector<InstanceId> all = stage.existing("web");
  std::size_t restarting = all.size();
  stage.listing = [&](Observed& observed) {
    std::erase_if(observed.observation->instances, [&](const Instance& instance) {
      return restarting < all.size() && instance.id == all[restarting];
    });
  };
  for (restarting = 0; restarting < all.size(); ++restarting) {
    stage.tells("web", HealthClaim{all[restarting], HealthStatus::unhealthy, "registry", "gone"});
    stage.runs(60s);
    stage.tells("web", HealthClaim{all[restarting], HealthStatus::healthy, "registry", ""});
  }
  stage.runs(1h);
  EXPECT_TRUE(stage.sent.empty());
}

TEST(Disasters, D42_WhenEveryGroupDivergesAndTheCloudIsSlowWorkIsBounded) {
  std::vector<GroupSpec> specs;
  for (int i = 0; i < 50; ++i) specs.push_back(a_group("g" + std::to_string(i), {0, 20}, 10));
  Stage stage(specs);
  for (const GroupSpec& spec : specs) stage.has(spec.id.value, 10);
  stage.runs(5min);
  for (const GroupSpec& spec : specs) {
    for (const InstanceId& id : stage.existing(spec.id.value)) stage.cloud().fail(id, "ERROR");
  }
  stage.call_time = 10s;  // A hundred times as long.
  stage.runs(20min);
  EXPECT_LE(stage.most_within(IntentKind::launch, 1min), 50 * 10);
  EXPECT_LE(stage.calls_open_most, 50 * 10);
  EXPECT_LE(stage.most_within(IntentKind::terminate, 10min), 50) << "one of ten, of each";
  stage.call_time = 100ms;
  stage.runs(6h);
  for (const GroupSpec& spec : specs) EXPECT_EQ(stage.truth(spec.id.value).ready, 10);
}

TEST(Disasters, D45_AnUpdateThatBreaksMostOfEveryRegionEmptiesNoneOfThem) {
  std::vector<GroupSpec> specs;
  for (const char* region : {"east", "north", "west"}) {
    specs.push_back(a_group(region, {5, 100}, 50));
  }
  Stage stage(specs);
  for (const GroupSpec& spec : specs) stage.has(spec.id.value, 50);
  stage.runs(2min);
  stage.every(1min, [&] {
    for (const GroupSpec& spec : specs) {
      are_reported(stage, spec.id.value, 30, "agent", HealthStatus::unhealthy);
    }
  });
  stage.runs(2h);
  EXPECT_TRUE(stage.sent.empty());
  for (const GroupSpec& spec : specs) EXPECT_TRUE(stage.says(spec.id.value, Reason::probe_suspect));
}

TEST(Disasters, D45_WhatTheCloudItselfCallsBrokenIsReplacedByTheTenth) {
  Stage stage({a_group("east", {5, 100}, 50)});
  stage.has("east", 50);
  stage.runs(2min);
  int broken = 0;
  for (const InstanceId& id : stage.existing("east")) {
    if (broken++ < 45) stage.cloud().fail(id, "ERROR");
  }
  stage.runs(1min);
  EXPECT_LE(stage.most_within(IntentKind::terminate, 10min), 5);
  EXPECT_LE(stage.most_within(IntentKind::launch, 30s), 6) << "the secondary rate";
  EXPECT_GE(stage.truth("east").ready, 5);
}

TEST(Disasters, D81_AHealerWhoseDeedsMakeOthersIllComesToRest) {
  for (int seed = 1; seed <= 3; ++seed) {
    Stage stage({a_group("web", {5, 60}, 30)});
    stage.has("web", 30);
    stage.runs(2min);
    std::size_t felt = 0;
    int ill = seed;
    stage.every(1min, [&] {
      // Each deed lengthens the answers of everybody, and one more misses its deadline.
      if (stage.sent.size() > felt) ill = std::min(ill + 1, 30);
      felt = stage.sent.size();
      are_reported(stage, "web", ill, "probe", HealthStatus::unhealthy);
    });
    std::vector<std::size_t> by_hour;
    for (int hour = 0; hour < 8; ++hour) {
      const std::size_t before = stage.sent.size();
      stage.runs(1h);
      by_hour.push_back(stage.sent.size() - before);
    }
    EXPECT_LE(by_hour.back(), by_hour.front()) << seed;
    EXPECT_LE(*std::max_element(by_hour.begin(), by_hour.end()), 2U * 6 * 3) << "the budget's";
    EXPECT_GE(stage.truth("web").ready, 30) << seed;
  }
}

}  // namespace
}  // namespace settle
