// settlectl: asks, shows and simulates. Everything it can do is in the table below.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command.h"
#include "config/findings.h"

namespace settle {
namespace {

constexpr AddCommands commands[] = {
    add_views, add_sources, add_clouds,  add_decisions, add_orders,     add_journal,
    add_check, add_doctor,  add_store,   add_simulate,  add_test,       add_backtest,
    add_plan,  add_what_if, add_cluster, add_webhook,   add_completion, add_version};

/// The first word, where it is none of our commands; CLI11 only says that one is missing.
bool says_unknown_command(CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return false;
  const std::string close = did_you_mean(argv[1], {names.begin(), names.end()});
  fmt::print(stderr, "settlectl: there is no command {}: {}\n", quoted(argv[1]),
             close.empty() ? "see settlectl --help" : close);
  return true;
}

int run_command_line(int argc, char** argv) {
  CLI::App app{"Shows what settled decided, and why; simulates what it would decide.", "settlectl"};
  app.require_subcommand(1);
  Run run;
  for (const AddCommands add : commands) add(app, run);
  if (says_unknown_command(app, argc, argv)) return static_cast<int>(Exit::usage);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = app.exit(error) == 0;
    return static_cast<int>(asked_for_help ? Exit::ok : Exit::usage);
  }
  const Exit exit = run();
  // A full disk or a closed pipe is a failure, however well the command went.
  const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  return static_cast<int>(is_written || exit != Exit::ok ? exit : Exit::failed);
}

}  // namespace
}  // namespace settle

int main(int argc, char** argv) {
  try {
    return settle::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    (void)std::fprintf(stderr, "settlectl: %s\n", error.what());
    return static_cast<int>(settle::Exit::failed);
  }
}
