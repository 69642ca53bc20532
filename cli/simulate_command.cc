// settlectl simulate: reads the files, runs the simulation, prints what was decided.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/command.h"
#include "cli/trial/picture.h"
#include "cli/trial/report.h"
#include "cli/trial_inputs.h"
#include "config/bundle.h"
#include "config/files/files.h"
#include "daemon/codec/json.h"
#include "daemon/journal/journal.h"
#include "reconcilers/explain/explain.h"

namespace settle {
namespace {

struct Arguments {
  TrialArguments trial;
  std::string output = "jsonl";
  std::string journal;  // Empty: none is written.
};

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

/// A journal of what was simulated, as a daemon would have written it; null where none is wanted.
Result<std::unique_ptr<JournalWriter>> open_new_journal(const Arguments& arguments,
                                                        const SimulateOptions& options) {
  if (arguments.journal.empty()) return std::unique_ptr<JournalWriter>();
  const Result<std::vector<ConfigFile>> files = read_config_files(arguments.trial.config);
  if (!files) return files.error();
  auto journal = open_journal(arguments.journal);
  if (!journal) return journal.error();
  if (Status kept = (*journal)->remember({options.revision, bundle(*files)}); !kept) {
    return kept.error();
  }
  return journal;
}

Status print_simulation(const Arguments& arguments, const SimulateOptions& options) {
  const auto journal = open_new_journal(arguments, options);
  if (!journal) return journal.error();
  const bool is_table = arguments.output == "table";
  std::optional<Listing> listing;
  if (is_table) listing.emplace(options.specs);
  Status written = std::monostate{};
  SimulationWatch watch;
  watch.decided = [&](const DecisionRecord& record) {
    is_table ? listing->add(record) : print_line(record_json(record));
  };
  watch.journaled = [&](const Journal& entries) {
    if (*journal && written) written = (*journal)->append({entries}, {});
  };
  const auto summary = run_simulation(options, watch);
  if (!summary) return summary.error();
  is_table ? print_summary(*summary) : print_line(summary_json(*summary));
  return written;
}

Status print_picture(const Arguments& arguments, const SimulateOptions& options) {
  const Result<Trial> trial = run_trial(options);
  if (!trial) return trial.error();
  const std::string title = span_text(*trial);
  if (arguments.output == "svg") {
    fmt::print("{}", picture(*trial, options.specs, {"Simulation, " + title}));
  } else {
    fmt::print("{}", report(*trial, options.specs,
                            {"Simulation", title + ", revision " + options.revision + "."}));
  }
  return std::monostate{};
}

Exit simulate_command(const Arguments& arguments) {
  SimulateOptions options;
  Exit exit = Exit::ok;
  if (!load_trial(arguments.trial, "simulate", options, exit)) return exit;
  const bool is_picture = arguments.output == "svg" || arguments.output == "html";
  if (is_picture && !arguments.journal.empty()) {
    fmt::print(stderr, "settlectl simulate: --journal goes with -o jsonl and table\n");
    return Exit::usage;
  }
  const Status done =
      is_picture ? print_picture(arguments, options) : print_simulation(arguments, options);
  if (done) return Exit::ok;
  fmt::print(stderr, "settlectl simulate: {}\n", done.error().message);
  return Exit::failed;
}

}  // namespace

void add_simulate(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "simulate", "Run the production decision code in virtual time, without a daemon");
  const auto arguments = std::make_shared<Arguments>();
  Arguments& into = *arguments;
  command
      ->add_option("--config", into.trial.config, "Main file, group files, or directories of them")
      ->required();
  add_trial_inputs(*command, into.trial);
  command->add_option("--journal", into.journal,
                      "Also write a new journal here, for explain, replay, plan and what-if");
  command->add_option("--cloud", into.trial.cloud, "simulated, or observed: what the events state")
      ->check(CLI::IsMember({"simulated", "observed"}));
  command
      ->add_option("-o,--output", into.output,
                   "jsonl, table, svg (a picture) or html (a report that needs nothing else)")
      ->check(CLI::IsMember({"jsonl", "table", "html", "svg"}));
  command->callback(
      [&run, arguments] { run = [arguments] { return simulate_command(*arguments); }; });
}

}  // namespace settle
