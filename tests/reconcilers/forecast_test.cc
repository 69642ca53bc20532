// What is learnt of a load, and what a forecast makes of it.
#include "reconcilers/forecast.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/laws.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

constexpr Duration hour = 60 * minute;
constexpr Duration day = 24 * hour;
const Time monday = Zone().instant({2026, 1, 5, 0, 0, 0});

/// Learns one load in every quarter of an hour of `days`, by the hour.
template <typename LoadOf>
void live(Season& season, Time from, int days, LoadOf load_of) {
  for (Time at = from; at < from + days * day; at += season_quarter) {
    learn(season, Zone(), at, Decimal(load_of(at)));
  }
}

std::int64_t hour_of(Time at) {
  return (at - monday) / hour % 24;
}

Decimal expected(const Season& season, Time at) {
  return expected_peak(season, Zone(), at, at).value_or(Decimal(-1));
}

TEST(Season, ExpectsThePeakOfTheSameQuarterOfTheDayBefore) {
  Season season;
  learn(season, Zone(), monday, Decimal(40));
  learn(season, Zone(), monday + 5 * minute, Decimal(70));
  learn(season, Zone(), monday + 10 * minute, Decimal(50));
  EXPECT_EQ(expected_peak(season, Zone(), monday + day, monday + day), std::nullopt)
      << "the quarter is not over";
  learn(season, Zone(), monday + 15 * minute, Decimal(10));
  EXPECT_EQ(expected(season, monday + day), Decimal(70));
  EXPECT_EQ(expected(season, monday + day + 14 * minute), Decimal(70));
  EXPECT_EQ(expected(season, monday + day + 15 * minute), Decimal(-1));
}

TEST(Season, WeighsTheDayAndTheWeek) {
  Season season;
  const auto load = [](Time at) { return at - monday >= 5 * day ? 20 : 100; };
  live(season, monday, 7, load);
  learn(season, Zone(), monday + 7 * day, Decimal(100));
  // Saturday and Sunday brought the day to 100 - 20 - 15 = 65 by quarters; the week's Monday is
  // 100.
  EXPECT_EQ(expected(season, monday + 7 * day + 12 * hour), number("82.5"));
  EXPECT_EQ(expected(season, monday + 12 * day + 12 * hour), number("42.5"));
}

TEST(Season, SaysHowFarOffItWasOverTheLastDay) {
  Season season;
  live(season, monday, 1, [](Time) { return 100; });
  EXPECT_EQ(mean_error(season), std::nullopt);
  live(season, monday + day, 1, [](Time) { return 80; });
  learn(season, Zone(), monday + 2 * day, Decimal(0));
  EXPECT_EQ(mean_error(season), Decimal(25)) << "100 where 80 came";
}

TEST(Season, FollowsTheClocksOfItsZone) {
  const auto zone = Zone::load("Europe/Helsinki");
  ASSERT_TRUE(zone);
  Season season;
  const Time saturday = zone->instant({2026, 3, 28, 9, 0, 0});
  learn(season, *zone, saturday, Decimal(70));
  learn(season, *zone, saturday + 15 * minute, Decimal(10));
  const Time sunday = zone->instant({2026, 3, 29, 9, 0, 0});
  EXPECT_EQ(sunday - saturday, 23 * hour);
  EXPECT_EQ(expected_peak(season, *zone, sunday, sunday), Decimal(70));
}

RC_GTEST_PROP(SeasonLaw, RemembersNoMoreThanAWeekHasQuarters, ()) {
  Season season;
  Time at = monday;
  for (int i = 0; i < 3'000; ++i) {
    at += Duration{evenly(0, 3'600'000)};
    learn(season, Zone(), at, Decimal(evenly<std::int64_t>(0, 1'000'000'000)));
  }
  RC_ASSERT(season.day.size() <= 96U);
  RC_ASSERT(season.week.size() <= 672U);
  RC_ASSERT(season.foretold.size() <= 97U);
  for (const SeasonSlot& slot : season.week) RC_ASSERT(slot.load.digits() <= 1'000'000);
}

RC_GTEST_PROP(SeasonLaw, TheSameLoadsHoweverOftenTheyAreSaidAreLearntOnce, ()) {
  Season once;
  Season often;
  Time at = monday;
  for (int i = 0; i < 300; ++i) {
    const Time before = at;
    at += Duration{evenly(1, 1'800'000)};
    const Decimal load(evenly<std::int64_t>(0, 1'000));
    learn(once, Zone(), at, load);
    learn(often, Zone(), at, load);
    if (*rc::gen::arbitrary<bool>()) learn(often, Zone(), at, load + Decimal(5));
    if (i > 0) learn(often, Zone(), before, load);
  }
  RC_ASSERT(once == often);
}

/// A total of 100 an instance, and its forecast.
struct Habit : GroupWorld {
  explicit Habit(ForecastMode mode) : GroupWorld(2) {
    now = monday;
    state.memory.scheduled_to = now;
    policy("load", target("100", true));
    policy("before", ForecastPolicy{"load", 10 * minute, mode});
  }
  /// Every five minutes a sample and a round: quiet, and busy from nine to twelve.
  void live_until(Time end) {
    for (; now < end; now += 5 * minute) {
      const bool is_busy = hour_of(now) >= 9 && hour_of(now) < 12;
      sample("load", is_busy ? "1200" : "200");
      round();
    }
  }
};

TEST(Forecast, AsksForWhatIsExpectedItsLeadAhead) {
  Habit world(ForecastMode::act);
  world.live_until(monday + day + 8 * hour + 50 * minute);
  EXPECT_EQ(world.state.desired, 2);
  world.live_until(monday + day + 8 * hour + 55 * minute);
  EXPECT_EQ(world.state.desired, 12) << "ten minutes before nine";
  EXPECT_TRUE(world.voice("before").won);
}

TEST(Forecast, LooksAgainWhenWhatItExpectsMayChange) {
  Habit world(ForecastMode::act);
  auto& load = std::get<TargetPolicy>(world.spec.policies.back().kind);
  load.metric.stale_after = hour;
  world.live_until(monday + day + 8 * hour + 50 * minute);
  EXPECT_EQ(world.revisit, monday + day + 8 * hour + 50 * minute) << "nine comes within its lead";
  world.live_until(monday + day + 8 * hour + 55 * minute);
  EXPECT_EQ(world.revisit, monday + day + 9 * hour) << "the quarter that it was for begins";
}

TEST(Forecast, OnlyShowsUntilItIsToldToAct) {
  Habit world(ForecastMode::forecast_only);
  world.live_until(monday + day + 8 * hour + 56 * minute);
  EXPECT_EQ(world.state.desired, 2);
  EXPECT_EQ(world.voice("before").verdict, Verdict::silent);
  EXPECT_EQ(world.voice("before").reason, Reason::forecast_shown);
}

TEST(Forecast, IsAFloorAndNeverScalesIn) {
  Habit world(ForecastMode::act);
  world.live_until(monday + day + 10 * hour);
  ASSERT_EQ(world.state.desired, 12);
  world.sample("load", "3000");
  EXPECT_EQ(world.after(second), 30);
  world.sample("load", "500");
  EXPECT_EQ(world.after(second), 12) << "others may shrink the group down to it";
  world.state.desired = 20;
  world.now += 5 * minute;  // What was read is stale.
  for (Policy& policy : world.spec.policies) {
    auto* target = std::get_if<TargetPolicy>(&policy.kind);
    if (target != nullptr) target->metric.when_missing = WhenMissing::ignore;
  }
  EXPECT_EQ(world.round(), 20) << "and by itself it asks for no less";
}

TEST(Forecast, HoldsItsFloorWhileTheSignalIsMissing) {
  Habit world(ForecastMode::act);
  world.live_until(monday + day + 8 * hour);
  world.now = monday + day + 9 * hour;
  EXPECT_EQ(world.round(), 12);
  EXPECT_EQ(world.voice("load").verdict, Verdict::missing);
}

TEST(Forecast, OfAMeanLearnsALoadThatDoesNotDependOnHowManyShareIt) {
  GroupWorld world(4);
  world.now = monday;
  world.policy("cpu", target("50"));
  world.policy("before", ForecastPolicy{"cpu", 10 * minute, ForecastMode::forecast_only});
  world.sample("cpu", "60");  // Of four: 240.
  world.round();
  world.ready = 9;
  world.after(minute);  // Nine now, and nobody has measured them.
  world.now = monday + 20 * minute;
  world.ready = 6;
  world.sample("cpu", "10");
  world.round();
  ASSERT_EQ(world.state.seasons.size(), 1U);
  EXPECT_EQ(expected(world.state.seasons[0], monday + day), Decimal(240));
}

TEST(Forecast, OfATargetThatIsNoneAsksForNothing) {
  Habit world(ForecastMode::act);
  world.live_until(monday + day + 9 * hour);
  std::get<TargetPolicy>(world.spec.policies.back().kind).target = {};
  world.round();
  EXPECT_EQ(world.voice("before").verdict, Verdict::silent);
}

TEST(Forecast, ForgetsWhatItLearntOnceItIsNoPolicy) {
  Habit world(ForecastMode::act);
  world.live_until(monday + hour);
  EXPECT_EQ(world.state.seasons.size(), 1U);
  world.spec.policies.erase(world.spec.policies.begin());
  world.round();
  EXPECT_TRUE(world.state.seasons.empty());
}

TEST(Season, KeepsSixDigitsOfALoadRoundedUp) {
  const std::pair<std::int64_t, std::int64_t> loads[] = {{999'999, 999'999},
                                                         {1'000'000, 1'000'000},
                                                         {1'000'001, 1'000'010},
                                                         {12'345'678, 12'345'700},
                                                         {999'999'999, 1'000'000'000}};
  for (const auto& [load, kept] : loads) {
    Season season;
    learn(season, Zone(), monday, Decimal(load));
    learn(season, Zone(), monday + 15 * minute, Decimal(0));
    EXPECT_EQ(expected(season, monday + day), Decimal(kept)) << load;
  }
}

TEST(Season, CountsTheQuartersFromMidnight) {
  Season season;
  learn(season, Zone(), monday + 75 * minute, Decimal(1));
  learn(season, Zone(), monday + 90 * minute, Decimal(1));
  ASSERT_EQ(season.day.size(), 1U);
  EXPECT_EQ(season.day[0].slot, 5);
}

}  // namespace
}  // namespace settle
