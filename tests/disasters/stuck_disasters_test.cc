// Class E: what cannot be done, and all that waits behind it.
#include <gmock/gmock.h>

#include "tests/disasters/stage.h"

namespace settle {
namespace {

using namespace std::chrono_literals;

Acted answered(const Act& act, Acted::Result result, Reason why) {
  Acted acted;
  acted.group = act.group;
  acted.token = act.intent.token;
  acted.result = result;
  acted.why = why;
  return acted;
}

TEST(Disasters, D47_FourDaysWithoutAPasswordDoNothingAndTheLastGoodLookAges) {
  GroupSpec spec = a_group("web", {0, 40}, 10);
  Stage stage({spec});
  stage.has("web", 10);
  stage.runs(5min);
  const Time good = stage.now;
  stage.listing = [](Observed& observed) {
    observed.observation.reset();
    observed.failure = Reason::cloud_refused;
  };
  stage.runs(3min);
  stage.tells("web", HoldOrder{3, stage.now + 96h, false, "operator", ""});
  stage.runs(96h);
  EXPECT_TRUE(stage.sent.empty());
  EXPECT_TRUE(stage.says("web", Reason::observation_stale));
  EXPECT_LE(stage.stored("web").observed_at, good) << "no newer than what was seen";
  EXPECT_FALSE(stage.last("web").converged);
}

TEST(Disasters, D48_DeletesThatNeverEndCountTowardMaxAndTheirAgeShows) {
  GroupSpec spec = a_group("web", {2, 12}, 10);
  spec.policies = {a_target("load", 10, true)};
  Stage stage({spec});
  stage.has("web", 10);
  stage.call = [](const Act& act) -> std::optional<Acted> {
    if (act.intent.kind != IntentKind::terminate) return std::nullopt;
    return answered(act, Acted::Result::unknown, Reason::outcome_unknown);
  };
  int minute = 0;
  stage.every(1min, [&] { stage.samples("web", "load", minute++ / 30 % 2 == 0 ? 40 : 120); });
  for (int i = 0; i < 240; ++i) {
    stage.runs(1min);
    ASSERT_LE(stage.truth("web").existing, 12);
  }
  const auto& intents = stage.stored("web").intents;
  const auto oldest = std::find_if(intents.begin(), intents.end(), [](const Intent& intent) {
    return intent.kind == IntentKind::terminate;
  });
  ASSERT_NE(oldest, intents.end());
  EXPECT_GT(stage.now - oldest->opened_at, 10min);
  EXPECT_GT(oldest->sends, 1U) << "and is tried again under its own token";
}

TEST(Disasters, D50_OneThatTheCloudWillNotDeleteDoesNotBlockTheOthers) {
  Stage stage({a_group("web", {1, 20}, 10)});
  stage.has("web", 10);
  stage.runs(2min);
  const InstanceId locked = stage.existing("web").front();
  stage.call = [&](const Act& act) -> std::optional<Acted> {
    if (act.intent.instance != locked) return std::nullopt;
    return answered(act, Acted::Result::refused, Reason::cloud_refused);
  };
  stage.tells("web", HoldOrder{7, stage.now + 48h, false, "operator", ""});
  stage.runs(3h);
  EXPECT_EQ(stage.truth("web").existing, 7);
  int tried = 0;
  for (const Stage::Sent& one : stage.sent) tried += one.intent.instance == locked ? 1 : 0;
  EXPECT_GE(tried, 1);
  EXPECT_LE(tried, 12) << "no more often than its backoff allows";
  stage.tells("web", HoldOrder{9, stage.now + 48h, false, "operator", ""});
  stage.runs(10min);
  EXPECT_EQ(stage.truth("web").ready, 9) << "and creates go on";
}

TEST(Disasters, D51_AQuotaIsAskedAgainSeldomAndDeletesGoOn) {
  SimulatedSettings settings = Stage::calm();
  settings.quota = 12;
  Stage stage({a_group("web", {0, 40}, 10)}, settings);
  stage.has("web", 10);
  stage.runs(2min);
  stage.tells("web", HoldOrder{20, stage.now + 24h, false, "operator", ""});
  stage.runs(2min);
  EXPECT_EQ(stage.truth("web").existing, 12);
  const Time refused = stage.now;
  stage.runs(1h);
  EXPECT_TRUE(stage.says("web", Reason::cloud_quota));
  EXPECT_LE(stage.most_within(IntentKind::launch, 5min), 20);
  EXPECT_LE(stage.count(IntentKind::launch, refused), 60);
  stage.tells("web", HoldOrder{11, stage.now + 24h, false, "operator", ""});
  stage.runs(2min);
  EXPECT_EQ(stage.truth("web").existing, 11);
}

TEST(Disasters, D51_AFullZoneIsLeftAloneAndAnotherIsUsedAtOnce) {
  GroupSpec spec = a_group("web", {0, 40}, 10);
  spec.zones = {"a", "b"};
  Stage stage({spec});
  stage.has("web", 10, "v1", {"a", "b"});
  stage.runs(2min);
  bool is_full = true;
  stage.call = [&](const Act& act) -> std::optional<Acted> {
    if (act.intent.kind != IntentKind::launch || act.intent.zone != "a" || !is_full) return {};
    return answered(act, Acted::Result::refused, Reason::cloud_no_capacity);
  };
  const auto tried = [&] {
    return std::count_if(stage.sent.begin(), stage.sent.end(), [](const Stage::Sent& one) {
      return one.intent.kind == IntentKind::launch && one.intent.zone == "a";
    });
  };
  stage.tells("web", HoldOrder{20, stage.now + 24h, false, "operator", ""});
  stage.runs(2min);
  EXPECT_EQ(stage.truth("web").ready, 20);
  EXPECT_LE(tried(), 6) << "one wave, and one that tries again";
  stage.tells("web", HoldOrder{18, stage.now + 24h, false, "operator", ""});
  stage.runs(20min);
  EXPECT_EQ(stage.truth("web").ready, 18) << "deletes go on";
  is_full = false;
  stage.tells("web", HoldOrder{24, stage.now + 24h, false, "operator", ""});
  stage.runs(5min);
  EXPECT_EQ(stage.truth("web").ready, 24);
  EXPECT_TRUE(stage.stored("web").setbacks.empty()) << "it has room again";
}

TEST(Disasters, D53_AfterWeeksOfSleepAScheduleFiresAtMostOnceAndSaysWhatItSkipped) {
  for (const Duration asleep : {Duration{1min}, Duration{3h}, Duration{24h}, Duration{90 * 24h}}) {
    GroupSpec spec = a_group("web", {0, 1'000}, 10);
    spec.schedules = {one_more_at("*/10 * * * *")};
    Stage stage({spec});
    stage.has("web", 10);
    stage.runs(1min);
    stage.jumps(asleep);
    stage.is_succeeded();
    stage.runs(1s);
    const Capacity woke = stage.desired("web");
    EXPECT_LE(woke, 12) << asleep.count() << ": those that are not late, and no others";
    stage.runs(30min);
    EXPECT_EQ(stage.desired("web"), woke + 3) << "and it goes on";
    EXPECT_EQ(stage.says("web", Reason::schedule_skipped), asleep > 1h);
  }
}

TEST(Disasters, D55_ALaunchBearsItsTokenAndTemplateInTheCallAndIsFoundByItsToken) {
  Stage stage({a_group("web", {0, 10}, 1)});
  bool has_lost_one = false;
  std::vector<Act> launches;
  stage.call = [&](const Act& act) -> std::optional<Acted> {
    if (act.intent.kind != IntentKind::launch) return std::nullopt;
    launches.push_back(act);
    if (has_lost_one) return std::nullopt;
    has_lost_one = true;
    Chance chance(1);
    (void)stage.cloud().act(act, stage.now, chance);
    return answered(act, Acted::Result::unknown, Reason::outcome_unknown);
  };
  stage.runs(20min);
  ASSERT_FALSE(launches.empty());
  for (const Act& act : launches) {
    EXPECT_EQ(act.group.value, "web");
    EXPECT_EQ(act.intent.token, launches.front().intent.token);
    ASSERT_NE(act.spec, nullptr);
    EXPECT_EQ(act.spec->launch, (std::map<std::string, std::string>{{"image", "web"}}));
  }
  EXPECT_EQ(stage.truth("web"), (SimulatedCloud::Truth{1, 1}));
  EXPECT_TRUE(stage.stored("web").intents.empty()) << "the listing has told the rest";
  for (const Stage::Sent& one : stage.sent) EXPECT_EQ(one.intent.kind, IntentKind::launch);
}

}  // namespace
}  // namespace settle
