// What an alarm keeps of a key, through bytes and back.
#include <chrono>

#include <gmock/gmock.h>

#include "daemon/codec/binary.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

const Time begin{std::chrono::hours(400'000)};

GroupRecord busy_key() {
  windows::Alarm alarm;
  alarm.statistic = windows::Statistic::percentile;
  alarm.length = 3min;
  alarm.at_least = Decimal(5);
  windows::Watched kept;
  kept.shape = "a shape";
  for (std::uint64_t at = 0; at < 200; ++at) {
    const auto value = Decimal::of(static_cast<std::int64_t>(at * at) - 9'000, -2);
    const windows::Measure measure{"acme", begin + 1s * at, value, {at, ~at}};
    (void)windows::take(alarm, kept.memory, measure, begin + 1s * at);
    for (const windows::Verdict& one : windows::judge(alarm, kept.memory, begin + 1s * at)) {
      kept.untold = one;
      kept.untold_at = begin + 1s * at;
    }
  }
  GroupRecord record{windows::place_of("errors", "acme"), {}};
  record.watched = std::make_shared<const windows::Watched>(std::move(kept));
  return record;
}

TEST(Watched, IsReadAsItWasWritten) {
  const GroupRecord record = busy_key();
  ASSERT_TRUE(record.watched->untold.has_value());
  const std::string bytes = encode(record);
  const auto read = decode_group(record.group, bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(*read->watched == *record.watched);
  EXPECT_EQ(encode(*read), bytes);
}

TEST(Watched, IsNoPartOfAGroup) {
  GroupRecord group{{"web"}, {}};
  group.state.desired = 3;
  EXPECT_EQ(encode(group), encode(group.state));
  const auto read = decode_group({"web"}, encode(group.state));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->watched, nullptr);
  EXPECT_FALSE(decode_state(encode(busy_key()))) << "an older reader refuses it, and loses nothing";
}

TEST(Watched, WhatIsDamagedIsRefused) {
  const std::string whole = encode(busy_key());
  std::size_t refused = 0;
  for (std::size_t at = 1; at < whole.size(); at += 7) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    const auto read = decode_group({"@alarm/errors/acme"}, bytes);
    EXPECT_TRUE(!read || encode(*read) == bytes) << at;
    if (!read) ++refused;
  }
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace settle
