// One engine for every question of the kind "what would it do": test, simulate, backtest, plan and
// what-if run the same simulation and keep the same course of it. It opens no file, reads no clock
// and prints nothing; pictures, figures and judgements are made from a Trial by others.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/simulation/simulate.h"

namespace settle {

/// A number of instances from some moment on, until the next one.
struct Level {
  Time at;
  Capacity number = 0;
  friend bool operator==(const Level&, const Level&) = default;
};

/// A number over time; it does not hold a repetition.
class Staircase {
 public:
  /// REQUIRES: `at` is not before the last one. Of several at one moment the last stands.
  void note(Time at, Capacity number);
  [[nodiscard]] const std::vector<Level>& levels() const { return levels_; }
  /// None before the first.
  [[nodiscard]] std::optional<Capacity> at(Time when) const;

 private:
  std::vector<Level> levels_;
};

/// What a signal showed at its own time; none where it had no value.
struct SignalPoint {
  Time at;
  std::optional<double> value;  // For pictures alone: no decision is made from it.
};

/// What became of one group over time.
struct GroupCourse {
  Staircase desired;
  Staircase need;  // What the voices asked for.
  Staircase ready;
  Staircase existing;
  Staircase min;
  Staircase max;
  std::map<std::string, std::vector<SignalPoint>> signals;  // By name; of the whole group alone.
  std::vector<std::size_t> records;                         // Of this group, in order of time.
};

struct Trial {
  SimulationSummary summary;
  std::vector<DecisionRecord> records;
  std::map<std::string, GroupCourse> courses;
};

/// The same options give the same trial.
[[nodiscard]] Result<Trial> run_trial(const SimulateOptions& options);

/// "2026-11-23 09:00 until 2026-11-24 09:00 UTC"
[[nodiscard]] std::string span_text(const Trial& trial);

}  // namespace settle
