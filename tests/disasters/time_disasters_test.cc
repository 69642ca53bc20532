// Classes G, H and I: time, owners that overlap, and sizes that nobody has tried.
#include <gmock/gmock.h>

#include "config/config.h"
#include "tests/disasters/stage.h"

namespace settle {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

TEST(Disasters, D70_ADailyOccurrenceFiresOnceADayInEveryYearOfEveryKindOfZone) {
  const Time from = sys_days{year{1970} / 1 / 2};
  const Time until = sys_days{year{2037} / 12 / 31};
  for (const char* name :
       {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo",
        "Africa/Casablanca", "Asia/Tehran", "Pacific/Chatham", "Europe/Dublin"}) {
    const Zone zone = zone_of(name);
    for (const char* cron : {"30 2 * * *", "0 0 * * *", "15 3 * * *"}) {
      const Cron daily = cron_of(cron);
      std::optional<Time> at = daily.next(zone, from);
      auto day =
          std::chrono::floor<std::chrono::days>(*at + Duration(zone.offset_seconds(*at)) * 1000);
      int skipped_days = 0;
      while (at && *at < until) {
        const auto next = daily.next(zone, *at);
        const auto next_day = std::chrono::floor<std::chrono::days>(
            *next + Duration(zone.offset_seconds(*next)) * 1000);
        ASSERT_GT(next_day, day) << name << " " << cron << ": twice on one day";
        skipped_days += static_cast<int>((next_day - day).count()) - 1;
        at = next;
        day = next_day;
      }
      EXPECT_EQ(skipped_days, 0) << name << " " << cron;
    }
  }
}

TEST(Disasters, D70_ThroughTheNightThatHasTwoOClockTwiceAScheduleFiresOnce) {
  GroupSpec spec = a_group("web", {0, 50}, 5);
  spec.zone = zone_of("Europe/Berlin");
  spec.schedules = {one_more_at("30 2 * * *")};
  Stage stage({spec});
  stage.jumps(sys_days{year{2027} / 10 / 30} + 12h - stage.now);
  stage.has("web", 5);
  stage.is_succeeded();
  stage.runs(1min);
  const Capacity before = stage.desired("web");
  stage.runs(20h);
  EXPECT_EQ(stage.desired("web"), before + 1);
}

TEST(Disasters, D71_AZoneThatIsNotKnownIsAnErrorWhereTheFileIsRead) {
  for (const char* zone : {"Europe/Berln", "Mars/Olympus", "europe/berlin ", "+01:00", "''"}) {
    const Compiled result =
        compile({{"g.yaml", std::string("groups:\n  g:\n    capacity: { min: 1, max: 2 }\n"
                                        "    time_zone: ") +
                                zone + "\n"}});
    EXPECT_TRUE(result.has_errors()) << zone;
    EXPECT_TRUE(result.specs.empty()) << zone << " is not taken for UTC";
  }
  EXPECT_FALSE(tzdata_version().empty());
}

TEST(Disasters, D72_AClockThatStepsFiresNothingTwiceAndTerminatesNobody) {
  for (const Duration step : {Duration{-1s}, Duration{1h}, Duration{-1h}, Duration{24h},
                              Duration{200ms}, Duration{-24h}}) {
    GroupSpec spec = a_group("web", {0, 100}, 10);
    spec.schedules = {one_more_at("*/30 * * * *")};
    Stage stage({spec});
    stage.has("web", 10);
    stage.runs(10min);
    const Capacity before = stage.desired("web");
    for (int i = 0; i < 6; ++i) {
      stage.jumps(i % 2 == 0 ? step : -step);
      stage.runs(30s);
    }
    stage.runs(10min);
    EXPECT_LE(stage.desired("web"), before + 2) << step.count();
    EXPECT_EQ(stage.count(IntentKind::terminate), 0) << step.count();
    for (const DecisionRecord& record : stage.records) {
      EXPECT_LE(record.desired_to.value_or(0), before + 2) << step.count();
    }
  }
}

TEST(Disasters, D77_OldAndNewOwnersTogetherSpendOneBudget) {
  Stage stage({a_group("web", {1, 60}, 50)});
  stage.has("web", 50);
  stage.runs(2min);
  stage.tells("web", HoldOrder{20, stage.now + 24h, false, "operator", ""});
  // Each owner dies with its first calls on the way, and another takes over.
  int deaths = 0;
  stage.dies_after = [&deaths](const Effect& effect) {
    const auto* act = std::get_if<Act>(&effect);
    return act != nullptr && act->intent.kind == IntentKind::terminate && ++deaths < 30;
  };
  const int before = static_cast<int>(stage.truth("web").existing);
  stage.runs(9min);
  EXPECT_LE(before - stage.truth("web").existing, 2) << "a tenth of what is desired";
  std::map<std::string, std::string> victims;
  for (const Stage::Sent& one : stage.sent) {
    const auto [known, is_new] = victims.emplace(one.intent.instance.value, one.intent.token);
    EXPECT_TRUE(is_new || known->second == one.intent.token) << "sent again under its own token";
  }
}

TEST(Disasters, D79_AGroupGrowsInStepsNoLargerThanItself) {
  GroupSpec spec = a_group("front", {1, 400}, 10);
  spec.policies = {a_target("load", 10, true)};
  Stage stage({spec});
  stage.has("front", 10);
  stage.every(30s, [&] { stage.samples("front", "load", 250); });
  stage.runs(10min);
  EXPECT_LE(stage.most_within(IntentKind::launch, 1min), 25);
  EXPECT_EQ(stage.truth("front").ready, 25);
}

TEST(Disasters, D80_ASizeThatNobodyHasTriedIsRefusedWhereTheFileIsRead) {
  const auto is_refused = [](const std::string& max) {
    return compile({{"g.yaml", "groups:\n  g:\n    capacity: { min: 1, max: " + max + " }\n"}})
        .has_errors();
  };
  EXPECT_FALSE(is_refused("100"));
  EXPECT_TRUE(is_refused("2147483648"));
  EXPECT_TRUE(is_refused("-1"));
  EXPECT_TRUE(is_refused(std::to_string(std::int64_t{capacity_limit} + 1)));
}

}  // namespace
}  // namespace settle
