// A second opinion on rungs 5 and 6, for a fleet in which nothing has failed: how many may be
// launched, and who leaves. One instance at a time, from everything that ever happened.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/observation.h"
#include "reconcilers/spec.h"

namespace settle::slow {

class Plan {
 public:
  explicit Plan(const GroupSpec& spec) : spec_(spec) {}

  struct Steps {
    int launches = 0;
    std::vector<std::string> leave;  // In order of id.
  };
  /// `coming` launches are under way and not in the listing. Every step given is taken to be done.
  Steps steps(const std::vector<Instance>& listing, Capacity desired, const Range& limits,
              int coming, Time now);

 private:
  [[nodiscard]] int left_of(const Budget& budget, const std::vector<Time>& spent, Capacity desired,
                            Time now) const;
  [[nodiscard]] bool goes_before(const Instance& a, const Instance& b) const;

  GroupSpec spec_;
  std::vector<Time> launched_;
  std::vector<Time> ended_;
};

}  // namespace settle::slow
