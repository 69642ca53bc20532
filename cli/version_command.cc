#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/command.h"

namespace settle {

void add_version(CLI::App& app, Run& run) {
  CLI::App* version = app.add_subcommand("version", "Print the version");
  version->callback([&run] {
    run = [] {
      fmt::print("settlectl {}\n", SETTLE_VERSION);
      return Exit::ok;
    };
  });
}

}  // namespace settle
