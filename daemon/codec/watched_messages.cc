// What an alarm over many groups keeps of one key.
#include <algorithm>

#include "daemon/codec/messages.h"

namespace settle::codec {
namespace {

constexpr int half = 64;

void put(std::int64_t number, const windows::Pane& from, storage::WindowPane& to) {
  to.set_number(number);
  to.set_count(from.count);
  to.set_sum_high(static_cast<std::int64_t>(from.sum >> half));
  to.set_sum_low(static_cast<std::uint64_t>(from.sum));
  to.set_least(from.least);
  to.set_most(from.most);
  for (const auto& [bucket, count] : from.sketch.counts()) {
    to.add_buckets(bucket);
    to.add_counts(count);
  }
  for (const windows::Id& id : from.ids) {
    to.add_ids(id.high);
    to.add_ids(id.low);
  }
}

windows::Sketch take_sketch(const storage::WindowPane& from, Fault& fault) {
  std::map<std::int32_t, std::uint64_t> counts;
  if (from.buckets_size() != from.counts_size()) fault.note("buckets without their counts");
  for (int at = 0; at < std::min(from.buckets_size(), from.counts_size()); ++at) {
    counts[from.buckets(at)] = from.counts(at);
  }
  return windows::Sketch(std::move(counts));
}

windows::Pane take(const storage::WindowPane& from, Fault& fault) {
  windows::Pane to;
  to.count = from.count();
  to.sum = (static_cast<windows::Wide>(from.sum_high()) << half) | from.sum_low();
  to.least = from.least();
  to.most = from.most();
  to.sketch = take_sketch(from, fault);
  if (from.ids_size() % 2 != 0) fault.note("half an id");
  for (int at = 0; at + 1 < from.ids_size(); at += 2) {
    to.ids.push_back({from.ids(at), from.ids(at + 1)});
  }
  if (!std::is_sorted(to.ids.begin(), to.ids.end())) fault.note("ids without order");
  return to;
}

void put(const std::string& name, const windows::Key& from, storage::WindowKey& to) {
  to.set_name(name);
  for (const auto& [number, pane] : from.panes) put(number, pane, *to.add_panes());
  to.set_heard(stored(from.heard));
  to.set_first(from.first);
  to.set_is_firing(from.is_firing);
}

windows::Key take(const storage::WindowKey& from, Fault& fault) {
  windows::Key to;
  for (const storage::WindowPane& pane : from.panes()) to.panes[pane.number()] = take(pane, fault);
  to.heard = time_at(from.heard());
  to.first = from.first();
  to.is_firing = from.is_firing();
  return to;
}

void put(const windows::Verdict& from, storage::WindowVerdict& to) {
  to.set_key(from.key);
  to.set_end(stored(from.end));
  to.set_state(stored(from.state));
  if (from.value) codec::put(*from.value, *to.mutable_value());
  to.set_is_change(from.is_change);
}

windows::Verdict take(const storage::WindowVerdict& from, Fault& fault) {
  windows::Verdict to;
  to.key = from.key();
  to.end = time_at(from.end());
  to.state = enumerator(from.state(), windows::State::no_data, fault);
  if (from.has_value()) to.value = codec::take(from.value(), fault);
  to.is_change = from.is_change();
  return to;
}

}  // namespace

void put(const windows::Watched& from, storage::Watched& to) {
  to.set_shape(from.shape);
  for (const auto& [name, key] : from.memory.keys) put(name, key, *to.add_keys());
  to.set_clock(stored(from.memory.clock));
  if (from.memory.judged) to.set_judged(*from.memory.judged);
  if (from.untold) put(*from.untold, *to.mutable_untold());
  to.set_untold_at(stored(from.untold_at));
}

windows::Watched take(const storage::Watched& from, Fault& fault) {
  windows::Watched to;
  to.shape = from.shape();
  for (const storage::WindowKey& key : from.keys()) to.memory.keys[key.name()] = take(key, fault);
  to.memory.clock = time_at(from.clock());
  if (from.has_judged()) to.memory.judged = from.judged();
  if (from.has_untold()) to.untold = take(from.untold(), fault);
  to.untold_at = time_at(from.untold_at());
  return to;
}

}  // namespace settle::codec
