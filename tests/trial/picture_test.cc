#include "cli/trial/picture.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/trial/axis.h"
#include "cli/trial/report.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

/// A day of a webhook group with an awkward name of a revision, and one target policy.
SimulateOptions day() {
  SimulateOptions options;
  GroupSpec spec;
  spec.id = GroupId{"web"};
  spec.limits = {1, 20};
  TargetPolicy target;
  target.metric.stale_after = 1h;
  target.target = Decimal(50);
  spec.policies = {{"cpu", target, {}}};
  options.specs = {spec};
  options.revision = "r-<1>";
  std::string csv;
  for (int hour = 10; hour < 24; ++hour) {
    csv += "2026-11-23T" + std::to_string(hour) + ":00:00Z," + std::to_string(hour * 7 % 90) + "\n";
  }
  options.metrics = {{"web", "cpu", csv, 4}};
  return options;
}

/// Whether every element that is opened is closed again, in order.
bool is_well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = xml.substr(at + 1, end - at - 1);
    if (tag.starts_with('!') || tag.starts_with('?') || tag.ends_with('/')) continue;
    const bool closes = tag.starts_with('/');
    const std::string name = tag.substr(closes ? 1 : 0, tag.find(' ') - (closes ? 1 : 0));
    if (name == "meta") continue;
    if (!closes) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return false;
    } else {
      open.pop_back();
    }
  }
  return open.empty();
}

TEST(Picture, IsWholeAndNeedsNothingFromElsewhere) {
  const SimulateOptions options = day();
  const Result<Trial> trial = run_trial(options);
  ASSERT_TRUE(trial.has_value()) << trial.error().message;
  const std::string svg = picture(*trial, options.specs, {"A <title>"});
  EXPECT_TRUE(is_well_formed(svg));
  EXPECT_NE(svg.find("A &lt;title&gt;"), std::string::npos);
  EXPECT_NE(svg.find("cpu, mean of an instance (target 50)"), std::string::npos);
  EXPECT_NE(svg.find("class=\"up\""), std::string::npos);
  EXPECT_EQ(svg.find("href"), std::string::npos);
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg, picture(*run_trial(options), options.specs, {"A <title>"}));
}

TEST(Picture, OfNothingIsOneToo) {
  SimulateOptions options = day();
  options.metrics.clear();
  options.start = Time(Duration(0));
  options.end = options.start;
  const Result<Trial> trial = run_trial(options);
  ASSERT_TRUE(trial.has_value()) << trial.error().message;
  const std::string svg = picture(*trial, options.specs, {});
  EXPECT_TRUE(is_well_formed(svg));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(Report, ShowsFiguresAndEveryChangeWithItsLadder) {
  const SimulateOptions options = day();
  const Result<Trial> trial = run_trial(options);
  ASSERT_TRUE(trial.has_value()) << trial.error().message;
  const std::string html = report(*trial, options.specs, {"A day", "revision " + options.revision});
  EXPECT_TRUE(is_well_formed(html));
  EXPECT_NE(html.find("revision r-&lt;1&gt;"), std::string::npos);
  EXPECT_NE(html.find("instance-hours"), std::string::npos);
  EXPECT_NE(html.find("2 Combine"), std::string::npos);
  EXPECT_EQ(html.find("http"), html.find("http://www.w3.org/2000/svg"));
}

std::vector<std::string> ticks(Duration span, const std::string& zone) {
  const Time from{std::chrono::sys_days(std::chrono::year(2026) / 3 / 28)};
  std::vector<std::string> words;
  for (const auto& tick :
       time_ticks({from, from + span, 0, 1'000}, Zone::load(zone).value_or(Zone()), 8)) {
    words.push_back(tick.second);
  }
  return words;
}

TEST(Axis, MarksRoundLocalTimes) {
  EXPECT_EQ(ticks(4h, "Europe/Helsinki"),
            (std::vector<std::string>{"02:00", "02:30", "03:00", "03:30", "04:00", "04:30", "05:00",
                                      "05:30", "06:00"}));
  // The clocks skip an hour on the 29th, and midnight stays midnight.
  EXPECT_EQ(ticks(72h, "Europe/Helsinki"),
            (std::vector<std::string>{"12:00", "29 Mar", "12:00", "30 Mar", "12:00", "31 Mar"}));
}

TEST(Axis, MarksRoundNumbers) {
  EXPECT_EQ(number_ticks({0, 33, 0, 1}, 6), (std::vector<double>{0, 10, 20, 30}));
  EXPECT_EQ(number_ticks({0, 1, 0, 1}, 5),
            (std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
  EXPECT_TRUE(number_ticks({3, 3, 0, 1}, 5).empty());
  EXPECT_EQ(short_number(20'000), "20k");
  EXPECT_EQ(short_number(0.25), "0.25");
}

}  // namespace
}  // namespace settle
