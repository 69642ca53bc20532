// The real settled with sources: what comes in by them counts once, whatever happens, and people
// can look at it.
#include <fstream>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/places.h"
#include "tests/runtime/daemon.h"

namespace settle {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

// Whatever fires lasts, so that desired counts it.
constexpr const char* groups = R"(version: 1
groups:
  web:
    capacity: { min: 2, max: 900, initial: 2 }
    policies: { more: { type: webhook, add: 1 } }
    observe_every: 1s
)";
constexpr const char* and_another = R"(  api:
    capacity: { min: 1, max: 900, initial: 1 }
    policies: { more: { type: webhook, add: 1 } }
    observe_every: 1s
)";

std::string fire(int number, const std::string& group = "web") {
  return R"({"specversion":"1.0","id":"e)" + std::to_string(number) +
         R"(","source":"spool","type":"io.settle.adjust.v1","subject":")" + group +
         R"(","data":{"policy":"more"}})";
}

class SourcesOfADaemon : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_program(binary_folder() + "/settled")) GTEST_SKIP() << "settled is not built";
  }
  [[nodiscard]] std::string spool() const { return daemon_.folder() + "/events.jsonl"; }
  void write_config(const std::string& text = groups) const {
    daemon_.write_config(text, "observe");
    std::ofstream(daemon_.folder() + "/settled.yaml", std::ios::app)
        << "sources: { spool: { type: file, path: \"" << spool() << "\" } }\n";
  }
  void write(int first, int count) const {
    std::ofstream out(spool(), std::ios::app);
    for (int number = first; number < first + count; ++number) out << fire(number) << "\n";
  }
  json::value get(const std::string& target) const {
    const HttpReply reply = daemon_.ask("GET", target);
    json::error_code error;
    json::value value = json::parse(reply.body, error);
    EXPECT_FALSE(error) << reply.status << reply.body.substr(0, 300);
    return value;
  }
  bool reaches_desired(int wanted, const std::string& group = "web") {
    return eventually([&] {
      const json::value shown = get("/v1/groups/" + group);
      const json::value* desired = shown.as_object().if_contains("desired");
      return desired != nullptr && desired->is_int64() && desired->as_int64() == wanted;
    });
  }
  [[nodiscard]] Ended settlectl(const std::string& words) const {
    return run_program(binary_folder() + "/settlectl " + words +
                       " --address unix:" + daemon_.socket());
  }

  Daemon daemon_;
};

TEST_F(SourcesOfADaemon, CountEachEventOnceThroughAKill) {
  write_config();
  write(0, 50);
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  EXPECT_TRUE(reaches_desired(52)) << daemon_.log();
  write(50, 50);
  daemon_.signal(SIGKILL);
  daemon_.wait();
  write(100, 10);
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  EXPECT_TRUE(reaches_desired(112)) << daemon_.log();
}

TEST_F(SourcesOfADaemon, AreShownWithTheirPositions) {
  write_config();
  write(0, 3);
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  ASSERT_TRUE(reaches_desired(5));
  const json::value shown = get("/v1/sources");
  const json::value& spool_shown = shown.at("sources").at(0);
  EXPECT_EQ(spool_shown.at("source"), "spool");
  EXPECT_TRUE(eventually([&] {
    const json::value now = get("/v1/sources").at("sources").at(0);
    return !now.at("positions").as_array().empty() && now.at("state") == "idle";
  })) << json::serialize(get("/v1/sources"));
  const Ended listed = settlectl("sources");
  EXPECT_EQ(listed.code, 0);
  EXPECT_THAT(listed.said, HasSubstr("spool"));
  EXPECT_THAT(settlectl("sources spool").said, HasSubstr("bytes_behind"));
  EXPECT_THAT(daemon_.ask("GET", "/metrics").body,
              HasSubstr("settle_source_up{source=\"spool\"} 1"));
}

TEST_F(SourcesOfADaemon, ComeAndGoWithAReload) {
  daemon_.write_config(groups, "observe");
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  EXPECT_TRUE(get("/v1/sources").at("sources").as_array().empty());
  write_config();
  write(0, 4);
  daemon_.signal(SIGHUP);
  EXPECT_TRUE(reaches_desired(6)) << daemon_.log();
  daemon_.write_config(groups, "observe");
  daemon_.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return get("/v1/sources").at("sources").as_array().empty(); }));
  write(4, 4);
  write_config();
  daemon_.signal(SIGHUP);
  EXPECT_TRUE(reaches_desired(10)) << daemon_.log();
}

TEST_F(SourcesOfADaemon, LeaveDeadLettersThatAreReplayedAndDiscarded) {
  write_config();
  std::ofstream(spool()) << "no event at all\n" << fire(1, "api") << "\n";
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  ASSERT_TRUE(
      eventually([&] { return get("/v1/deadletters").at("deadletters").as_array().size() == 2; }));
  const Ended listed = settlectl("deadletters");
  EXPECT_THAT(listed.said, HasSubstr("UnknownGroup"));
  EXPECT_THAT(listed.said, HasSubstr("Malformed"));
  const json::array letters = get("/v1/deadletters").at("deadletters").as_array();
  std::string unknown;
  std::string malformed;
  for (const json::value& letter : letters) {
    const std::string sequence = std::to_string(letter.at("sequence").to_number<int>());
    (letter.at("reason") == "UnknownGroup" ? unknown : malformed) = sequence;
  }
  EXPECT_EQ(settlectl("deadletters replay " + unknown).code, 5);
  EXPECT_EQ(settlectl("deadletters replay " + malformed).code, 1);
  EXPECT_EQ(settlectl("deadletters discard " + malformed).code, 0);
  write_config(std::string(groups) + and_another);
  daemon_.signal(SIGHUP);
  ASSERT_TRUE(reaches_desired(1, "api")) << daemon_.log();
  EXPECT_EQ(settlectl("deadletters replay " + unknown).code, 0);
  EXPECT_EQ(settlectl("deadletters replay " + unknown).code, 0);  // It counts once.
  EXPECT_TRUE(reaches_desired(2, "api"));
  EXPECT_TRUE(eventually(
      [&] { return settlectl("deadletters").said.find("Malformed") == std::string::npos; }));
  EXPECT_THAT(settlectl("deadletters show " + malformed).said, HasSubstr("no event at all"));
  EXPECT_THAT(settlectl("deadletters list --all").said, HasSubstr("Replayed"));
}

TEST_F(SourcesOfADaemon, CanBeWatched) {
  write_config();
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  const std::int64_t last = get("/v1/events?wait=0s").at("last").to_number<std::int64_t>();
  write(0, 2);
  const json::value seen =
      get("/v1/events?wait=20s&group=web&after=" + std::to_string(last)).at("events");
  ASSERT_FALSE(seen.as_array().empty());
  EXPECT_EQ(seen.at(0).at("through"), "spool");
  EXPECT_EQ(seen.at(0).at("event").at("subject"), "web");
  EXPECT_EQ(get("/v1/events?wait=0s&group=nobody&after=0").at("events").as_array().size(), 0U);
}

TEST_F(SourcesOfADaemon, AreNotSentToWhereTheyAreNoHooks) {
  write_config();
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  EXPECT_EQ(daemon_.ask("POST", "/hooks/spool", "{}").status, 404);
  EXPECT_EQ(daemon_.ask("POST", "/hooks/nobody/at/all", "{}").status, 404);
  EXPECT_EQ(daemon_.ask("GET", "/hooks/spool").status, 405);
}

}  // namespace
}  // namespace settle
