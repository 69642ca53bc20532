#include "cli/trial_inputs.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/files.h"
#include "cli/prometheus.h"
#include "cli/trial/prometheus_answer.h"
#include "cli/trial/script_text.h"
#include "config/files/files.h"
#include "config/values.h"
#include "daemon/base/wall_clock.h"
#include "daemon/codec/json.h"
#include "daemon/simulation/series.h"

namespace settle {
namespace {

/// GROUP/POLICY=FILE.csv[@N], with the file's path still in place of its text. The group may be
/// left out where there is only one.
std::optional<MetricFeed> split_metric(std::string_view text, const std::string& only) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  std::string_view name = text.substr(0, equals);
  MetricFeed feed;
  const std::size_t slash = name.find('/');
  if (slash != std::string_view::npos) {
    feed.group = name.substr(0, slash);
    name.remove_prefix(slash + 1);
  } else {
    feed.group = only;
  }
  feed.policy = name;
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
std::optional<std::string> understand(const TrialArguments& arguments, SimulateOptions& options) {
  for (const std::string& text : arguments.metrics) {
    auto feed = split_metric(text, arguments.group);
    if (!feed) {
      return fmt::format("--metric {}: wants {}=FILE.csv[@N]", text,
                         arguments.group.empty() ? "GROUP/POLICY" : "POLICY");
    }
    options.metrics.push_back(std::move(*feed));
  }
  for (const auto& [name, text, into] : {std::tuple("--start", &arguments.start, &options.start),
                                         std::tuple("--end", &arguments.end, &options.end)}) {
    if (text->empty()) continue;
    *into = read_timestamp(*text);
    if (!*into) return fmt::format("{} {}: wants a time such as 2026-11-23T09:00:00Z", name, *text);
  }
  options.observed_cloud = arguments.cloud == "observed";
  options.seed = arguments.seed;
  return std::nullopt;
}

Status read_files(const TrialArguments& arguments, SimulateOptions& options) {
  if (!arguments.events.empty()) {
    Result<std::string> text = read_file(arguments.events);
    if (!text) return text.error();
    options.events = std::move(*text);
  }
  for (MetricFeed& feed : options.metrics) {
    Result<std::string> text = read_file(feed.csv);
    if (!text) return text.error();
    feed.csv = std::move(*text);
    if (!is_range_answer(feed.csv)) continue;
    Result<std::string> csv = csv_of_range(feed.csv);
    if (!csv) return csv.error();
    feed.csv = std::move(*csv);
  }
  return std::monostate{};
}

bool is_fed(const SimulateOptions& options, const GroupSpec& spec, const Policy& policy) {
  return std::any_of(options.metrics.begin(), options.metrics.end(), [&](const MetricFeed& feed) {
    return feed.group == spec.id.value && feed.policy == policy.name;
  });
}

const Metric* asked_metric(const Policy& policy) {
  const Metric* metric = nullptr;
  if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) metric = &target->metric;
  if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) metric = &steps->metric;
  return metric != nullptr && !metric->query.empty() ? metric : nullptr;
}

/// Feeds every policy that has a query and no series with what a Prometheus has recorded.
Status ask_prometheus(const TrialArguments& arguments, SimulateOptions& options) {
  RangeQuestion question;
  question.url = arguments.prometheus;
  const auto step = parse_duration(arguments.step);
  if (!step || *step < Duration(1'000)) {
    return Error{ErrorCode::invalid, "--step: wants a duration such as 1m, of a second at least"};
  }
  question.step = *step;
  constexpr Duration day{86'400'000};
  if (!options.end) options.end = wall_now();
  if (!options.start) options.start = *options.end - day;
  question.start = *options.start;
  question.end = *options.end;
  std::optional<std::string> counts;
  if (!arguments.instances.empty()) {
    question.query = arguments.instances;
    auto answer = ask_range(question);
    if (!answer) return answer.error();
    counts = std::move(*answer);
  }
  for (const GroupSpec& spec : options.specs) {
    for (const Policy& policy : spec.policies) {
      const Metric* metric = asked_metric(policy);
      if (metric == nullptr || is_fed(options, spec, policy)) continue;
      question.query = metric->query;
      auto csv = ask_range(question);
      if (csv && counts && !metric->is_total) csv = with_instances(*csv, *counts);
      if (!csv) return csv.error();
      options.metrics.push_back({spec.id.value, policy.name, std::move(*csv), std::nullopt});
    }
  }
  return std::monostate{};
}

/// The first row of any metric, for what has to be there before it.
std::optional<Time> first_row(const SimulateOptions& options) {
  std::optional<Time> first = options.start;
  for (const MetricFeed& feed : options.metrics) {
    const auto rows = read_series(feed.csv);
    if (options.start || !rows || rows->empty()) continue;
    first = std::min(first.value_or(rows->front().at), rows->front().at);
  }
  return first;
}

/// Each group begins with so many instances.
void state_running(int running, SimulateOptions& options) {
  const auto first = first_row(options);
  if (!first) return;
  options.start = first;
  ScriptText script;
  for (const GroupSpec& spec : options.specs) script.running(spec, *first, running);
  options.events = script.text() + options.events;
}

}  // namespace

void add_trial_inputs(CLI::App& command, TrialArguments& into) {
  command.add_option("--events", into.events,
                     "CloudEvents and observations, one a line, in order of arrival; - is stdin");
  command.add_option("--metric", into.metrics,
                     "GROUP/POLICY=FILE[@N]: a series for a policy, CSV or Prometheus' answer to a "
                     "range query; @N: a per-instance mean recorded with N instances");
  command.add_option("--prometheus", into.prometheus,
                     "http://127.0.0.1:9090: its record of every query of the configuration that "
                     "no --metric stands for, from --start (a day before the end) to --end (now)");
  command.add_option("--step", into.step, "Between two samples of it (1m)");
  command.add_option("--instances", into.instances,
                     "A query to it: the number of instances that per-instance means are over");
  command.add_option("--start", into.start, "Where time begins; else at the first input");
  command.add_option("--end", into.end, "Where it ends; else 15 minutes after the last input");
  command.add_option("--seed", into.seed, "Where chance begins; else as configured, or 1");
}

bool load_groups(const std::vector<std::string>& paths, std::string_view command,
                 SimulateOptions& into, Exit& exit) {
  const Result<std::vector<ConfigFile>> files = read_config_files(paths);
  if (!files) {
    fmt::print(stderr, "settlectl {}: {}\n", command, files.error().message);
    exit = Exit::failed;
    return false;
  }
  Compiled compiled = compile(*files);
  if (compiled.has_errors()) {
    fmt::print(stderr, "{}", render(compiled.findings, *files));
    exit = Exit::check_failed;
    return false;
  }
  const auto cloud = compiled.daemon.clouds.find("simulated");
  if (cloud != compiled.daemon.clouds.end()) into.cloud_settings = cloud->second.settings;
  into.specs = std::move(compiled.specs);
  into.budgets = std::move(compiled.daemon.budgets);
  into.watches = std::move(compiled.daemon.alarms);
  into.revision = compiled.revision;
  return true;
}

bool load_trial(const TrialArguments& arguments, std::string_view command, SimulateOptions& into,
                Exit& exit) {
  const auto complain = [&](Exit why, const std::string& message) {
    fmt::print(stderr, "settlectl {}: {}\n", command, message);
    exit = why;
    return false;
  };
  if (const auto wrong = understand(arguments, into)) return complain(Exit::usage, *wrong);
  if (!load_groups(arguments.config, command, into, exit)) return false;
  if (!arguments.group.empty()) {
    std::erase_if(into.specs,
                  [&](const GroupSpec& spec) { return spec.id.value != arguments.group; });
    into.budgets.clear();  // What the others use of them is not simulated.
    if (into.specs.empty()) {
      return complain(Exit::failed, fmt::format("there is no group \"{}\"", arguments.group));
    }
  }
  if (const Status read = read_files(arguments, into); !read) {
    return complain(Exit::failed, read.error().message);
  }
  if (!arguments.prometheus.empty()) {
    const Status asked = ask_prometheus(arguments, into);
    if (!asked) {
      return complain(
          asked.error().code == ErrorCode::unavailable ? Exit::unreachable : Exit::failed,
          asked.error().message);
    }
  }
  if (arguments.running) state_running(*arguments.running, into);
  return true;
}

}  // namespace settle
