// settlectl: asks, shows and simulates. Everything it can do is in the table below.
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace settle {
namespace {

constexpr AddCommands commands[] = {
    add_views,   add_sources, add_decisions, add_orders,     add_journal,  add_check,
    add_doctor,  add_store,   add_simulate,  add_test,       add_backtest, add_plan,
    add_what_if, add_cluster, add_webhook,   add_completion, add_version};

int run_command_line(int argc, char** argv) {
  CLI::App app{"Shows what settled decided, and why; simulates what it would decide.", "settlectl"};
  app.require_subcommand(1);
  Run run;
  for (const AddCommands add : commands) add(app, run);
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
