// A group of one's own: says what arrives and what the cloud shows, and runs rounds of decisions.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "reconcilers/decide.h"
#include "reconcilers/memory.h"

namespace settle {

inline constexpr Time epoch{Duration{1'795'000'000'000}};
inline constexpr Duration second{1'000};
inline constexpr Duration minute{60'000};

inline Decimal number(const char* text) {
  return Decimal::parse(text).value();
}
inline Adjustment add(std::int64_t amount) {
  return {Adjustment::Kind::change, Decimal(amount), 0};
}
inline Adjustment percent(const char* amount, Capacity least = 0) {
  return {Adjustment::Kind::change_percent, number(amount), least};
}
inline Adjustment set_to(std::int64_t amount) {
  return {Adjustment::Kind::set, Decimal(amount), 0};
}

/// Without a source; `when_missing` and others are for the caller to set.
inline TargetPolicy target(const char* value, bool is_total = false) {
  TargetPolicy policy;
  policy.target = number(value);
  policy.metric.is_total = is_total;
  return policy;
}

/// Adds a quarter while its alarm fires, and for half an hour beyond.
inline AlertPolicy page() {
  AlertPolicy alert;
  alert.adjustment = percent("25");
  alert.release_after = 30 * minute;
  return alert;
}

class GroupWorld {
 public:
  explicit GroupWorld(Capacity desired = 10, Range limits = {0, 1'000}) {
    spec.id = {"web"};
    spec.limits = limits;
    spec.initial = desired;
    state.desired = desired;
    state.good_observations = 2;
    state.memory.scheduled_to = now;
  }

  void policy(std::string name, decltype(Policy::kind) kind, Steadiness steadiness = {}) {
    spec.policies.push_back({std::move(name), std::move(kind), std::move(steadiness)});
    std::sort(spec.policies.begin(), spec.policies.end(),
              [](const Policy& a, const Policy& b) { return a.name < b.name; });
  }

  Merge tell(Claim claim) { return tell_at(now, std::move(claim)); }
  Merge tell_at(Time at, Claim claim) {
    return merge(spec, state, {spec.id, {at, "test", std::to_string(next_id++)}, std::move(claim)},
                 now);
  }
  Merge sample(const std::string& signal, const char* value, const std::string& instance = "") {
    return tell(SampleClaim{signal, {ReadingKind::value, number(value)}, {instance}});
  }

  /// One round; everything desired before it is ready, unless `ready` says otherwise.
  Capacity round() {
    record = {};
    record.tally.ready = ready.value_or(state.desired.value_or(0));
    compact(spec, state, now);
    revisit = decide(spec, state, now, record);
    return state.desired.value_or(-1);
  }
  Capacity after(Duration duration) {
    now += duration;
    return round();
  }

  [[nodiscard]] const Voice& voice(const std::string& name) const {
    const auto found = std::find_if(record.voices.begin(), record.voices.end(),
                                    [&](const Voice& voice) { return voice.name == name; });
    EXPECT_NE(found, record.voices.end()) << "no voice " << name;
    static const Voice none;
    return found == record.voices.end() ? none : *found;
  }
  /// Of the last rung that has a note.
  [[nodiscard]] Reason reason() const {
    return record.rungs.empty() ? Reason::already_at_desired : record.rungs.back().reason;
  }

  GroupSpec spec;
  GroupState state;
  Time now = epoch;
  std::optional<Capacity> ready;
  DecisionRecord record;
  std::optional<Time> revisit;
  int next_id = 0;
};

}  // namespace settle
