// The real settled with an alarm over many groups: events of fifty, held together by customer,
// scale the one that follows the alarm, whichever way they come and through a kill.
#include <chrono>
#include <fstream>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/places.h"
#include "tests/runtime/daemon.h"

namespace settle {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

constexpr int group_count = 50;

std::string event(int number, const std::string& customer, int value) {
  return R"({"specversion":"1.0","type":"io.settle.sample.v1","source":"edge","id":"e)" +
         std::to_string(number) + R"(","subject":"g)" + std::to_string(number % group_count) +
         R"(","customer":")" + customer + R"(","data":{"signal":"checkout_ms","value":)" +
         std::to_string(value) + "}}";
}

class AlarmsOfADaemon : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_program(binary_folder() + "/settled")) GTEST_SKIP() << "settled is not built";
    std::string groups = "version: 1\ngroups:\n";
    for (int number = 0; number < group_count; ++number) {
      groups += "  g" + std::to_string(number) + ": { capacity: { min: 1, max: 9 } }\n";
    }
    groups +=
        "  front:\n    capacity: { min: 2, max: 9 }\n    policies:\n"
        "      slow: { type: alert, add: 3 }\n";
    daemon_.write_config(groups, "observe");
    std::ofstream(daemon_.folder() + "/settled.yaml", std::ios::app)
        << "sources: { spool: { type: file, path: \"" << spool() << "\" } }\n"
        << R"(alarms:
  slow:
    over: { signal: checkout_ms }
    by: customer
    window: { tumbling: 1s }
    lateness: 1s
    compute: percentile 90
    when: { at_least: 250 }
    alerts: [front]
)";
  }
  [[nodiscard]] std::string spool() const { return daemon_.folder() + "/events.jsonl"; }
  /// One of each group, in a batch.
  HttpReply post(const std::string& customer, int value) {
    std::string batch;
    for (int number = 0; number < group_count; ++number) {
      batch += batch.empty() ? "[" : ",";
      batch += event(next_++, customer, value);
    }
    return daemon_.ask("POST", "/v1/events", batch + "]",
                       "content-type: application/cloudevents-batch+json\r\n");
  }
  bool reaches_desired(int wanted) {
    return eventually([&] {
      const HttpReply reply = daemon_.ask("GET", "/v1/groups/front");
      json::error_code error;
      const json::value shown = json::parse(reply.body, error);
      const json::value* desired = error ? nullptr : shown.as_object().if_contains("desired");
      return desired != nullptr && desired->is_int64() && desired->as_int64() == wanted;
    });
  }

  Daemon daemon_;
  int next_ = 0;
};

TEST_F(AlarmsOfADaemon, LetAGroupGrowByEventsOfFiftyOthersAndSayWhose) {
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  EXPECT_EQ(post("quick", 90).status, 200);
  EXPECT_EQ(post("acme", 400).status, 200);
  EXPECT_TRUE(reaches_desired(5)) << daemon_.log();
  const Ended explained =
      run_program(binary_folder() + "/settlectl explain front --address unix:" + daemon_.socket());
  EXPECT_THAT(explained.said, HasSubstr("slow fires at 40"));
  EXPECT_THAT(explained.said, HasSubstr("acme, 20"));
  EXPECT_THAT(explained.said, HasSubstr("Z + 1 s"));
}

TEST_F(AlarmsOfADaemon, LoseNothingThatWasAnsweredThroughAKill) {
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  EXPECT_EQ(post("acme", 400).status, 200);
  daemon_.signal(SIGKILL);
  daemon_.wait();
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  EXPECT_TRUE(reaches_desired(5)) << daemon_.log();
}

TEST_F(AlarmsOfADaemon, MeasureTheEntriesOfALogBeforeItsPositionIsKept) {
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  {
    std::ofstream out(spool());
    for (int number = 0; number < group_count; ++number) out << event(number, "acme", 400) << "\n";
  }
  EXPECT_TRUE(reaches_desired(5)) << daemon_.log();
  const auto is_read = [this] {
    const HttpReply reply = daemon_.ask("GET", "/v1/sources");
    return reply.body.find("\"idle\"") != std::string::npos;
  };
  EXPECT_TRUE(eventually(is_read)) << daemon_.log();
}

}  // namespace
}  // namespace settle
