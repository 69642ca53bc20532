#include "daemon/simulation/simulate.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "daemon/codec/json.h"
#include "daemon/simulation/virtual_world.h"
#include "reconcilers/fold.h"

namespace settle {
namespace {

// After the last input, so that what it caused can be seen: boots, budgets, a signal going stale.
constexpr Duration afterglow{15 * 60'000};

/// The signal that a feed is of: a policy's own, or that of one of its metrics.
const std::string* signal_of(const Policy& policy, std::string_view metric) {
  if (const Metric* const only = metric_of(policy)) {
    return metric.empty() ? &signal_name(policy, *only) : nullptr;
  }
  const auto* target = std::get_if<TargetPolicy>(&policy.kind);
  if (target == nullptr) return nullptr;
  for (const NamedMetric& named : target->metrics) {
    if (named.name == metric) return &signal_name(named);
  }
  return nullptr;
}

Result<Feed> find_feed(const std::vector<GroupSpec>& specs, const MetricFeed& wanted) {
  const auto refuse = [&](std::string_view why) {
    return Error{ErrorCode::invalid,
                 fmt::format("--metric {}/{}: {}", wanted.group, wanted.policy, why)};
  };
  const auto spec = std::find_if(specs.begin(), specs.end(), [&](const GroupSpec& candidate) {
    return candidate.id.value == wanted.group;
  });
  if (spec == specs.end()) return refuse("there is no such group");
  const std::size_t cut = std::min(wanted.policy.find('/'), wanted.policy.size());
  const std::string_view name = std::string_view(wanted.policy).substr(0, cut);
  const auto policy = std::find_if(spec->policies.begin(), spec->policies.end(),
                                   [&](const Policy& candidate) { return candidate.name == name; });
  if (policy == spec->policies.end()) return refuse("the group has no such policy");
  const std::string_view metric = std::string_view(wanted.policy).substr(cut);
  const std::string* const signal = signal_of(*policy, metric.empty() ? metric : metric.substr(1));
  if (signal == nullptr) {
    return refuse(metric.empty() ? "that policy reads no metric"
                                 : "that policy has no such metric");
  }
  if (wanted.per && *wanted.per <= 0) return refuse("@N wants a number of instances");
  return Feed{spec->id, *signal, wanted.per, spec->lateness};
}

Result<Inputs> read_inputs(const SimulateOptions& options, SimulationTally& tally) {
  Inputs inputs;
  Result<Script> script = read_script(options.events);
  if (!script) return Error{script.error().code, "events: " + script.error().message};
  inputs.lines = std::move(script->lines);
  for (const DeadLetterNote& note : script->refused) {
    tally.dead_letter(note.line, note.reason, note.why);
  }
  for (const MetricFeed& wanted : options.metrics) {
    Result<Feed> feed = find_feed(options.specs, wanted);
    if (!feed) return feed.error();
    const Result<std::vector<SeriesRow>> rows = read_series(wanted.csv);
    if (!rows) {
      return Error{rows.error().code, fmt::format("--metric {}/{}: {}", wanted.group, wanted.policy,
                                                  rows.error().message)};
    }
    for (const SeriesRow& row : *rows) {
      inputs.rows.push_back({row.at, inputs.feeds.size(), row.reading, row.instances});
    }
    inputs.feeds.push_back(std::move(*feed));
  }
  std::stable_sort(inputs.rows.begin(), inputs.rows.end(),
                   [](const FeedRow& a, const FeedRow& b) { return a.at < b.at; });
  return inputs;
}

/// The first and the last moment that an input names. The order of the file does not matter.
std::optional<std::pair<Time, Time>> span_of(const Inputs& inputs) {
  std::optional<std::pair<Time, Time>> span;
  const auto widen = [&span](Time at) {
    if (!span) span = {at, at};
    span->first = std::min(span->first, at);
    span->second = std::max(span->second, at);
  };
  for (const ScriptLine& line : inputs.lines) {
    if (line.at) widen(*line.at);
  }
  if (!inputs.rows.empty()) {
    widen(inputs.rows.front().at);
    widen(inputs.rows.back().at);
  }
  return span;
}

/// The groups, with no word of budgets that nobody keeps here.
std::vector<GroupSpec> sharing(const SimulateOptions& options) {
  std::vector<GroupSpec> specs = options.specs;
  for (GroupSpec& spec : specs) {
    std::erase_if(spec.budgets, [&](const std::string& name) {
      return std::none_of(options.budgets.begin(), options.budgets.end(),
                          [&](const FleetBudget& budget) { return budget.name == name; });
    });
  }
  return specs;
}

Status set_time(const SimulateOptions& options, const Inputs& inputs, WorldOptions& world) {
  const auto span = span_of(inputs);
  if (!span && !(options.start && options.end)) {
    return Error{ErrorCode::invalid,
                 "no input names a time: give events, a metric, or a start and an end"};
  }
  world.start = options.start ? *options.start : span->first;
  world.end = options.end ? *options.end : std::max(world.start, span->second) + afterglow;
  if (world.end < world.start) {
    return Error{ErrorCode::invalid, fmt::format("the end, {}, is before the start, {}",
                                                 time_text(world.end), time_text(world.start))};
  }
  return std::monostate{};
}

/// What the groups name is there, unless the cloud's own settings say what is.
std::vector<std::string> pools_of(const std::vector<GroupSpec>& specs) {
  std::vector<std::string> pools;
  for (const GroupSpec& spec : specs) {
    for (const std::string& pool : spec.balancer.pools) {
      if (std::find(pools.begin(), pools.end(), pool) == pools.end()) pools.push_back(pool);
    }
  }
  return pools;
}

}  // namespace

Result<SimulationSummary> run_simulation(
    const SimulateOptions& options, const std::function<void(const DecisionRecord&)>& decided) {
  SimulationWatch watch;
  watch.decided = decided;
  return run_simulation(options, watch);
}

Result<SimulationSummary> run_simulation(const SimulateOptions& options,
                                         const SimulationWatch& watch) {
  SimulationSummary summary;
  SimulationTally tally(summary, watch);
  Result<Inputs> inputs = read_inputs(options, tally);
  if (!inputs) return inputs.error();
  const Result<SimulatedSettings> cloud = read_simulated_settings(options.cloud_settings);
  if (!cloud) return cloud.error();
  WorldOptions world;
  world.observed_cloud = options.observed_cloud;
  world.budgets = options.budgets;
  world.watches = options.watches;
  world.cloud = *cloud;
  world.cloud.state_file.clear();  // What is simulated here is over when it ends.
  if (world.cloud.pools.empty()) world.cloud.pools = pools_of(options.specs);
  if (options.seed) world.cloud.seed = *options.seed;
  if (const Status timed = set_time(options, *inputs, world); !timed) return timed.error();
  summary.start = world.start;
  summary.end = world.end;
  summary.seed = world.cloud.seed;
  summary.revision = options.revision;
  for (const GroupSpec& spec : options.specs) summary.groups[spec.id.value];
  VirtualWorld run(world, std::move(*inputs), tally);
  if (const Status done = run.run(options.revision, sharing(options)); !done) return done.error();
  return summary;
}

Status simulate(const SimulateOptions& options, const std::function<void(std::string_view)>& line) {
  const Result<SimulationSummary> summary =
      run_simulation(options, [&line](const DecisionRecord& record) { line(record_json(record)); });
  if (!summary) return summary.error();
  line(summary_json(*summary));
  return std::monostate{};
}

}  // namespace settle
