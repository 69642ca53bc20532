#include <random>
#include <vector>

#include "calendar_text.h"

namespace settle {
namespace {

using std::chrono::minutes;

/// The firings after `after`, written out.
std::string firings(const std::string& expression, const std::string& in, const std::string& after,
                    int count) {
  const Cron rule = cron(expression);
  const Zone where = zone(in);
  Time at = utc(after);
  std::string out;
  for (int i = 0; i < count; ++i) {
    const std::optional<Time> next = rule.next(where, at);
    out += (i == 0 ? "" : " ") + text(next);
    if (!next) {
      break;
    }
    at = *next;
  }
  return out;
}

std::string problem(const std::string& expression) {
  std::string error;
  return Cron::parse(expression, error) ? "none" : error;
}

TEST(Cron, RunsWhatTheClocksSkipAtTheFirstMomentAfterIt) {
  EXPECT_EQ(firings("15 3 * * *", "Europe/Helsinki", "2026-03-28T02:00Z", 2),
            "2026-03-29T01:00Z 2026-03-30T00:15Z");
  EXPECT_EQ(firings("30 2 * * *", "America/New_York", "2021-03-13T08:00Z", 2),
            "2021-03-14T07:00Z 2021-03-15T06:30Z");
  EXPECT_EQ(firings("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00Z", 2),
            "2026-10-03T15:30Z 2026-10-04T15:15Z");
  EXPECT_EQ(firings("0 12 * * *", "Pacific/Apia", "2011-12-29T23:00Z", 2),
            "2011-12-30T10:00Z 2011-12-30T22:00Z");
}

TEST(Cron, RunsWhatTheClocksSkipOnceHoweverMuchOfItThatIs) {
  EXPECT_EQ(firings("0,15,45 3,4 29 3 *", "Europe/Helsinki", "2026-03-01T00:00Z", 4),
            "2026-03-29T01:00Z 2026-03-29T01:15Z 2026-03-29T01:45Z 2027-03-29T00:00Z");
}

TEST(Cron, RunsWhatTheClocksRepeatTheFirstTimeOnly) {
  EXPECT_EQ(firings("15 3 * * *", "Europe/Helsinki", "2026-10-24T12:00Z", 2),
            "2026-10-25T00:15Z 2026-10-26T01:15Z");
  EXPECT_EQ(firings("30 1 * * *", "America/New_York", "2021-11-07T00:00Z", 2),
            "2021-11-07T05:30Z 2021-11-08T06:30Z");
  EXPECT_EQ(firings("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00Z", 2),
            "2026-04-04T14:45Z 2026-04-05T15:15Z");
}

TEST(Cron, KnowsFromWithinARepeatedHourThatItHasRun) {
  const Cron rule = cron("15 3 * * *");
  const Zone helsinki = zone("Europe/Helsinki");
  for (const char* at : {"2026-10-25T00:59Z", "2026-10-25T01:00Z", "2026-10-25T01:15Z"}) {
    EXPECT_EQ(text(rule.next(helsinki, utc(at))), "2026-10-26T01:15Z") << at;
    EXPECT_EQ(text(rule.previous(helsinki, utc(at))), "2026-10-25T00:15Z") << at;
  }
  // A time late in the repeated hour has run as well, though the clock has yet to show it again.
  EXPECT_EQ(text(cron("50 3 * * *").previous(helsinki, utc("2026-10-25T01:05Z"))),
            "2026-10-25T00:50Z");
}

TEST(Cron, FollowsElapsedTimeWhereHoursOrMinutesHoldAWildcardOrAStep) {
  EXPECT_EQ(firings("*/30 * * * *", "Europe/Helsinki", "2026-03-29T00:15Z", 4),
            "2026-03-29T00:30Z 2026-03-29T01:00Z 2026-03-29T01:30Z 2026-03-29T02:00Z");
  EXPECT_EQ(firings("0 * * * *", "Europe/Helsinki", "2026-10-24T23:30Z", 4),
            "2026-10-25T00:00Z 2026-10-25T01:00Z 2026-10-25T02:00Z 2026-10-25T03:00Z");
  EXPECT_EQ(firings("30 1-23/2 25 10 *", "Europe/Helsinki", "2026-10-24T20:00Z", 4),
            "2026-10-24T22:30Z 2026-10-25T00:30Z 2026-10-25T01:30Z 2026-10-25T03:30Z");
  // What is skipped is skipped: at 04:00 no minute of the third hour has passed.
  EXPECT_EQ(firings("*/20 3 29 3 *", "Europe/Helsinki", "2026-03-01T00:00Z", 1),
            "2027-03-29T00:00Z");
}

TEST(Cron, StepsBackThroughBothChanges) {
  const Zone helsinki = zone("Europe/Helsinki");
  EXPECT_EQ(text(cron("*/20 3 29 3 *").previous(helsinki, utc("2026-06-01T00:00Z"))),
            "2025-03-29T01:40Z");
  EXPECT_EQ(text(cron("0 * * * *").previous(helsinki, utc("2026-10-25T01:59Z"))),
            "2026-10-25T01:00Z");
  EXPECT_EQ(text(cron("0 * * * *").previous(helsinki, utc("2026-10-25T00:59Z"))),
            "2026-10-25T00:00Z");
  EXPECT_EQ(text(cron("15 3 * * *").previous(helsinki, utc("2026-03-29T12:00Z"))),
            "2026-03-29T01:00Z");
}

TEST(Cron, KeepsLocalTimeOverTheYear) {
  EXPECT_EQ(firings("0 18 * * 1-5", "America/New_York", "2021-03-12T23:00Z", 1),
            "2021-03-15T22:00Z");
  EXPECT_EQ(firings("0 12 1 7 *", "America/New_York", "2099-08-01T00:00Z", 1), "2100-07-01T16:00Z");
  EXPECT_EQ(firings("30 0 1 1,6,12 *", "UTC", "2020-11-15T00:00Z", 3),
            "2020-12-01T00:30Z 2021-01-01T00:30Z 2021-06-01T00:30Z");
}

TEST(Cron, FindsALeapDayEightYearsOff) {
  EXPECT_EQ(firings("0 0 29 2 *", "UTC", "2096-02-29T00:00Z", 1), "2104-02-29T00:00Z");
  EXPECT_EQ(text(cron("0 0 29 2 *").previous(Zone(), utc("2104-02-28T23:59Z"))),
            "2096-02-29T00:00Z");
  EXPECT_EQ(firings("0 0 31 2 *", "UTC", "2026-01-01T00:00Z", 1), "never");
  EXPECT_EQ(firings("*/5 0 31 2 *", "Europe/Helsinki", "2026-01-01T00:00Z", 1), "never");
}

TEST(Cron, MatchesEitherDayWhereBothAreRestricted) {
  EXPECT_EQ(firings("0 0 13 * Fri", "UTC", "2026-11-10T00:00Z", 4),
            "2026-11-13T00:00Z 2026-11-20T00:00Z 2026-11-27T00:00Z 2026-12-04T00:00Z");
  EXPECT_EQ(firings("0 0 13 * *", "UTC", "2026-11-10T00:00Z", 2),
            "2026-11-13T00:00Z 2026-12-13T00:00Z");
  EXPECT_EQ(firings("0 0 * * Sun", "UTC", "2026-11-10T00:00Z", 2),
            "2026-11-15T00:00Z 2026-11-22T00:00Z");
}

TEST(Cron, ReadsNamesListsRangesAndMacros) {
  EXPECT_EQ(firings("0 9 * JAN-mar,dec sat-MON", "UTC", "2026-11-28T00:00Z", 4),
            "2026-12-05T09:00Z 2026-12-06T09:00Z 2026-12-07T09:00Z 2026-12-12T09:00Z");
  EXPECT_EQ(firings("0 0 * * 7", "UTC", "2026-11-10T00:00Z", 1), "2026-11-15T00:00Z");
  EXPECT_EQ(firings("@hourly", "UTC", "2026-11-10T00:00Z", 1), "2026-11-10T01:00Z");
  EXPECT_EQ(firings("@daily", "UTC", "2026-11-10T00:00Z", 1), "2026-11-11T00:00Z");
  EXPECT_EQ(firings("@weekly", "UTC", "2026-11-10T00:00Z", 1), "2026-11-15T00:00Z");
  EXPECT_EQ(firings("@monthly", "UTC", "2026-11-10T00:00Z", 1), "2026-12-01T00:00Z");
  EXPECT_EQ(firings("@yearly", "UTC", "2026-11-10T00:00Z", 1), "2027-01-01T00:00Z");
  EXPECT_EQ(cron("  15 3 * * *\t").text(), "15 3 * * *");
}

TEST(Cron, SaysWhatIsWrong) {
  EXPECT_EQ(problem(""),
            "a cron has five fields (minute, hour, day of month, month, day of week), "
            "not 0");
  EXPECT_EQ(problem("60 0 * * *"), "minute: 60 is no minute: it goes from 0 to 59");
  EXPECT_EQ(problem("0 0 0 * *"), "day of month: 0 is no day of month: it goes from 1 to 31");
  EXPECT_EQ(problem("0 22-5 * * *"),
            "hour: \"22-5\" runs backwards: write it as two ranges with a comma between");
  EXPECT_EQ(problem("5/15 * * * *"), "minute: \"5/15\" has a step but no range: write 5-59/15");
  EXPECT_EQ(problem("*/90 * * * *"),
            "minute: a step of 90 leaves the minute at once: it goes from 0 to 59");
  EXPECT_EQ(problem("@reboot"),
            "\"@reboot\" is none of @hourly, @daily, @weekly, @monthly and @yearly");
  for (const char* bad : {"* * * *", "* * * * * *", "*/0 * * * *", "-1 * * * *", "1- * * * *",
                          "1-2-3 * * * *", ", * * * *", "1, * * * *", "* * L * *", "* * * * 8",
                          "* * * Foo *", "* * ? * *", "1/ * * * *", "** * * * *", "+1 * * * *",
                          "99999999999999999999 * * * *", "* * * 0 *", "0x1 * * * *"}) {
    EXPECT_NE(problem(bad), "none") << bad;
  }
}

TEST(Cron, IsTotal) {
  for (const char* expression : {"15 3 * * *", "*/5 * * * *"}) {
    EXPECT_EQ(cron(expression).next(zone("Europe/Helsinki"), Time::max()), std::nullopt);
    EXPECT_TRUE(cron(expression).previous(zone("Europe/Helsinki"), Time::max()));
    EXPECT_TRUE(cron(expression).next(zone("Europe/Helsinki"), Time::min()));
    EXPECT_EQ(cron(expression).previous(zone("Europe/Helsinki"), Time::min()), std::nullopt);
  }
}

/// A random expression of the kinds that people write.
std::string random_expression(std::mt19937_64& random) {
  const auto up_to = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  const auto field = [&](unsigned low, unsigned count) {
    const unsigned a = low + up_to(count);
    switch (up_to(5)) {
      case 0:
        return std::string("*");
      case 1:
        return "*/" + std::to_string(1 + up_to(count - 1));
      case 2:
        return std::to_string(a) + "-" + std::to_string(a + up_to(low + count - a));
      default:
        return std::to_string(a) + "," + std::to_string(low + up_to(count));
    }
  };
  return field(0, 60) + " " + field(0, 24) + " " + (up_to(2) == 0 ? field(1, 28) : "*") + " " +
         (up_to(4) == 0 ? field(1, 12) : "*") + " " + (up_to(3) == 0 ? field(0, 7) : "*");
}

TEST(Cron, NextAndPreviousAreInverse) {
  std::mt19937_64 random(20'261'122);
  const std::vector<Zone> zones{zone("Europe/Helsinki"),     zone("America/New_York"),
                                zone("Australia/Lord_Howe"), zone("Pacific/Apia"),
                                zone("Africa/Casablanca"),   zone("UTC")};
  for (int i = 0; i < 20'000; ++i) {
    const Cron rule = cron(random_expression(random));
    const Zone& in = zones[random() % zones.size()];
    const Time after{Duration{static_cast<std::int64_t>(random() % 4'102'444'800'000)}};
    const std::optional<Time> next = rule.next(in, after);
    ASSERT_TRUE(next) << rule.text();
    ASSERT_GT(*next, after) << rule.text();
    ASSERT_EQ(text(rule.previous(in, *next)), text(next)) << rule.text() << " " << in.name();
    const std::optional<Time> before = rule.previous(in, *next - Duration{1});
    if (before) {
      ASSERT_LE(*before, after) << rule.text() << " " << in.name() << " " << text(after);
      ASSERT_EQ(text(rule.next(in, *before)), text(next)) << rule.text() << " " << in.name();
    }
  }
}

/// Vixie's reading, minute by minute: the slow and obvious thing, for a wildcard.
TEST(Cron, AgreesWithAMinuteScanOverTheChangeOfClocks) {
  std::mt19937_64 random(7);
  const Zone helsinki = zone("Europe/Helsinki");
  for (const char* begin : {"2026-03-28T22:00Z", "2026-10-24T22:00Z"}) {
    for (int round = 0; round < 60; ++round) {
      const int every = 1 + static_cast<int>(random() % 59);
      const int first = static_cast<int>(random() % 20);
      const Cron rule =
          cron("*/" + std::to_string(every) + " " + std::to_string(first) + "-23 * * *");
      Time expected = utc(begin);
      Time at = expected;
      for (int i = 0; i < 360; ++i) {
        expected += minutes{1};
        const LocalTime local = helsinki.local(expected);
        if (local.minute % every == 0 && local.hour >= first) {
          ASSERT_EQ(text(rule.next(helsinki, at)), text(expected)) << rule.text();
          at = expected;
        }
      }
    }
  }
}

}  // namespace
}  // namespace settle
