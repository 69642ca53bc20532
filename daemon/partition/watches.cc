// Alarms over many groups: a key's measures in, its windows judged once their time has come, and
// the verdict told after the commit that holds it, until it has been heard.
#define XXH_INLINE_ALL
#include <algorithm>
#include <utility>

#include <xxhash.h>

#include "daemon/partition/core.h"

namespace settle {
namespace {

constexpr Duration tell_again_first{1'000};
constexpr Duration tell_again_most{60'000};
// What has not been heard for so long is said anew, before groups would find it too old.
constexpr Duration say_anew_after{300'000};

windows::Id id_of(const Stamp& stamp) {
  const std::string name = stamp.source + '\n' + stamp.id;
  const XXH128_hash_t hash = XXH3_128bits(name.data(), name.size());
  return {hash.high64, hash.low64};
}

Merge merge_of(windows::Taken taken) {
  switch (taken) {
    case windows::Taken::taken:
      return Merge::merged;
    case windows::Taken::repeated:
      return Merge::repeated;
    case windows::Taken::late:
      return Merge::late_or_repeated;
    case windows::Taken::from_the_future:
      return Merge::from_the_future;
    case windows::Taken::too_large:
      return Merge::invalid;
    case windows::Taken::full:
      return Merge::full;
  }
  return Merge::full;
}

}  // namespace

void Partition::Core::take_measure(Arrived&& event, Time now) {
  const auto place = windows::parse_place(event.signal.group.value);
  const auto entry = place ? watches.find(place->alarm) : watches.end();
  if (entry == watches.end()) return refuse(std::move(event), Merge::unknown_group, now);
  const auto* sample = std::get_if<SampleClaim>(&event.signal.claim);
  if (sample == nullptr || sample->reading.kind != ReadingKind::value) {
    return refuse(std::move(event), Merge::invalid, now);
  }
  const windows::Alarm& alarm = entry->second.watch->alarm;
  std::uint32_t number = find(event.signal.group);
  std::unique_ptr<WatchedKey> fresh;
  if (number == GroupIndex::none) {
    // To wait for room would hold up its source for a day: nobody else's key is forgotten for it.
    if (entry->second.keys >= alarm.keys_max) {
      if (event.ticket != Ticket{}) effects.emplace_back(Answered{event.ticket, Merge::invalid});
      effects.emplace_back(DeadLetter{std::move(event.signal), now, "TooManyKeys"});
      return;
    }
    fresh = std::make_unique<WatchedKey>();
    fresh->watch = entry->second.watch;
    fresh->kept.shape = windows::shape_of(*fresh->watch);
  }
  windows::Memory& memory = fresh ? fresh->kept.memory : slots[number].watched->kept.memory;
  const windows::Measure measure{std::string(place->key), event.signal.stamp.at,
                                 sample->reading.value, id_of(event.signal.stamp)};
  const Merge merged = merge_of(windows::take(alarm, memory, measure, now));
  if (merged != Merge::merged && merged != Merge::repeated) {
    return refuse(std::move(event), merged, now);
  }
  if (fresh) {
    number = add_key(event.signal.group, std::move(fresh));
    ++entry->second.keys;
  }
  if (merged == Merge::merged) mark_commit(number, now);
  slots[number].revisit_at = windows::judge_at(alarm, slots[number].watched->kept.memory);
  reschedule(number);
  if (event.ticket != Ticket{}) await_commit({event.ticket, merged, number});
}

std::uint32_t Partition::Core::add_key(const GroupId& place, std::unique_ptr<WatchedKey> key) {
  const std::uint32_t number = take_place();
  slots[number].id = place;
  slots[number].watched = std::move(key);
  std::erase(forgotten, place);  // Its record is replaced before the store hears of that.
  if (!index.is_full()) {
    index.add(place.value, number);
    return number;
  }
  index.reset(slots.size() * 2);
  for (std::uint32_t other = 0; other < slots.size(); ++other) {
    if (!slots[other].id.value.empty()) index.add(slots[other].id.value, other);
  }
  return number;
}

void Partition::Core::learn_watches(std::vector<WatchPointer>&& named, Time now) {
  watches.clear();
  for (WatchPointer& watch : named) {
    std::string name = watch->name;
    watches[std::move(name)] = {std::move(watch), 0};
  }
  for (std::uint32_t number = 0; number < slots.size(); ++number) {
    if (slots[number].watched) learn_watch(number, now);
  }
}

// A key whose alarm is no longer defined is forgotten. One that was measured in another way begins
// anew, and fires on until its first window has been judged.
void Partition::Core::learn_watch(std::uint32_t number, Time now) {
  Slot& slot = slots[number];
  const auto place = windows::parse_place(slot.id.value);
  const auto entry = place ? watches.find(place->alarm) : watches.end();
  if (entry == watches.end()) return forget_key(number, now);
  WatchedKey& key = *slot.watched;
  const bool is_inherited = key.watch == nullptr;
  key.watch = entry->second.watch;
  ++entry->second.keys;
  std::string shape = windows::shape_of(*key.watch);
  if (key.kept.shape != shape) {
    key.kept.shape = std::move(shape);
    windows::restart(key.watch->alarm, key.kept.memory, now);
    mark_commit(number, now);
  }
  if (is_inherited && key.kept.untold) {
    key.stored = key.kept.untold->end;
    mark_send(number);
  }
  slot.revisit_at = windows::judge_at(key.watch->alarm, key.kept.memory);
  reschedule(number);
}

void Partition::Core::judge(std::uint32_t number, Time now) {
  Slot& slot = slots[number];
  WatchedKey& key = *slot.watched;
  if (!key.watch) return;
  windows::Watched& kept = key.kept;
  const auto first = kept.memory.keys.begin();
  const bool had_measures = first != kept.memory.keys.end() && !first->second.panes.empty();
  // Of several windows at a time the last one says how things are: groups hear no other.
  const windows::Verdict* news = nullptr;
  const auto verdicts = windows::judge(key.watch->alarm, kept.memory, now);
  for (const windows::Verdict& one : verdicts) {
    if (one.is_change || one.state == windows::State::firing) news = &one;
  }
  if (news != nullptr) {
    kept.untold = *news;
    kept.untold_at = now;
    is_urgent = true;
  }
  slot.revisit_at = windows::judge_at(key.watch->alarm, kept.memory);
  reschedule(number);
  if (kept.memory.keys.empty() && !kept.untold) return forget_key(number, now);
  if (news != nullptr || had_measures) mark_commit(number, now);
}

void Partition::Core::keep_verdict(std::uint32_t number) {
  WatchedKey& key = *slots[number].watched;
  if (!key.filed) return;
  if (key.stored != key.filed) key.tellings = 0;
  key.stored = std::exchange(key.filed, std::nullopt);
  mark_send(number);
}

void Partition::Core::tell(std::uint32_t number, Time now) {
  Slot& slot = slots[number];
  WatchedKey& key = *slot.watched;
  // A newer one is told once it is stored as well.
  if (!key.kept.untold || key.stored != key.kept.untold->end) return;
  if (key.kept.untold_at + say_anew_after < now) {
    key.kept.untold_at = now;
    key.stored.reset();
    is_urgent = true;
    return mark_commit(number, now);
  }
  effects.emplace_back(Sounded{slot.id, *key.kept.untold, key.kept.untold_at});
  slot.send_at = now + backoff(key.tellings, tell_again_first, tell_again_most, number);
  if (key.tellings < 30) ++key.tellings;
}

void Partition::Core::on(AlarmTaken&& event, Time now) {
  const std::uint32_t number = find(event.place);
  if (number == GroupIndex::none || !slots[number].watched) return;
  Slot& slot = slots[number];
  windows::Watched& kept = slot.watched->kept;
  if (!kept.untold || kept.untold->end > event.end) return;
  kept.untold.reset();
  slot.send_at = never;
  reschedule(number);
  if (kept.memory.keys.empty()) return forget_key(number, now);
  mark_commit(number, now);
}

void Partition::Core::forget_key(std::uint32_t number, Time now) {
  const auto place = windows::parse_place(slots[number].id.value);
  const auto entry = place ? watches.find(place->alarm) : watches.end();
  if (entry != watches.end() && entry->second.keys > 0) --entry->second.keys;
  forget(number);
  dirty_since = std::min(dirty_since, now);
}

}  // namespace settle
