#include "daemon/simulation/series.h"

#include <string>

#include <gtest/gtest.h>

#include "daemon/codec/json.h"

namespace settle {
namespace {

std::string shown(const Result<std::vector<SeriesRow>>& rows) {
  if (!rows) return rows.error().message;
  std::string text;
  for (const SeriesRow& row : *rows) {
    text += time_text(row.at).substr(0, 19) + "=";
    switch (row.reading.kind) {
      case ReadingKind::value:
        text += row.reading.value.text();
        break;
      case ReadingKind::no_data:
        text += "none";
        break;
      case ReadingKind::error:
        text += "error";
        break;
      case ReadingKind::invalid:
        text += "invalid";
        break;
    }
    text += ' ';
  }
  return text;
}

TEST(Series, ReadsTimesAsUtcWithOrWithoutAHeading) {
  const std::string want = "2014-05-14T01:14:00=85.835 2014-05-14T01:19:00=0 ";
  EXPECT_EQ(shown(read_series("timestamp,value\n2014-05-14 01:14:00,85.835\n2014-05-14 "
                              "01:19:00,0.0\n")),
            want);
  EXPECT_EQ(shown(read_series("2014-05-14T01:14:00Z,85.835\r\n\r\n2014-05-14T03:19:00+02:00,0")),
            want);
}

TEST(Series, TheLastRowOfOneTimeWins) {
  EXPECT_EQ(shown(read_series("2014-05-14 01:00:00,1\n2014-05-14 01:00:00,3\n"
                              "2014-05-14 00:55:00,9\n2014-05-14 01:00:00,2\n")),
            "2014-05-14T00:55:00=9 2014-05-14T01:00:00=2 ");
}

TEST(Series, KnowsNoDataFromWhatCannotBeANumber) {
  EXPECT_EQ(shown(read_series("2014-05-14 01:00:00,\n2014-05-14 01:05:00,NaN\n"
                              "2014-05-14 01:10:00,-inf\n2014-05-14 01:15:00,1e-3\n")),
            "2014-05-14T01:00:00=none 2014-05-14T01:05:00=invalid 2014-05-14T01:10:00=invalid "
            "2014-05-14T01:15:00=0.001 ");
}

TEST(Series, NamesTheLineThatItCannotRead) {
  EXPECT_EQ(shown(read_series("timestamp,value\n2014-05-14 01:00:00\n")),
            "line 2: wants timestamp,value");
  EXPECT_EQ(shown(read_series("2014-05-14 01:00:00,1\n2014-05-14 01:05:00,many\n")),
            "line 2: \"many\" is no number");
  EXPECT_NE(
      shown(read_series("2014-05-14 01:00:00,1\nyesterday,2\n")).find("line 2: \"yesterday\""),
      std::string::npos);
  EXPECT_EQ(shown(read_series("")), "");
}

TEST(Series, TheSharesOfAMeanNeverExceedTheWhole) {
  const Decimal value = *Decimal::parse("33.4567");
  for (Capacity ready = 1; ready < 200; ++ready) {
    const Decimal share = share_of(value, 20, ready);
    const Decimal whole = value * Decimal(20);
    EXPECT_LE(share * Decimal(ready), whole) << ready;
    // What the group as a whole needs does not depend on how many carry it.
    EXPECT_EQ(ceil_scaled(ready, share, Decimal(55)), ceil_scaled(20, value, Decimal(55))) << ready;
  }
  EXPECT_EQ(share_of(Decimal(50), 4, 4), Decimal(50));
  EXPECT_EQ(share_of(Decimal(50), 4, 8), Decimal(25));
  EXPECT_EQ(share_of(Decimal(0), 4, 3), Decimal(0));
  EXPECT_EQ(ceil_scaled(3, share_of(Decimal(50), 4, 3), Decimal(20)), 10);
}

TEST(Series, ReadsWithHowManyInstancesAMeanWasRecorded) {
  const auto rows = read_series(
      "timestamp,value,instances\n2026-11-23T09:00:00Z,50,4\n2026-11-23T09:01:00Z,60,\n");
  ASSERT_TRUE(rows.has_value()) << rows.error().message;
  EXPECT_EQ(rows->at(0).instances, 4);
  EXPECT_EQ(rows->at(1).instances, std::nullopt);
  for (const char* count : {"0", "-1", "x", "1.5", "99999999999"}) {
    EXPECT_FALSE(read_series(std::string("2026-11-23T09:00:00Z,50,") + count + "\n").has_value())
        << count;
  }
}

}  // namespace
}  // namespace settle
