#include <random>
#include <vector>

#include "calendar_text.h"

namespace settle {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::uint8_t mon_to_fri = 0x1f;
constexpr std::uint8_t friday = 1U << 4;
constexpr std::uint8_t sunday = 1U << 6;

std::int16_t clock_at(int hour, int minute = 0) {
  return static_cast<std::int16_t>(hour * 60 + minute);
}

std::string active_at(const Window& window, const Zone& in, const std::string& at) {
  return text(active(window, in, utc(at)));
}

std::string next_after(const Window& window, const Zone& in, const std::string& at) {
  return text(next(window, in, utc(at)));
}

TEST(WeeklyWindow, IsHalfOpen) {
  const Window office = WeeklyWindow{mon_to_fri, clock_at(6, 30), clock_at(20), 0};
  const Zone helsinki = zone("Europe/Helsinki");
  const std::string monday = "2026-11-23T04:30Z 2026-11-23T18:00Z";
  EXPECT_EQ(active_at(office, helsinki, "2026-11-23T04:29:59Z"), "none");
  EXPECT_EQ(active_at(office, helsinki, "2026-11-23T04:30:00Z"), monday);
  EXPECT_EQ(active_at(office, helsinki, "2026-11-23T17:59:59Z"), monday);
  EXPECT_EQ(active_at(office, helsinki, "2026-11-23T18:00:00Z"), "none");
  EXPECT_EQ(next_after(office, helsinki, "2026-11-20T12:00Z"), monday);
  EXPECT_EQ(active_at(office, helsinki, "2026-11-21T12:00Z"), "none");
}

TEST(WeeklyWindow, RunsPastMidnight) {
  const Window night = WeeklyWindow{0x7f, clock_at(22), clock_at(5, 30), 0};
  const Zone york = zone("America/New_York");
  const std::string span = "2026-11-23T03:00Z 2026-11-23T10:30Z";
  EXPECT_EQ(active_at(night, york, "2026-11-23T03:00Z"), span);
  EXPECT_EQ(active_at(night, york, "2026-11-23T10:29Z"), span);
  EXPECT_EQ(active_at(night, york, "2026-11-23T10:30Z"), "none");
  // Only its first day counts: Friday's goes on into Saturday.
  const Window fridays = WeeklyWindow{friday, clock_at(22), clock_at(5, 30), 0};
  EXPECT_EQ(active_at(fridays, york, "2026-11-21T08:00Z"), "2026-11-21T03:00Z 2026-11-21T10:30Z");
  EXPECT_EQ(active_at(fridays, york, "2026-11-22T08:00Z"), "none");
}

TEST(WeeklyWindow, SpansDays) {
  const Window weekend = WeeklyWindow{friday, clock_at(16), clock_at(7), 3};
  const Zone helsinki = zone("Europe/Helsinki");
  const std::string calm = "2026-11-20T14:00Z 2026-11-23T05:00Z";
  EXPECT_EQ(active_at(weekend, helsinki, "2026-11-20T13:59Z"), "none");
  EXPECT_EQ(active_at(weekend, helsinki, "2026-11-20T14:00Z"), calm);
  EXPECT_EQ(active_at(weekend, helsinki, "2026-11-22T00:00Z"), calm);
  EXPECT_EQ(active_at(weekend, helsinki, "2026-11-23T04:59Z"), calm);
  EXPECT_EQ(active_at(weekend, helsinki, "2026-11-23T05:00Z"), "none");
  EXPECT_EQ(next_after(weekend, helsinki, "2026-11-20T14:00Z"),
            "2026-11-27T14:00Z 2026-11-30T05:00Z");
}

TEST(WeeklyWindow, LastsADayWhereItsEndIsItsBeginning) {
  const Window always = WeeklyWindow{0x7f, 0, 0, 0};
  EXPECT_EQ(active_at(always, Zone(), "2026-11-23T00:00Z"), "2026-11-23T00:00Z 2026-11-24T00:00Z");
  const Window until_midnight = WeeklyWindow{0x7f, 0, clock_at(24), 0};
  EXPECT_EQ(active_at(until_midnight, Zone(), "2026-11-23T23:59Z"),
            "2026-11-23T00:00Z 2026-11-24T00:00Z");
}

TEST(WeeklyWindow, OfNoDaysIsNever) {
  EXPECT_EQ(active_at(WeeklyWindow{0, 0, 60, 0}, Zone(), "2026-11-23T00:30Z"), "none");
  EXPECT_EQ(next_after(WeeklyWindow{0x80, 0, 60, 0}, Zone(), "2026-11-23T00:30Z"), "none");
}

TEST(WeeklyWindow, HasItsEdgesMovedByAGap) {
  const Zone helsinki = zone("Europe/Helsinki");
  EXPECT_EQ(next_after(WeeklyWindow{sunday, clock_at(3, 15), clock_at(5), 0}, helsinki,
                       "2026-03-28T00:00Z"),
            "2026-03-29T01:00Z 2026-03-29T02:00Z");
  EXPECT_EQ(next_after(WeeklyWindow{sunday, clock_at(2), clock_at(3, 30), 0}, helsinki,
                       "2026-03-28T00:00Z"),
            "2026-03-29T00:00Z 2026-03-29T01:00Z");
}

TEST(WeeklyWindow, IsEmptyWhereAGapSkipsAllOfIt) {
  const Zone helsinki = zone("Europe/Helsinki");
  const Window window = WeeklyWindow{sunday, clock_at(3), clock_at(4), 0};
  EXPECT_EQ(active_at(window, helsinki, "2026-03-29T01:00Z"), "none");
  EXPECT_EQ(next_after(window, helsinki, "2026-03-28T00:00Z"),
            "2026-04-05T00:00Z 2026-04-05T01:00Z");
  const Zone apia = zone("Pacific/Apia");
  EXPECT_EQ(next_after(WeeklyWindow{0x7f, clock_at(9), clock_at(17), 0}, apia, "2011-12-29T23:00Z"),
            "2011-12-30T19:00Z 2011-12-31T03:00Z");
  EXPECT_EQ(next_after(WeeklyWindow{0x7f, clock_at(22), clock_at(6), 0}, apia, "2011-12-30T09:00Z"),
            "2011-12-30T10:00Z 2011-12-30T16:00Z");
}

TEST(WeeklyWindow, BeginsAndEndsOnceInAFold) {
  const Zone helsinki = zone("Europe/Helsinki");
  const Window early = WeeklyWindow{sunday, clock_at(3, 15), clock_at(3, 45), 0};
  EXPECT_EQ(active_at(early, helsinki, "2026-10-25T00:20Z"), "2026-10-25T00:15Z 2026-10-25T00:45Z");
  EXPECT_EQ(active_at(early, helsinki, "2026-10-25T01:20Z"), "none");
  const Window across = WeeklyWindow{sunday, clock_at(3, 30), clock_at(4), 0};
  EXPECT_EQ(active_at(across, helsinki, "2026-10-25T01:10Z"),
            "2026-10-25T00:30Z 2026-10-25T02:00Z");
}

TEST(DatedWindow, HappensOnce) {
  const Window friday_sale = DatedWindow{{2026, 11, 27, 0, 0}, {2026, 11, 30, 6, 0}};
  const Zone helsinki = zone("Europe/Helsinki");
  const std::string span = "2026-11-26T22:00Z 2026-11-30T04:00Z";
  EXPECT_EQ(active_at(friday_sale, helsinki, "2026-11-26T21:59Z"), "none");
  EXPECT_EQ(active_at(friday_sale, helsinki, "2026-11-26T22:00Z"), span);
  EXPECT_EQ(active_at(friday_sale, helsinki, "2026-11-30T04:00Z"), "none");
  EXPECT_EQ(next_after(friday_sale, helsinki, "2026-11-01T00:00Z"), span);
  EXPECT_EQ(next_after(friday_sale, helsinki, "2026-11-26T22:00Z"), "none");
}

TEST(DatedWindow, IsEmptyWhereItEndsBeforeItBeginsOrIsSkippedWhole) {
  const Zone helsinki = zone("Europe/Helsinki");
  for (const Window& window : {Window(DatedWindow{{2026, 5, 2, 0, 0}, {2026, 5, 1, 0, 0}}),
                               Window(DatedWindow{{2026, 3, 29, 3, 0}, {2026, 3, 29, 3, 50}})}) {
    EXPECT_EQ(next_after(window, helsinki, "2026-01-01T00:00Z"), "none");
    EXPECT_EQ(active_at(window, helsinki, "2026-05-01T12:00Z"), "none");
    EXPECT_EQ(active_at(window, helsinki, "2026-03-29T01:00Z"), "none");
  }
}

TEST(CronWindow, LastsItsLengthAfterEachFiring) {
  const Window reindex = CronWindow{cron("15 3 * * *"), minutes{90}};
  const Zone helsinki = zone("Europe/Helsinki");
  EXPECT_EQ(active_at(reindex, helsinki, "2026-11-24T01:14Z"), "none");
  EXPECT_EQ(active_at(reindex, helsinki, "2026-11-24T01:15Z"),
            "2026-11-24T01:15Z 2026-11-24T02:45Z");
  EXPECT_EQ(active_at(reindex, helsinki, "2026-11-24T02:45Z"), "none");
  // The clocks repeat the hour; the window does not.
  EXPECT_EQ(active_at(reindex, helsinki, "2026-10-25T01:30Z"),
            "2026-10-25T00:15Z 2026-10-25T01:45Z");
  EXPECT_EQ(next_after(reindex, helsinki, "2026-03-28T12:00Z"),
            "2026-03-29T01:00Z 2026-03-29T02:30Z");
  EXPECT_EQ(next_after(CronWindow{cron("15 3 * * *"), {}}, helsinki, "2026-03-28T12:00Z"), "none");
}

TEST(CronWindow, YieldsTheLastOfSeveralThatOverlap) {
  const Window window = CronWindow{cron("0 * * * *"), hours{3}};
  EXPECT_EQ(active_at(window, Zone(), "2026-11-24T05:30Z"), "2026-11-24T05:00Z 2026-11-24T08:00Z");
}

Window random_window(std::mt19937_64& random) {
  const auto up_to = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  if (up_to(4) == 0) {
    return CronWindow{cron(std::to_string(up_to(60)) + (up_to(2) == 0 ? " 3 * * *" : " * * * *")),
                      minutes{1 + up_to(3000)}};
  }
  return WeeklyWindow{static_cast<std::uint8_t>(1 + up_to(127)),
                      static_cast<std::int16_t>(up_to(1440)),
                      static_cast<std::int16_t>(up_to(1441)), static_cast<std::int8_t>(up_to(5))};
}

TEST(Window, IsActiveFromTheBeginningOfItsNextOccurrence) {
  std::mt19937_64 random(42);
  const std::vector<Zone> zones{zone("Europe/Helsinki"),     zone("America/New_York"),
                                zone("Australia/Lord_Howe"), zone("Pacific/Apia"),
                                zone("Africa/Casablanca"),   zone("UTC")};
  for (int i = 0; i < 40'000; ++i) {
    const Window window = random_window(random);
    const Zone& in = zones[random() % zones.size()];
    // Half of them within days of a change of clocks or of dates.
    const Time around = random() % 2 == 0 ? utc("2011-12-30T10:00Z") : utc("2026-10-25T01:00Z");
    const Time after = around + minutes{static_cast<int>(random() % 20'000) - 10'000};
    const std::optional<Span> coming = next(window, in, after);
    ASSERT_TRUE(coming);
    ASSERT_GT(coming->from, after);
    ASSERT_LT(coming->from, coming->until);
    ASSERT_EQ(text(active(window, in, coming->from)), text(coming)) << in.name();
    const std::optional<Span> now = active(window, in, after);
    if (now) {
      ASSERT_LE(now->from, after);
      ASSERT_GT(now->until, after);
      ASSERT_GE(coming->until, now->until);
    }
  }
}

TEST(Window, IsTotal) {
  const Zone helsinki = zone("Europe/Helsinki");
  for (const Window& window :
       {Window(WeeklyWindow{}), Window(WeeklyWindow{0x7f, -32768, 32767, 127}),
        Window(WeeklyWindow{0x7f, 32767, -32768, -128}), Window(DatedWindow{}),
        Window(CronWindow{cron("@hourly"), Duration::max()})}) {
    for (const Time at : {Time::min(), Time{}, Time::max()}) {
      const std::optional<Span> coming = next(window, helsinki, at);
      EXPECT_TRUE(!coming || coming->from > at);
      const std::optional<Span> now = active(window, helsinki, at);
      EXPECT_TRUE(!now || (now->from <= at && at < now->until));
    }
  }
}

}  // namespace
}  // namespace settle
