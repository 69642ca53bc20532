#include "daemon/sources/alerts/notice.h"

#include <gtest/gtest.h>

#include "daemon/codec/json.h"

namespace settle::alerts {
namespace {

std::string payload(const std::string& alerts, const std::string& more = "") {
  return R"({"version":"4","groupKey":"{}:{alertname=\"Slow\"}","status":"firing",)"
         R"("groupLabels":{"alertname":"Slow"},"commonLabels":{"alertname":"Slow","tier":"web"},)"
         R"("receiver":"settle","externalURL":"http://am",)" +
         more + R"("alerts":[)" + alerts + "]}";
}

constexpr const char* firing =
    R"({"status":"firing","labels":{"alertname":"Slow"},"annotations":{"summary":"x"},)"
    R"("startsAt":"2026-11-23T09:14:30.123456789+02:00","endsAt":"0001-01-01T00:00:00Z",)"
    R"("generatorURL":"http://p","fingerprint":"a1"})";

std::string error_of(const Result<Notice>& notice) {
  return notice ? "" : notice.error().message;
}

TEST(AlertmanagerNotice, IsRead) {
  const auto notice = read_alertmanager(payload(
      std::string(firing) +
          R"(,{"status":"resolved","labels":{},"startsAt":"2026-11-23T07:00:00Z","fingerprint":"b2"})",
      R"("truncatedAlerts":3,)"));
  ASSERT_TRUE(notice) << error_of(notice);
  ASSERT_EQ(notice->alerts.size(), 2U);
  EXPECT_EQ(notice->alerts[0].id, "a1");
  EXPECT_EQ(notice->alerts[0].state, AlarmState::firing);
  EXPECT_EQ(notice->alerts[0].labels, (Labels{{"alertname", "Slow"}}));
  EXPECT_EQ(notice->alerts[0].starts, parse_time("2026-11-23T07:14:30.123Z"));
  EXPECT_EQ(notice->alerts[1].state, AlarmState::resolved);
  EXPECT_EQ(notice->truncated, 3U);
  EXPECT_EQ(notice->common, (Labels{{"alertname", "Slow"}, {"tier", "web"}}));
  EXPECT_TRUE(notice->any_fires);
}

TEST(AlertmanagerNotice, OneThatCannotBeReadSpoilsNoOther) {
  const auto notice = read_alertmanager(payload(
      std::string(firing) +
      R"(,7,{"status":"odd","labels":{},"startsAt":"2026-11-23T07:00:00Z","fingerprint":"c3"},)"
      R"({"status":"firing","labels":{},"startsAt":"yesterday","fingerprint":"d4"},)"
      R"({"status":"firing","labels":{"a":1},"startsAt":"2026-11-23T07:00:00Z","fingerprint":"e5"},)"
      R"({"status":"firing","labels":{},"startsAt":"2026-11-23T07:00:00Z"})"));
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->alerts.size(), 1U);
  ASSERT_EQ(notice->unreadable.size(), 5U);
  EXPECT_EQ(notice->unreadable[0].reason, "an alert is no object");
  EXPECT_EQ(notice->unreadable[1].id, "c3");
  EXPECT_EQ(notice->unreadable[1].reason, "status is neither firing nor resolved");
  EXPECT_EQ(notice->unreadable[2].reason, "startsAt is no RFC 3339 time");
  EXPECT_EQ(notice->unreadable[3].reason, "labels is no mapping of at most 128 texts");
  EXPECT_EQ(notice->unreadable[4].reason, "an alert without a fingerprint");
}

TEST(AlertmanagerNotice, WhatIsNoneIsRefused) {
  EXPECT_NE(error_of(read_alertmanager("")), "");
  EXPECT_NE(error_of(read_alertmanager(payload(firing).substr(0, 200))), "");
  EXPECT_NE(error_of(read_alertmanager("{\"version\":\"4\",\"a\":\"\xff\"}")), "");
  EXPECT_EQ(error_of(read_alertmanager("[]")), "a notification is a JSON object");
  EXPECT_EQ(error_of(read_alertmanager(R"({"version":"3","alerts":[]})")),
            "\"version\" is not \"4\": no notification of Alertmanager's webhook");
  EXPECT_EQ(error_of(read_alertmanager(R"({"version":"4"})")), "\"alerts\" is no list");
  EXPECT_EQ(error_of(read_alertmanager(payload("", R"("truncatedAlerts":"x",)"))),
            "\"truncatedAlerts\" is no number of alerts");
  EXPECT_EQ(error_of(read_alertmanager(payload("", R"("truncatedAlerts":-1,)"))),
            "\"truncatedAlerts\" is no number of alerts");
}

TEST(AlertList, HoldsWhatFires) {
  const auto list = read_alert_list(
      R"([{"fingerprint":"a1","labels":{"alertname":"Slow"},"startsAt":"2026-11-23T07:00:00Z",)"
      R"("status":{"state":"active","silencedBy":[],"inhibitedBy":[]},"receivers":[]}])");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->alerts.size(), 1U);
  EXPECT_EQ(list->alerts[0].state, AlarmState::firing);
  EXPECT_EQ(error_of(read_alert_list("{}")), "the answer is no list of alerts");
}

TEST(AodhNotice, HasThreeStates) {
  const auto state_of = [](const std::string& current) {
    const auto notice = read_aodh(
        R"({"alarm_name":"cpu-high","alarm_id":"0ca2","severity":"low","previous":"ok","current":")" +
        current + R"(","reason":"Transition","reason_data":{"type":"threshold","count":1,)" +
        R"("most_recent":71.5}})");
    EXPECT_TRUE(notice) << error_of(notice);
    EXPECT_EQ(notice->alerts.at(0).labels,
              (Labels{{"alertname", "cpu-high"}, {"alarm_id", "0ca2"}, {"severity", "low"}}));
    EXPECT_EQ(notice->alerts.at(0).value, Decimal::of(715, -1));
    return notice->alerts.at(0).state;
  };
  EXPECT_EQ(state_of("alarm"), AlarmState::firing);
  EXPECT_EQ(state_of("ok"), AlarmState::resolved);
  EXPECT_EQ(state_of("insufficient data"), AlarmState::no_data);
}

TEST(AodhNotice, WhatIsNoneIsRefused) {
  EXPECT_EQ(error_of(read_aodh("[]")), "a notification is a JSON object");
  EXPECT_EQ(error_of(read_aodh("{}")), "\"alarm_id\" is missing: no notification of Aodh");
  EXPECT_EQ(error_of(read_aodh(R"({"alarm_id":"a","current":"bad"})")),
            "\"current\" is none of ok, alarm and insufficient data");
}

}  // namespace
}  // namespace settle::alerts
