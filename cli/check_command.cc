#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/command.h"
#include "config/files/files.h"
#include "daemon/base/wall_clock.h"

namespace settle {
namespace {

Exit check(const std::vector<std::string>& paths) {
  const Result<std::vector<ConfigFile>> files = read_config_files(paths);
  if (!files) {
    fmt::print(stderr, "settlectl: {}\n", files.error().message);
    return Exit::check_failed;
  }
  // What the calendar has in store is part of the answer, so it may differ from day to day.
  const Compiled compiled = compile(*files, wall_now());
  fmt::print("{}", render(compiled.findings, *files));
  return compiled.has_errors() ? Exit::check_failed : Exit::ok;
}

}  // namespace

void add_check(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "check", "Check configuration: every error of every file at once; exits 3 if there is one");
  const auto paths = std::make_shared<std::vector<std::string>>();
  command
      ->add_option("FILE", *paths,
                   "Main file, group files, or directories of them; a main file brings its groups")
      ->required();
  command->callback([&run, paths] { run = [paths] { return check(*paths); }; });
}

}  // namespace settle
