// Counts what a simulation did, for its summary.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/partition/event.h"
#include "daemon/simulation/simulate.h"

namespace settle {

/// What a decision's voices ask for, before steadiness and limits.
[[nodiscard]] Capacity need_of(const DecisionRecord& record);

class SimulationTally {
 public:
  /// Both must outlive the tally.
  SimulationTally(SimulationSummary& summary, const SimulationWatch& watch)
      : summary_(summary), watch_(watch) {}

  void journal(const Journal& entries);
  /// How the group stands: called whenever somebody looks, so often enough.
  void stand(const GroupId& group, Time now, Capacity ready, Capacity existing);
  void sample(const GroupId& group, Time at, const SampleClaim& claim);
  void dead_letter(std::size_t line, std::string_view reason, std::string_view why);
  void view(const GroupView& view);

  SimulationSummary& summary() { return summary_; }

 private:
  void decide(const DecisionRecord& record);
  void act(const ActionEntry& action);
  struct Course {
    Capacity need = 0;
    int direction = 0;  // Of the last change.
    Time stood_at;
    bool is_short = false;
    bool has_stood = false;
  };

  SimulationSummary& summary_;
  const SimulationWatch& watch_;
  std::unordered_map<std::string, Course> courses_;
};

}  // namespace settle
