#include "reconcilers/fleet.h"

#include <algorithm>
#include <limits>

#include "reconcilers/day.h"
#include "reconcilers/evidence.h"

namespace settle {
namespace {

// Of all instances of all groups: lost at once, and by more than one group. One that loses much
// has its own fuse.
constexpr std::int64_t fleet_loss_percent = 10;

Capacity within(std::int64_t number) {
  return static_cast<Capacity>(std::clamp<std::int64_t>(number, 0, capacity_limit));
}

}  // namespace

bool applies(const FleetBudget& budget, const GroupSpec& spec) {
  const bool is_of_cloud = budget.cloud.empty() || budget.cloud == spec.cloud;
  return is_of_cloud && (budget.tenant.empty() || budget.tenant == spec.tenant);
}

GroupUse use_of(const GroupState& state, const DecisionRecord& record) {
  const Tally& tally = record.tally;
  const Capacity coming = tally.ready + tally.building + tally.in_flight;
  GroupUse use;
  use.holds = tally.possible();
  use.launched = launches_within_a_day(state, record.at);
  use.wants = std::max<Capacity>(state.desired.value_or(0) - coming, 0);
  use.urgent = std::clamp<Capacity>(record.limits.min - coming, 0, use.wants);
  for (const Spent& loss : state.losses) use.lost += loss.count;
  if (tally.missing == 0) return use;
  for (const InstanceMemory& memory : state.instances) {
    const bool was_there = memory.missing_since && memory.first_seen != Time{};
    if (was_there && !was_asked_for(state, memory.id)) ++use.lost;
  }
  return use;
}

FleetLedger::News FleetLedger::configure(
    std::vector<FleetBudget> budgets, const std::vector<std::shared_ptr<const GroupSpec>>& specs) {
  News news;
  const std::map<GroupId, Member> before = std::exchange(members_, {});
  purses_.clear();
  size_ = lost_ = losers_ = 0;
  for (FleetBudget& budget : budgets) purses_.push_back({std::move(budget), 0, 0, 0, {}, {}, {}});
  for (const auto& spec : specs) {
    Member member;
    member.id = spec->id;
    if (const auto known = before.find(spec->id); known != before.end()) member = known->second;
    member.priority = spec->priority;
    member.price = spec->guards.spend.price.value_or(Decimal());
    member.budgets.clear();
    for (std::size_t at = 0; at < purses_.size(); ++at) {
      if (applies(purses_[at].budget, *spec)) member.budgets.push_back(at);
    }
    member.instances = member.launches = 0;
    Member& kept = members_[spec->id] = std::move(member);
    for (const std::size_t at : kept.budgets) {
      if (!kept.is_heard) ++purses_[at].unheard;
    }
    if (!kept.is_heard) continue;
    size_ += kept.use.holds;
    lost_ += kept.use.lost;
    if (kept.use.lost > 0) ++losers_;
    count(kept);
  }
  std::vector<Member*> heard;
  for (auto& [id, member] : members_) {
    if (member.is_heard && !member.budgets.empty()) heard.push_back(&member);
  }
  std::sort(heard.begin(), heard.end(),
            [](const Member* a, const Member* b) { return rank_of(*a) < rank_of(*b); });
  for (Member* member : heard) settle(*member, news);
  return news;
}

FleetLedger::Rank FleetLedger::rank_of(const Member& member) {
  return {member.use.urgent == 0, -member.priority, member.id};
}

// Brings what is counted for the member up to date: what it holds, or may come to hold by any
// allowance that it may still act on.
void FleetLedger::count(Member& member) {
  Capacity instances = member.use.holds;
  Capacity launches = member.use.launched;
  for (const Grant& grant : member.grants) {
    instances = std::max(instances, grant.instances);
    launches = std::max(launches, grant.launches);
  }
  for (const std::size_t at : member.budgets) {
    Purse& purse = purses_[at];
    purse.by_size.erase({member.instances, member.id});
    purse.by_size.insert({instances, member.id});
    purse.instances += instances - member.instances;
    purse.launches += launches - member.launches;
    purse.spend = purse.spend + member.price * Decimal(instances - member.instances);
  }
  member.instances = instances;
  member.launches = launches;
}

bool FleetLedger::is_open(const Member& member) const {
  return std::all_of(member.budgets.begin(), member.budgets.end(),
                     [this](std::size_t at) { return purses_[at].unheard == 0; });
}

// How many more the member could be given of one budget.
Capacity FleetLedger::room_of(const Purse& purse, const Member& member, bool of_launches) const {
  const FleetBudget& budget = purse.budget;
  std::int64_t room = capacity_limit;
  if (of_launches) {
    if (budget.launches_a_day) room = *budget.launches_a_day - purse.launches;
    return within(room);
  }
  if (budget.instances) room = std::min(room, *budget.instances - purse.instances);
  if (budget.spend && !member.price.is_zero()) {
    const Decimal left = *budget.spend + -purse.spend;
    // Rounded down, as what is truncated here never gains an instance.
    const Capacity most = left.is_negative() ? 0 : ceil_scaled(1, left, member.price);
    const bool fits = member.price * Decimal(most) <= left;
    room = std::min<std::int64_t>(room, fits ? most : most - 1);
  }
  return within(room);
}

// Gives the member what it wants, as far as there is room in every budget; takes back what it
// neither has nor wants.
void FleetLedger::settle(Member& member, News& news) {
  if (!is_open(member)) return;
  const Capacity holds = member.use.holds;
  const Capacity launched = member.use.launched;
  // What it was given before is counted already, and is its own to begin with.
  const Capacity wanted = within(std::int64_t{holds} + member.use.wants);
  const Capacity wanted_launches = within(std::int64_t{launched} + member.use.wants);
  Capacity room = capacity_limit;
  Capacity launches_room = capacity_limit;
  for (const std::size_t at : member.budgets) {
    room = std::min(room, room_of(purses_[at], member, false));
    launches_room = std::min(launches_room, room_of(purses_[at], member, true));
  }
  const Capacity instances =
      std::max(holds, std::min(wanted, within(std::int64_t{member.instances} + room)));
  const Capacity launches = std::max(
      launched, std::min(wanted_launches, within(std::int64_t{member.launches} + launches_room)));
  const bool is_hungry = instances < wanted || launches < wanted_launches;
  for (const std::size_t at : member.budgets) {
    if (is_hungry) {
      purses_[at].hungry.insert(rank_of(member));
    } else {
      purses_[at].hungry.erase(rank_of(member));
    }
  }
  const bool is_same = !member.grants.empty() && member.grants.back().instances == instances &&
                       member.grants.back().launches == launches;
  if (is_same && member.told == is_hungry) return;
  Allowance allowance;
  allowance.serial = ++serial_;
  allowance.is_short = is_hungry;
  allowance.instances = share_of(member, instances, false);
  allowance.launches = share_of(member, launches, true);
  member.grants.push_back({allowance.serial, instances, launches});
  member.told = is_hungry;
  count(member);
  news.allowances.emplace_back(member.id, std::move(allowance));
}

// The budget that leaves the least room is the one to name.
FleetShare FleetLedger::share_of(const Member& member, Capacity most, bool of_launches) const {
  const Purse* tightest = nullptr;
  Capacity least = std::numeric_limits<Capacity>::max();
  for (const std::size_t at : member.budgets) {
    const Capacity room = room_of(purses_[at], member, of_launches);
    if (room >= least) continue;
    least = room;
    tightest = &purses_[at];
  }
  FleetShare share;
  share.most = most;
  if (tightest == nullptr) return share;
  const FleetBudget& budget = tightest->budget;
  share.budget = budget.name;
  if (!tightest->by_size.empty()) share.by = tightest->by_size.rbegin()->second;
  if (of_launches) {
    share.limit = Decimal(budget.launches_a_day.value_or(capacity_limit));
    share.used = Decimal(tightest->launches);
    share.unit = "launches a day";
    return share;
  }
  const bool is_by_number =
      budget.instances &&
      (!budget.spend || *budget.instances - tightest->instances <= std::int64_t{least});
  share.limit = is_by_number ? Decimal(*budget.instances) : budget.spend.value_or(Decimal());
  share.used = is_by_number ? Decimal(tightest->instances) : tightest->spend;
  share.unit = is_by_number ? "instances" : budget.unit;
  return share;
}

// Somebody gave something back: those that wait for it have their turn, in order.
void FleetLedger::feed(const std::vector<std::size_t>& purses, News& news) {
  for (const std::size_t at : purses) {
    const std::set<Rank> hungry = purses_[at].hungry;
    for (const Rank& rank : hungry) {
      Member& member = members_.at(std::get<GroupId>(rank));
      const bool is_empty =
          room_of(purses_[at], member, false) == 0 || room_of(purses_[at], member, true) == 0;
      if (is_empty) break;
      settle(member, news);
    }
  }
}

void FleetLedger::weigh_losses(const Member& member, const GroupUse& before, News& news) {
  const GroupUse& use = member.use;
  size_ += use.holds - before.holds;
  lost_ += use.lost - before.lost;
  losers_ += (use.lost > 0 ? 1 : 0) - (before.lost > 0 ? 1 : 0);
  const bool is_large = losers_ > 1 && lost_ * 100 > (size_ + lost_) * fleet_loss_percent;
  const FleetLoss now = is_large ? FleetLoss{within(lost_), within(size_ + lost_)} : FleetLoss{};
  // Only its beginning and its end are worth telling everybody.
  if ((now.lost > 0) == (loss_.lost > 0)) return;
  loss_ = now;
  news.loss = now;
}

FleetLedger::News FleetLedger::hear(const GroupId& group, const GroupUse& use) {
  News news;
  const auto found = members_.find(group);
  if (found == members_.end()) return news;
  Member& member = found->second;
  std::vector<std::size_t> opened;
  for (const std::size_t at : member.budgets) {
    purses_[at].hungry.erase(rank_of(member));
    if (!member.is_heard && --purses_[at].unheard == 0) opened.push_back(at);
  }
  const GroupUse before = std::exchange(member.use, use);
  member.is_heard = true;
  if (use.serial == 0) member.told.reset();  // Its owner has just begun, and knows of nothing.
  // Whatever is older than what it knows, it does not act on any more.
  std::erase_if(member.grants, [&use](const Grant& grant) { return grant.serial < use.serial; });
  weigh_losses(member, before, news);
  if (member.budgets.empty()) return news;
  count(member);
  // The last to be heard lets all those that waited have their turn, in order.
  std::vector<Member*> turn{&member};
  if (!opened.empty()) {
    for (auto& [id, other] : members_) {
      const bool waited = other.is_heard && !other.told && !other.budgets.empty();
      if (waited && &other != &member) turn.push_back(&other);
    }
  }
  std::sort(turn.begin(), turn.end(),
            [](const Member* a, const Member* b) { return rank_of(*a) < rank_of(*b); });
  for (Member* next : turn) settle(*next, news);
  feed(member.budgets, news);
  return news;
}

}  // namespace settle
