// settled: run, check, dev, version. Wires and decides nothing.
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "daemon/base/wall_clock.h"
#include "daemon/demo.h"
#include "daemon/runtime/service.h"
#include "reconcilers/calendar/calendar.h"

namespace settle {
namespace {

// Exit codes of the interface: 0 ok, 1 failed, 3 check failed, 5 refused by what is there (another
// daemon, cluster or set of credentials: to start again does not help), 64 wrong usage.
constexpr int failed = 1;
constexpr int check_failed = 3;
constexpr int refused = 5;
constexpr int wrong_usage = 64;

int fail(const Error& error) {
  fmt::print(stderr, "settled: {}\n", error.message);
  return failed;
}

int check(const std::vector<std::string>& paths) {
  // What the calendar has in store is part of the answer, so it may differ from day to day.
  const Result<LoadedConfig> loaded = load_config(paths, wall_now());
  if (!loaded) {
    fmt::print(stderr, "settled: {}\n", loaded.error().message);
    return check_failed;
  }
  const LoadedConfig& config = *loaded;
  fmt::print("{}", render(config.compiled.findings, config.files));
  return config.compiled.has_errors() ? check_failed : 0;
}

int run(const std::string& path, bool forces_revision) {
  Service::hold_signals();
  Result<LoadedConfig> loaded = load_config({path});
  if (!loaded) return fail(loaded.error());
  if (!loaded->compiled.findings.empty()) {
    fmt::print(stderr, "{}", render(loaded->compiled.findings, loaded->files));
  }
  if (loaded->compiled.has_errors()) return check_failed;
  PacedTime time;
  ServiceOptions options;
  options.loaded = std::move(*loaded);
  options.config_paths = {path};
  options.forces_revision = forces_revision;
  options.shards = std::max(1U, std::thread::hardware_concurrency());
  Result<std::unique_ptr<Service>> service = Service::open(std::move(options), time);
  if (!service) {
    (void)fail(service.error());
    return service.error().code == ErrorCode::conflict ? refused : failed;
  }
  return (*service)->run(std::nullopt);
}

int version() {
  fmt::print("settled {}, tzdata {}\n", SETTLE_VERSION, tzdata_version());
  return 0;
}

int start(int argc, char** argv) {
  CLI::App app("Decides how many instances each scaling group should have, and gets them there.");
  app.require_subcommand(1);
  std::string config = "/etc/settled/settled.yaml";
  std::vector<std::string> files;
  DemoOptions demo;

  CLI::App* run_command = app.add_subcommand("run", "Run the daemon");
  run_command->add_option("--config,-c", config, "The main configuration file")
      ->capture_default_str();
  bool forces_revision = false;
  run_command->add_flag("--force-revision", forces_revision,
                        "Make this node's groups' files those of the whole cluster");
  CLI::App* check_command = app.add_subcommand("check", "Check configuration files");
  check_command->add_option("files", files, "A main file, or files of groups")->required();
  CLI::App* dev_command =
      app.add_subcommand("dev", "Run demo groups on a simulated cloud, faster than time");
  dev_command->add_option("--dir", demo.folder, "Where store, journal and socket lie");
  dev_command->add_option("--speed", demo.speed, "Simulated seconds in a second")
      ->check(CLI::Range(0.01, 10'000.0))
      ->capture_default_str();
  dev_command->add_option("--for", demo.length, "Simulated time after which to end, such as 24h");
  dev_command->add_option("--seed", demo.seed, "Of the traffic and the cloud")
      ->capture_default_str();
  dev_command->add_option("--http", demo.http, "Also listen here, such as 127.0.0.1:8470");
  CLI::App* version_command = app.add_subcommand("version", "Say which version this is");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : wrong_usage;
  }
  if (*run_command) return run(config, forces_revision);
  if (*check_command) return check(files);
  if (*dev_command) return run_demo(demo);
  if (*version_command) return version();
  return wrong_usage;
}

}  // namespace
}  // namespace settle

int main(int argc, char** argv) {
  try {
    return settle::start(argc, argv);
  } catch (const std::exception& error) {
    (void)std::fprintf(stderr, "settled: %s\n", error.what());
    return settle::failed;
  }
}
