#include "cli/trial/figures.h"

#include <chrono>

#include <gtest/gtest.h>

namespace settle {
namespace {
using namespace std::chrono_literals;

const Time start{Duration(0)};

/// One hour of a group "web" that needs 2, then 5 after 30 minutes; serves 2, then 4 after 45.
Trial hour() {
  Trial trial;
  trial.summary.start = start;
  trial.summary.end = start + 1h;
  trial.summary.groups["web"].changes = 3;
  trial.summary.groups["web"].reversals = 1;
  trial.summary.groups["web"].actions = {{"launch done", 2}, {"launch refused", 7}};
  trial.summary.groups["web"].withheld = {{"budget", 4}, {"freeze/x", 1}};
  GroupCourse& course = trial.courses["web"];
  course.need.note(start, 2);
  course.need.note(start + 30min, 5);
  course.ready.note(start, 2);
  course.ready.note(start + 45min, 4);
  course.existing.note(start, 3);
  course.existing.note(start + 30min, 5);
  return trial;
}

TEST(Figures, AddUpWhatWasThereAndWhatWasMissing) {
  const Figures figures = figures_of(hour(), "web");
  EXPECT_EQ(figures.instance_time, 30min * 3 + 30min * 5);
  EXPECT_EQ(figures.short_time, 30min);
  EXPECT_EQ(figures.missing_time, 15min * 3 + 15min * 1);
  EXPECT_EQ(figures.spare_time, 30min * 1);
  EXPECT_EQ(figures.worst_short, 3);
  EXPECT_EQ(figures.launches, 2U);
  EXPECT_EQ(figures.withheld_all(), 5U);
}

TEST(Figures, OfAllGroupsAreTheSum) {
  Trial trial = hour();
  trial.courses["other"] = trial.courses["web"];
  trial.summary.groups["other"] = trial.summary.groups["web"];
  const Figures all = figures_of(trial);
  EXPECT_EQ(all.instance_time, 2 * figures_of(trial, "web").instance_time);
  EXPECT_EQ(all.changes, 6U);
  EXPECT_EQ(all.lasted, 1h);
  EXPECT_EQ(all.withheld.at("budget"), 8U);
}

TEST(Figures, AreMeasuredByTheLoadWhereWhatOneServesIsKnown) {
  Trial trial = hour();
  MetricFeed feed{"web", "cpu", "1970-01-01T00:00:00Z,50\n1970-01-01T00:30:00Z,80\n", 4};
  measure_by(trial, "web", {feed}, Decimal(50));
  EXPECT_EQ(trial.courses["web"].need.at(start), 4);
  EXPECT_EQ(trial.courses["web"].need.at(start + 40min), 7);  // 4 x 80 / 50 = 6.4
  EXPECT_EQ(figures_of(trial, "web").short_time, 1h);
}

TEST(Figures, AreJson) {
  const std::string json = figures_json(figures_of(hour(), "web"));
  EXPECT_NE(json.find("\"instance_hours\":4.000"), std::string::npos) << json;
  EXPECT_NE(json.find("\"short_seconds\":1800"), std::string::npos) << json;
  EXPECT_NE(json.find("\"withheld_by\":{\"budget\":4,\"freeze/x\":1}}"), std::string::npos) << json;
}

TEST(Staircase, HoldsNoRepetitionAndTheLastOfAMoment) {
  Staircase stairs;
  stairs.note(start, 1);
  stairs.note(start + 1min, 1);
  stairs.note(start + 2min, 2);
  stairs.note(start + 2min, 3);
  ASSERT_EQ(stairs.levels().size(), 2U);
  EXPECT_EQ(stairs.at(start - 1ms), std::nullopt);
  EXPECT_EQ(stairs.at(start + 90s), 1);
  EXPECT_EQ(stairs.at(start + 2min), 3);
}

}  // namespace
}  // namespace settle
