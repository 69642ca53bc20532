// Configuration, observations and time in; rounds run. One round a group a turn, however many
// events the turn brought it.
#include <algorithm>
#include <utility>

#include "daemon/partition/core.h"
#include "reconcilers/evidence.h"

namespace settle {
namespace {

// A round may want to look again at once; the cloud is not asked more often than this, and less
// and less often while nothing changes.
constexpr Duration eager_look_gap{1'000};
// A round that asks to be repeated at once is an error of the engine; it must not become a spin.
constexpr Duration revisit_gap{100};
// The clock has gone back when it shows this much less than before.
constexpr Duration clock_step{1'000};

const std::shared_ptr<const Observation>& nothing_seen() {
  static const auto nothing = std::make_shared<const Observation>();
  return nothing;
}

// Whether the round left something that a successor could not find out by itself. What it can:
// when we last looked, how far time-driven bookkeeping has come, how often a refusal repeated.
bool differs(GroupState& before, const GroupState& after) {
  const auto observed_at = std::exchange(before.observed_at, after.observed_at);
  const auto good = std::exchange(before.good_observations, after.good_observations);
  const auto repeats = std::exchange(before.refusal_repeats, after.refusal_repeats);
  const auto folded_to = std::exchange(before.memory.folded_to, after.memory.folded_to);
  const auto scheduled_to = std::exchange(before.memory.scheduled_to, after.memory.scheduled_to);
  const bool is_different = !(before == after);
  before.observed_at = observed_at;
  before.good_observations = good;
  before.refusal_repeats = repeats;
  before.memory.folded_to = folded_to;
  before.memory.scheduled_to = scheduled_to;
  return is_different;
}

// An observation from a time that has not come yet would be newer than all that we can make: the
// clock has gone back, here or between two owners. It is forgotten, and we look twice again.
void doubt_the_future(GroupState& state, Time now) {
  if (state.observed_at <= now) return;
  state.observed_at = {};
  state.good_observations = 0;
}

}  // namespace

void Partition::Core::on(Reconfigured&& event, Time now) {
  const bool is_first = ++reconfigurations == 1;
  const bool is_other_authority = context.authority != event.authority;
  context.revision = std::move(event.revision);
  context.authority = event.authority;
  for (SpecPointer& spec : event.specs) {
    std::uint32_t number = find(spec->id);
    if (number == GroupIndex::none) {
      number = take_place();
      slots[number].id = spec->id;
      // A group that was here before and was forgotten must not use its old tokens again.
      slots[number].state.generation = static_cast<std::uint64_t>(now.time_since_epoch().count());
      // It was forgotten and is back before the store knew: what is there must be replaced.
      if (std::erase(forgotten, spec->id) > 0) mark_commit(number, now);
    }
    Slot& slot = slots[number];
    const bool is_news = is_other_authority || !slot.spec || !(*slot.spec == *spec);
    slot.spec = std::move(spec);
    slot.configured_by = reconfigurations;
    if (is_first) {
      doubt_the_future(slot.state, now);
      inherit(number, now);
    }
    if (!is_news) continue;
    mark_round(number);
    slot.look_at = std::min(slot.look_at, slot.is_looking ? never : now);
    reschedule(number);
  }
  for (std::uint32_t number = 0; number < slots.size(); ++number) {
    const Slot& slot = slots[number];
    const bool is_group = !slot.id.value.empty() && !slot.is_scope();
    if (is_group && slot.configured_by != reconfigurations) forget(number);
  }
  learn_watches(std::move(event.watches), now);
  if (!forgotten.empty()) dirty_since = std::min(dirty_since, now);
  reindex();
}

std::uint32_t Partition::Core::take_place() {
  if (!free_slots.empty()) {
    const std::uint32_t number = free_slots.back();
    free_slots.pop_back();
    return number;
  }
  slots.emplace_back();
  return static_cast<std::uint32_t>(slots.size() - 1);
}

// Forgotten, never terminated: its instances stay as they are.
void Partition::Core::forget(std::uint32_t number) {
  agenda.set(number, never);
  const auto is_told = [&](const Waiting& waiter) {
    if (waiter.slot != number) return false;
    effects.emplace_back(Answered{waiter.ticket, Merge::unknown_group});
    return true;
  };
  std::erase_if(waiting, is_told);
  // The commit under way may fail, and nobody would commit it again.
  if (batch) std::erase_if(batch->waiting, is_told);
  forgotten.push_back(std::move(slots[number].id));
  slots[number] = Slot{};
  free_slots.push_back(number);
}

// A successor journals what it inherits before it sends it again.
void Partition::Core::inherit(std::uint32_t number, Time now) {
  Slot& slot = slots[number];
  align_flights(slot);
  if (slot.flights.empty()) return;
  for (const Intent& intent : slot.state.intents) {
    note_action(slot, intent, "inherited", Reason::inherited_intent, now);
  }
  inherited_slots.push_back(number);
  mark_commit(number, now);
  is_urgent = true;
}

void Partition::Core::on(Observed&& event, Time now) {
  const std::uint32_t number = find(event.group);
  if (number == GroupIndex::none || !slots[number].is_looking) return;
  Slot& slot = slots[number];
  slot.is_looking = false;
  slot.look_at = now + slot.spec->observe_every;
  if (event.observation) {
    // Replies may overtake each other: what was seen later stands, unless the clock has gone back
    // since and what was seen before it did seems the later.
    if (!slot.seen || slot.seen->at <= event.observation->at || slot.seen->at > now) {
      slot.seen = std::make_shared<const Observation>(std::move(*event.observation));
    }
    mark_round(number);
  }
  if (std::exchange(slot.look_again, false)) look_soon(slot, now);
  reschedule(number);
}

void Partition::Core::on(TimeReached&& /*event*/, Time /*now*/) {
  wake_at = never;
}

void Partition::Core::note_clock(Time now) {
  if (now + clock_step < clock) {
    // What was due within the lost time would wait for it to pass again. Looking at everything
    // once is the one thing that is right whatever the clock shows.
    for (std::uint32_t number = 0; number < slots.size(); ++number) {
      Slot& slot = slots[number];
      if (!slot.spec) continue;
      if (slot.look_at != never) slot.look_at = now;
      if (slot.send_at != never) slot.send_at = now;
      slot.looked_at = std::min(slot.looked_at, now);
      doubt_the_future(slot.state, now);
      mark_round(number);
      reschedule(number);
    }
    dirty_since = std::min(dirty_since, dirty_since == never ? never : now);
    commit_after = std::min(commit_after, now);
    journal_after = std::min(journal_after, now);
    wake_at = never;
  }
  clock = now;
}

void Partition::Core::wake_due(Time now) {
  // What a slot asks for here is later than now, so that each is taken once.
  for (std::size_t taken = 0; taken < limits.turn_rounds_max; ++taken) {
    if (rounds_due.size() >= limits.turn_rounds_max) return;
    const std::optional<std::uint32_t> number = agenda.take_due(now);
    if (!number) return;
    Slot& slot = slots[*number];
    if (slot.revisit_at <= now) {
      slot.revisit_at = never;
      mark_round(*number);
    }
    if (slot.send_at <= now) {
      slot.send_at = never;
      mark_send(*number);
    }
    if (slot.look_at <= now) look(*number, now);
    reschedule(*number);
  }
}

void Partition::Core::look(std::uint32_t number, Time now) {
  Slot& slot = slots[number];
  if (slot.is_looking) {
    slot.look_again = true;
    return;
  }
  slot.is_looking = true;
  slot.look_at = never;
  slot.looked_at = now;
  reschedule(number);
  effects.emplace_back(Observe{slot.id, slot.spec->cloud, unaccounted_for(slot.state, now)});
}

void Partition::Core::look_soon(Slot& slot, Time now) {
  if (slot.is_looking) {
    slot.look_again = true;
    return;
  }
  const Duration every = slot.spec->observe_every;
  Duration gap = std::min(eager_look_gap, every);
  for (unsigned n = 2; n < slot.eager_looks && gap < every; ++n) gap *= 2;
  if (slot.eager_looks < 30) ++slot.eager_looks;
  const Time at = std::max(now, slot.looked_at + std::min(gap, every));
  slot.look_at = std::min(slot.look_at, at);
}

void Partition::Core::run_rounds(Time now) {
  for (std::size_t ran = 0; ran < limits.turn_rounds_max && !rounds_due.empty(); ++ran) {
    // No round without a record, and no records without bound.
    if (is_blocked()) return;
    const std::uint32_t number = rounds_due.front();
    rounds_due.pop_front();
    Slot& slot = slots[number];
    if (!std::exchange(slot.round_due, false)) continue;
    if (slot.watched) judge(number, now);
    if (slot.spec) run_round(number, now);
  }
}

void Partition::Core::run_round(std::uint32_t number, Time now) {
  Slot& slot = slots[number];
  before = slot.state;
  const auto& seen = slot.seen ? slot.seen : nothing_seen();
  use_context_of(slot);
  Round round = converge(*slot.spec, slot.state, *seen, now, context);
  const bool is_changed = differs(before, slot.state);
  align_flights(slot);
  if (!round.opened.empty()) is_urgent = true;
  if (is_changed) {
    mark_commit(number, now);
    slot.eager_looks = 0;
  }
  if (context.journal_failed && !std::exchange(slot.decided_without_journal, true)) {
    without_journal.push_back(number);
  }
  slot.revisit_at = round.revisit_at ? std::max(*round.revisit_at, now + revisit_gap) : never;
  if (round.wants_observation) look_soon(slot, now);
  slot.last = std::make_shared<const DecisionRecord>(std::move(round.record));
  if (round.is_notable) {
    slot.noted = slot.last;
    entries.push_back(
        {number,
         {*slot.last, std::make_shared<const GroupState>(std::move(before)), seen, context}});
    dirty_since = std::min(dirty_since, now);
  }
  if (!slot.flights.empty()) mark_send(number);
  tell_use(slot);
  reschedule(number);
}

// The evidence came before the answer: the answer is still journaled when it comes.
void Partition::Core::orphan_flights(const Slot& slot, std::size_t from, std::size_t until) {
  for (std::size_t at = from; at < until; ++at) {
    const Flight& flight = slot.flights[at];
    if (flight.in_flight) orphans.push_back({slot.id, flight.token, flight.op});
  }
}

// Intents keep the order of their opening, so one pass joins the two; an intent that has ended
// takes its flight along.
void Partition::Core::align_flights(Slot& slot) {
  if (slot.flights.empty() && slot.state.intents.empty()) return;
  std::vector<Flight> aligned;
  aligned.reserve(slot.state.intents.size());
  std::size_t next = 0;
  for (const Intent& intent : slot.state.intents) {
    std::size_t at = next;
    while (at < slot.flights.size() && slot.flights[at].token != intent.token) ++at;
    if (at < slot.flights.size()) {
      orphan_flights(slot, next, at);
      aligned.push_back(std::move(slot.flights[at]));
      next = at + 1;
    } else {
      Flight& flight = aligned.emplace_back();
      flight.token = intent.token;
      flight.op = op_of(intent.kind);
      flight.born = next_batch;
    }
  }
  orphan_flights(slot, next, slot.flights.size());
  slot.flights = std::move(aligned);
}

}  // namespace settle
