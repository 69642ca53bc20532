// Claims in: each is merged, refused with a reason, or pushed back. Nothing here decides.
#include <algorithm>
#include <utility>

#include "daemon/partition/core.h"

namespace settle {
namespace {

std::string_view dead_letter_reason(Merge merge) {
  switch (merge) {
    case Merge::late_or_repeated:
      return "LateOrRepeated";
    case Merge::from_the_future:
      return "FromTheFuture";
    case Merge::invalid:
      return "Invalid";
    case Merge::unknown_policy:
      return "UnknownPolicy";
    case Merge::unknown_group:
      return "UnknownGroup";
    case Merge::merged:
    case Merge::repeated:
    case Merge::full:
      break;
  }
  return {};
}

// Percent of the room that a claim may fill: metrics are shed first, then what fires, then
// operators; health has all of it.
struct Share {
  std::size_t operator()(const SampleClaim&) const { return 70; }
  std::size_t operator()(const AlarmClaim&) const { return 80; }
  std::size_t operator()(const AdjustClaim&) const { return 80; }
  std::size_t operator()(const PauseOrder&) const { return 90; }
  std::size_t operator()(const HoldOrder&) const { return 90; }
  std::size_t operator()(const ConvergeOrder&) const { return 90; }
  std::size_t operator()(const InstanceOrder&) const { return 90; }
  std::size_t operator()(const HealthClaim&) const { return 100; }
  std::size_t operator()(const InstanceHint&) const { return 100; }
  std::size_t operator()(const LifecycleClaim&) const { return 100; }
};

}  // namespace

bool is_passing(const Claim& claim) {
  return std::holds_alternative<ConvergeOrder>(claim) ||
         std::holds_alternative<InstanceHint>(claim);
}

bool Partition::Core::has_room_for(const Claim& claim) const {
  const std::size_t waiters = waiting.size() + (batch ? batch->waiting.size() : 0);
  return waiters * 100 < limits.unanswered_max * std::visit(Share{}, claim);
}

void Partition::Core::refuse(Arrived&& event, Merge merge, Time now) {
  if (event.ticket != Ticket{}) effects.emplace_back(Answered{event.ticket, merge});
  bury(std::move(event.signal), merge, now);
}

void Partition::Core::bury(Signal&& signal, Merge merge, Time now) {
  const std::string_view reason = dead_letter_reason(merge);
  if (reason.empty()) return;
  effects.emplace_back(DeadLetter{std::move(signal), now, std::string(reason)});
}

void Partition::Core::on(Arrived&& event, Time now) {
  // Before the first configuration nobody can say what a claim means; once we leave, the next owner
  // takes it.
  if (reconfigurations == 0 || is_leaving || !has_room_for(event.signal.claim)) {
    refuse(std::move(event), Merge::full, now);
    return;
  }
  if (event.signal.group.value.starts_with('@')) {
    const bool is_measure = windows::parse_place(event.signal.group.value).has_value();
    return is_measure ? take_measure(std::move(event), now) : take_order(std::move(event), now);
  }
  const std::uint32_t number = find(event.signal.group);
  if (number == GroupIndex::none) {
    refuse(std::move(event), Merge::unknown_group, now);
    return;
  }
  Slot& slot = slots[number];
  const Merge merged = merge(*slot.spec, slot.state, event.signal, now);
  const Ticket ticket = event.ticket;
  if (merged == Merge::merged && is_passing(event.signal.claim)) {
    look(number, now);
    mark_round(number);
  } else if (merged == Merge::merged || merged == Merge::invalid) {
    // What is invalid is remembered as such, so its dead letter does not end its wait.
    mark_round(number);
    mark_commit(number, now);
  }
  if (merged == Merge::invalid) {
    event.ticket = Ticket{};
    refuse(std::move(event), merged, now);
  } else if (merged != Merge::merged && merged != Merge::repeated) {
    refuse(std::move(event), merged, now);
    return;
  }
  if (ticket != Ticket{}) await_commit({ticket, merged, number});
}

void Partition::Core::await_commit(const Waiting& waiter) {
  const Slot& slot = slots[waiter.slot];
  if (slot.commit_due) {
    waiting.push_back(waiter);
    is_urgent = true;
  } else if (batch && batch->commit_open && slot.in_batch == batch->number) {
    batch->waiting.push_back(waiter);
  } else {
    effects.emplace_back(Answered{waiter.ticket, waiter.merge});
  }
}

GroupView Partition::Core::view_of(const Slot& slot) const {
  GroupView view{slot.spec, slot.state, slot.seen, {}, {}, {}};
  if (const FleetOrder* standing = standing_for(slot)) view.standing = *standing;
  if (slot.last) view.last = *slot.last;
  if (slot.noted) view.noted = *slot.noted;
  return view;
}

void Partition::Core::on(Asked&& event, Time /*now*/) {
  Shown shown{event.ticket, {}};
  if (event.group) {
    const std::uint32_t number = find(*event.group);
    if (number != GroupIndex::none && slots[number].spec) {
      shown.groups.push_back(view_of(slots[number]));
    }
  } else {
    for (const Slot& slot : slots) {
      if (slot.spec) shown.groups.push_back(view_of(slot));
    }
  }
  effects.emplace_back(std::move(shown));
}

}  // namespace settle
