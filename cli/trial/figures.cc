#include "cli/trial/figures.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/codec/json.h"
#include "daemon/simulation/series.h"
#include "reconcilers/explain/explain.h"

namespace settle {
namespace {

/// Every moment at which one of them changes, and the end.
std::vector<Time> moments(const GroupCourse& course, Time end) {
  std::vector<Time> all{end};
  for (const Staircase* stairs : {&course.need, &course.ready, &course.existing}) {
    for (const Level& level : stairs->levels()) all.push_back(level.at);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

/// Walks along a staircase, as the moments that are asked for grow.
class Walk {
 public:
  explicit Walk(const Staircase& stairs) : levels_(stairs.levels()) {}
  Capacity at(Time when) {
    while (next_ < levels_.size() && levels_[next_].at <= when) ++next_;
    return next_ == 0 ? 0 : levels_[next_ - 1].number;
  }

 private:
  const std::vector<Level>& levels_;
  std::size_t next_ = 0;
};

void sweep(const GroupCourse& course, Time start, Time end, Figures& into) {
  Walk need(course.need);
  Walk ready(course.ready);
  Walk existing(course.existing);
  Time from = start;
  Capacity missing = 0;
  Capacity there = 0;
  Capacity spare = 0;
  for (const Time at : moments(course, end)) {
    if (at > end) break;
    const Duration passed = std::max(Duration::zero(), at - from);
    if (missing > 0) into.short_time += passed;
    into.missing_time += passed * missing;
    into.instance_time += passed * there;
    into.spare_time += passed * spare;
    from = std::max(from, at);
    missing = std::max(0, need.at(at) - ready.at(at));
    there = existing.at(at);
    spare = std::max(0, there - need.at(at));
    if (at < end) into.worst_short = std::max(into.worst_short, missing);
  }
}

std::string hours(Duration time) {
  return fmt::format("{:.1f}", static_cast<double>(time.count()) / 3'600'000.0);
}

std::string share(Duration part, Duration whole) {
  if (whole.count() == 0) return "0.00%";
  return fmt::format(
      "{:.2f}%", 100.0 * static_cast<double>(part.count()) / static_cast<double>(whole.count()));
}

std::size_t outcome_of(const GroupOutcome& outcome, const std::string& action) {
  const auto found = outcome.actions.find(action + " done");
  return found == outcome.actions.end() ? 0 : found->second;
}

}  // namespace

std::size_t Figures::withheld_all() const {
  std::size_t all = 0;
  for (const auto& [guard, count] : withheld) all += count;
  return all;
}

Figures figures_of(const Trial& trial, const std::string& group) {
  Figures figures;
  const GroupCourse& course = trial.courses.at(group);
  const GroupOutcome& outcome = trial.summary.groups.at(group);
  figures.lasted = trial.summary.end - trial.summary.start;
  sweep(course, trial.summary.start, trial.summary.end, figures);
  figures.desired_least = outcome.desired_least.value_or(0);
  figures.desired_most = outcome.desired_most.value_or(0);
  figures.changes = outcome.changes;
  figures.reversals = outcome.reversals;
  figures.launches = outcome_of(outcome, "launch");
  figures.terminations = outcome_of(outcome, "terminate");
  figures.withheld = outcome.withheld;
  return figures;
}

void add(Figures& all, const Figures& one) {
  all.lasted = std::max(all.lasted, one.lasted);
  all.instance_time += one.instance_time;
  all.short_time += one.short_time;
  all.missing_time += one.missing_time;
  all.spare_time += one.spare_time;
  all.worst_short = std::max(all.worst_short, one.worst_short);
  all.desired_least += one.desired_least;
  all.desired_most += one.desired_most;
  all.changes += one.changes;
  all.reversals += one.reversals;
  all.launches += one.launches;
  all.terminations += one.terminations;
  for (const auto& [guard, count] : one.withheld) all.withheld[guard] += count;
}

Figures figures_of(const Trial& trial) {
  Figures all;
  for (const auto& [group, course] : trial.courses) add(all, figures_of(trial, group));
  return all;
}

std::vector<FigureLine> lines_of(const Figures& figures) {
  const auto count = [](std::string name, std::string key, std::size_t number) {
    return FigureLine{std::move(name), std::move(key), std::to_string(number),
                      std::to_string(number)};
  };
  const auto hour_line = [](std::string name, std::string key, Duration time) {
    return FigureLine{std::move(name), std::move(key), hours(time),
                      fmt::format("{:.3f}", static_cast<double>(time.count()) / 3'600'000.0)};
  };
  std::vector<FigureLine> lines;
  lines.push_back(hour_line("instance-hours", "instance_hours", figures.instance_time));
  lines.push_back({"time short of need", "short_seconds",
                   fmt::format("{} ({})", duration_text(figures.short_time),
                               share(figures.short_time, figures.lasted)),
                   std::to_string(figures.short_time.count() / 1'000)});
  lines.push_back(hour_line("instance-hours missing", "missing_hours", figures.missing_time));
  lines.push_back(hour_line("instance-hours to spare", "spare_hours", figures.spare_time));
  lines.push_back(
      count("most missing at once", "worst_short", static_cast<std::size_t>(figures.worst_short)));
  lines.push_back(count("changes of desired", "changes", figures.changes));
  lines.push_back(count("of them back again", "reversals", figures.reversals));
  lines.push_back(count("launches", "launches", figures.launches));
  lines.push_back(count("terminations", "terminations", figures.terminations));
  lines.push_back(count("steps withheld", "withheld", figures.withheld_all()));
  return lines;
}

std::string figures_json(const Figures& figures) {
  std::string json = "{";
  for (const FigureLine& line : lines_of(figures)) {
    json += fmt::format("\"{}\":{},", line.key, line.value);
  }
  json += fmt::format("\"desired_least\":{},\"desired_most\":{},\"seconds\":{},\"withheld_by\":{{",
                      figures.desired_least, figures.desired_most, figures.lasted.count() / 1'000);
  for (const auto& [guard, number] : figures.withheld) {
    if (json.back() != '{') json += ',';
    append_json_text(json, guard);
    json += fmt::format(":{}", number);
  }
  return json + "}}";
}

void measure_by(Trial& trial, const std::string& group, const std::vector<MetricFeed>& metrics,
                const Decimal& serves) {
  std::map<Time, Capacity> needed;
  for (const MetricFeed& feed : metrics) {
    if (feed.group != group) continue;
    const auto rows = read_series(feed.csv);
    if (!rows) continue;  // The trial would not have run.
    for (const SeriesRow& row : *rows) {
      if (row.reading.kind != ReadingKind::value) continue;
      const int with = row.instances.value_or(feed.per.value_or(1));
      Capacity& most = needed[row.at];
      most = std::max(most, ceil_scaled(with, row.reading.value, serves));
    }
  }
  Staircase need;
  for (const auto& [at, number] : needed) need.note(at, number);
  trial.courses.at(group).need = std::move(need);
}

}  // namespace settle
