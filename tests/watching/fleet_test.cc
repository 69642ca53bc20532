// Events of fifty groups, held together by customer: one customer's slow requests let all groups of
// a tenant grow, and the decision says which customer, how slow, and when.
#include <chrono>

#include <gmock/gmock.h>

#include "config/config.h"
#include "daemon/codec/json.h"
#include "daemon/simulation/simulate.h"
#include "reconcilers/explain/explain.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

constexpr const char* main_file = R"(node: { name: n1 }
alarms:
  slow-checkout:
    over: { signal: checkout_ms }
    by: customer
    window: { sliding: 3m, every: 1m }
    compute: percentile 99
    lateness: 30s
    when: { at_least: 250, clears: 200 }
    alerts: ["tenant:shop"]
)";

SimulateOptions fleet() {
  std::string groups = "groups:\n";
  for (int at = 0; at < 50; ++at) {
    groups += "  g" + std::to_string(at) + ":\n    capacity: { min: 2, max: 10 }\n";
    if (at < 5) groups += "    tenant: shop\n";
    groups += "    policies:\n      slow-checkout: { type: alert, add: 3, release_after: 1m }\n";
  }
  Compiled compiled = compile({{"settled.yaml", main_file}, {"groups.yaml", groups}});
  EXPECT_FALSE(compiled.has_errors()) << render(compiled.findings, {});
  SimulateOptions options;
  options.specs = std::move(compiled.specs);
  options.watches = std::move(compiled.daemon.alarms);
  options.revision = "r-1";
  return options;
}

const Time nine = parse_time("2026-11-23T09:00:00Z").value();

std::string line(const std::string& group, const std::string& customer, int value, Time at,
                 int number) {
  return R"({"specversion":"1.0","type":"io.settle.sample.v1","source":"edge","id":")" +
         std::to_string(number) + R"(","subject":")" + group + R"(","time":")" + time_text(at) +
         R"(","customer":")" + customer + R"(","data":{"signal":"checkout_ms","value":)" +
         std::to_string(value) + "}}\n";
}

/// A quarter of an hour of all groups; from 09:05 until 09:09 acme's requests are slow.
std::string events(bool twice) {
  std::string text;
  int number = 0;
  for (Time at = nine; at < nine + 15min; at += 10s) {
    for (int group = 0; group < 50; group += 5) {
      const std::string customer = group % 10 == 0 ? "acme" : "other";
      const bool is_slow = customer == "acme" && at >= nine + 5min && at < nine + 9min;
      const std::string id = "g" + std::to_string(group);
      const std::string one = line(id, customer, is_slow ? 400 : 90, at, ++number);
      text += one;
      if (twice) text += one;
    }
  }
  return text;
}

std::vector<DecisionRecord> decided(const SimulateOptions& options) {
  std::vector<DecisionRecord> records;
  const auto summary = run_simulation(
      options, [&records](const DecisionRecord& record) { records.push_back(record); });
  EXPECT_TRUE(summary.has_value()) << summary.error().message;
  EXPECT_TRUE(!summary || summary->dead_letters.empty());
  return records;
}

TEST(Fleet, GrowsWhereACustomerOfManyGroupsIsSlowAndSaysWho) {
  SimulateOptions options = fleet();
  options.events = events(false);
  std::map<std::string, Capacity> most;
  std::map<std::string, Capacity> last;
  std::string said;
  Time grew;
  for (const DecisionRecord& record : decided(options)) {
    const Capacity desired = record.desired_to.value_or(0);
    most[record.group.value] = std::max(most[record.group.value], desired);
    last[record.group.value] = desired;
    if (record.group.value != "g1" || desired != 5 || !said.empty()) continue;
    grew = record.at;
    for (const Voice& voice : record.voices) said += because(voice);
  }
  for (int at = 0; at < 50; ++at) {
    const std::string id = "g" + std::to_string(at);
    EXPECT_EQ(most[id], at < 5 ? 5 : 2) << id;
    EXPECT_EQ(last[id], 2) << id << ": the alarm is over";
  }
  EXPECT_GE(grew, nine + 6min + 30s) << "no window is judged before its lateness is over";
  EXPECT_LE(grew, nine + 6min + 35s);
  EXPECT_THAT(said, testing::HasSubstr("slow-checkout fires at 40"));
  EXPECT_THAT(said, testing::HasSubstr("acme, 2026-11-23 09:03:00Z + 180 s"));
}

TEST(Fleet, DecidesTheSameWhereEveryEventComesTwice) {
  SimulateOptions once = fleet();
  once.events = events(false);
  SimulateOptions twice = fleet();
  twice.events = events(true);
  const auto digests = [](const SimulateOptions& options) {
    std::vector<std::string> found;
    for (const DecisionRecord& record : decided(options)) found.push_back(record_json(record));
    return found;
  };
  EXPECT_EQ(digests(once), digests(twice));
}

}  // namespace
}  // namespace settle
