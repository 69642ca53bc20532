#include "cli/trial/policy_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace settle {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr const char* web = R"(version: 1
groups:
  web:
    launch: { image: a }
    capacity: { min: 2, max: 20 }
    time_zone: Europe/Helsinki
    schedule:
      day: { on: Mon-Fri, from: 08:00, until: 18:00, capacity: { min: 4 } }
    policies:
      cpu: { type: target, target: 50, scale_in: { settle: 10m } }
      more: { type: webhook, add: 3 }
      page: { type: alert, match: { alertname: Slow, team: edge }, add: 5 }
)";

PolicyTestFile file_of(const std::string& tests) {
  PolicyTestFiles files;
  files.groups = [](const std::string& path) -> Result<std::vector<ConfigFile>> {
    if (path == "web.yaml") return std::vector<ConfigFile>{{path, web}};
    return Error{ErrorCode::not_found, "cannot read " + path};
  };
  files.series = [](const std::string& path) -> Result<std::string> {
    if (path == "load.csv") return std::string("2026-01-05T07:00:00Z,100\n");
    return Error{ErrorCode::not_found, "cannot read " + path};
  };
  return read_policy_tests({"web_test.yaml", "version: 1\ngroups: web.yaml\ntests:\n" + tests},
                           files);
}

/// "line: expected; found" of each failure of a file's only test.
std::vector<std::string> failures_of(const std::string& tests) {
  const PolicyTestFile file = file_of(tests);
  EXPECT_FALSE(file.has_errors()) << render(file.findings, file.files);
  if (file.tests.size() != 1) return {"there is not one test"};
  const PolicyTestOutcome outcome = run_policy_test(file.tests.front());
  EXPECT_TRUE(outcome.trial.has_value()) << outcome.why;
  std::vector<std::string> told;
  for (const Disappointment& one : outcome.failures) {
    told.push_back(std::to_string(one.line) + ": " + one.expected + "; " + one.found);
  }
  return told;
}

std::vector<std::string> messages_of(const std::string& tests) {
  std::vector<std::string> told;
  for (const Diagnostic& one : file_of(tests).findings) {
    told.push_back(std::to_string(one.line) + ": " + one.message);
  }
  return told;
}

TEST(PolicyTest, PassesWhereEverythingIsAsExpected) {
  EXPECT_EQ(failures_of(R"(  - name: load
    group: web
    cloud: { running: 4, boots_in: 30s }
    signals: { cpu: 100x20 @4 }
    expect:
      - { at: 10m, desired: 8, ready: 8, launched: 4, because: policy/cpu, converged: true }
      - { always: { desired: [4, 8], existing: [4, 8] } }
      - { never: { terminations_over: 0 } }
)"),
            std::vector<std::string>{});
}

TEST(PolicyTest, NamesTheLineAndWhatWasFound) {
  EXPECT_EQ(failures_of(R"(  - name: load
    group: web
    cloud: { running: 4, boots_in: 30s }
    signals: { cpu: 100x20 @4 }
    expect:
      - { at: 10m, desired: 8 }
      - { at: 10m, desired: 9 }
      - { at: 10m, launched: [0, 3] }
      - { always: { desired: [4, 7] } }
      - { never: { launches_over: 3, within: 10m } }
)"),
            (std::vector<std::string>{"10: desired 9; desired 8", "11: launched 0 to 3; launched 4",
                                      "12: always desired 4 to 7; desired 8",
                                      "13: never more than 3 launches; 4 launches by then"}));
}

TEST(PolicyTest, CountsWithinAPeriodOnly) {
  const std::string story = R"(  - name: two webhooks
    group: web
    cloud: { running: 4 }
    signals: { cpu: 25x60 }
    events:
      - { at: 5m, webhook: more }
      - { at: 25m, webhook: more }
    expect:
      - { never: { changes_over: 0, within: 1m } }
)";
  EXPECT_EQ(failures_of(story).size(), 1U);
  std::string wider = story;
  wider.replace(wider.find("changes_over: 0"), 15, "launches_over: 3");
  EXPECT_EQ(failures_of(wider), std::vector<std::string>{});
}

TEST(PolicyTest, TellsWhyDesiredStandsAtAWindowsFloor) {
  const auto told = failures_of(R"(  - name: floor
    group: web
    cloud: { running: 4 }
    signals: { cpu: 10x60 }
    expect:
      - { at: 30m, desired: 4, because: schedule/day }
      - { at: 30m, because: policy/page }
)");
  ASSERT_EQ(told.size(), 1U) << testing::PrintToString(told);
  EXPECT_THAT(told.front(), HasSubstr("10: because policy/page; because schedule/day"));
}

TEST(PolicyTest, ReachesTheAlertPoliciesThatMatchAlone) {
  EXPECT_EQ(failures_of(R"(  - name: alerts
    group: web
    cloud: { running: 4 }
    events:
      - { at: 5m, alert: Slow, labels: { team: core } }
      - { at: 10m, alert: Slow, labels: { team: edge } }
    expect:
      - { at: 9m, desired: 4 }
      - { at: 11m, desired: 9, because: policy/page }
)"),
            std::vector<std::string>{});
}

TEST(PolicyTest, LosesAnInstanceAndHealsIt) {
  EXPECT_EQ(failures_of(R"(  - name: health
    group: web
    cloud: { running: 4, boots_in: 30s }
    signals: { cpu: 50x40 }
    events:
      - { at: 5m, instance: 2, becomes: ERROR }
      - { at: 20m, instance: 1, becomes: gone }
    expect:
      - { at: 15m, desired: 4, launched: 1, terminated: 1, because: health }
      - { at: 35m, ready: 4, launched: 1, since: 15m }
)"),
            std::vector<std::string>{});
}

TEST(PolicyTest, ObeysTheOperatorOfItsStory) {
  EXPECT_EQ(failures_of(R"(  - name: operator
    group: web
    cloud: { running: 4, boots_in: 30s }
    events:
      - { at: 5m, hold: 6, for: 30m }
      - { at: 15m, pause: true }
      - { at: 16m, hold: 9, for: 30m }
    expect:
      - { at: 10m, desired: 6, ready: 6, because: operator/hold }
      - { at: 20m, desired: 9, existing: 6, not_scaled: Paused, withheld_by: pause }
)"),
            std::vector<std::string>{});
}

TEST(PolicyTest, StartsAtALocalTimeOfTheGroup) {
  const PolicyTestFile file = file_of(R"(  - name: start
    group: web
    start: 2026-07-01T12:00
    expect: [{ at: 1m, desired: 0 }]
  - name: elsewhere
    group: web
    start: 2026-07-01T12:00 America/New_York
    expect: [{ at: 1m, desired: 0 }]
)");
  ASSERT_EQ(file.tests.size(), 2U) << render(file.findings, file.files);
  const std::chrono::sys_days july = std::chrono::year(2026) / 7 / 1;
  EXPECT_EQ(file.tests[0].options.start, Time(july + std::chrono::hours(9)));
  EXPECT_EQ(file.tests[1].options.start, Time(july + std::chrono::hours(16)));
}

TEST(PolicyTest, SaysEverythingThatIsWrongWithAFile) {
  const auto told = messages_of(R"(  - name: wrong
    group: web
    start: noon
    signals: { nobody: 3x3, cpu: 3y }
    events:
      - { at: 5m, instance: 2 }
      - { at: 5m, hold: 6, webhook: more }
    expect:
      - { at: 10m }
      - { desired: 6 }
      - { at: 10m, desird: 6 }
  - name: another
    group: wbe
    expect: [{ at: 1m, desired: many }]
)");
  for (const char* message :
       {"6: \"noon\" is no time", "7: the group has no policy \"nobody\"", "7: \"3y\" is none of",
        "9: nothing happens to this instance", "10: an event is one of several kinds",
        "12: this expects nothing", "13: an expectation has one of at, always and never",
        "14: unknown key \"desird\"", "16: there is no group \"wbe\""}) {
    EXPECT_THAT(told, Contains(HasSubstr(message)));
  }
}

TEST(PolicyTest, RunsNothingWhereTheGroupsHaveAnError) {
  PolicyTestFiles files;
  files.groups = [](const std::string& path) -> Result<std::vector<ConfigFile>> {
    return std::vector<ConfigFile>{{path, "version: 1\ngroups:\n  web: { capacty: { min: 1 } }\n"}};
  };
  const PolicyTestFile file = read_policy_tests(
      {"t.yaml",
       "version: 1\ngroups: w.yaml\ntests: [{ name: n, group: web, expect: [{ at: 1m, "
       "desired: 1 }] }]\n"},
      files);
  EXPECT_TRUE(file.has_errors());
  EXPECT_TRUE(file.tests.empty());
  EXPECT_THAT(render(file.findings, file.files), HasSubstr("w.yaml:3"));
}

}  // namespace
}  // namespace settle
