// What a course cost and what it was good for, in numbers that two trials can be compared by.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/trial/trial.h"

namespace settle {

/// Of one group, or of several added up.
struct Figures {
  Duration lasted{};
  Duration instance_time{};  // That instances existed.
  Duration short_time{};     // That fewer served than were needed.
  Duration missing_time{};   // Of the instances that were missing then.
  Duration spare_time{};     // Of the instances that existed beyond what was needed.
  Capacity worst_short = 0;  // Most instances missing at one time.
  Capacity desired_least = 0;
  Capacity desired_most = 0;
  std::size_t changes = 0;    // Of desired.
  std::size_t reversals = 0;  // Changes in the other direction than the one before.
  std::size_t launches = 0;
  std::size_t terminations = 0;
  std::map<std::string, std::size_t> withheld;  // Steps, by guard.
  [[nodiscard]] std::size_t withheld_all() const;
};

[[nodiscard]] Figures figures_of(const Trial& trial, const std::string& group);
[[nodiscard]] Figures figures_of(const Trial& trial);
/// Of one group more.
void add(Figures& all, const Figures& one);

/// One figure as a person reads it, and as a number for machines.
struct FigureLine {
  std::string name;   // "instance-hours"
  std::string key;    // "instance_hours"
  std::string text;   // "412.5"
  std::string value;  // A JSON number.
};
/// Always the same lines in the same order.
[[nodiscard]] std::vector<FigureLine> lines_of(const Figures& figures);

/// {"instance_hours": ..., "withheld_by": {...}}
[[nodiscard]] std::string figures_json(const Figures& figures);

/// What is needed, by a load that is known rather than by what the voices ask for: each row's
/// value (times the instances that it is a mean of) divided by what one instance serves.
/// Replaces the group's need. REQUIRES: serves > 0.
void measure_by(Trial& trial, const std::string& group, const std::vector<MetricFeed>& metrics,
                const Decimal& serves);

}  // namespace settle
