// What holds for more than one group: orders of operators, shares of common budgets, and losses.
#include <algorithm>
#include <utility>

#include "daemon/partition/core.h"

namespace settle {
namespace {

constexpr std::string_view scope_of_all = "@all";
constexpr std::string_view scope_of_tenant = "@tenant/";

// What such an order is merged by: nothing is particular about any of them.
const GroupSpec& scope_spec() {
  static const GroupSpec spec;
  return spec;
}

}  // namespace

// A pause of many is one thing to remember, whatever the number of groups, and holds for those that
// come later.
void Partition::Core::take_order(Arrived&& event, Time now) {
  const std::string& scope = event.signal.group.value;
  const bool is_known = scope == scope_of_all || scope.starts_with(scope_of_tenant);
  if (!is_known || !std::holds_alternative<PauseOrder>(event.signal.claim)) {
    refuse(std::move(event), Merge::unknown_group, now);
    return;
  }
  std::uint32_t number = find(event.signal.group);
  if (number == GroupIndex::none) {
    number = take_place();
    slots[number].id = event.signal.group;
    reindex();
  }
  const Merge merged = merge(scope_spec(), slots[number].state, event.signal, now);
  const Ticket ticket = event.ticket;
  if (merged != Merge::merged && merged != Merge::repeated) {
    refuse(std::move(event), merged, now);
    return;
  }
  if (merged == Merge::merged) {
    mark_commit(number, now);
    learn_orders();
    for (std::uint32_t other = 0; other < slots.size(); ++other) {
      if (slots[other].spec == nullptr) continue;
      mark_round(other);
      if (!slots[other].flights.empty()) mark_send(other);
    }
  }
  if (ticket != Ticket{}) await_commit({ticket, merged, number});
}

void Partition::Core::learn_orders() {
  order_for_all.reset();
  orders_by_tenant.clear();
  for (const Slot& slot : slots) {
    const auto& pause = slot.state.memory.pause;
    if (!slot.is_scope() || !pause || !pause->order.paused) continue;
    const PauseOrder& order = pause->order;
    FleetOrder standing{order.mode, slot.id.value.substr(1), order.owner, order.reason,
                        pause->stamp.at};
    if (slot.id.value == scope_of_all) {
      order_for_all = std::move(standing);
    } else {
      orders_by_tenant[slot.id.value.substr(scope_of_tenant.size())] = std::move(standing);
    }
  }
}

const FleetOrder* Partition::Core::standing_for(const Slot& slot) const {
  const FleetOrder* strictest = order_for_all ? &*order_for_all : nullptr;
  if (orders_by_tenant.empty() || !slot.spec || slot.spec->tenant.empty()) return strictest;
  const auto found = orders_by_tenant.find(slot.spec->tenant);
  if (found == orders_by_tenant.end()) return strictest;
  const bool is_stricter = strictest == nullptr || found->second.mode < strictest->mode;
  return is_stricter ? &found->second : strictest;
}

void Partition::Core::use_context_of(const Slot& slot) {
  context.standing.reset();
  context.allowance.reset();
  if (const FleetOrder* standing = standing_for(slot)) context.standing = *standing;
  if (slot.allowance) context.allowance = *slot.allowance;
}

void Partition::Core::on(Allowed&& event, Time /*now*/) {
  const std::uint32_t number = find(event.group);
  if (number == GroupIndex::none || !slots[number].spec) return;
  Slot& slot = slots[number];
  if (slot.allowance && event.allowance.serial <= slot.allowance->serial) return;
  slot.allowance = std::make_unique<Allowance>(std::move(event.allowance));
  mark_round(number);
}

void Partition::Core::on(FleetLost&& event, Time /*now*/) {
  if (std::exchange(context.fleet_loss, event.loss) == event.loss) return;
  for (std::uint32_t number = 0; number < slots.size(); ++number) {
    if (slots[number].spec) mark_round(number);
  }
}

void Partition::Core::tell_use(Slot& slot) {
  if (!limits.tells_use || !slot.last) return;
  GroupUse use = use_of(slot.state, *slot.last);
  if (slot.allowance) use.serial = slot.allowance->serial;
  if (std::exchange(slot.has_told, true) && use == slot.told) return;
  slot.told = use;
  effects.emplace_back(Used{slot.id, use});
}

}  // namespace settle
