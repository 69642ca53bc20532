#include "daemon/partition/partition.h"

#include <algorithm>
#include <utility>

#include "daemon/partition/core.h"

namespace settle {

Partition::Partition(PartitionSeat seat, PartitionLimits limits, std::vector<GroupRecord> inherited,
                     Offsets positions)
    : core_(std::make_unique<Core>(std::move(seat), limits, std::move(inherited),
                                   std::move(positions))) {}
Partition::~Partition() = default;
Partition::Partition(Partition&&) noexcept = default;
Partition& Partition::operator=(Partition&&) noexcept = default;

void Partition::advance(Event&& event, Time now) {
  core_->advance(std::move(event), now);
}

std::vector<Effect> Partition::finish_turn(Time now) {
  return core_->finish_turn(now);
}

std::vector<Ticket> Partition::unanswered() const {
  std::vector<Ticket> tickets;
  const auto add = [&](const std::vector<Waiting>& waiting, const std::vector<LogMark>& marks) {
    for (const Waiting& waiter : waiting) tickets.push_back(waiter.ticket);
    for (const LogMark& mark : marks) {
      if (mark.ticket != Ticket{}) tickets.push_back(mark.ticket);
    }
  };
  add(core_->waiting, core_->marks);
  if (core_->batch) add(core_->batch->waiting, core_->batch->marks);
  return tickets;
}

Partition::Core::Core(PartitionSeat seat_in, PartitionLimits limits_in,
                      std::vector<GroupRecord> inherited, Offsets positions_in)
    : seat(std::move(seat_in)), limits(limits_in), positions(std::move(positions_in)) {
  context.partition = seat.number;
  context.epoch = static_cast<std::uint64_t>(seat.epoch);
  context.cluster = seat.cluster;
  context.engine = seat.engine;
  context.tzdata = seat.tzdata;
  for (GroupRecord& record : inherited) {
    Slot& slot = slots.emplace_back();
    slot.id = std::move(record.group);
    slot.state = std::move(record.state);
    if (record.watched) {
      slot.watched = std::make_unique<WatchedKey>();
      slot.watched->kept = *record.watched;
    }
    // What another owner saw is no proof of what we see.
    slot.state.good_observations = 0;
  }
  reindex();
  learn_orders();
}

void Partition::Core::advance(Event&& event, Time now) {
  if (is_silent) return;
  std::visit([&](auto& happened) { on(std::move(happened), now); }, event);
}

std::vector<Effect> Partition::Core::finish_turn(Time now) {
  if (is_silent) return {};
  note_clock(now);
  if (!is_leaving) {
    wake_due(now);
    run_rounds(now);
    run_sends(now);
  }
  begin_batch(now);
  if (is_leaving) finish_leaving();
  Time next = batch_at();
  if (!is_blocked() && !is_leaving)
    next = rounds_due.empty() ? std::min(next, agenda.earliest()) : now;
  if (next < wake_at) {
    wake_at = next;
    effects.emplace_back(WakeAt{std::max(next, now)});
  }
  return std::exchange(effects, {});
}

std::uint32_t Partition::Core::find(const GroupId& group) const {
  return index.find(group.value, [&](std::uint32_t number) -> const std::string& {
    return slots[number].id.value;
  });
}

void Partition::Core::reindex() {
  index.reset(slots.size());
  for (std::uint32_t number = 0; number < slots.size(); ++number) {
    if (!slots[number].id.value.empty()) index.add(slots[number].id.value, number);
  }
}

void Partition::Core::mark_round(std::uint32_t number) {
  if (std::exchange(slots[number].round_due, true)) return;
  rounds_due.push_back(number);
}

void Partition::Core::mark_commit(std::uint32_t number, Time now) {
  dirty_since = std::min(dirty_since, now);
  if (std::exchange(slots[number].commit_due, true)) return;
  commits_due.push_back(number);
}

void Partition::Core::mark_send(std::uint32_t number) {
  if (std::exchange(slots[number].send_due, true)) return;
  sends_due.push_back(number);
}

void Partition::Core::reschedule(std::uint32_t number) {
  const Slot& slot = slots[number];
  agenda.set(number, std::min({slot.revisit_at, slot.look_at, slot.send_at}));
}

Duration backoff(unsigned failures, Duration first, Duration most, std::uint64_t salt) {
  Duration delay = first;
  for (unsigned n = 0; n < failures && delay < most; ++n) delay *= 2;
  delay = std::min(delay, most);
  const auto half = static_cast<std::uint64_t>(delay.count() / 2);
  return delay - Duration{static_cast<Duration::rep>(half == 0 ? 0 : salt % half)};
}

}  // namespace settle
