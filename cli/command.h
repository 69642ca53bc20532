// How settlectl grows: one file for a group of commands, one line in main.cc's table.
//
// A command knows its own options and what to print; it decides nothing about groups.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace settle {

/// What scripts may rely on.
enum class Exit : int {
  ok = 0,
  failed = 1,
  differences = 2,
  check_failed = 3,
  unreachable = 4,  // The daemon does not answer.
  refused = 5,      // By a guard, or because somebody else was first.
  usage = 64,
};

/// What to do once the whole command line has been understood.
using Run = std::function<Exit()>;

/// Each adds its commands to `app`. The one that is parsed leaves in `run` what to do.
using AddCommands = void (*)(CLI::App& app, Run& run);
void add_views(CLI::App& app, Run& run);
void add_sources(CLI::App& app, Run& run);
void add_clouds(CLI::App& app, Run& run);
void add_decisions(CLI::App& app, Run& run);
void add_orders(CLI::App& app, Run& run);
void add_journal(CLI::App& app, Run& run);
void add_check(CLI::App& app, Run& run);
void add_doctor(CLI::App& app, Run& run);
void add_store(CLI::App& app, Run& run);
void add_simulate(CLI::App& app, Run& run);
void add_backtest(CLI::App& app, Run& run);
void add_test(CLI::App& app, Run& run);
void add_plan(CLI::App& app, Run& run);
void add_what_if(CLI::App& app, Run& run);
void add_cluster(CLI::App& app, Run& run);
void add_webhook(CLI::App& app, Run& run);
void add_completion(CLI::App& app, Run& run);
void add_version(CLI::App& app, Run& run);

}  // namespace settle
