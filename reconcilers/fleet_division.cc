#include "reconcilers/fleet_division.h"

#include <algorithm>
#include <utility>

namespace settle {
namespace {

/// What a group is to be given of, whatever is divided.
struct Claimant {
  const GroupSpec* spec = nullptr;
  Capacity least = 0;
  Capacity most = 0;
};

std::vector<Claimant> claimants(const FleetBudget& budget, const SpecsOfFleet& specs) {
  std::vector<Claimant> found;
  for (const auto& spec : specs) {
    if (!applies(budget, *spec)) continue;
    const Capacity least = std::max<Capacity>(spec->limits.min, 0);
    found.push_back({spec.get(), least, std::max(spec->limits.max, least)});
  }
  std::sort(found.begin(), found.end(), [](const Claimant& a, const Claimant& b) {
    if (a.spec->priority != b.spec->priority) return a.spec->priority > b.spec->priority;
    return a.spec->id < b.spec->id;
  });
  return found;
}

std::vector<Capacity> parts_of(Capacity budget, const std::vector<Claimant>& claimants) {
  std::vector<Capacity> parts;
  std::int64_t left = std::max<Capacity>(budget, 0);
  std::int64_t room = 0;  // Of all, above what they begin with.
  for (const Claimant& one : claimants) {
    const auto first = static_cast<Capacity>(std::min<std::int64_t>(one.least, left));
    parts.push_back(first);
    left -= first;
    room += one.most - one.least;
  }
  if (room == 0) return parts;
  const std::int64_t shared = std::min(left, room);
  std::int64_t rest = shared;
  for (std::size_t at = 0; at < parts.size(); ++at) {
    const std::int64_t width = claimants[at].most - claimants[at].least;
    // Below 10^18: both are capacities.
    const std::int64_t share = shared * width / room;
    parts[at] += static_cast<Capacity>(share);
    rest -= share;
  }
  for (std::size_t at = 0; at < parts.size() && rest > 0; ++at) {
    if (parts[at] >= claimants[at].most) continue;
    ++parts[at];
    --rest;
  }
  return parts;
}

Capacity affordable(const Decimal& money, const Decimal& price) {
  if (money.is_negative()) return 0;
  const Capacity most = ceil_scaled(1, money, price);
  return price * Decimal(most) <= money ? most : std::max<Capacity>(most - 1, 0);
}

/// In whole instances of each group: money that buys no further one is nobody's.
std::vector<Decimal> parts_of(const Decimal& budget, const std::vector<Claimant>& claimants) {
  std::vector<Decimal> parts;
  Decimal left = budget;
  Decimal room;
  for (const Claimant& one : claimants) {
    const Decimal price = one.spec->guards.spend.price.value_or(Decimal());
    const Capacity first = price.is_zero() ? 0 : std::min(one.least, affordable(left, price));
    parts.push_back(price * Decimal(first));
    left = left + -parts.back();
    room = room + price * Decimal(one.most - one.least);
  }
  if (room.is_zero() || left.is_negative()) return parts;
  for (std::size_t at = 0; at < parts.size(); ++at) {
    const Claimant& one = claimants[at];
    const Decimal price = one.spec->guards.spend.price.value_or(Decimal());
    if (price.is_zero()) continue;
    const Decimal width = price * Decimal(one.most - one.least);
    const Decimal share = left >= room ? width : quotient(left * width, room);
    parts[at] = parts[at] + price * Decimal(affordable(share, price));
  }
  return parts;
}

}  // namespace

std::map<GroupId, std::vector<FleetBudget>> divided(const std::vector<FleetBudget>& budgets,
                                                    const SpecsOfFleet& specs) {
  std::map<GroupId, std::vector<FleetBudget>> parts;
  for (const FleetBudget& budget : budgets) {
    const std::vector<Claimant> all = claimants(budget, specs);
    std::vector<FleetBudget> of_each(all.size(), budget);
    if (budget.instances) {
      const std::vector<Capacity> each = parts_of(*budget.instances, all);
      for (std::size_t at = 0; at < all.size(); ++at) of_each[at].instances = each[at];
    }
    if (budget.launches_a_day) {
      const std::vector<Capacity> each = parts_of(*budget.launches_a_day, all);
      for (std::size_t at = 0; at < all.size(); ++at) of_each[at].launches_a_day = each[at];
    }
    if (budget.spend) {
      const std::vector<Decimal> each = parts_of(*budget.spend, all);
      for (std::size_t at = 0; at < all.size(); ++at) of_each[at].spend = each[at];
    }
    for (std::size_t at = 0; at < all.size(); ++at) {
      parts[all[at].spec->id].push_back(std::move(of_each[at]));
    }
  }
  return parts;
}

FleetDivision::News FleetDivision::configure(const std::vector<FleetBudget>& budgets,
                                             const SpecsOfFleet& specs) {
  News news = losses_.configure({}, specs);
  std::map<GroupId, std::vector<FleetBudget>> parts = divided(budgets, specs);
  std::map<GroupId, FleetLedger> before = std::exchange(ledgers_, {});
  for (const auto& spec : specs) {
    const auto part = parts.find(spec->id);
    if (part == parts.end()) continue;
    const auto known = before.find(spec->id);
    FleetLedger& ledger = ledgers_[spec->id];
    if (known != before.end()) ledger = std::move(known->second);
    News its = ledger.configure(std::move(part->second), {spec});
    for (auto& told : its.allowances) news.allowances.push_back(std::move(told));
  }
  return news;
}

FleetDivision::News FleetDivision::hear(const GroupId& group, const GroupUse& use) {
  News news = losses_.hear(group, use);
  const auto found = ledgers_.find(group);
  if (found == ledgers_.end()) return news;
  news.allowances = found->second.hear(group, use).allowances;
  return news;
}

}  // namespace settle
