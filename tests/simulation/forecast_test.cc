// A forecast in a simulation: it learns from what has been, and from nothing that is to come.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/simulation/series.h"
#include "tests/places.h"
#include "tests/simulation/scene.h"

namespace settle {
namespace {
namespace fs = std::filesystem;

Policy forecast_of(const std::string& policy, ForecastMode mode) {
  return {"before", ForecastPolicy{policy, 10min, mode}, {}};
}

/// Three days of five-minute rows: quiet nights, and mornings that begin at nine.
std::string three_days() {
  std::vector<double> values;
  for (int row = 0; row < 3 * 288; ++row) {
    const int hour = (9 + row / 12) % 24;  // The series begins at nine.
    values.push_back(hour >= 9 && hour < 17 ? 1'000 + row % 7 : 100 + row % 5);
  }
  return series(values);
}

std::string rows_before(const std::string& csv, Time end) {
  std::stringstream all(csv);
  std::string kept;
  std::string line;
  std::getline(all, line);
  kept = line + "\n";
  while (std::getline(all, line)) {
    if (read_timestamp(line.substr(0, line.find(','))).value() < end) kept += line + "\n";
  }
  return kept;
}

SimulateOptions habit(const std::string& csv, ForecastMode mode) {
  SimulateOptions options;
  options.specs = {group("web", {1, 40})};
  options.specs[0].policies = {forecast_of("load", mode), total_target("load", 100)};
  options.metrics = {{"web", "load", csv, std::nullopt}};
  return options;
}

TEST(SimulatedForecast, TruncatingTheFutureChangesNothingBeforeIt) {
  const std::string csv = three_days();
  const Told whole = run(habit(csv, ForecastMode::act));
  for (const Duration until :
       {Duration(20h), Duration(24h + 50min), Duration(47h), Duration(50h)}) {
    const Time end = monday_nine + until;
    SimulateOptions options = habit(rows_before(csv, end), ForecastMode::act);
    options.start = monday_nine;
    options.end = end - 1ms;
    const Told part = run(options);
    ASSERT_FALSE(part.records.empty());
    ASSERT_LE(part.records.size(), whole.records.size());
    for (std::size_t i = 0; i < part.records.size(); ++i) {
      EXPECT_EQ(part.records[i], whole.records[i]) << time_text(part.records[i].at);
    }
  }
}

TEST(SimulatedForecast, HasWhatTheMorningNeedsBeforeItBegins) {
  const auto ready_at_nine = [](ForecastMode mode) {
    SimulateOptions options = habit(three_days(), mode);
    options.end = monday_nine + 48h - 1ms;
    return run(options).group("web").ready;
  };
  EXPECT_LE(ready_at_nine(ForecastMode::forecast_only), 2);
  EXPECT_GE(ready_at_nine(ForecastMode::act), 10);
}

/// Beside the project's folder, or beside one that holds it; empty if nowhere.
fs::path find_series(const std::string& file) {
  for (fs::path above = fs::path(source_folder()).parent_path(); above != above.root_path();
       above = above.parent_path()) {
    const fs::path path = above / "shared" / "data" / file;
    if (fs::exists(path)) return path;
  }
  return {};
}

TEST(SimulatedForecast, OfARealLoadSparesTheGroupTimeShortOfNeed) {
  const fs::path path = find_series("elb_request_count_8c0756.csv");
  if (path.empty()) GTEST_SKIP() << "elb_request_count_8c0756.csv is not beside the project";
  std::ifstream in(path);
  std::stringstream csv;
  csv << in.rdbuf();
  const auto rows = read_series(csv.str());
  ASSERT_TRUE(rows.has_value()) << rows.error().message;

  // How many samples find fewer instances than they need, and what was paid for that.
  struct Course {
    int short_of_need = 0;
    Duration instance_time{};
  };
  const auto live = [&](ForecastMode mode) {
    SimulateOptions options = habit(csv.str(), mode);
    options.specs[0].policies[1] = total_target("load", 25);
    options.end = rows->front().at + 4 * 24h;
    Course course;
    Capacity ready = 0;
    SimulationWatch watch;
    watch.stood = [&](const GroupId&, Time, Capacity now_ready, Capacity) { ready = now_ready; };
    watch.sampled = [&](const GroupId&, Time, const SampleClaim& sample) {
      const Capacity need = ceil_scaled(1, sample.reading.value, Decimal(25));
      course.short_of_need += ready < std::min(need, 40) ? 1 : 0;
    };
    const auto summary = run_simulation(options, watch);
    EXPECT_TRUE(summary.has_value());
    if (summary) course.instance_time = summary->groups.at("web").instance_time;
    return course;
  };
  const Course shown = live(ForecastMode::forecast_only);
  const Course acted = live(ForecastMode::act);
  EXPECT_LT(acted.short_of_need, shown.short_of_need * 3 / 4);
  EXPECT_GT(acted.instance_time, shown.instance_time) << "a floor costs something";
  EXPECT_LT(acted.instance_time, 2 * shown.instance_time) << "and not the world";
}

}  // namespace
}  // namespace settle
