#include "daemon/sources/alerts/alert_source.h"

#include <atomic>

#include <gtest/gtest.h>

#include "daemon/codec/json.h"
#include "tests/http/raw_server.h"
#include "tests/sources/intake.h"

namespace settle::alerts {
namespace {

using namespace std::chrono_literals;
using http::plain_reply;
using http::RawReply;
using http::RawServer;

constexpr Time noon{Duration{1'795'435'200'000}};

SpecPointer group(const std::string& name, std::map<std::string, std::string> match,
                  const std::string& alarm = "") {
  auto spec = std::make_shared<GroupSpec>();
  spec->id = {name};
  AlertPolicy alert;
  alert.source = "alerts";
  alert.match = std::move(match);
  alert.alarm = alarm;
  spec->policies.push_back({"page", alert, {}});
  return spec;
}

struct AlertText {
  std::string id = "a1";
  std::string status = "firing";
  std::string labels = R"("alertname":"Slow","team":"web")";
  Time starts = noon;
};

std::string text_of(const AlertText& alert) {
  return R"({"status":")" + alert.status + R"(","labels":{)" + alert.labels + R"(},"startsAt":")" +
         time_text(alert.starts) + R"(","fingerprint":")" + alert.id + R"("})";
}

std::string payload(const std::vector<AlertText>& alerts, int truncated = 0) {
  std::string text =
      R"({"version":"4","groupKey":"g","status":"firing","truncatedAlerts":)" +
      std::to_string(truncated) +
      R"(,"groupLabels":{"alertname":"Slow"},"commonLabels":{"team":"web"},"alerts":[)";
  for (std::size_t i = 0; i < alerts.size(); ++i) text += (i == 0 ? "" : ",") + text_of(alerts[i]);
  return text + "]}";
}

struct Stage {
  explicit Stage(Settings settings = {}, Keys keys = {}) {
    settings.name = "alerts";
    source = open_alert_source(
        std::move(settings), [keys] { return keys; }, time, time);
    source->begin(intake);
    source->follow({group("web", {{"alertname", "Slow"}, {"team", "web"}}),
                    group("db", {{"alertname", "Slow"}, {"team", "db"}})});
  }
  ~Stage() { source->end(); }

  int send(const std::string& body, std::map<std::string, std::string> headers = {},
           const std::string& rest = "") {
    int status = 0;
    source->receive({rest, std::move(headers), body, time.now()},
                    [&status](const HookAnswer& answer) { status = answer.status; });
    return status;
  }

  HandTime time{noon};
  KeptIntake intake;
  std::unique_ptr<HookSource> source;
};

AlarmClaim claim_of(const Signal& signal) {
  return std::get<AlarmClaim>(signal.claim);
}

TEST(AlertSource, WhatFiresSoundsTheAlarmOfThoseThatItMatches) {
  Stage stage;
  EXPECT_EQ(stage.send(payload({{}})), 200);
  const auto signals = stage.intake.take(1);
  ASSERT_EQ(signals.size(), 1U);
  EXPECT_EQ(signals[0].group.value, "web");
  EXPECT_EQ(claim_of(signals[0]), (AlarmClaim{"page", AlarmState::firing, {}, "a1", noon + 8h}));
  EXPECT_EQ(stage.send(payload({{.status = "resolved"}})), 200);
  EXPECT_EQ(claim_of(stage.intake.take(1).at(0)),
            (AlarmClaim{"page", AlarmState::resolved, {}, "a1", {}}));
}

TEST(AlertSource, AnAlertThatConcernsNobodyIsAnsweredAndCounted) {
  Stage stage;
  EXPECT_EQ(stage.send(payload({{.labels = R"("alertname":"Other")"}})), 200);
  EXPECT_TRUE(stage.intake.take(0).empty());
  EXPECT_EQ(stage.source->report().details.at("unmatched"), "1");
}

TEST(AlertSource, IsAnsweredOnlyOnceItIsHeld) {
  Stage stage;
  stage.intake.fall_silent();
  EXPECT_EQ(stage.send(payload({{}})), 0);
  EXPECT_EQ(stage.source->report().in_flight, 1U);
  int status = 0;
  stage.source->receive({"", {}, payload({{.id = "b2"}}), noon},
                        [&status](const HookAnswer& answer) { status = answer.status; });
  EXPECT_EQ(status, 0);
  stage.intake.answer();
  EXPECT_EQ(status, 200);
}

TEST(AlertSource, AsksToBeSentItAgainWhereThereIsNoRoom) {
  Stage stage;
  stage.intake.judge_by([](const Signal&) { return Receipt::full; });
  EXPECT_EQ(stage.send(payload({{}})), 503);
  stage.intake.judge_by([](const Signal&) { return Receipt::elsewhere; });
  EXPECT_EQ(stage.send(payload({{}})), 503);
  stage.intake.judge_by({});
  EXPECT_EQ(stage.send(payload({{}})), 200);
  const auto signals = stage.intake.take(3);
  EXPECT_EQ(signals[0].stamp.id, signals[2].stamp.id) << "the same claim, whenever it is sent";
}

TEST(AlertSource, WhoWaitsWhenItEndsIsAskedToTryAgain) {
  Stage stage;
  stage.intake.fall_silent();
  int status = 0;
  stage.source->receive({"", {}, payload({{}}), noon},
                        [&status](const HookAnswer& answer) { status = answer.status; });
  stage.source->end();
  EXPECT_EQ(status, 503);
  stage.intake.answer();
  EXPECT_EQ(status, 503) << "answered once";
}

TEST(AlertSource, AFiringThatComesAfterItsOwnEndIsOldNews) {
  Stage stage;
  EXPECT_EQ(stage.send(payload({{}})), 200);
  EXPECT_EQ(stage.send(payload({{.status = "resolved"}})), 200);
  EXPECT_EQ(stage.intake.take(2).size(), 2U);
  stage.time.advance(30s);
  EXPECT_EQ(stage.send(payload({{}})), 200) << "the other replica is late";
  EXPECT_TRUE(stage.intake.take(0).empty());
  EXPECT_EQ(stage.source->report().details.at("late"), "1");
  EXPECT_EQ(stage.send(payload({{.starts = noon + 10s}})), 200) << "it fires again";
  EXPECT_EQ(stage.intake.take(1).size(), 1U);
  EXPECT_EQ(stage.send(payload({{.status = "resolved", .starts = noon + 10s}})), 200);
  EXPECT_EQ(stage.intake.take(1).size(), 1U);
  stage.time.advance(3min);
  EXPECT_EQ(stage.send(payload({{}})), 200) << "so late, it is said anew";
  EXPECT_EQ(stage.intake.take(1).size(), 1U);
}

TEST(AlertSource, OfAGroupThatWasCutTheCommonLabelsStandForTheRest) {
  Stage stage;
  EXPECT_EQ(stage.send(payload({{.labels = R"("alertname":"Other")"}}, 40)), 200);
  const auto cut = stage.intake.take(1);
  ASSERT_EQ(cut.size(), 1U);
  EXPECT_EQ(claim_of(cut[0]).alert, "group:g");
  EXPECT_EQ(claim_of(cut[0]).state, AlarmState::firing);
  EXPECT_EQ(stage.send(payload({{}})), 200) << "whole again";
  const auto whole = stage.intake.take(2);
  ASSERT_EQ(whole.size(), 2U);
  EXPECT_EQ(claim_of(whole[1]), (AlarmClaim{"page", AlarmState::resolved, {}, "group:g", {}}));
}

TEST(AlertSource, WhatCannotBeReadIsBuried) {
  Stage stage;
  EXPECT_EQ(stage.send("{"), 400);
  EXPECT_EQ(stage.send(payload({{}, {.id = "b2", .status = "odd"}})), 200);
  const auto buried = stage.intake.buried();
  ASSERT_EQ(buried.size(), 2U);
  EXPECT_EQ(buried[1].id, "alerts/b2");
  EXPECT_EQ(buried[1].reason, "status is neither firing nor resolved");
}

TEST(AlertSource, AWrongKeyLooksLikeNothingThere) {
  Stage stage({}, {"t0ken", "p4th"});
  EXPECT_EQ(stage.send(payload({{}})), 404);
  EXPECT_EQ(stage.send(payload({{}}), {{"authorization", "Bearer t0ken"}}), 404);
  EXPECT_EQ(stage.send(payload({{}}), {{"authorization", "Bearer wrong"}}, "p4th"), 404);
  EXPECT_EQ(stage.send(payload({{}}), {{"authorization", "Bearer t0ken"}}, "p4th"), 200);
}

TEST(AlertSource, AodhsInsufficientDataIsNotKnown) {
  Settings settings;
  settings.sender = Sender::aodh;
  settings.expire_after = {};
  Stage stage(settings);
  stage.source->follow({group("web", {{"alarm_id", "0ca2"}})});
  const auto say = [&](const std::string& current) {
    EXPECT_EQ(stage.send(R"({"alarm_name":"cpu","alarm_id":"0ca2","current":")" + current + "\"}"),
              200);
    return claim_of(stage.intake.take(1).at(0));
  };
  EXPECT_EQ(say("alarm"), (AlarmClaim{"page", AlarmState::firing, {}, "0ca2", {}}));
  EXPECT_EQ(say("insufficient data").state, AlarmState::no_data);
  EXPECT_EQ(say("ok").state, AlarmState::resolved);
}

TEST(AlertSource, AsksAlertmanagerWhatFiresAndMendsWhatWasLost) {
  std::string fires = text_of({});
  RawServer server([&](const std::string& request) {
    EXPECT_EQ(request.rfind("GET /api/v2/alerts?active=true&silenced=false", 0), 0U) << request;
    return RawReply{plain_reply(200, "[" + fires + "]")};
  });
  Settings settings;
  settings.url = server.url();
  Stage stage(settings);
  stage.time.advance(1min);
  const auto begun = stage.intake.take(1);
  ASSERT_EQ(begun.size(), 1U) << "it fired, and nobody was told";
  EXPECT_EQ(claim_of(begun[0]).state, AlarmState::firing);
  fires.clear();
  stage.intake.judge_by([](const Signal&) { return Receipt::full; });
  stage.time.advance(1min);
  EXPECT_EQ(claim_of(stage.intake.take(1).at(0)).state, AlarmState::resolved);
  stage.intake.judge_by({});
  stage.time.advance(1min);
  EXPECT_EQ(claim_of(stage.intake.take(1).at(0)).state, AlarmState::resolved)
      << "said until it is held";
}

TEST(AlertSource, AnAlertmanagerThatDoesNotAnswerChangesNothing) {
  std::atomic<bool> is_down{false};
  RawServer server([&](const std::string&) {
    return RawReply{is_down ? plain_reply(500, "") : plain_reply(200, "[" + text_of({}) + "]")};
  });
  Settings settings;
  settings.url = server.url();
  Stage stage(settings);
  stage.time.advance(1min);
  EXPECT_EQ(stage.intake.take(1).size(), 1U);
  is_down = true;
  stage.time.advance(1min);
  while (stage.source->report().state != "failing") std::this_thread::yield();
  EXPECT_EQ(stage.source->report().last_error, "it answers 500");
  EXPECT_TRUE(stage.intake.take(0).empty());
}

}  // namespace
}  // namespace settle::alerts
