// Budgets that groups share, divided among them beforehand: what each may use depends on the
// configuration alone, so that nodes which own different groups keep one budget without a word to
// each other. It knows no node and no partition.
//
//   part = what its min takes, while there is any, the larger priority first
//        + of what is left, as much as its (max - min) is of all groups' together
//
// Rounded down, the remainder one by one in the same order; no part is beyond its group's max. The
// sum of all parts is never more than the budget. Max and min are those of the group itself.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "reconcilers/fleet.h"

namespace settle {

using SpecsOfFleet = std::vector<std::shared_ptr<const GroupSpec>>;

/// For each group that any budget applies to, its parts of them, in their order.
[[nodiscard]] std::map<GroupId, std::vector<FleetBudget>> divided(
    const std::vector<FleetBudget>& budgets, const SpecsOfFleet& specs);

/// FleetLedger's way of telling it, where nothing is lent from one group to another.
class FleetDivision {
 public:
  using News = FleetLedger::News;

  [[nodiscard]] News configure(const std::vector<FleetBudget>& budgets, const SpecsOfFleet& specs);
  /// A group's use has changed. Costs the same however many groups there are.
  [[nodiscard]] News hear(const GroupId& group, const GroupUse& use);

 private:
  FleetLedger losses_;                      // Without budgets: what is lost is looked at together.
  std::map<GroupId, FleetLedger> ledgers_;  // Of each group that has a part, with that alone.
};

}  // namespace settle
