// Recorded series of real systems, where the machine has them: they are not part of the project.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/simulation/series.h"
#include "tests/places.h"
#include "tests/simulation/scene.h"

namespace settle {
namespace {
namespace fs = std::filesystem;

struct Series {
  std::string file;
  std::optional<int> per;
  int target = 0;
};

/// Beside the project's folder, or beside one that holds it; empty if nowhere.
fs::path find_series(const std::string& file) {
  for (fs::path above = fs::path(source_folder()).parent_path(); above != above.root_path();
       above = above.parent_path()) {
    const fs::path path = above / "shared" / "data" / file;
    if (fs::exists(path)) return path;
  }
  return {};
}

class RealSeries : public testing::TestWithParam<Series> {};

TEST_P(RealSeries, LeadsToSaneAndRepeatableDecisions) {
  const fs::path path = find_series(GetParam().file);
  if (path.empty()) GTEST_SKIP() << GetParam().file << " is not beside the project";
  std::ifstream in(path);
  std::stringstream csv;
  csv << in.rdbuf();

  SimulateOptions options;
  options.specs = {group("web", {2, 40})};
  GroupSpec& spec = options.specs[0];
  spec.policies = {GetParam().per ? mean_target("load", GetParam().target)
                                  : total_target("load", GetParam().target)};
  spec.steadiness.in.settle = 10min;
  ScheduledLimits office;
  office.window = WeeklyWindow{0x1f, 8 * 60, 18 * 60, 0};
  office.min = 4;
  spec.schedules = {{"office-hours", office}};
  options.metrics = {{"web", "load", csv.str(), GetParam().per}};

  // A day of it: enough to see both ends of the schedule, and quick in any build.
  const auto rows = read_series(csv.str());
  ASSERT_TRUE(rows.has_value()) << rows.error().message;
  options.end = rows->front().at + 24h;

  const Told told = run(options);
  const GroupOutcome& web = told.group("web");
  EXPECT_GT(web.changes, 0U);
  EXPECT_GE(web.desired_least.value_or(0), 2);
  EXPECT_LE(web.desired_most.value_or(99), 40);
  EXPECT_GE(web.ready, 2);
  EXPECT_TRUE(told.summary.dead_letters.empty());
  for (const DecisionRecord& record : told.records) {
    EXPECT_LE(record.tally.possible(), 40) << time_text(record.at);
    EXPECT_TRUE(record.desired_from == record.desired_to || !record.rungs.empty());
  }
  EXPECT_EQ(run(options).records, told.records);
}

INSTANTIATE_TEST_SUITE_P(Files, RealSeries,
                         testing::Values(Series{"elb_request_count_8c0756.csv", std::nullopt, 25},
                                         Series{"cpu_utilization_asg_misconfiguration.csv", 8, 55},
                                         Series{"grok_asg_anomaly.csv", 8, 40},
                                         Series{"ec2_request_latency_system_failure.csv", 6, 50}),
                         [](const auto& made) {
                           return made.param.file.substr(0, made.param.file.find('_'));
                         });

}  // namespace
}  // namespace settle
