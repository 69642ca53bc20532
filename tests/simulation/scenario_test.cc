// Whole days in virtual time, as a user would simulate them.
#include <algorithm>
#include <map>
#include <optional>

#include <gmock/gmock.h>

#include "tests/simulation/scene.h"

namespace settle {
namespace {

std::optional<Capacity> desired_at(const Told& told, const std::string& id, Time at) {
  std::optional<Capacity> desired;
  for (const DecisionRecord& record : told.records) {
    if (record.group.value == id && record.at <= at) desired = record.desired_to;
  }
  return desired;
}

bool mentions(const DecisionRecord& record, Reason reason) {
  return std::any_of(record.voices.begin(), record.voices.end(),
                     [&](const Voice& voice) { return voice.reason == reason; });
}

SimulateOptions shop(std::vector<double> requests) {
  SimulateOptions options;
  options.specs = {group("shop", {2, 20})};
  options.specs[0].policies = {total_target("requests", 100)};
  options.metrics = {{"shop", "requests", series(requests), std::nullopt}};
  options.revision = "r-1";
  return options;
}

TEST(Simulation, ATargetFollowsItsSeries) {
  const Told told = run(shop({150, 950, 950, 950}));
  EXPECT_EQ(told.group("shop").desired, 10);
  EXPECT_EQ(told.group("shop").ready, 10);
  EXPECT_EQ(told.summary.samples, 4U);
  EXPECT_GT(told.group("shop").short_of_need, 0ms);
  EXPECT_EQ(told.group("shop").reversals, 0U);
}

TEST(Simulation, TheSameRunGivesTheSameBytesAndAnotherSeedMayNot) {
  SimulateOptions options = shop({150, 950, 300, 1200, 90});
  const std::string once = lines_of(options);
  EXPECT_EQ(lines_of(options), once);
  EXPECT_NE(once.find("\n{\"summary\":"), std::string::npos);
  options.seed = 99;
  EXPECT_NE(lines_of(options), once);
}

/// Two groups that want eight each, and may have so many together.
SimulateOptions sharing(Capacity together) {
  SimulateOptions options;
  options.specs = {group("a", {1, 20}), group("b", {1, 20})};
  for (GroupSpec& spec : options.specs) {
    spec.policies = {total_target("requests", 100)};
    spec.budgets = {"both"};
    options.metrics.push_back(
        {spec.id.value, "requests", series({100, 800, 800, 800}), std::nullopt});
  }
  options.budgets.resize(1);
  options.budgets[0].name = "both";
  options.budgets[0].instances = together;
  return options;
}

TEST(Simulation, GroupsNeverHaveMoreTogetherThanTheBudgetThatTheyShare) {
  std::map<std::string, Capacity> existing;
  Capacity most = 0;
  SimulationWatch watch;
  watch.stood = [&](const GroupId& id, Time, Capacity, Capacity there) {
    existing[id.value] = there;
    most = std::max(most, existing["a"] + existing["b"]);
  };
  const auto summary = run_simulation(sharing(10), watch);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(most, 10);
  const GroupOutcome& first = summary->groups.at("a");
  const GroupOutcome& second = summary->groups.at("b");
  EXPECT_EQ(first.desired, 8) << "a guard never changes what is desired";
  EXPECT_EQ(second.desired, 8);
  EXPECT_EQ(first.ready + second.ready, 10);
  EXPECT_GE(first.withheld.count("budget/both") + second.withheld.count("budget/both"), 1U);
}

TEST(Simulation, ABudgetThatNobodyKeepsHoldsNobodyBack) {
  SimulateOptions options = sharing(10);
  options.budgets.clear();
  EXPECT_EQ(run(options).group("a").ready, 8);
}

TEST(Simulation, AMeanRecordedWithNInstancesDoesNotDependOnHowManyThereAre) {
  SimulateOptions options = shop({});
  options.specs[0].policies = {mean_target("cpu", 50)};
  options.metrics = {{"shop", "cpu", series({80, 80, 80, 80, 80, 80}), 10}};
  const Told told = run(options);
  EXPECT_EQ(told.group("shop").desired, 16);
  EXPECT_EQ(told.group("shop").reversals, 0U);
}

TEST(Simulation, ZerosLeadToMinAtThePaceOfTheRulesAndNoLower) {
  SimulateOptions options = shop({1900, 1900, 1900, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  RateRule two;
  two.amount = Decimal(2);
  two.per = 5min;
  options.specs[0].steadiness.in.rules = {two};
  const Told told = run(options);
  EXPECT_EQ(told.group("shop").desired_most, 19);
  EXPECT_EQ(told.group("shop").desired, 2);
  for (const DecisionRecord& record : told.records) {
    EXPECT_GE(record.desired_to.value_or(2), 2);
    const auto before = desired_at(told, "shop", record.at - 5min);
    EXPECT_GE(record.desired_to.value_or(2), before.value_or(2) - 2);
  }
}

TEST(Simulation, WhereTheSeriesEndsTheGroupHolds) {
  SimulateOptions options = shop({950, 950, 950});
  options.end = monday_nine + 6h;
  const Told told = run(options);
  EXPECT_EQ(told.group("shop").desired, 10);
  EXPECT_EQ(told.group("shop").changes, 0U);
  EXPECT_TRUE(std::any_of(told.records.begin(), told.records.end(), [](const DecisionRecord& r) {
    return mentions(r, Reason::metric_stale) || mentions(r, Reason::metric_missing);
  }));
}

TEST(Simulation, AWindowOfTheScheduleRaisesTheFloor) {
  SimulateOptions options = shop({100, 100, 100, 100, 100});
  ScheduledLimits office;
  office.window = WeeklyWindow{0x1f, 9 * 60 + 7, 9 * 60 + 12, 0};
  office.min = 6;
  options.specs[0].schedules = {{"office", office}};
  options.end = monday_nine + 2h;
  const Told told = run(options);
  EXPECT_EQ(desired_at(told, "shop", monday_nine + 6min), 2);
  EXPECT_EQ(desired_at(told, "shop", monday_nine + 7min), 6);
  EXPECT_EQ(told.group("shop").desired_most, 6);
  EXPECT_EQ(told.group("shop").desired, 2);
}

std::vector<std::string> firings() {
  std::vector<std::string> lines;
  for (int n = 0; n < 8; ++n) {
    lines.push_back(adjust_line("shop", n % 3 == 2 ? "less" : "more", monday_nine + n * 1min,
                                std::to_string(n)));
  }
  return lines;
}
Told fire(const std::string& events) {
  SimulateOptions options = shop({});
  options.metrics.clear();
  options.specs[0].policies = {webhook("less", -2), webhook("more", 3)};
  options.events = events;
  return run(options);
}

TEST(Simulation, PermutedDuplicatedAndBatchedEventsEndInTheSameState) {
  const std::vector<std::string> lines = firings();
  std::string in_order;
  std::string batch = "[";
  for (const std::string& line : lines) {
    in_order += line + "\n";
    batch += (batch.size() > 1 ? "," : "") + line;
  }
  std::string backwards;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    backwards += *line + "\n" + *line + "\n";
  }
  const Told want = fire(in_order);
  EXPECT_EQ(want.group("shop").desired, 16);  // 2 + 6 x 3 - 2 x 2, clamped at no moment.
  for (const std::string& events : {in_order + in_order, backwards, batch + "]\n"}) {
    const Told told = fire(events);
    EXPECT_EQ(told.group("shop").digest, want.group("shop").digest);
    EXPECT_EQ(told.group("shop").desired, want.group("shop").desired);
    EXPECT_TRUE(told.summary.dead_letters.empty());
  }
}

TEST(Simulation, WhatCanNotBeMergedIsADeadLetterWithItsReasonAndLine) {
  const Told told = fire(adjust_line("shop", "more", monday_nine, "1") + "\n" +
                         adjust_line("shop", "more", monday_nine - 16min, "2") + "\n" +
                         adjust_line("nobody", "more", monday_nine, "3") + "\n" +
                         adjust_line("shop", "mroe", monday_nine, "4") + "\n" + "{}\n");
  // The run begins at the earliest event, so that what is late arrives after what is not.
  EXPECT_EQ(told.summary.dead_letters,
            (std::map<std::string, std::size_t>{
                {"Invalid", 1}, {"LateOrRepeated", 1}, {"UnknownGroup", 1}, {"UnknownPolicy", 1}}));
  std::vector<std::size_t> lines;
  for (const DeadLetterNote& note : told.summary.dead_letter_examples) lines.push_back(note.line);
  EXPECT_THAT(lines, testing::UnorderedElementsAre(2, 3, 4, 5));
  EXPECT_EQ(told.group("shop").desired, 5);
}

SimulateOptions stated(const std::string& instances, const std::string& complete = "true") {
  SimulateOptions options = shop({500});
  options.observed_cloud = true;
  options.events = R"({"at":"2026-11-23T09:00:00Z","observe":{"group":"shop","complete":)" +
                   complete + R"(,"instances":[)" + instances + "]}}\n";
  options.end = monday_nine + 1min;
  return options;
}
std::string active(const std::string& id) {
  return R"({"id":")" + id +
         R"(","state":"ACTIVE","created":"2026-11-23T07:00:00Z","launch_hash":"l-1"})";
}

TEST(Simulation, AnObservedCloudIsAdvisedAndNotActedUpon) {
  const Told told = run(stated(active("a") + "," + active("b")));
  ASSERT_FALSE(told.records.empty());
  const DecisionRecord& record = told.records.front();
  EXPECT_EQ(record.at, monday_nine);
  EXPECT_EQ(record.desired_to, 5);
  EXPECT_EQ(record.tally.ready, 2);
  const auto launches =
      std::count_if(record.steps.begin(), record.steps.end(),
                    [](const TakenStep& step) { return step.op == StepOp::launch; });
  EXPECT_EQ(launches, 3);
  EXPECT_TRUE(record.withheld.empty());
  EXPECT_TRUE(told.group("shop").actions.empty());
}

TEST(Simulation, ACondemnedInstanceOfAnObservedCloudIsNamed) {
  const Told told = run(stated(active("a") + "," + active("b") + "," + active("c") + "," +
                               active("d") + R"(,{"id":"e","state":"ERROR"})"));
  ASSERT_FALSE(told.records.empty());
  EXPECT_EQ(told.records.front().tally.ready, 4);
  EXPECT_EQ(told.records.front().tally.condemned, 1);
}

TEST(Simulation, AnIncompleteObservationProvesNothing) {
  const Told told = run(stated(active("a"), "false"));
  for (const DecisionRecord& record : told.records) {
    for (const TakenStep& step : record.steps) EXPECT_NE(step.op, StepOp::terminate);
  }
}

TEST(Simulation, AStatementSeedsTheSimulatedCloud) {
  SimulateOptions options = stated(active("a") + "," + active("b"));
  options.observed_cloud = false;
  options.end = monday_nine + 20min;
  const Told told = run(options);
  EXPECT_EQ(told.group("shop").ready, 5);
  EXPECT_EQ(told.group("shop").actions.at("launch done"), 3U);
}

TEST(Simulation, FailedInstancesAreReplaced) {
  SimulateOptions options = shop(std::vector<double>(60, 500.0));
  options.cloud_settings = {{"failure_every", "2h"}};
  const Told told = run(options);
  EXPECT_EQ(told.group("shop").desired, 5);
  EXPECT_GT(told.group("shop").actions.at("launch done"), 5U);
  EXPECT_GT(told.group("shop").actions.at("terminate done"), 0U);
}

TEST(Simulation, RunsFromTheFirstInputToAWhileAfterTheLast) {
  const SimulationSummary summary = run(shop({100, 100})).summary;
  EXPECT_EQ(summary.start, monday_nine);
  EXPECT_EQ(summary.end, monday_nine + 20min);
  SimulateOptions cut = shop({100, 100, 100});
  cut.start = monday_nine + 1min;
  cut.end = monday_nine + 6min;
  const SimulationSummary shorter = run(cut).summary;
  EXPECT_EQ(shorter.samples, 1U);
  EXPECT_EQ(shorter.not_reached, 1U);
}

std::string refusal(const SimulateOptions& options) {
  const Status done = simulate(options, [](std::string_view) {});
  return done ? "none" : done.error().message;
}

TEST(Simulation, SaysWhatItCannotUnderstand) {
  SimulateOptions options = shop({100});
  options.metrics[0].policy = "request";
  EXPECT_EQ(refusal(options), "--metric shop/request: the group has no such policy");
  options = shop({100});
  options.metrics[0].csv += "noon,12\n";
  EXPECT_NE(refusal(options).find("line 3"), std::string::npos);
  options = shop({100});
  options.events = "nonsense\n";
  EXPECT_TRUE(refusal(options).starts_with("events: line 1: this is not JSON"));
  options = shop({});
  EXPECT_NE(refusal(options).find("no input names a time"), std::string::npos);
  options = shop({100});
  options.end = monday_nine - 1h;
  EXPECT_NE(refusal(options).find("is before the start"), std::string::npos);
  options = shop({100});
  options.cloud_settings = {{"boot_tmie", "1m"}};
  EXPECT_NE(refusal(options).find("boot_tmie"), std::string::npos);
}

}  // namespace
}  // namespace settle
