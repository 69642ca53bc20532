#include "calendar_text.h"

namespace settle {
namespace {

using std::chrono::minutes;

TEST(Zone, IsUtcUnlessNamed) {
  EXPECT_EQ(Zone().name(), "UTC");
  EXPECT_EQ(Zone(), zone("UTC"));
  EXPECT_EQ(Zone().abbreviation(utc("2026-01-01T00:00Z")), "UTC");
}

TEST(Zone, LoadsOnlyNamesOfTheTzDatabase) {
  for (const char* name : {"",
                           "localtime",
                           "/etc/localtime",
                           "../etc/localtime",
                           "./UTC",
                           "posix/Europe/Helsinki",
                           "right/Europe/Helsinki",
                           "posixrules",
                           "Factory",
                           "Europe/Nowhere",
                           "Europe",
                           "Europe/",
                           "/Europe/Helsinki",
                           "Europe//Helsinki",
                           "Europe/../UTC",
                           "file:Europe/Helsinki",
                           ":Europe/Helsinki",
                           "Fixed/UTC+05:00:00",
                           "libc:UTC",
                           "tzdata.zi",
                           "europe/helsinki",
                           "Europe/Helsinki "}) {
    EXPECT_FALSE(Zone::load(name)) << name;
  }
  EXPECT_FALSE(Zone::load(std::string("UTC\0x", 5)));
  EXPECT_FALSE(Zone::load(std::string(100'000, 'A')));
  for (const char* name : {"Europe/Helsinki", "America/Argentina/Buenos_Aires", "Etc/GMT+5",
                           "America/Port-au-Prince", "EST5EDT", "Asia/Kolkata"}) {
    EXPECT_TRUE(Zone::load(name)) << name;
  }
}

TEST(Zone, SkipsAndRepeatsAsTheClocksDo) {
  const Zone helsinki = zone("Europe/Helsinki");
  EXPECT_TRUE(helsinki.is_skipped({2026, 3, 29, 3, 0}));
  EXPECT_TRUE(helsinki.is_skipped({2026, 3, 29, 3, 59}));
  EXPECT_FALSE(helsinki.is_skipped({2026, 3, 29, 2, 59}));
  EXPECT_FALSE(helsinki.is_skipped({2026, 3, 29, 4, 0}));
  EXPECT_TRUE(helsinki.is_repeated({2026, 10, 25, 3, 0}));
  EXPECT_TRUE(helsinki.is_repeated({2026, 10, 25, 3, 59}));
  EXPECT_FALSE(helsinki.is_repeated({2026, 10, 25, 2, 59}));
  EXPECT_FALSE(helsinki.is_repeated({2026, 10, 25, 4, 0}));
  EXPECT_EQ(text(helsinki.instant({2026, 3, 29, 3, 15})), "2026-03-29T01:00Z");
  EXPECT_EQ(text(helsinki.instant({2026, 10, 25, 3, 15})), "2026-10-25T00:15Z");
  EXPECT_EQ(helsinki.local(utc("2026-10-25T01:15Z")), (LocalTime{2026, 10, 25, 3, 15}));
  EXPECT_EQ(helsinki.abbreviation(utc("2026-10-25T00:59Z")), "EEST");
  EXPECT_EQ(helsinki.abbreviation(utc("2026-10-25T01:00Z")), "EET");
}

TEST(Zone, KnowsTheRulesFrom1970To2100) {
  EXPECT_EQ(zone("America/New_York").offset_seconds(utc("2100-07-01T12:00Z")), -14'400);
  EXPECT_EQ(zone("America/New_York").offset_seconds(utc("2100-12-01T12:00Z")), -18'000);
  EXPECT_EQ(zone("Europe/Helsinki").offset_seconds(utc("1970-07-01T12:00Z")), 7'200);
  EXPECT_EQ(zone("Africa/Monrovia").offset_seconds(utc("1971-07-01T12:00Z")), -2'670);
  EXPECT_EQ(zone("Asia/Kathmandu").offset_seconds(utc("2026-07-01T12:00Z")), 20'700);
}

TEST(Zone, HandlesAShiftOfHalfAnHour) {
  const Zone island = zone("Australia/Lord_Howe");
  EXPECT_TRUE(island.is_repeated({2026, 4, 5, 1, 45}));
  EXPECT_FALSE(island.is_repeated({2026, 4, 5, 1, 15}));
  EXPECT_EQ(text(island.instant({2026, 4, 5, 1, 45})), "2026-04-04T14:45Z");
  EXPECT_EQ(text(island.instant({2026, 4, 5, 2, 0})), "2026-04-04T15:30Z");
  EXPECT_TRUE(island.is_skipped({2026, 10, 4, 2, 15}));
  EXPECT_EQ(text(island.instant({2026, 10, 4, 2, 15})), "2026-10-03T15:30Z");
}

TEST(Zone, HandlesADayThatDoesNotExist) {
  const Zone apia = zone("Pacific/Apia");
  EXPECT_TRUE(apia.is_skipped({2011, 12, 30, 0, 0}));
  EXPECT_TRUE(apia.is_skipped({2011, 12, 30, 23, 59}));
  EXPECT_EQ(text(apia.instant({2011, 12, 30, 12, 0})), "2011-12-30T10:00Z");
  EXPECT_EQ(text(apia.instant({2011, 12, 31, 0, 0})), "2011-12-30T10:00Z");
}

TEST(Zone, IsTotal) {
  const Zone helsinki = zone("Europe/Helsinki");
  for (const Time at : {Time::min(), Time{}, Time::max()}) {
    const LocalTime local = helsinki.local(at);
    EXPECT_GE(local.year, 0);
    EXPECT_LE(local.year, 10'000);
  }
  EXPECT_LT(helsinki.instant({-2'000'000'000, -5, -5, 0, 0}), Time{});
  EXPECT_GT(helsinki.instant({2'000'000'000, 127, 127, 127, 127}), Time{});
}

// The definition: the first instant whose local time is at or past the one asked for.
TEST(Zone, InstantIsTheFirstMomentThatReachesALocalTime) {
  for (const char* name : {"Europe/Helsinki", "America/New_York", "Australia/Lord_Howe",
                           "Africa/Casablanca", "America/Santiago"}) {
    const Zone in = zone(name);
    for (const char* begin : {"2026-03-07T00:00Z", "2026-10-24T00:00Z"}) {
      LocalTime highest = in.local(utc(begin) - minutes{1});
      for (int minute = 0; minute < 3 * 24 * 60; ++minute) {
        const Time at = utc(begin) + minutes{minute};
        const LocalTime local = in.local(at);
        if (local > highest) {
          EXPECT_EQ(in.instant(local), at) << name << " " << text(at);
          EXPECT_FALSE(in.is_skipped(local));
          highest = local;
        } else {
          EXPECT_LT(in.instant(local), at) << name << " " << text(at);
          EXPECT_TRUE(in.is_repeated(local));
        }
      }
    }
  }
}

TEST(TzdataVersion, NamesAReleaseSuchAs2026b) {
  const std::string version = tzdata_version();
  ASSERT_GE(version.size(), 5U) << version;
  EXPECT_TRUE(version.starts_with("20")) << version;
}

}  // namespace
}  // namespace settle
