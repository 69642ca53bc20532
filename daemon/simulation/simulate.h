// `settlectl simulate`: the production decision code in virtual time, without a daemon.
//
// It opens no file and reads no clock: texts and times go in, records and a summary come out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "daemon/base/result.h"
#include "daemon/partition/event.h"
#include "reconcilers/fleet.h"

namespace settle {

/// One --metric GROUP/POLICY=FILE.csv[@N].
struct MetricFeed {
  std::string group;
  std::string policy;
  std::string csv;         // The text: timestamp,value and, perhaps, instances.
  std::optional<int> per;  // @N: a per-instance mean recorded with N instances.
};

struct SimulateOptions {
  std::vector<GroupSpec> specs;
  /// That groups share. Of those that a spec names, what is not here is not simulated: one group
  /// alone cannot know what the others use.
  std::vector<FleetBudget> budgets;
  std::vector<windows::Watch> watches{};  // Alarms over many groups.
  std::string revision;
  std::string events;  // JSON lines, in order of arrival.
  std::vector<MetricFeed> metrics;
  std::optional<Time> start;    // Else the first moment that any input names.
  std::optional<Time> end;      // Else the last such moment and 15 minutes more.
  bool observed_cloud = false;  // --cloud observed.
  std::map<std::string, std::string> cloud_settings;  // Of the simulated cloud.
  std::optional<std::uint64_t> seed;                  // Else as the settings have it.
};

/// What became of one group.
struct GroupOutcome {
  std::optional<Capacity> desired;
  std::optional<Capacity> desired_least;  // Over the whole time.
  std::optional<Capacity> desired_most;
  Capacity ready = 0;
  Capacity existing = 0;
  std::string digest;         // Of the group's memory.
  std::size_t decisions = 0;  // Records.
  std::size_t changes = 0;    // Of desired capacity.
  std::size_t reversals = 0;  // Changes in the other direction than the one before.
  Duration instance_time{};   // That its instances existed, all together.
  Duration short_of_need{};   // That fewer were ready than its voices asked for.
  std::map<std::string, std::size_t> withheld;  // Steps, by guard; a repetition is not counted.
  std::map<std::string, std::size_t> actions;   // Answers of the cloud: "launch done", ...
};

struct DeadLetterNote {
  std::size_t line = 0;  // Of the event file; zero for a sample of a metric.
  std::string reason;
  std::string why;  // In words, where there are some.
};

struct SimulationSummary {
  Time start;
  Time end;
  std::uint64_t seed = 0;
  std::string revision;
  std::size_t events = 0;                            // Delivered.
  std::size_t samples = 0;                           // Of metrics, delivered.
  std::size_t pushed_back = 0;                       // Offered again later, since memory was full.
  std::size_t not_reached = 0;                       // Later than the end.
  std::map<std::string, std::size_t> dead_letters;   // By reason.
  std::vector<DeadLetterNote> dead_letter_examples;  // The first few.
  std::map<std::string, GroupOutcome> groups;
};

/// What one may see of a simulation as it runs. Each may be empty.
struct SimulationWatch {
  std::function<void(const DecisionRecord&)> decided;
  std::function<void(const Journal&)> journaled;  // All of it, with what was decided from.
  std::function<void(const ActionEntry&)> acted;  // The cloud has answered, or will never.
  /// How a group stands, whenever somebody looks at the cloud: ready, and existing at all.
  std::function<void(const GroupId&, Time, Capacity ready, Capacity existing)> stood;
  /// What a policy's signal shows from its time on, as the policy is told it.
  std::function<void(const GroupId&, Time, const SampleClaim&)> sampled;
};

[[nodiscard]] Result<SimulationSummary> run_simulation(const SimulateOptions& options,
                                                       const SimulationWatch& watch);

/// Gives each decision record to `decided` as it is made. The same options give the same records.
[[nodiscard]] Result<SimulationSummary> run_simulation(
    const SimulateOptions& options, const std::function<void(const DecisionRecord&)>& decided);

/// {"summary": ...}, one line.
[[nodiscard]] std::string summary_json(const SimulationSummary& summary);

/// Gives each decision record to `line` as it is made, then one {"summary": ...}; both as JSON
/// without a newline. The same options give the same bytes.
[[nodiscard]] Status simulate(const SimulateOptions& options,
                              const std::function<void(std::string_view)>& line);

}  // namespace settle
