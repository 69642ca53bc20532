#include "daemon/sources/http_events.h"

#include <gmock/gmock.h>

#include "daemon/sources/event_file.h"

namespace settle {
namespace {

using testing::HasSubstr;

const Time received{Duration{1'790'000'000'000}};

std::string event(const std::string& id) {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"t","type":"io.settle.sample.v1","subject":"web",)"
         R"("data":{"signal":"cpu","value":72.4}})";
}

void check_signals(const Headers& headers, const std::string& body, std::size_t count) {
  const auto read = read_http_events(headers, body, received);
  const auto* refused = std::get_if<Refusal>(&read);
  ASSERT_EQ(refused, nullptr) << refused->title << ": " << refused->detail;
  const auto& signals = std::get<std::vector<Signal>>(read);
  ASSERT_EQ(signals.size(), count);
  for (const Signal& signal : signals) {
    EXPECT_EQ(signal.group.value, "web");
    EXPECT_EQ(signal.stamp.at, received);
    EXPECT_EQ(std::get<SampleClaim>(signal.claim).signal, "cpu");
  }
}

void check_refused(const Headers& headers, const std::string& body, int status) {
  const auto read = read_http_events(headers, body, received);
  const auto* refused = std::get_if<Refusal>(&read);
  ASSERT_NE(refused, nullptr) << body.substr(0, 200);
  EXPECT_EQ(refused->status, status) << refused->detail;
  EXPECT_FALSE(refused->detail.empty());
}

const Headers structured{{"content-type", "application/cloudevents+json"}};
const Headers batched{{"content-type", "application/cloudevents-batch+json"}};
const Headers binary{{"content-type", "application/json"},
                     {"ce-specversion", "1.0"},
                     {"ce-id", "1"},
                     {"ce-source", "t"},
                     {"ce-type", "io.settle.sample.v1"},
                     {"ce-subject", "web"}};

TEST(HttpEvents, ReadsOneInStructuredMode) {
  check_signals(structured, event("1"), 1);
}

TEST(HttpEvents, ReadsABatchInOrder) {
  check_signals(batched, "[" + event("1") + "," + event("2") + "]", 2);
  check_signals(batched, "[]", 0);
}

TEST(HttpEvents, ReadsOneInBinaryMode) {
  check_signals(binary, R"({"signal":"cpu","value":72.4})", 1);
}

TEST(HttpEvents, ReadsTheMediaTypeWithoutItsParametersAndCase) {
  check_signals({{"content-type", "application/json; charset=utf-8"}}, event("1"), 1);
  check_signals({{"content-type", "Application/CloudEvents+JSON ; charset=UTF-8"}}, event("1"), 1);
}

TEST(HttpEvents, RefusesWhatCanNeverWork) {
  check_refused(structured, "", 400);
  check_refused(structured, "{", 400);
  check_refused(structured, "null", 400);
  check_refused(structured, std::string(100'000, '['), 400);
  check_refused(batched, event("1"), 400);
  check_refused(binary, "not json", 400);
}

TEST(HttpEvents, RefusesFormatsItDoesNotRead) {
  check_refused({}, event("1"), 415);
  check_refused({{"content-type", "text/plain"}}, event("1"), 415);
  check_refused({{"content-type", "application/cloudevents+avro"}}, event("1"), 415);
}

TEST(HttpEvents, RefusesABatchThatIsTooLong) {
  std::string batch = "[";
  for (std::size_t number = 0; number <= batch_events_max; ++number) {
    if (number > 0) batch += ',';
    batch += event(std::to_string(number));
  }
  check_refused(batched, batch + "]", 413);
}

TEST(EventFile, ReadsOneEventALineAndNamesTheLinesItCannot) {
  const EventFile file =
      read_event_file(event("1") + "\n\nnot an event\r\n" + event("2"), received);
  EXPECT_EQ(file.signals.size(), 2U);
  ASSERT_EQ(file.refused.size(), 1U);
  EXPECT_EQ(file.refused[0].number, 3U);
  EXPECT_THAT(file.refused[0].text, HasSubstr("not an event"));
  EXPECT_FALSE(file.refused[0].reason.empty());
}

TEST(EventFile, OfNothingIsEmpty) {
  EXPECT_TRUE(read_event_file("", received).signals.empty());
  EXPECT_TRUE(read_event_file("\n \n", received).refused.empty());
}

}  // namespace
}  // namespace settle
