#include "tests/reconcilers/slow_plan.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace settle::slow {
namespace {

int limit_of(const Budget& budget, Capacity desired) {
  const std::int64_t amount = budget.amount.digits();  // Whole, as these tests draw it.
  std::int64_t scale = 1;
  for (int i = 0; i < budget.amount.exponent(); ++i) scale *= 10;
  if (!budget.is_percent) return static_cast<int>(amount * scale);
  const std::int64_t share = desired * amount * scale;
  const std::int64_t whole = share > 0 && share < 100 ? 1 : share / 100;
  return static_cast<int>(std::max<std::int64_t>(whole, budget.at_least));
}

}  // namespace

int Plan::left_of(const Budget& budget, const std::vector<Time>& spent, Capacity desired,
                  Time now) const {
  int left = limit_of(budget, desired);
  for (const Time at : spent) {
    if (at + budget.per > now) --left;
  }
  return std::max(left, 0);
}

bool Plan::goes_before(const Instance& a, const Instance& b) const {
  const bool a_is_old = a.launch_hash != spec_.launch_hash;
  const bool b_is_old = b.launch_hash != spec_.launch_hash;
  if (spec_.victims == VictimOrder::oldest_launch && a_is_old != b_is_old) return a_is_old;
  if (spec_.victims == VictimOrder::newest) {
    return a.created != b.created ? a.created > b.created : a.id < b.id;
  }
  return std::tie(a.created, a.id) < std::tie(b.created, b.id);
}

Plan::Steps Plan::steps(const std::vector<Instance>& listing, Capacity desired, const Range& limits,
                        int coming, Time now) {
  std::vector<Instance> stay;
  for (const Instance& instance : listing) {
    if (instance.state != "DELETED") stay.push_back(instance);
  }
  const auto serving = [&stay] {
    return std::count_if(stay.begin(), stay.end(),
                         [](const Instance& i) { return i.state == "ACTIVE"; });
  };
  Steps steps;
  const int there = static_cast<int>(stay.size()) + coming;
  const int room = std::max(limits.max - there, 0);
  const int budget = left_of(spec_.guards.launches, launched_, desired, now);
  steps.launches = std::max(0, std::min({desired - there, room, budget}));
  launched_.insert(launched_.end(), static_cast<std::size_t>(steps.launches), now);

  int disrupted = 0;
  while (static_cast<int>(stay.size()) > desired) {
    // First those still building, then from the fullest zone, then by the group's order.
    std::map<std::string, int> zones;
    for (const Instance& i : stay) {
      if (i.state == "ACTIVE") ++zones[i.zone];
    }
    const Instance* victim = nullptr;
    const auto rank = [&zones](const Instance& i) {
      return i.state == "ACTIVE" ? zones[i.zone] : 1'000'000;
    };
    for (const Instance& i : stay) {
      if (i.is_protected) continue;
      const bool is_first = victim == nullptr || rank(i) > rank(*victim) ||
                            (rank(i) == rank(*victim) && goes_before(i, *victim));
      if (is_first) victim = &i;
    }
    if (victim == nullptr) break;
    const bool serves = victim->state == "ACTIVE";
    if (serves && serving() <= limits.min) break;
    if (serves && disrupted >= limit_of(spec_.guards.disruption, desired)) break;
    if (left_of(spec_.guards.terminations, ended_, desired, now) == 0) break;
    ended_.push_back(now);
    ++disrupted;
    steps.leave.push_back(victim->id.value);
    const InstanceId gone = victim->id;
    std::erase_if(stay, [&gone](const Instance& i) { return i.id == gone; });
  }
  std::sort(steps.leave.begin(), steps.leave.end());
  return steps;
}

}  // namespace settle::slow
