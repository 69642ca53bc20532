// settlectl simulate: reads the files, runs the simulation, prints what was decided.
#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/command.h"
#include "cli/files.h"
#include "config/files/files.h"
#include "daemon/codec/json.h"
#include "daemon/simulation/series.h"
#include "daemon/simulation/simulate.h"
#include "reconcilers/explain/explain.h"

namespace settle {
namespace {

struct Arguments {
  std::vector<std::string> config;
  std::string events;
  std::vector<std::string> metrics;
  std::string start;
  std::string end;
  std::string cloud = "simulated";
  std::optional<std::uint64_t> seed;
  std::string output = "jsonl";
};

Exit complain(Exit exit, const std::string& message) {
  fmt::print(stderr, "settlectl simulate: {}\n", message);
  return exit;
}

/// GROUP/POLICY=FILE.csv[@N], with the file's path still in place of its text.
std::optional<MetricFeed> split_metric(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::size_t equals = text.find('=');
  if (slash == std::string_view::npos || equals == std::string_view::npos || slash > equals) {
    return std::nullopt;
  }
  MetricFeed feed;
  feed.group = text.substr(0, slash);
  feed.policy = text.substr(slash + 1, equals - slash - 1);
  std::string_view file = text.substr(equals + 1);
  const std::size_t at = file.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view digits = file.substr(at + 1);
    int count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error == std::errc{} && end == digits.data() + digits.size() && count > 0) {
      feed.per = count;
      file = file.substr(0, at);
    }
  }
  feed.csv = file;
  const bool is_whole = !feed.group.empty() && !feed.policy.empty() && !file.empty();
  return is_whole ? std::optional(std::move(feed)) : std::nullopt;
}

/// Fills in what the arguments say; a complaint if they make no sense.
std::optional<std::string> understand(const Arguments& arguments, SimulateOptions& options) {
  for (const std::string& text : arguments.metrics) {
    auto feed = split_metric(text);
    if (!feed) return fmt::format("--metric {}: wants GROUP/POLICY=FILE.csv[@N]", text);
    options.metrics.push_back(std::move(*feed));
  }
  for (const auto& [name, text, into] : {std::tuple("--start", &arguments.start, &options.start),
                                         std::tuple("--end", &arguments.end, &options.end)}) {
    if (text->empty()) continue;
    *into = read_timestamp(*text);
    if (!*into) return fmt::format("{} {}: wants a time such as 2026-11-23T09:00:00Z", name, *text);
  }
  options.observed_cloud = arguments.cloud == "observed";
  return std::nullopt;
}

Status read_inputs(const Arguments& arguments, SimulateOptions& options) {
  if (!arguments.events.empty()) {
    Result<std::string> text = read_file(arguments.events);
    if (!text) return text.error();
    options.events = std::move(*text);
  }
  for (MetricFeed& feed : options.metrics) {
    Result<std::string> text = read_file(feed.csv);
    if (!text) return text.error();
    feed.csv = std::move(*text);
  }
  return std::monostate{};
}

void print_line(std::string_view line) {
  (void)std::fwrite(line.data(), 1, line.size(), stdout);
  (void)std::fputc('\n', stdout);
}

std::string capacity_text(const std::optional<Capacity>& capacity) {
  return capacity ? fmt::format("{}", *capacity) : "-";
}

/// One line a decision, as a person reads them.
class Listing {
 public:
  explicit Listing(const std::vector<GroupSpec>& specs) {
    for (const GroupSpec& spec : specs) width_ = std::max(width_, spec.id.value.size());
    fmt::print("{:<24}  {:<{}}  {:>11}  {:>5}  {}\n", "AT", "GROUP", width_, "DESIRED", "READY",
               "WHY");
  }
  void add(const DecisionRecord& record) const {
    const std::string to = capacity_text(record.desired_to);
    const std::string desired = record.desired_from == record.desired_to
                                    ? to
                                    : capacity_text(record.desired_from) + " -> " + to;
    fmt::print("{:<24}  {:<{}}  {:>11}  {:>5}  {}\n", time_text(record.at), record.group.value,
               width_, desired, record.tally.ready, headline(record));
  }

 private:
  std::size_t width_ = 5;
};

std::string counts_text(const std::map<std::string, std::size_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += fmt::format("{}{} x {}", text.empty() ? "" : ", ", count, name);
  }
  return text.empty() ? "none" : text;
}

void print_summary(const SimulationSummary& summary) {
  fmt::print("\n{} until {}: {} events, {} samples", time_text(summary.start),
             time_text(summary.end), summary.events, summary.samples);
  if (summary.not_reached > 0) fmt::print(", {} after the end", summary.not_reached);
  fmt::print("\n");
  for (const auto& [name, group] : summary.groups) {
    const double hours = static_cast<double>(group.instance_time.count()) / 3'600'000.0;
    fmt::print("\n{}: desired {} ({} to {}), {} ready\n", name, capacity_text(group.desired),
               capacity_text(group.desired_least), capacity_text(group.desired_most), group.ready);
    fmt::print("  {} decisions, {} changes of desired, {} of them back again\n", group.decisions,
               group.changes, group.reversals);
    fmt::print("  {:.1f} instance-hours; {} short of need\n", hours,
               duration_text(group.short_of_need));
    fmt::print("  actions: {}\n  withheld: {}\n", counts_text(group.actions),
               counts_text(group.withheld));
  }
  if (!summary.dead_letters.empty()) {
    fmt::print("\ndead letters: {}\n", counts_text(summary.dead_letters));
    for (const DeadLetterNote& note : summary.dead_letter_examples) {
      fmt::print("  line {}: {} {}\n", note.line, note.reason, note.why);
    }
  }
}

Status print_simulation(const Arguments& arguments, const SimulateOptions& options) {
  if (arguments.output == "jsonl") return simulate(options, print_line);
  const Listing listing(options.specs);
  const auto summary =
      run_simulation(options, [&listing](const DecisionRecord& record) { listing.add(record); });
  if (!summary) return summary.error();
  print_summary(*summary);
  return std::monostate{};
}

Exit simulate_command(const Arguments& arguments) {
  if (arguments.output == "html" || arguments.output == "svg") {
    return complain(Exit::usage, fmt::format("-o {} does not exist yet; there are jsonl and table",
                                             arguments.output));
  }
  SimulateOptions options;
  if (const auto wrong = understand(arguments, options)) return complain(Exit::usage, *wrong);
  const Result<std::vector<ConfigFile>> files = read_config_files(arguments.config);
  if (!files) return complain(Exit::failed, files.error().message);
  Compiled compiled = compile(*files);
  if (compiled.has_errors()) {
    fmt::print(stderr, "{}", render(compiled.findings, *files));
    return Exit::check_failed;
  }
  const auto cloud = compiled.daemon.clouds.find("simulated");
  if (cloud != compiled.daemon.clouds.end()) options.cloud_settings = cloud->second.settings;
  options.specs = std::move(compiled.specs);
  options.revision = compiled.revision;
  options.seed = arguments.seed;
  if (const Status read = read_inputs(arguments, options); !read) {
    return complain(Exit::failed, read.error().message);
  }
  const Status done = print_simulation(arguments, options);
  return done ? Exit::ok : complain(Exit::failed, done.error().message);
}

}  // namespace

void add_simulate(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "simulate", "Run the production decision code in virtual time, without a daemon");
  const auto arguments = std::make_shared<Arguments>();
  Arguments& into = *arguments;
  command->add_option("--config", into.config, "Main file, group files, or directories of them")
      ->required();
  command->add_option("--events", into.events,
                      "CloudEvents and observations, one a line, in order of arrival; - is stdin");
  command->add_option("--metric", into.metrics,
                      "GROUP/POLICY=FILE.csv[@N]: a series for a policy; @N: a per-instance mean "
                      "recorded with N instances");
  command->add_option("--start", into.start, "Where time begins; else at the first input");
  command->add_option("--end", into.end, "Where it ends; else 15 minutes after the last input");
  command->add_option("--cloud", into.cloud, "simulated, or observed: what the events state")
      ->check(CLI::IsMember({"simulated", "observed"}));
  command->add_option("--seed", into.seed, "Where chance begins; else as configured, or 1");
  command->add_option("-o,--output", into.output, "jsonl or table")
      ->check(CLI::IsMember({"jsonl", "table", "html", "svg"}));
  command->callback(
      [&run, arguments] { run = [arguments] { return simulate_command(*arguments); }; });
}

}  // namespace settle
