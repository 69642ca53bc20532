#define XXH_INLINE_ALL
#include "daemon/alarms/alarm_book.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <xxhash.h>

#include "reconcilers/fold.h"

namespace settle {
namespace {

using windows::Over;
using windows::Watch;

constexpr std::string_view tenant_prefix = "tenant:";

/// What one event measures; none if it is not what the alarm is over.
std::optional<Decimal> value_of(const Watch& watch, const Claim& claim) {
  switch (watch.over) {
    case Over::samples: {
      const auto* sample = std::get_if<SampleClaim>(&claim);
      const bool is_meant = sample != nullptr && sample->signal == watch.signal &&
                            sample->reading.kind == ReadingKind::value;
      return is_meant ? std::optional(sample->reading.value) : std::nullopt;
    }
    case Over::adjusts:
      return std::holds_alternative<AdjustClaim>(claim) ? std::optional(Decimal(1)) : std::nullopt;
    case Over::alarms:
      return std::holds_alternative<AlarmClaim>(claim) ? std::optional(Decimal(1)) : std::nullopt;
    case Over::health:
      return std::holds_alternative<HealthClaim>(claim) ? std::optional(Decimal(1)) : std::nullopt;
  }
  return std::nullopt;
}

/// Empty where the event has no such key.
std::string_view key_of(const Watch& watch, const Signal& signal, const GroupSpec& group) {
  if (watch.by == windows::by_group) return group.id.value;
  if (watch.by == windows::by_tenant) return group.tenant;
  if (watch.by == windows::by_nothing) return windows::by_nothing;
  for (const Attribute& attribute : signal.attributes) {
    if (attribute.name == watch.by) return attribute.value;
  }
  return {};
}

/// Two groups, or two instances, may be sent samples under one name; to the alarm they are two.
Stamp stamp_of(const Signal& signal) {
  std::string name = signal.stamp.source;
  const auto* sample = std::get_if<SampleClaim>(&signal.claim);
  for (const std::string& part : {signal.stamp.id, signal.group.value,
                                  sample == nullptr ? std::string() : sample->instance.value}) {
    name += '\n' + part;
  }
  const XXH128_hash_t hash = XXH3_128bits(name.data(), name.size());
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (const std::uint64_t half : {hash.high64, hash.low64}) {
    for (int shift = 60; shift >= 0; shift -= 4) id += digits[(half >> shift) & 15U];
  }
  return {signal.stamp.at, signal.stamp.source, std::move(id)};
}

AlarmState state_of(windows::State state) {
  switch (state) {
    case windows::State::firing:
      return AlarmState::firing;
    case windows::State::ok:
      return AlarmState::resolved;
    case windows::State::no_data:
      break;
  }
  return AlarmState::no_data;
}

void append_two(std::string& text, std::int64_t number) {
  text += static_cast<char>('0' + number / 10);
  text += static_cast<char>('0' + number % 10);
}

/// "2026-11-23 09:04:00Z + 60 s": where it begins, and how long it is.
std::string window_text(Duration length, Time end) {
  const Time begin = end - length;
  const auto day = std::chrono::floor<std::chrono::days>(begin);
  const std::chrono::year_month_day date(day);
  std::string text = std::to_string(static_cast<int>(date.year())) + "-";
  append_two(text, static_cast<unsigned>(date.month()));
  text += '-';
  append_two(text, static_cast<unsigned>(date.day()));
  const std::int64_t seconds = (begin - day).count() / 1'000;
  char before = ' ';
  for (const std::int64_t part : {seconds / 3'600, seconds / 60 % 60, seconds % 60}) {
    text += std::exchange(before, ':');
    append_two(text, part);
  }
  return text + "Z + " + std::to_string(length.count() / 1'000) + " s";
}

/// Whether one of the group's policies follows an alarm of this name.
bool follows(const GroupSpec& spec, const std::string& alarm) {
  return std::any_of(spec.policies.begin(), spec.policies.end(), [&](const Policy& policy) {
    const auto* alert = std::get_if<AlertPolicy>(&policy.kind);
    return alert != nullptr && alarm_name(policy, *alert) == alarm;
  });
}

}  // namespace

AlarmBook::AlarmBook(std::vector<WatchPointer> watches, const std::vector<SpecPointer>& specs)
    : watches_(std::move(watches)) {
  std::sort(watches_.begin(), watches_.end(),
            [](const WatchPointer& a, const WatchPointer& b) { return a->name < b->name; });
  if (watches_.empty()) return;
  for (const SpecPointer& spec : specs) {
    groups_[spec->id.value] = spec;
    if (!spec->tenant.empty()) by_tenant_.emplace(spec->tenant, spec);
  }
}

std::vector<Signal> AlarmBook::measures_of(const Signal& signal) const {
  std::vector<Signal> measures;
  if (watches_.empty()) return measures;
  const auto group = groups_.find(signal.group.value);
  if (group == groups_.end()) return measures;
  for (const WatchPointer& watch : watches_) {
    const std::optional<Decimal> value = value_of(*watch, signal.claim);
    if (!value) continue;
    const std::string_view key = key_of(*watch, signal, *group->second);
    if (key.empty() || key.size() > windows::key_bytes_max) continue;
    measures.push_back({windows::place_of(watch->name, key), stamp_of(signal),
                        SampleClaim{watch->name, {ReadingKind::value, *value}, {}}});
  }
  return measures;
}

void AlarmBook::add_tenant(const std::string& tenant, std::vector<SpecPointer>& hearers) const {
  const auto [begin, end] = by_tenant_.equal_range(tenant);
  for (auto one = begin; one != end; ++one) hearers.push_back(one->second);
}

std::vector<SpecPointer> AlarmBook::hearers_of(const Watch& watch, std::string_view key) const {
  std::vector<SpecPointer> hearers;
  const auto add_group = [&](std::string_view id) {
    const auto found = groups_.find(id);
    if (found != groups_.end()) hearers.push_back(found->second);
  };
  if (watch.alerts.empty() && watch.by == windows::by_group) add_group(key);
  if (watch.alerts.empty() && watch.by == windows::by_tenant) add_tenant(std::string(key), hearers);
  for (const std::string& one : watch.alerts) {
    if (one.starts_with(tenant_prefix)) {
      add_tenant(one.substr(tenant_prefix.size()), hearers);
    } else {
      add_group(one);
    }
  }
  std::sort(hearers.begin(), hearers.end(),
            [](const SpecPointer& a, const SpecPointer& b) { return a->id < b->id; });
  hearers.erase(std::unique(hearers.begin(), hearers.end()), hearers.end());
  return hearers;
}

std::vector<Signal> AlarmBook::soundings_of(const Sounded& sounded) const {
  std::vector<Signal> signals;
  const auto place = windows::parse_place(sounded.place.value);
  if (!place) return signals;
  const auto watch = std::find_if(watches_.begin(), watches_.end(), [&](const WatchPointer& one) {
    return one->name == place->alarm;
  });
  if (watch == watches_.end()) return signals;
  const std::string& name = (*watch)->name;
  const std::string key(place->key);
  const std::string of_key = name + "/" + key;
  const Stamp stamp{sounded.judged_at, "settle/alarms/" + name,
                    key + ", " + window_text((*watch)->alarm.length, sounded.verdict.end)};
  const AlarmState state = state_of(sounded.verdict.state);
  for (const SpecPointer& spec : hearers_of(**watch, place->key)) {
    if (follows(*spec, name)) {
      signals.push_back({spec->id, stamp, AlarmClaim{name, state, sounded.verdict.value, key}});
    }
    if (follows(*spec, of_key)) {
      signals.push_back({spec->id, stamp, AlarmClaim{of_key, state, sounded.verdict.value}});
    }
  }
  return signals;
}

}  // namespace settle
