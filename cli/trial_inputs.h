// The options that commands on trials share (simulate, backtest), and the files that they name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/trial/trial.h"

namespace settle {

struct TrialArguments {
  std::vector<std::string> config;
  std::string group;  // Only this one; metrics may then leave it out. Empty: all.
  std::string events;
  std::vector<std::string> metrics;
  std::string prometheus;  // The address of one that is asked for what is not given; empty: none.
  std::string step = "1m";
  std::string instances;  // A query: over how many instances the means are.
  std::string start;
  std::string end;
  std::string cloud = "simulated";
  std::optional<std::uint64_t> seed;
  std::optional<int> running;
};

/// --events, --metric, --start, --end, --seed.
void add_trial_inputs(CLI::App& command, TrialArguments& into);

/// The groups of a configuration. False after it has said what is wrong, with `exit` set.
bool load_groups(const std::vector<std::string>& paths, std::string_view command,
                 SimulateOptions& into, Exit& exit);

/// Everything that the arguments name. False after it has said what is wrong, with `exit` set.
bool load_trial(const TrialArguments& arguments, std::string_view command, SimulateOptions& into,
                Exit& exit);

}  // namespace settle
