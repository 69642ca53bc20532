// Counts what a simulation did, for its summary.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/partition/event.h"
#include "daemon/simulation/simulate.h"

namespace settle {

class SimulationTally {
 public:
  using Decided = std::function<void(const DecisionRecord&)>;
  SimulationTally(SimulationSummary& summary, const Decided& decided)
      : summary_(summary), decided_(decided) {}

  void decide(const DecisionRecord& record);
  void act(const ActionEntry& action);
  /// How the group stands: called whenever somebody looks, so often enough.
  void stand(const GroupId& group, Time now, Capacity ready, Capacity existing);
  void dead_letter(std::size_t line, std::string_view reason, std::string_view why);
  void view(const GroupView& view);

  SimulationSummary& summary() { return summary_; }

 private:
  struct Course {
    Capacity need = 0;
    int direction = 0;  // Of the last change.
    Time stood_at;
    bool is_short = false;
    bool has_stood = false;
  };

  SimulationSummary& summary_;
  const Decided& decided_;
  std::unordered_map<std::string, Course> courses_;
};

}  // namespace settle
