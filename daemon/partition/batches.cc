// Commits and journal writes: one batch of both under way at a time. What happens meanwhile waits
// for the next, so the slower the disk, the larger the batch.
#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/partition/core.h"

namespace settle {
namespace {

constexpr Duration retry_first{100};
constexpr Duration retry_most{10'000};

template <typename T>
void put_back(std::vector<T>& kept, std::vector<T>& later) {
  kept.insert(kept.end(), std::make_move_iterator(later.begin()),
              std::make_move_iterator(later.end()));
  later = std::move(kept);
}

void count_failure(std::uint8_t& failures) {
  if (failures < 30) ++failures;
}

}  // namespace

Time Partition::Core::commit_at() const {
  if (commits_due.empty() && forgotten.empty() && marks.empty()) return never;
  return std::max(commit_after, is_urgent ? clock : dirty_since + limits.commit_idle);
}

Time Partition::Core::journal_at() const {
  if (entries.empty() && actions.empty()) return never;
  const bool at_once = is_urgent || context.journal_failed || dirty_since == never;
  return std::max(journal_after, at_once ? clock : dirty_since + limits.commit_idle);
}

Time Partition::Core::batch_at() const {
  return batch ? never : std::min(commit_at(), journal_at());
}

void Partition::Core::begin_batch(Time now) {
  if (batch_at() > now) return;
  batch.emplace();
  batch->number = next_batch++;
  dirty_since = never;
  if (now >= commit_after) {
    fill_commit();
    is_urgent = !commits_due.empty() || !marks.empty();
  }
  if (now >= journal_after) fill_journal();
  if (!commits_due.empty() || !marks.empty() || !entries.empty()) dirty_since = now;
  close_batch();
}

void Partition::Core::fill_commit() {
  Commit commit{seat.epoch, batch->number, {}, std::exchange(forgotten, {})};
  const std::size_t count = std::min(commits_due.size(), limits.commit_groups_max);
  for (std::size_t at = 0; at < count; ++at) {
    const std::uint32_t number = commits_due[at];
    Slot& slot = slots[number];
    if (!std::exchange(slot.commit_due, false)) continue;
    slot.in_batch = batch->number;
    batch->slots.push_back(number);
    commit.dirty.push_back({slot.id, slot.state});
    if (!slot.watched) continue;
    const windows::Watched& kept = slot.watched->kept;
    commit.dirty.back().watched = std::make_shared<const windows::Watched>(kept);
    slot.watched->filed = kept.untold ? std::optional(kept.untold->end) : std::nullopt;
  }
  commits_due.erase(commits_due.begin(), commits_due.begin() + static_cast<std::ptrdiff_t>(count));
  take_marks(count, commit);
  if (commit.dirty.empty() && commit.forgotten.empty() && commit.offsets.empty()) return;
  // Whoever waits for a group that did not fit waits on.
  const auto stays = [&](const Waiting& waiter) { return slots[waiter.slot].commit_due; };
  const auto middle = std::stable_partition(waiting.begin(), waiting.end(), stays);
  batch->waiting.assign(middle, waiting.end());
  waiting.erase(middle, waiting.end());
  batch->forgotten = commit.forgotten;
  batch->commit_open = true;
  effects.emplace_back(std::move(commit));
}

void Partition::Core::fill_journal() {
  if (entries.empty() && actions.empty()) return;
  batch->entries = std::exchange(entries, {});
  batch->actions = std::exchange(actions, {});
  batch->inherited_slots = std::exchange(inherited_slots, {});
  // Copies, since what could not be written is written again.
  Journal journal{batch->number, {}, batch->actions};
  journal.decisions.reserve(batch->entries.size());
  for (const Unjournaled& waiter : batch->entries) journal.decisions.push_back(waiter.entry);
  batch->journal_open = true;
  effects.emplace_back(std::move(journal));
}

void Partition::Core::on(Committed&& event, Time now) {
  if (!batch || !batch->commit_open || batch->number != event.batch) return;
  batch->commit_open = false;
  switch (event.result) {
    case Stored::stored:
      keep_commit();
      break;
    case Stored::unavailable:
      retry_commit(now);
      break;
    case Stored::fenced:
      // Another owner is at work. Whatever we would say or do from here on is wrong.
      is_silent = true;
      batch.reset();
      effects.clear();
      return;
  }
  close_batch();
}

void Partition::Core::keep_commit() {
  commit_failures = 0;
  for (const std::uint32_t number : batch->slots) {
    for (Flight& flight : slots[number].flights) {
      flight.stored = flight.stored || flight.born <= batch->number;
    }
    if (!slots[number].flights.empty()) mark_send(number);
    if (slots[number].watched) keep_verdict(number);
  }
  for (const Waiting& waiter : batch->waiting) {
    effects.emplace_back(Answered{waiter.ticket, waiter.merge});
  }
  batch->waiting.clear();
  keep_marks();
}

void Partition::Core::retry_commit(Time now) {
  commit_after = now + backoff(commit_failures, retry_first, retry_most, batch->number);
  count_failure(commit_failures);
  is_urgent = true;
  dirty_since = std::min(dirty_since, now);
  for (const std::uint32_t number : batch->slots) {
    if (slots[number].spec || slots[number].is_scope()) mark_commit(number, now);
  }
  for (GroupId& id : batch->forgotten) {
    if (find(id) == GroupIndex::none) forgotten.push_back(std::move(id));
  }
  put_back(batch->waiting, waiting);
  put_back_marks();
}

void Partition::Core::on(Journaled&& event, Time now) {
  if (!batch || !batch->journal_open || batch->number != event.batch) return;
  batch->journal_open = false;
  if (event.is_durable) {
    keep_journal();
  } else {
    retry_journal(now);
  }
  close_batch();
}

void Partition::Core::keep_journal() {
  journal_failures = 0;
  const auto keep = [&](std::uint32_t number) {
    for (Flight& flight : slots[number].flights) {
      flight.durable = flight.durable || flight.born <= batch->number;
    }
    if (!slots[number].flights.empty()) mark_send(number);
  };
  for (const Unjournaled& waiter : batch->entries) keep(waiter.slot);
  for (const std::uint32_t number : batch->inherited_slots) keep(number);
  if (!std::exchange(context.journal_failed, false)) return;
  for (const std::uint32_t number : std::exchange(without_journal, {})) {
    slots[number].decided_without_journal = false;
    mark_round(number);
    if (!slots[number].flights.empty()) mark_send(number);
  }
}

void Partition::Core::retry_journal(Time now) {
  context.journal_failed = true;
  journal_after = now + backoff(journal_failures, retry_first, retry_most, batch->number);
  count_failure(journal_failures);
  put_back(batch->entries, entries);
  put_back(batch->actions, actions);
  put_back(batch->inherited_slots, inherited_slots);
}

void Partition::Core::close_batch() {
  if (batch && !batch->commit_open && !batch->journal_open) batch.reset();
}

}  // namespace settle
