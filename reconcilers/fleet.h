// What groups share: instances, launches and money of a cloud or a tenant. Turns what each group
// uses and wants into how much of it is its own, so that no round needs to know of other groups.
//
// Two groups that grow at the same moment cannot spend the same remainder twice: a group may only
// use what it was given, and what is given counts as used until the group has said that it knows
// of less. It knows no clock and no file: who begins anew hears every group before it gives
// anything to anybody.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "reconcilers/converge.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

/// One limit over many groups; of several that apply to a group, the tightest holds.
struct FleetBudget {
  std::string name;
  std::string cloud;                       // Of which groups; empty: of any.
  std::string tenant;                      // The same.
  std::optional<Capacity> instances;       // That may exist at one time.
  std::optional<Capacity> launches_a_day;  // Within 24 hours.
  std::optional<Decimal> spend;            // An hour, by the groups' own prices.
  std::string unit;                        // Of spend: "EUR/h".
  friend bool operator==(const FleetBudget&, const FleetBudget&) = default;
};

[[nodiscard]] bool applies(const FleetBudget& budget, const GroupSpec& spec);

/// What a group uses and wants, as its last round left it.
struct GroupUse {
  std::uint64_t serial = 0;  // Of the newest allowance that it knew.
  Capacity holds = 0;        // All that may exist.
  Capacity launched = 0;     // Within a day.
  Capacity wants = 0;        // More instances than it has.
  Capacity urgent = 0;       // Of these, how many to come up to min.
  Capacity lost = 0;         // Within ten minutes, and nobody asked for it.
  friend bool operator==(const GroupUse&, const GroupUse&) = default;
};
[[nodiscard]] GroupUse use_of(const GroupState& state, const DecisionRecord& record);

class FleetLedger {
 public:
  struct News {
    std::vector<std::pair<GroupId, Allowance>> allowances;  // Those that have changed.
    std::optional<FleetLoss> loss;                          // If that has changed, for everybody.
  };

  /// Forgets who is gone; what is known of the others stands, under whatever budgets there are now.
  [[nodiscard]] News configure(std::vector<FleetBudget> budgets,
                               const std::vector<std::shared_ptr<const GroupSpec>>& specs);
  /// A group's use has changed. Costs time proportional to what it changes for others.
  [[nodiscard]] News hear(const GroupId& group, const GroupUse& use);

 private:
  struct Grant {
    std::uint64_t serial = 0;
    Capacity instances = 0;
    Capacity launches = 0;
  };
  struct Member {
    GroupId id;
    std::vector<std::size_t> budgets;
    int priority = 0;
    Decimal price;
    bool is_heard = false;
    GroupUse use;
    std::vector<Grant> grants;  // Not yet known to be superseded; the last is in force.
    std::optional<bool> told;   // Whether the last allowance that it was told of was short.
    Capacity instances = 0;     // Counted for it in each of its budgets; so are the launches.
    Capacity launches = 0;
  };
  /// Who goes first: to come up to min, then by priority, then by name.
  using Rank = std::tuple<bool, int, GroupId>;
  struct Purse {
    FleetBudget budget;
    std::size_t unheard = 0;
    std::int64_t instances = 0;
    std::int64_t launches = 0;
    Decimal spend;
    std::set<Rank> hungry;
    std::set<std::pair<Capacity, GroupId>> by_size;
  };

  [[nodiscard]] static Rank rank_of(const Member& member);
  void count(Member& member);
  [[nodiscard]] bool is_open(const Member& member) const;
  [[nodiscard]] Capacity room_of(const Purse& purse, const Member& member, bool of_launches) const;
  void settle(Member& member, News& news);
  void feed(const std::vector<std::size_t>& purses, News& news);
  [[nodiscard]] FleetShare share_of(const Member& member, Capacity most, bool of_launches) const;
  void weigh_losses(const Member& member, const GroupUse& before, News& news);

  std::vector<Purse> purses_;
  std::map<GroupId, Member> members_;
  std::uint64_t serial_ = 0;
  std::int64_t size_ = 0;  // Of all groups.
  std::int64_t lost_ = 0;
  std::int64_t losers_ = 0;
  FleetLoss loss_;
};

}  // namespace settle
