// The source against a server that answers what a test says; its clock is the test's.
#include "daemon/sources/prometheus/prometheus_source.h"

#include <atomic>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "tests/http/raw_server.h"
#include "tests/sources/intake.h"
#include "tests/sources/prometheus/groups.h"

namespace settle::prometheus {
namespace {

using namespace std::chrono_literals;
using http::plain_reply;
using http::RawReply;
using http::RawServer;

constexpr Time noon{Duration{1'795'435'200'000}};

std::string one(const std::string& value) {
  return R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,")" +
         value + R"("]}]}})";
}

struct Stage {
  explicit Stage(RawServer::Handler handler, Settings settings = {}) : server(std::move(handler)) {
    settings.name = "prom";
    if (settings.url.empty()) settings.url = server.url();
    settings.calls_per_second = 1'000;
    source = open_prometheus_source(
        std::move(settings), [] { return std::string("s3cret"); }, time, time);
    source->begin(intake);
  }
  ~Stage() { source->end(); }
  /// Time goes on until one more question has been asked, and no further: however slow this machine
  /// is, no second one falls due while the first is answered.
  void ask() {
    const auto asked = [this] { return source->report().details.at("asked"); };
    const std::string before = asked();
    for (int steps = 0; asked() == before; ++steps) {
      ASSERT_LT(steps, 100'000) << "nothing was asked";
      time.advance(steps < 33 ? Duration{1s} : Duration{1ms});
      if (steps >= 33) std::this_thread::sleep_for(100us);  // Its last answer is still being told.
    }
  }
  Reading next() {
    ask();
    const std::vector<Signal> signals = intake.take(1);
    EXPECT_EQ(signals.size(), 1U);
    return signals.empty() ? Reading{} : std::get<SampleClaim>(signals[0].claim).reading;
  }

  RawServer server;
  HandTime time{noon};
  KeptIntake intake;
  std::unique_ptr<Source> source;
};

TEST(PrometheusSource, AsksByPostWithItsTokenAndEmitsWhatItIsTold) {
  std::string seen;
  Stage stage([&](const std::string& request) {
    seen = request;
    return RawReply{plain_reply(200, one("72.4"))};
  });
  stage.source->follow({group_asking("web", "1 * 72.4")});
  EXPECT_EQ(stage.next(), (Reading{ReadingKind::value, Decimal::of(724, -1)}));
  EXPECT_EQ(seen.rfind("POST /api/v1/query HTTP/1.1", 0), 0U) << seen;
  EXPECT_NE(seen.find("Authorization: Bearer s3cret"), std::string::npos);
  EXPECT_NE(seen.find("query=1%20%2A%2072.4&timeout=5000ms"), std::string::npos);
  EXPECT_EQ(stage.source->report().state, "reading");
}

TEST(PrometheusSource, AsksForManyGroupsOnce) {
  std::atomic<int> asked{0};
  Stage stage([&](const std::string&) {
    ++asked;
    return RawReply{plain_reply(200, one("1"))};
  });
  std::vector<SpecPointer> groups;
  for (int i = 0; i < 100; ++i) groups.push_back(group_asking(std::to_string(i), "42"));
  stage.source->follow(groups);
  stage.time.advance(4s);
  EXPECT_EQ(stage.intake.take(100).size(), 100U);
  EXPECT_EQ(asked, 1);
}

TEST(PrometheusSource, WhatPrometheusSaysHoldsAtOnce) {
  int count = 0;
  const std::vector<std::string> replies{
      plain_reply(200, one("1")),
      plain_reply(400, R"({"status":"error","errorType":"bad_data","error":"parse error"})"),
      plain_reply(200, R"({"status":"success","data":{"resultType":"vector","result":[]}})"),
      plain_reply(200, "<html>"), plain_reply(200, one("2"))};
  Stage stage([&](const std::string&) { return RawReply{replies.at(count++ % 5)}; });
  stage.source->follow({group_asking("web", "42")});
  EXPECT_EQ(stage.next().kind, ReadingKind::value);
  EXPECT_EQ(stage.next().kind, ReadingKind::error);
  EXPECT_EQ(stage.source->report().state, "failing");
  EXPECT_EQ(stage.source->report().last_error, "42: bad_data: parse error");
  EXPECT_EQ(stage.next().kind, ReadingKind::no_data);
  EXPECT_EQ(stage.next().kind, ReadingKind::error);
  EXPECT_EQ(stage.next().kind, ReadingKind::value);
  EXPECT_EQ(stage.source->report().last_error, "");
}

TEST(PrometheusSource, ARestartOfPrometheusMovesNobody) {
  std::atomic<bool> is_down{false};
  Stage stage([&](const std::string&) {
    return RawReply{is_down ? plain_reply(503, "starting") : plain_reply(200, one("1"))};
  });
  stage.source->follow({group_asking("web", "42")});
  EXPECT_EQ(stage.next().kind, ReadingKind::value);
  is_down = true;
  for (int times = 0; times < 6 && stage.intake.count() == 0; ++times) stage.ask();
  const std::vector<Signal> signals = stage.intake.take(1);
  ASSERT_FALSE(signals.empty());
  for (const Signal& signal : signals) {
    EXPECT_EQ(std::get<SampleClaim>(signal.claim).reading.kind, ReadingKind::error);
    EXPECT_GE(signal.stamp.at, noon + 120s) << "not before the last reading was stale";
  }
}

TEST(PrometheusSource, AnAnswerTornOffOrHugeIsNoReading) {
  for (const std::string& reply :
       {std::string("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"status\":"), std::string(),
        plain_reply(200, std::string(9U << 20U, ' '))}) {
    Stage stage([&](const std::string&) { return RawReply{reply}; });
    stage.source->follow({group_asking("web", "42")});
    EXPECT_EQ(stage.next().kind, ReadingKind::error);
    EXPECT_FALSE(stage.source->report().last_error.empty());
  }
}

TEST(PrometheusSource, OneThatDoesNotAnswerIsWaitedForNoLongerThanItsTimeout) {
  Settings settings;
  settings.timeout = 50ms;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  Stage stage(
      [released](const std::string&) {
        released.wait();
        return RawReply{};
      },
      settings);
  stage.source->follow({group_asking("web", "42")});
  EXPECT_EQ(stage.next().kind, ReadingKind::error);
  release.set_value();
}

TEST(PrometheusSource, KeepsFromAskingWhileWhatItEmittedIsUnanswered) {
  Settings settings;
  settings.queries = {{"cpu", {"cpu_all", "group"}}};
  std::atomic<int> asked{0};
  Stage stage(
      [&](const std::string&) {
        ++asked;
        return RawReply{plain_reply(200, one("1"))};
      },
      settings);
  stage.intake.fall_silent();
  std::vector<SpecPointer> groups;
  for (int i = 0; i < 30'000; ++i) groups.push_back(group_asking(std::to_string(i), ""));
  stage.source->follow(groups);
  stage.time.advance(4s);
  EXPECT_EQ(stage.intake.take(30'000).size(), 30'000U);
  const int before = asked;
  EXPECT_EQ(stage.source->report().state, "waiting");
  stage.time.advance(5min);
  EXPECT_EQ(asked, before);
  stage.intake.answer();
  stage.time.advance(33s);
  EXPECT_EQ(stage.intake.take(30'000).size(), 30'000U);
}

TEST(PrometheusSource, SaysThatAnInstanceIsHealthyAgainUntilThatIsHeld) {
  std::atomic<bool> is_ill{true};
  Stage stage([&](const std::string&) {
    const std::string element = R"({"metric":{"vm":"i-1"},"value":[1,"0"]})";
    return RawReply{
        plain_reply(200, R"({"status":"success","data":{"resultType":"vector","result":[)" +
                             (is_ill ? element : std::string()) + "]}}")};
  });
  auto spec = std::make_shared<GroupSpec>();
  spec->id = {"web"};
  spec->health.queries = {{"prom", "prom", "up == 0", "", "vm"}};
  stage.source->follow({spec});
  stage.time.advance(4s);
  EXPECT_EQ(stage.intake.take(2).size(), 2U);
  stage.intake.judge_by([](const Signal&) { return Receipt::full; });
  is_ill = false;
  stage.time.advance(33s);
  EXPECT_EQ(stage.intake.take(1).size(), 1U);
  stage.intake.judge_by([](const Signal&) { return Receipt::held; });
  stage.time.advance(33s);
  EXPECT_EQ(stage.intake.take(1).size(), 1U);
  const std::size_t emissions = stage.intake.emissions();
  stage.time.advance(33s);
  stage.source->end();
  EXPECT_EQ(stage.intake.emissions(), emissions) << "nothing more to say";
}

TEST(PrometheusSource, EmitsNothingOnceItHasEnded) {
  Stage stage([&](const std::string&) { return RawReply{plain_reply(200, one("1"))}; });
  stage.source->follow({group_asking("web", "42")});
  EXPECT_EQ(stage.next().kind, ReadingKind::value);
  stage.source->end();
  stage.time.advance(10min);
  EXPECT_TRUE(stage.intake.take(0).empty());
}

}  // namespace
}  // namespace settle::prometheus
