// The real settled and what is sent to it: webhooks, alerts, and a Prometheus that it asks.
#include <fstream>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/http/raw_server.h"
#include "tests/places.h"
#include "tests/runtime/daemon.h"

namespace settle {
namespace {

namespace json = boost::json;
using http::plain_reply;
using http::RawReply;
using http::RawServer;
using testing::HasSubstr;
using testing::Not;

constexpr const char* groups = R"(version: 1
groups:
  web:
    capacity: { min: 2, max: 20, initial: 2 }
    observe_every: 1s
    policies:
      burst: { type: webhook, add: 3, hold_for: 1h }
      slow: { type: alert, from: alerts, match: { alertname: Slow }, add: 2 }
  cpu-bound:
    capacity: { min: 2, max: 20, initial: 2 }
    observe_every: 1s
    policies:
      load: { type: target, target: 10, metric: { from: prom, divide_by: instances } }
)";

class HooksTest : public testing::Test {
 protected:
  HooksTest()
      : prometheus_([](const std::string&) {
          return RawReply{plain_reply(
              200, R"({"status":"success","data":{"resultType":"vector","result":[{"metric":)"
                   R"({"group":"cpu-bound"},"value":[1,"70"]}]}})")};
        }) {}

  void SetUp() override {
    if (!has_program(binary_folder() + "/settled")) GTEST_SKIP() << "settled is not built";
    daemon_.write_config(groups);
    std::ofstream(daemon_.folder() + "/settled.yaml", std::ios::app)
        << "sources:\n  calls: { type: webhook, pass_file: " << passes()
        << " }\n  alerts: { type: alertmanager }\n  prom:\n    type: prometheus\n    url: "
        << prometheus_.url() << "\n    every: 1s\n    queries: { load: { query: \"1 * load\" } }\n";
    ASSERT_TRUE(daemon_.start()) << daemon_.log();
  }

  [[nodiscard]] std::string passes() const { return daemon_.folder() + "/webhooks"; }
  Ended webhook(const std::string& words) const {
    return run_program(binary_folder() + "/settlectl webhook " + words + " --file " + passes());
  }
  /// "/hooks/calls/TOKEN"
  std::string make_pass(const std::string& aim) const {
    const Ended made = webhook("create " + aim + " --url /hooks/calls");
    EXPECT_EQ(made.code, 0) << made.said;
    const std::size_t from = made.said.find("/hooks/calls/");
    if (from == std::string::npos) return "/no-pass";
    return made.said.substr(from, made.said.find('\n', from) - from);
  }
  json::value describe(const std::string& group = "web") {
    json::error_code error;
    return json::parse(daemon_.ask("GET", "/v1/groups/" + group).body, error);
  }
  bool comes_to(const std::string& group, int desired) {
    return eventually([&] { return describe(group).at("desired") == desired; });
  }

  RawServer prometheus_;
  Daemon daemon_;
};

TEST_F(HooksTest, AWebhookFiresOnceACallAndNoLogShowsItsToken) {
  const std::string path = make_pass("web/burst");
  ASSERT_TRUE(comes_to("web", 2));
  const std::string key = "Idempotency-Key: order-7\r\n";
  EXPECT_EQ(daemon_.ask("POST", path, "", key).status, 202);
  EXPECT_TRUE(comes_to("web", 5));
  EXPECT_EQ(daemon_.ask("POST", path, "", key).status, 202) << "the same call again";
  daemon_.signal(SIGKILL);
  (void)daemon_.wait();
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  EXPECT_EQ(daemon_.ask("POST", path, "", key).status, 202) << "and again";
  EXPECT_EQ(describe().at("desired"), 5);
  EXPECT_THAT(webhook("list").said, HasSubstr("burst"));
  EXPECT_EQ(webhook("revoke web/burst").code, 0);
  const HttpReply revoked = daemon_.ask("POST", path);
  const HttpReply guessed = daemon_.ask("POST", "/hooks/calls/guess");
  const HttpReply nothing = daemon_.ask("POST", "/hooks/nobody/guess");
  EXPECT_EQ(revoked.status, 404);
  EXPECT_EQ(revoked.body, guessed.body);
  EXPECT_EQ(revoked.body, nothing.body);
  EXPECT_EQ(daemon_.ask("GET", path).status, 405) << "to look at a link fires nothing";
  const std::string token = path.substr(path.rfind('/') + 1);
  EXPECT_THAT(daemon_.log(), Not(HasSubstr(token)));
  EXPECT_THAT(run_program("cat " + passes()).said, Not(HasSubstr(token)));
}

TEST_F(HooksTest, AnAlertHoldsUntilItIsResolved) {
  const auto notify = [&](const std::string& status) {
    return daemon_
        .ask("POST", "/hooks/alerts",
             R"({"version":"4","groupKey":"g","status":")" + status +
                 R"(","groupLabels":{},"commonLabels":{},"alerts":[{"status":")" + status +
                 R"(","labels":{"alertname":"Slow"},"startsAt":"2026-11-23T07:00:00Z",)" +
                 R"("fingerprint":"a1"}]})",
             "Content-Type: application/json\r\n")
        .status;
  };
  ASSERT_TRUE(comes_to("web", 2));
  EXPECT_EQ(notify("firing"), 200);
  EXPECT_TRUE(comes_to("web", 4));
  EXPECT_EQ(notify("firing"), 200);
  EXPECT_EQ(notify("resolved"), 200);
  EXPECT_TRUE(comes_to("web", 2));
}

TEST_F(HooksTest, WhatAPrometheusSaysMovesAGroup) {
  EXPECT_TRUE(comes_to("cpu-bound", 7)) << daemon_.log();
  EXPECT_TRUE(eventually([&] {
    return daemon_.ask("GET", "/v1/sources").body.find("\"reading\"") != std::string::npos;
  })) << daemon_.ask("GET", "/v1/sources").body;
}

TEST_F(HooksTest, WhatCannotBeReadIsRefusedAndLivedThrough) {
  EXPECT_EQ(daemon_.ask("POST", "/hooks/alerts", "{").status, 400);
  EXPECT_EQ(daemon_.ask("POST", "/hooks/alerts", "{\"version\":\"\xff\"}").status, 400);
  EXPECT_EQ(daemon_.ask("POST", "/hooks/alerts", std::string(50'000, '[')).status, 400);
  EXPECT_EQ(daemon_.ask("POST", "/hooks/alerts", std::string(1'100'000, ' ')).status, 413);
  {
    HttpConnection cut(daemon_.socket());
    ASSERT_TRUE(cut.send("POST /hooks/alerts HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n{"));
    cut.end_sending();
    EXPECT_NE(cut.receive().status, 200);
  }
  EXPECT_EQ(daemon_.ask("GET", "/-/healthy").status, 200);
  EXPECT_TRUE(eventually([&] {
    return daemon_.ask("GET", "/v1/deadletters").body.find("alerts") != std::string::npos;
  })) << daemon_.ask("GET", "/v1/deadletters").body;
}

}  // namespace
}  // namespace settle
