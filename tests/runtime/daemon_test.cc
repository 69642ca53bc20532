// The real settled, from its binary: what it answers, survives, keeps and gives up.
#include "tests/runtime/daemon.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <signal.h>
#include <stdio.h>

#include "tests/places.h"

namespace settle {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

constexpr const char* groups = R"(version: 1
groups:
  web:
    capacity: { min: 2, max: 10, initial: 2 }
    policies:
      load: { type: target, target: 100, metric: { signal: requests, divide_by: instances } }
      more: { type: webhook, add: 1, hold_for: 10m }
    observe_every: 1s
)";

constexpr const char* structured = "Content-Type: application/cloudevents+json\r\n";
constexpr const char* batched = "Content-Type: application/cloudevents-batch+json\r\n";

std::string sample(const std::string& id, const std::string& value,
                   const std::string& group = "web", const std::string& more = {}) {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"test","type":"io.settle.sample.v1","subject":")" + group + R"(")" + more +
         R"(,"data":{"signal":"requests","value":)" + value + "}}";
}

json::value parsed(const std::string& text) {
  json::error_code error;
  json::value value = json::parse(text, error);
  EXPECT_FALSE(error) << text.substr(0, 500);
  return value;
}

class DaemonTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_program(binary_folder() + "/settled")) GTEST_SKIP() << "settled is not built";
  }

  void start(std::string_view text = groups, std::string_view mode = "act") {
    daemon_.write_config(text, mode);
    ASSERT_TRUE(daemon_.start()) << daemon_.log();
  }

  void check_post(const std::string& body, const char* headers, int status,
                  const std::string& says) {
    const HttpReply reply = daemon_.ask("POST", "/v1/events", body, headers);
    EXPECT_EQ(reply.status, status) << body.substr(0, 200) << "\n" << reply.body;
    EXPECT_THAT(reply.body, HasSubstr(says));
    if (status >= 400) {
      EXPECT_EQ(reply.headers.at("content-type"), "application/problem+json");
    }
  }

  json::value describe() { return parsed(daemon_.ask("GET", "/v1/groups/web").body); }

  Daemon daemon_;
};

TEST_F(DaemonTest, IsReadyAndShowsItsGroups) {
  start();
  EXPECT_EQ(daemon_.ask("GET", "/-/healthy").status, 200);
  const json::value all = parsed(daemon_.ask("GET", "/v1/groups").body);
  ASSERT_EQ(all.at("groups").as_array().size(), 1U);
  EXPECT_EQ(all.at("groups").at(0).at("group"), "web");
  EXPECT_EQ(parsed(daemon_.ask("GET", "/v1/status").body).at("groups"), 1);
  EXPECT_EQ(daemon_.ask("GET", "/v1/groups/nobody").status, 404);
}

TEST_F(DaemonTest, GetsAGroupToItsNumberAndSaysWhy) {
  start();
  EXPECT_TRUE(eventually([&] {
    const json::value web = describe();
    return web.at("ready") == 2 && web.at("desired") == 2;
  })) << daemon_.ask("GET", "/v1/groups/web").body;
  check_post(sample("s1", "450"), structured, 200, "merged");
  EXPECT_TRUE(eventually([&] { return describe().at("desired") == 5; }));
  const json::value decisions = parsed(daemon_.ask("GET", "/v1/decisions?group=web&wait=5s").body);
  const auto& rows = decisions.at("decisions").as_array();
  ASSERT_FALSE(rows.empty());
  const std::string id(rows.back().at("decision").as_string());
  EXPECT_EQ(daemon_.ask("GET", "/v1/decisions/" + id).status, 200);
  EXPECT_THAT(daemon_.ask("GET", "/v1/decisions/" + id + "/explain").body, HasSubstr("web"));
  EXPECT_EQ(daemon_.ask("GET", "/v1/decisions/d-nothing").status, 404);
  const HttpReply why = daemon_.ask("GET", "/v1/groups/web/why-not?toward=out");
  EXPECT_EQ(why.status, 200) << why.body;
  EXPECT_EQ(daemon_.ask("GET", "/v1/groups/web/next").status, 200);
  EXPECT_THAT(daemon_.ask("GET", "/v1/groups/web/events").body, HasSubstr("requests"));
}

TEST_F(DaemonTest, FollowsDecisionsThatAreStillToCome) {
  start();
  ASSERT_TRUE(eventually([&] { return describe().at("ready") == 2; }));
  const json::value before = parsed(daemon_.ask("GET", "/v1/decisions?limit=1").body);
  const std::uint64_t last = before.at("decisions").at(0).at("sequence").to_number<std::uint64_t>();
  HttpConnection follower(daemon_.socket());
  ASSERT_TRUE(follower.send("GET /v1/decisions?after=" + std::to_string(last) +
                            "&wait=30s HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  check_post(sample("s1", "900"), structured, 200, "merged");
  const HttpReply reply = follower.receive(std::chrono::seconds(20));
  ASSERT_EQ(reply.status, 200);
  EXPECT_GT(parsed(reply.body).at("decisions").at(0).at("sequence").to_number<std::uint64_t>(),
            last);
}

TEST_F(DaemonTest, TakesEventsInAllThreeModes) {
  start();
  check_post(sample("1", "100"), structured, 200, "merged");
  check_post("[" + sample("2", "100") + "," + sample("3", "100") + "]", batched, 200, "merged");
  check_post(R"({"signal":"requests","value":100})",
             "Content-Type: application/json\r\nce-specversion: 1.0\r\nce-id: 4\r\n"
             "ce-source: test\r\nce-type: io.settle.sample.v1\r\nce-subject: web\r\n",
             200, "merged");
  const std::string once =
      R"({"specversion":"1.0","id":"a","source":"test","type":"io.settle.adjust.v1",)"
      R"("subject":"web","data":{"policy":"more"}})";
  check_post(once, structured, 200, "merged");
}

TEST_F(DaemonTest, RefusesWhatCanNeverWorkAndLives) {
  start();
  check_post("garbage", structured, 400, "title");
  check_post("", structured, 400, "title");
  check_post(std::string(1'100'000, 'x'), structured, 413, "title");
  check_post(std::string(50'000, '[') + std::string(50'000, ']'), batched, 400, "title");
  check_post(sample("1", "100").substr(0, 60), structured, 400, "title");
  check_post("<xml/>", "Content-Type: text/xml\r\n", 415, "title");
  check_post(sample("1", "100", "nobody"), structured, 422, "UnknownGroup");
  check_post(sample("2", "100", "web", R"(,"time":"2090-01-01T00:00:00Z")"), structured, 422,
             "FromTheFuture");
  check_post(sample("3", "100", "web", R"(,"time":"2001-01-01T00:00:00Z")"), structured, 200,
             "LateOrRepeated");
  EXPECT_EQ(daemon_.ask("GET", "/-/healthy").status, 200);
  EXPECT_TRUE(eventually([&] {
    const std::string letters = daemon_.ask("GET", "/v1/deadletters").body;
    return letters.find("UnknownGroup") != std::string::npos &&
           letters.find("FromTheFuture") != std::string::npos &&
           letters.find("LateOrRepeated") != std::string::npos;
  })) << daemon_.ask("GET", "/v1/deadletters").body;
}

TEST_F(DaemonTest, ObeysOperatorsByName) {
  start();
  const HttpReply paused = daemon_.ask("POST", "/v1/groups/web/pause", R"({"reason":"a release"})");
  EXPECT_EQ(paused.status, 200) << paused.body;
  EXPECT_EQ(describe().at("pause").at("reason"), "a release");
  EXPECT_EQ(describe().at("state"), "paused");
  EXPECT_EQ(daemon_.ask("POST", "/v1/groups/web/resume", R"({"reason":"done"})").status, 200);
  EXPECT_TRUE(describe().at("pause").is_null());
  EXPECT_EQ(
      daemon_
          .ask("POST", "/v1/groups/web/set-desired", R"({"number":4,"for":"1h","reason":"a sale"})")
          .status,
      200);
  EXPECT_TRUE(eventually([&] { return describe().at("desired") == 4; }));
  EXPECT_EQ(daemon_.ask("POST", "/v1/groups/web/converge").status, 200);
  EXPECT_EQ(daemon_.ask("POST", "/v1/groups/nobody/converge").status, 404);
}

TEST_F(DaemonTest, APauseSurvivesBeingKilled) {
  start();
  ASSERT_EQ(daemon_.ask("POST", "/v1/groups/web/pause", R"({"reason":"r"})").status, 200);
  daemon_.signal(SIGKILL);
  EXPECT_EQ(daemon_.wait(), -SIGKILL);
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  EXPECT_EQ(describe().at("state"), "paused");
}

TEST_F(DaemonTest, APauseOfEverythingHoldsForGroupsThatComeLaterAndThroughARestart) {
  start();
  ASSERT_TRUE(eventually([&] { return describe().at("ready") == 2; }));
  const HttpReply paused =
      daemon_.ask("POST", "/v1/pause", R"({"reason":"storage","all":true,"mode":"pause"})");
  ASSERT_EQ(paused.status, 200) << paused.body;
  EXPECT_EQ(describe().at("state"), "paused");
  EXPECT_EQ(describe().at("pause").at("scope"), "all");
  daemon_.signal(SIGKILL);
  EXPECT_EQ(daemon_.wait(), -SIGKILL);
  daemon_.write_config(std::string(groups) + "  late:\n    capacity: { min: 1, max: 2 }\n");
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  EXPECT_EQ(parsed(daemon_.ask("GET", "/v1/groups/late").body).at("state"), "paused");
  EXPECT_THAT(daemon_.ask("GET", "/v1/groups/late/why-not?toward=out").body, HasSubstr("storage"));
  ASSERT_EQ(daemon_.ask("POST", "/v1/resume", R"({"reason":"done","all":true})").status, 200);
  EXPECT_TRUE(eventually(
      [&] { return parsed(daemon_.ask("GET", "/v1/groups/late").body).at("ready") == 1; }));
}

TEST_F(DaemonTest, GroupsShareABudgetAndSayWhoUsesIt) {
  start(
      "groups:\n"
      "  big:\n    tenant: media\n    capacity: { min: 2, max: 9, initial: 2 }\n"
      "    observe_every: 1s\n"
      "  small:\n    tenant: media\n    capacity: { min: 2, max: 9, initial: 2 }\n"
      "    observe_every: 1s\n",
      "act\nbudgets: { studio: { tenant: media, instances: 3 } }");
  const auto about = [&](const char* group) {
    return parsed(daemon_.ask("GET", std::string("/v1/groups/") + group).body);
  };
  const auto ready = [&] {
    return about("big").at("ready").to_number<int>() + about("small").at("ready").to_number<int>();
  };
  EXPECT_TRUE(eventually([&] { return ready() == 3; }));
  EXPECT_TRUE(eventually([&] {
    return (daemon_.ask("GET", "/v1/groups/big").body + daemon_.ask("GET", "/v1/groups/small").body)
               .find("SharedBudgetSpent") != std::string::npos;
  }));
  EXPECT_EQ(ready(), 3);
  EXPECT_THAT(daemon_.ask("GET", "/metrics").body, HasSubstr(R"(guard="budget/studio")"));
}

TEST_F(DaemonTest, ObservesWithoutTouchingACloud) {
  start(groups, "observe");
  EXPECT_TRUE(eventually([&] {
    return daemon_.ask("GET", "/v1/groups/web").body.find("ObserveOnly") != std::string::npos;
  })) << daemon_.ask("GET", "/v1/groups/web").body;
  EXPECT_TRUE(describe().at("instances").as_array().empty());
}

TEST_F(DaemonTest, KeepsTheOldConfigurationWhenTheNewOneIsBroken) {
  start();
  const json::value before = parsed(daemon_.ask("GET", "/v1/status").body);
  daemon_.write_config("version: 1\ngroups:\n  web:\n    capacty: { min: 1 }\n");
  daemon_.signal(SIGHUP);
  EXPECT_TRUE(eventually(
      [&] { return !parsed(daemon_.ask("GET", "/v1/status").body).at("reload_error").is_null(); }));
  const json::value after = parsed(daemon_.ask("GET", "/v1/status").body);
  EXPECT_EQ(after.at("revision"), before.at("revision"));
  EXPECT_EQ(describe().at("max"), 10);
  EXPECT_THAT(daemon_.log(), HasSubstr("capacty"));
  EXPECT_THAT(daemon_.ask("GET", "/metrics").body,
              HasSubstr("settle_config_last_reload_successful 0"));
}

TEST_F(DaemonTest, TakesANewConfigurationOnHangUp) {
  start();
  std::string wider = groups;
  wider.replace(wider.find("max: 10"), 7, "max: 12");
  daemon_.write_config(wider);
  daemon_.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return describe().at("max") == 12; })) << daemon_.log();
  EXPECT_TRUE(parsed(daemon_.ask("GET", "/v1/status").body).at("reload_error").is_null());
}

TEST_F(DaemonTest, NamesTheGroupsThatAReloadForgets) {
  start(std::string(groups) + "  old: { capacity: { min: 0, max: 1 } }\n");
  daemon_.write_config(groups);
  daemon_.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    return daemon_.log().find("groups-forgotten count=1 groups=old") != std::string::npos;
  })) << daemon_.log();
}

TEST_F(DaemonTest, DoesNotForgetEveryGroupByAReload) {
  start();
  daemon_.write_config("version: 1\ngroups: {}\n");
  daemon_.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    return daemon_.log().find("no group is left of the 1 that there are (web)") !=
           std::string::npos;
  })) << daemon_.log();
  EXPECT_EQ(describe().at("max"), 10);
}

TEST_F(DaemonTest, EndsCleanlyWhenTold) {
  start();
  check_post(sample("1", "100"), structured, 200, "merged");
  daemon_.signal(SIGTERM);
  EXPECT_EQ(daemon_.wait(), 0) << daemon_.log();
  EXPECT_THAT(daemon_.log(), HasSubstr("stopped"));
}

TEST_F(DaemonTest, IsTheOnlyOneOnItsStore) {
  start();
  FILE* second =
      ::popen((binary_folder() + "/settled run --config " + daemon_.folder() + "/settled.yaml 2>&1")
                  .c_str(),
              "r");
  ASSERT_NE(second, nullptr);
  std::string said(4'096, '\0');
  said.resize(::fread(said.data(), 1, said.size(), second));
  EXPECT_NE(::pclose(second), 0);
  EXPECT_THAT(said, HasSubstr("another process"));
}

TEST_F(DaemonTest, RefusesAStoreThatIsDamaged) {
  daemon_.write_config(groups);
  std::ofstream(daemon_.folder() + "/settle.db") << "this is no database, and long enough to see";
  EXPECT_FALSE(daemon_.start());
  EXPECT_THAT(daemon_.log(), HasSubstr("settle.db"));
}

TEST_F(DaemonTest, ShowsMetricsThatPromtoolTakes) {
  start();
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "promtool is not installed";
  }
  check_post(sample("1", "100"), structured, 200, "merged");
  ASSERT_TRUE(eventually([&] { return describe().at("ready") == 2; }));
  const std::string page = daemon_.ask("GET", "/metrics").body;
  EXPECT_THAT(page, HasSubstr("settle_group_instances{group=\"web\",state=\"ready\"} 2"));
  FILE* promtool = ::popen("promtool check metrics", "w");
  ASSERT_NE(promtool, nullptr);
  EXPECT_EQ(::fwrite(page.data(), 1, page.size(), promtool), page.size());
  EXPECT_EQ(::pclose(promtool), 0);
}

}  // namespace
}  // namespace settle
