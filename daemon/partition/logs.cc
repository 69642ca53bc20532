// Parts of logs in. A log's position goes into the very commit that makes durable what its entries
// changed, so that a successor reads on from there and no entry counts twice or never.
#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "daemon/partition/core.h"

namespace settle {
namespace {

// More parts than this wait for a commit that does not come.
constexpr std::size_t marks_max = 1'024;

}  // namespace

void Partition::Core::on(LogPart&& event, Time now) {
  // A log keeps what is not taken, so it can wait: it has the room that metrics have.
  const bool has_room = marks.size() < marks_max && has_room_for(SampleClaim{});
  const auto held_up = stuck.find(event.log);
  const bool overtakes = held_up != stuck.end() && event.begin() > held_up->second;
  if (reconfigurations == 0 || is_leaving || !has_room || overtakes) {
    const auto first = stuck.try_emplace(event.log, event.begin()).first;
    first->second = std::min(first->second, event.begin());
    if (event.ticket != Ticket{}) effects.emplace_back(Answered{event.ticket, Merge::full});
    return;
  }
  const auto at = positions.try_emplace(event.log, std::numeric_limits<std::int64_t>::min()).first;
  std::int64_t next = std::max(at->second, event.next);
  bool is_whole = true;
  for (LogPart::Entry& entry : event.entries) {
    if (entry.offset < at->second || take_entry(std::move(entry.signal), now)) continue;
    next = entry.offset;
    is_whole = false;
    break;
  }
  stuck.erase(event.log);
  if (!is_whole) stuck[event.log] = next;
  if (!is_whole && event.ticket != Ticket{}) {
    effects.emplace_back(Answered{std::exchange(event.ticket, {}), Merge::full});
  }
  at->second = next;
  marks.push_back({std::move(event.log), next, commits_due.size(), event.ticket});
  is_urgent = is_urgent || event.ticket != Ticket{};
  dirty_since = std::min(dirty_since, now);
}

bool Partition::Core::take_entry(Signal&& signal, Time now) {
  const std::uint32_t number = find(signal.group);
  // An order for many groups comes from an operator, and never from a log.
  if (number == GroupIndex::none || signal.group.value.starts_with('@')) {
    bury(std::move(signal), Merge::unknown_group, now);
    return true;
  }
  Slot& slot = slots[number];
  const Merge merged = merge_logged(*slot.spec, slot.state, signal, now);
  if (merged == Merge::full) return false;
  if (merged == Merge::merged && is_passing(signal.claim)) {
    look(number, now);
    mark_round(number);
  } else if (merged == Merge::merged || merged == Merge::invalid) {
    mark_round(number);
    mark_commit(number, now);
  }
  bury(std::move(signal), merged, now);
  return true;
}

void Partition::Core::take_marks(std::size_t groups, Commit& commit) {
  const auto goes = [&](const LogMark& mark) { return mark.behind <= groups; };
  const auto middle = std::find_if_not(marks.begin(), marks.end(), goes);
  for (auto mark = marks.begin(); mark != middle; ++mark) {
    commit.offsets.insert_or_assign(mark->log, mark->next);
    batch->marks.push_back(std::move(*mark));
  }
  marks.erase(marks.begin(), middle);
  for (LogMark& mark : marks) mark.behind -= groups;
}

void Partition::Core::keep_marks() {
  for (const LogMark& mark : batch->marks) {
    if (mark.ticket != Ticket{}) effects.emplace_back(Answered{mark.ticket, Merge::merged});
  }
  batch->marks.clear();
}

// The groups of the commit that failed are due again behind all others; so every position waits for
// them, or one of a later part would speak for an earlier one's groups.
void Partition::Core::put_back_marks() {
  batch->marks.insert(batch->marks.end(), std::make_move_iterator(marks.begin()),
                      std::make_move_iterator(marks.end()));
  marks = std::exchange(batch->marks, {});
  for (LogMark& mark : marks) mark.behind = commits_due.size();
}

}  // namespace settle
