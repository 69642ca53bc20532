// CloudEvents in records, in both of the binding's modes.
#include "daemon/sources/kafka/binding.h"

#include <gtest/gtest.h>

namespace settle::kafka {
namespace {

constexpr Time noon{Duration{1'795'435'200'000}};
constexpr Time later{Duration{1'795'435'260'000}};
constexpr const char* push =
    R"({"specversion":"1.0","type":"io.settle.adjust.v1","source":"/shop","id":"7",)"
    R"("subject":"web","data":{"policy":"push"}})";

Record record(std::string_view value) {
  Record made;
  made.at = noon;
  made.value = value;
  return made;
}

TEST(KafkaBinding, ReadsAnEventThatIsTheValue) {
  Record given = record(push);
  given.headers = {{"content-type", "application/cloudevents+json"}};
  const auto signal = read_event(given, later);
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->group.value, "web");
  EXPECT_EQ(signal->stamp.id, "7");
  EXPECT_TRUE(read_event(record(push), later)) << "what has no ce_ header at all is the same";
}

TEST(KafkaBinding, ReadsAnEventInHeaders) {
  Record given = record(R"({"policy":"push"})");
  given.headers = {{"ce_specversion", "1.0"},
                   {"ce_type", "io.settle.adjust.v1"},
                   {"ce_source", "/shop"},
                   {"ce_id", "7"},
                   {"ce_subject", "web"},
                   {"ce_time", "2026-11-23T12:01:00Z"},
                   {"content-type", "application/json"},
                   {"trace", "x"}};
  const auto signal = read_event(given, later);
  ASSERT_TRUE(signal) << signal.error().message;
  EXPECT_EQ(signal->stamp.at, later);
  EXPECT_EQ(std::get<AdjustClaim>(signal->claim).policy, "push");
}

TEST(KafkaBinding, GivesAnEventWithoutTimeThatOfItsRecord) {
  const auto once = read_event(record(push), later);
  const auto again = read_event(record(push), later + Duration{1});
  ASSERT_TRUE(once && again);
  EXPECT_EQ(*once, *again);
  EXPECT_EQ(once->stamp.at, noon);
}

TEST(KafkaBinding, SaysWhatIsWrong) {
  EXPECT_EQ(read_event(Record{}, later).error().message, "the record has no value");
  Record twice = record("{}");
  twice.headers = {{"ce_id", "1"}, {"ce_id", "2"}};
  EXPECT_EQ(read_event(twice, later).error().message, "the header ce_id is there twice");
  const std::string huge(70'000, ' ');
  EXPECT_FALSE(read_event(record(huge), later));
  EXPECT_FALSE(read_event(record("\xff\xfe"), later));
}

}  // namespace
}  // namespace settle::kafka
