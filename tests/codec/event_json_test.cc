#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/codec/json.h"

namespace settle {
namespace {

const Time received = *parse_time("2026-11-23T09:14:30Z");

std::string event(const std::string& type, const std::string& data) {
  return fmt::format(R"({{"specversion":"1.0","type":"{}","source":"//mon","id":"7",)"
                     R"("subject":"web","time":"2026-11-23T09:14:00Z","data":{}}})",
                     type, data);
}

std::string sample(const std::string& value) {
  return event("io.settle.sample.v1", fmt::format(R"({{"signal":"cpu","value":{}}})", value));
}

Reading reading_of(const std::string& value) {
  const auto signal = parse_event(sample(value), received);
  EXPECT_TRUE(signal) << value << ": " << (signal ? "" : signal.error().message);
  return signal ? std::get<SampleClaim>(signal->claim).reading : Reading{ReadingKind::error, {}};
}

std::string refusal_of(const std::string& json) {
  const auto signal = parse_event(json, received);
  if (signal) return "accepted";
  EXPECT_EQ(signal.error().code, ErrorCode::invalid);
  return signal.error().message;
}

void expect_refusal(const std::string& json, const std::string& part) {
  const std::string message = refusal_of(json);
  EXPECT_NE(message.find(part), std::string::npos) << message << "\nof " << json.substr(0, 300);
}

template <typename T>
T claim_of(const std::string& type, const std::string& data) {
  const auto signal = parse_event(event(type, data), received);
  EXPECT_TRUE(signal) << (signal ? "" : signal.error().message);
  return signal ? std::get<T>(signal->claim) : T();
}

TEST(EventJson, ReadsTheEnvelope) {
  const auto signal = parse_event(sample("1"), received);
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->group.value, "web");
  EXPECT_EQ(signal->stamp.source, "//mon");
  EXPECT_EQ(signal->stamp.id, "7");
  EXPECT_EQ(time_text(signal->stamp.at), "2026-11-23T09:14:00.000Z");
}

TEST(EventJson, GivesAnEventWithoutTimeTheTimeOfItsReceipt) {
  const auto signal =
      parse_event(R"({"specversion":"1.0","type":"io.settle.adjust.v1","source":"s","id":"i",)"
                  R"("subject":"web","data":{"policy":"burst"}})",
                  received);
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->stamp.at, received);
}

TEST(EventJson, LetsExtensionAttributesPass) {
  std::string json = sample("1");
  json.insert(1, R"("traceparent":"00-ab","partitionkey":"web","datacontenttype":"text/json",)");
  EXPECT_TRUE(parse_event(json, received));
}

TEST(EventJson, ReadsEveryType) {
  EXPECT_EQ(claim_of<AdjustClaim>("io.settle.adjust.v1", R"({"policy":"burst"})").policy, "burst");
  const auto of_instance = claim_of<SampleClaim>(
      "io.settle.sample.v1", R"({"signal":"cpu","value":71.5,"instance":"i-1"})");
  EXPECT_EQ(of_instance.instance.value, "i-1");
  EXPECT_EQ(of_instance.reading, (Reading{ReadingKind::value, Decimal::of(715, -1)}));
  const auto alarm =
      claim_of<AlarmClaim>("io.settle.alarm.v1", R"({"alarm":"queue","state":"firing","value":9})");
  EXPECT_EQ(alarm, (AlarmClaim{"queue", AlarmState::firing, Decimal(9)}));
  const auto health = claim_of<HealthClaim>(
      "io.settle.health.v1",
      R"({"instance":"i-1","status":"unhealthy","reporter":"lb","reason":"502"})");
  EXPECT_EQ(health, (HealthClaim{{"i-1"}, HealthStatus::unhealthy, "lb", "502"}));
  EXPECT_EQ(claim_of<InstanceHint>("io.settle.instance.v1", R"({"instance":"i","state":"ERROR"})"),
            (InstanceHint{{"i"}, "ERROR"}));
  EXPECT_EQ(claim_of<LifecycleClaim>("io.settle.lifecycle.v1",
                                     R"({"instance":"i","hook":"h","result":"abandon"})"),
            (LifecycleClaim{{"i"}, "h", false}));
}

TEST(EventJson, ReadsNumbersExactly) {
  EXPECT_EQ(reading_of("0.1").value, Decimal::of(1, -1));
  EXPECT_EQ(reading_of("-0").value, Decimal());
  EXPECT_EQ(reading_of("0").kind, ReadingKind::value);
  EXPECT_EQ(reading_of("1.2E+3").value, Decimal(1200));
  EXPECT_EQ(reading_of("5e-3").value, Decimal::of(5, -3));
  EXPECT_EQ(reading_of("9007199254740993").value, Decimal(9007199254740993));
  EXPECT_EQ(reading_of("123456789012345.678").value, Decimal::of(123456789012345678, -3));
  EXPECT_EQ(reading_of("1e308").value, Decimal::of(1, 308));
}

TEST(EventJson, NeverMakesANumberOfWhatIsNone) {
  for (const char* text :
       {"\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "1e999", "-1e999", "1e309"}) {
    EXPECT_EQ(reading_of(text), (Reading{ReadingKind::invalid, {}})) << text;
  }
  EXPECT_EQ(reading_of("null"), (Reading{ReadingKind::no_data, {}}));
  EXPECT_EQ(reading_of(std::string(900, '9')), (Reading{ReadingKind::invalid, {}}));
  EXPECT_EQ(reading_of("1e-999"), (Reading{ReadingKind::value, {}}));
  EXPECT_EQ(reading_of("0e999"), (Reading{ReadingKind::value, {}}));
}

TEST(EventJson, RefusesAWrongTypeByTheNameOfItsField) {
  expect_refusal(sample("\"72\""), "\"data.value\" must be a number or null");
  expect_refusal(sample("true"), "\"data.value\"");
  expect_refusal(sample("[1]"), "\"data.value\"");
  expect_refusal(event("io.settle.sample.v1", R"({"signal":"cpu"})"), "\"data.value\" is missing");
  expect_refusal(event("io.settle.adjust.v1", R"({"policy":7})"), "\"data.policy\" must be a text");
  expect_refusal(event("io.settle.adjust.v1", R"({"policy":""})"), "\"data.policy\"");
  expect_refusal(event("io.settle.adjust.v1", R"({"policy":"a\nb"})"), "\"data.policy\"");
  expect_refusal(event("io.settle.adjust.v1", "[]"), "\"data\" must be a JSON object");
  expect_refusal(event("io.settle.alarm.v1", R"({"alarm":"a","state":"on"})"),
                 "\"data.state\" must be one of firing, resolved, no_data");
}

TEST(EventJson, RefusesAMisspeltMember) {
  expect_refusal(event("io.settle.sample.v1", R"({"signal":"cpu","value":1,"instnace":"i"})"),
                 "\"data.instnace\" is not known here");
}

TEST(EventJson, RefusesABadEnvelope) {
  expect_refusal(event("io.settle.sampel.v1", "{}"), "io.settle.sampel.v1 is not known");
  expect_refusal(R"({"specversion":"1.0","type":"io.settle.adjust.v1","source":"s","id":"i",)"
                 R"("data":{"policy":"b"}})",
                 "\"subject\" is missing");
  expect_refusal(R"({"specversion":"0.3","type":"io.settle.adjust.v1","source":"s","id":"i",)"
                 R"("subject":"g","data":{"policy":"b"}})",
                 "\"specversion\" must be");
  expect_refusal(R"({"specversion":"1.0","type":"io.settle.adjust.v1","source":"s","id":"i",)"
                 R"("subject":"g","time":"yesterday","data":{"policy":"b"}})",
                 "\"time\" must be an RFC 3339 time");
  expect_refusal("[]", "must be a JSON object");
  expect_refusal("7", "must be a JSON object");
}

TEST(EventJson, RefusesWhatIsNotStrictJson) {
  expect_refusal("", "not acceptable JSON");
  expect_refusal("{", "not acceptable JSON");
  expect_refusal(sample("1") + "x", "not acceptable JSON");
  expect_refusal(sample("NaN"), "not acceptable JSON");
  expect_refusal(sample("01"), "not acceptable JSON");
  expect_refusal("{\"a\":1,\"a\":2}", "the key \"a\" occurs twice");
  expect_refusal(event("io.settle.sample.v1", R"({"signal":"cpu","value":1,"value":2})"),
                 "the key \"value\" occurs twice");
  expect_refusal("{\"a\":\"\xff\"}", "not acceptable JSON");
  expect_refusal(std::string(33, '[') + std::string(33, ']'), "nesting deeper than 32");
  expect_refusal(std::string(70'000, ' '), "at most 65536 bytes");
  expect_refusal(sample(std::string(2'000, '1')), "over 1024 letters");
  EXPECT_TRUE(parse_event(sample("1") + " \n", received));
}

TEST(EventJson, FindsARepeatedKeyAmongMany) {
  std::string json = "{";
  for (int i = 0; i < 100; ++i) json += fmt::format("\"k{}\":0,", i);
  expect_refusal(json + "\"k50\":0}", "the key \"k50\" occurs twice");
}

TEST(EventJson, RefusesABatchByTheIndexOfTheFirstRefused) {
  const auto all = parse_batch("[" + sample("1") + "," + sample("2") + "]", received);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 2U);
  const auto none = parse_batch("[" + sample("1") + "," + sample("true") + "]", received);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("event 1: \"data.value\""), std::string::npos);
  EXPECT_FALSE(parse_batch(sample("1"), received));
  EXPECT_TRUE(parse_batch("[]", received));
}

TEST(EventJson, ReadsBinaryMode) {
  const std::map<std::string, std::string> headers{
      {"ce-specversion", "1.0"}, {"ce-type", "io.settle.adjust.v1"},
      {"ce-source", "s\"q"},     {"ce-id", "i"},
      {"ce-subject", "zürich"},  {"content-type", "x"}};
  const auto signal = parse_binary(headers, R"({"policy":"burst"})", received);
  ASSERT_TRUE(signal) << signal.error().message;
  EXPECT_EQ(signal->stamp.source, "s\"q");
  EXPECT_EQ(signal->group.value, "zürich");
  EXPECT_FALSE(parse_binary(headers, R"({"policy":"burst"},"subject":"other")", received));
  EXPECT_FALSE(parse_binary({}, R"({"policy":"burst"})", received));
}

TEST(EventJson, TakesOrdersFromOperatorsAlone) {
  const std::string pause =
      event("io.settle.operator.pause.v1", R"({"paused":true,"owner":"ada","reason":"incident"})");
  expect_refusal(pause, "is an operator's");
  const auto signal = parse_event(pause, received, Senders::operators);
  ASSERT_TRUE(signal);
  EXPECT_EQ(std::get<PauseOrder>(signal->claim), (PauseOrder{true, "ada", "incident"}));
}

TEST(EventJson, WritesWhatItReads) {
  const Stamp stamp{received, "s", "i"};
  const GroupId group{"web"};
  const std::vector<Claim> claims{
      AdjustClaim{"burst"},
      SampleClaim{"cpu", {ReadingKind::value, Decimal::of(725, -1)}, {"i-1"}},
      SampleClaim{"cpu", {ReadingKind::value, Decimal::of(1, 308)}, {}},
      SampleClaim{"cpu", {ReadingKind::no_data, {}}, {}},
      SampleClaim{"cpu", {ReadingKind::invalid, {}}, {}},
      AlarmClaim{"queue", AlarmState::resolved, Decimal(3)},
      AlarmClaim{"queue", AlarmState::no_data, {}},
      AlarmClaim{"queue", AlarmState::firing, {}, "4f1e", received + Duration{1'000}},
      HealthClaim{{"i-1"}, HealthStatus::unknown, "lb", "a \"reason\"\n"},
      HealthClaim{{"i-1"}, HealthStatus::unhealthy, "lb", "", received + Duration{1'000}},
      InstanceHint{{"i-1"}, "ACTIVE"},
      LifecycleClaim{{"i-1"}, "hook", true},
      PauseOrder{false, "ada", ""},
      HoldOrder{7, received, false, "ada", "sale"},
      HoldOrder{0, {}, true, "ada", "over"},
      ConvergeOrder{"ada"}};
  for (const Claim& claim : claims) {
    const Signal signal{group, stamp, claim};
    const auto again = parse_event(event_json(signal), received + Duration(1), Senders::operators);
    ASSERT_TRUE(again) << event_json(signal) << ": " << again.error().message;
    EXPECT_EQ(*again, signal) << event_json(signal);
  }
}

TEST(EventJson, ReadsAgainWhateverItTookOfADamagedEvent) {
  const std::string whole =
      event("io.settle.health.v1",
            R"({"instance":"i-\u00e9\n","status":"unhealthy","reporter":"lb","reason":"a\tb"})");
  const auto check = [](const std::string& json) {
    const auto signal = parse_event(json, received);
    if (!signal) return;
    const auto again = parse_event(event_json(*signal), received);
    ASSERT_TRUE(again) << json << ": " << again.error().message;
    EXPECT_EQ(*again, *signal) << json;
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    check(whole.substr(0, i));
    check(whole.substr(0, i) + whole.substr(i + 1));
    for (const char c : {'"', '\\', '{', '}', '[', ',', '0', '-', '\0', '\xff'}) {
      std::string changed = whole;
      changed[i] = c;
      check(changed);
    }
  }
}

TEST(TimeText, ReadsBackWhatItWrites) {
  EXPECT_EQ(time_text(received), "2026-11-23T09:14:30.000Z");
  EXPECT_EQ(time_text(Time(Duration(-1))), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(parse_time(time_text(Time(Duration(-1)))), Time(Duration(-1)));
}

TEST(TimeText, ReadsOffsetsFractionsAndLeapSeconds) {
  EXPECT_EQ(parse_time("2026-11-23T11:14:30.2509+02:00"), received + Duration(250));
  EXPECT_EQ(parse_time("2026-11-23t03:44:30-05:30"), received);
  EXPECT_EQ(parse_time("2016-12-31T23:59:60Z"), parse_time("2017-01-01T00:00:00Z"));
}

TEST(TimeText, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026-11-23", "2026-11-23T09:14:30", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-11-23T24:00:00Z", "2026-11-23T09:14:30.Z", "2026-11-23T09:14:30Zx",
        "2026-11-23T09:14:30+2:00", "99999-11-23T09:14:30Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(JsonText, EscapesAndReplaces) {
  const auto escaped = [](std::string_view text) {
    std::string out;
    append_json_text(out, text);
    return out;
  };
  EXPECT_EQ(escaped("a\"b\\c\n\x01\x7f"), R"("a\"b\\c\n\u0001\u007f")");
  EXPECT_EQ(escaped("zürich \xf0\x9f\x98\x80"), "\"zürich \xf0\x9f\x98\x80\"");
  EXPECT_EQ(escaped("a\xff\xc3"), "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace settle
