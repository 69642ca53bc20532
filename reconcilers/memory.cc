#include "reconcilers/memory.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "reconcilers/fold.h"

namespace settle {
namespace {

// Two claims with one stamp are still ordered, by what they say: a join leaves nothing to chance.
auto content(const Reading& reading) {
  return std::tie(reading.kind, reading.value);
}
auto content(const AlarmClaim& claim) {
  return std::tie(claim.state, claim.value, claim.until);
}
auto content(const HealthClaim& claim) {
  return std::tie(claim.status, claim.reason, claim.until);
}
auto content(const PauseOrder& order) {
  return std::tie(order.paused, order.owner, order.reason, order.mode);
}
auto content(const HoldOrder& order) {
  return std::tie(order.lifted, order.number, order.until, order.owner, order.reason);
}
auto content(const LifecycleClaim& claim) {
  return std::tie(claim.proceed);
}
auto content(const InstanceOrder& order) {
  return std::tie(order.verb, order.owner, order.reason);
}
auto content(const Adjustment& adjustment) {
  return std::tie(adjustment.kind, adjustment.amount, adjustment.magnitude_min);
}

auto key(const SampleClaim& claim) {
  return std::tie(claim.signal, claim.instance);
}
auto key(const AlarmClaim& claim) {
  return std::tie(claim.alarm, claim.alert);
}
auto key(const HealthClaim& claim) {
  return std::tie(claim.instance, claim.reporter);
}

auto key(const LifecycleClaim& claim) {
  return std::tie(claim.instance, claim.hook);
}
// Protection and service are two subjects: what is said of one leaves the other as it is.
auto key(const InstanceOrder& order) {
  return std::tuple(std::cref(order.instance), is_about_protection(order.verb));
}

const SampleClaim& claim_of(const RememberedSample& entry) {
  return entry.sample;
}
const AlarmClaim& claim_of(const RememberedAlarm& entry) {
  return entry.alarm;
}
const HealthClaim& claim_of(const RememberedHealth& entry) {
  return entry.report;
}
const LifecycleClaim& claim_of(const RememberedHook& entry) {
  return entry.claim;
}
const InstanceOrder& claim_of(const RememberedInstanceOrder& entry) {
  return entry.order;
}
LifecycleClaim& claim_of(RememberedHook& entry) {
  return entry.claim;
}
InstanceOrder& claim_of(RememberedInstanceOrder& entry) {
  return entry.order;
}
AlarmClaim& claim_of(RememberedAlarm& entry) {
  return entry.alarm;
}

template <typename Claim>
bool supersedes(const Stamp& stamp, const Claim& claim, const Stamp& old_stamp,
                const Claim& old_claim) {
  if (const auto order = stamp <=> old_stamp; order != 0) return order > 0;
  return content(claim) > content(old_claim);
}

template <typename Entry, typename Claim>
auto place_of(std::vector<Entry>& entries, const Claim& claim) {
  return std::lower_bound(
      entries.begin(), entries.end(), claim,
      [](const Entry& entry, const Claim& wanted) { return key(claim_of(entry)) < key(wanted); });
}

template <typename Entry, typename Claim>
bool is_at(const std::vector<Entry>& entries, typename std::vector<Entry>::iterator place,
           const Claim& claim) {
  return place != entries.end() && key(claim_of(*place)) == key(claim);
}

/// The last writer per key, by stamp.
template <typename Entry, typename Claim>
Merge merge_last(std::vector<Entry>& entries, const Stamp& stamp, const Claim& claim) {
  const auto place = place_of(entries, claim);
  if (!is_at(entries, place, claim)) {
    if (entries.size() >= claims_max) return Merge::full;
    entries.insert(place, Entry{stamp, claim});
    return Merge::merged;
  }
  if (!supersedes(stamp, claim, place->stamp, claim_of(*place))) return Merge::repeated;
  place->stamp = stamp;
  claim_of(*place) = claim;
  return Merge::merged;
}

template <typename Order>
Merge merge_last(std::optional<Remembered<Order>>& entry, const Stamp& stamp, const Order& order) {
  if (entry && !supersedes(stamp, order, entry->stamp, entry->order)) return Merge::repeated;
  entry = Remembered<Order>{stamp, order};
  return Merge::merged;
}

/// What fires, before there is a reason to remember it.
struct Spark {
  const Stamp& stamp;
  std::string_view prefix;  // Of the origin; with the name it is the whole of it.
  std::string_view name;
  const Adjustment& adjustment;
};

/// Whether `entry` is as early as `spark`, or of two at one time the first by origin and content.
bool goes_first(const Firing& entry, const Spark& spark) {
  if (entry.stamp.at != spark.stamp.at) return entry.stamp.at < spark.stamp.at;
  const std::string_view origin = entry.origin;
  if (const int order = origin.substr(0, spark.prefix.size()).compare(spark.prefix); order != 0) {
    return order < 0;
  }
  if (const int order = origin.substr(spark.prefix.size()).compare(spark.name); order != 0) {
    return order < 0;
  }
  return content(entry.adjustment) <= content(spark.adjustment);
}

/// Each source and id once. Where they come with two times, the first of the two holds.
Merge merge_firing(Memory& memory, const Spark& spark) {
  const Stamp& stamp = spark.stamp;
  if (stamp.at < memory.folded_to) return Merge::late_or_repeated;
  auto& firings = memory.firings;
  const auto same = std::find_if(firings.begin(), firings.end(), [&](const Firing& other) {
    return other.stamp.id == stamp.id && other.stamp.source == stamp.source;
  });
  if (same != firings.end()) {
    if (goes_first(*same, spark)) return Merge::repeated;
    firings.erase(same);
  }
  if (firings.size() >= firings_max) return Merge::full;
  const auto place = std::upper_bound(
      firings.begin(), firings.end(), stamp,
      [](const Stamp& wanted, const Firing& other) { return wanted < other.stamp; });
  Firing firing{stamp, std::string(spark.prefix), spark.adjustment};
  firing.origin += spark.name;
  firings.insert(place, std::move(firing));
  return Merge::merged;
}

Time minute_of(Time at) {
  return std::chrono::floor<std::chrono::minutes>(at);
}

/// Of each minute the newest unhealthy report: whatever the order in which reports arrive, the
/// first mark after the newest other report is where the unbroken run began.
bool mark_unhealthy(RememberedHealth& entry, Time at) {
  if (entry.last_other && at <= *entry.last_other) return false;
  auto& marks = entry.unhealthy;
  const auto place = std::lower_bound(marks.begin(), marks.end(), minute_of(at));
  if (place == marks.end() || minute_of(*place) != minute_of(at)) {
    marks.insert(place, at);
    return true;
  }
  if (*place >= at) return false;
  *place = at;
  return true;
}

bool mark_other(RememberedHealth& entry, Time at) {
  if (entry.last_other && at <= *entry.last_other) return false;
  entry.last_other = at;
  auto& marks = entry.unhealthy;
  marks.erase(marks.begin(), std::upper_bound(marks.begin(), marks.end(), at));
  return true;
}

Merge merge_health(Memory& memory, const Stamp& stamp, const HealthClaim& claim) {
  auto place = place_of(memory.health, claim);
  bool changed = false;
  if (!is_at(memory.health, place, claim)) {
    if (memory.health.size() >= claims_max) return Merge::full;
    place = memory.health.insert(place, RememberedHealth{stamp, claim, {}, {}, {}});
    changed = true;
  } else if (supersedes(stamp, claim, place->stamp, place->report)) {
    place->stamp = stamp;
    place->report = claim;
    changed = true;
  }
  const bool marked = claim.status == HealthStatus::unhealthy ? mark_unhealthy(*place, stamp.at)
                                                              : mark_other(*place, stamp.at);
  if (!changed && !marked) return Merge::repeated;
  place->unhealthy_since.reset();
  if (place->report.status == HealthStatus::unhealthy) {
    place->unhealthy_since = place->unhealthy.empty() ? place->stamp.at : place->unhealthy.front();
  }
  return Merge::merged;
}

bool may_be(const GroupSpec& spec, const SampleClaim& claim) {
  static const Decimal largest = Decimal::of(1, reading_digits_max);
  const Decimal& value = claim.reading.value;
  if (value >= largest || -value >= largest) return false;
  if (!value.is_negative()) return true;
  bool is_read = false;
  for (const Policy& policy : spec.policies) {
    const Metric* const metric = reader_of(policy, claim.signal);
    if (metric == nullptr) continue;
    if (metric->may_be_negative) return true;
    is_read = true;
  }
  return !is_read;
}

Merge merge_claim(const GroupSpec& spec, Memory& memory, const Stamp& stamp,
                  const SampleClaim& claim) {
  Reading heard = claim.reading;
  if (heard.kind == ReadingKind::value && !may_be(spec, claim)) heard.kind = ReadingKind::invalid;
  if (heard.kind != ReadingKind::value) heard.value = {};
  auto& samples = memory.samples;
  const auto place = place_of(samples, claim);
  if (!is_at(samples, place, claim)) {
    if (samples.size() >= claims_max) return Merge::full;
    samples.insert(place, {stamp, {claim.signal, heard, claim.instance}});
  } else if (supersedes(stamp, heard, place->stamp, place->sample.reading)) {
    place->stamp = stamp;
    place->sample.reading = heard;
  } else {
    return Merge::repeated;
  }
  return heard.kind == ReadingKind::invalid ? Merge::invalid : Merge::merged;
}

Merge merge_claim(const GroupSpec& spec, Memory& memory, const Stamp& stamp,
                  const AdjustClaim& claim) {
  for (const Policy& policy : spec.policies) {
    const auto* webhook = std::get_if<WebhookPolicy>(&policy.kind);
    if (webhook == nullptr || policy.name != claim.policy) continue;
    return merge_firing(memory, {stamp, policy_origin, policy.name, webhook->adjustment});
  }
  return Merge::unknown_policy;
}

Merge merge_claim(const GroupSpec&, Memory& memory, const Stamp& stamp, const AlarmClaim& claim) {
  return merge_last(memory.alarms, stamp, claim);
}

Merge merge_claim(const GroupSpec&, Memory& memory, const Stamp& stamp, const HealthClaim& claim) {
  return merge_health(memory, stamp, claim);
}

Merge merge_claim(const GroupSpec&, Memory& memory, const Stamp& stamp, const PauseOrder& order) {
  return merge_last(memory.pause, stamp, order);
}

/// A hold is two things: an order that ends, and the number to rest at when it has.
Merge merge_claim(const GroupSpec&, Memory& memory, const Stamp& stamp, const HoldOrder& order) {
  if (order.number < 0 || order.number > capacity_limit) return Merge::invalid;
  Merge fired = Merge::repeated;
  if (!order.lifted) {
    const Adjustment set{Adjustment::Kind::set, Decimal(order.number), 0};
    fired = merge_firing(memory, {stamp, operator_origin, order.owner, set});
    if (fired == Merge::full || fired == Merge::late_or_repeated) return fired;
  }
  const Merge held = merge_last(memory.hold, stamp, order);
  return fired == Merge::merged ? fired : held;
}

Merge merge_claim(const GroupSpec&, Memory&, const Stamp&, const InstanceHint&) {
  return Merge::merged;
}
Merge merge_claim(const GroupSpec&, Memory& memory, const Stamp& stamp,
                  const LifecycleClaim& claim) {
  return merge_last(memory.hooks, stamp, claim);
}
Merge merge_claim(const GroupSpec&, Memory& memory, const Stamp& stamp,
                  const InstanceOrder& order) {
  return merge_last(memory.orders, stamp, order);
}
Merge merge_claim(const GroupSpec&, Memory&, const Stamp&, const ConvergeOrder&) {
  return Merge::merged;
}

}  // namespace

Merge merge(const GroupSpec& spec, GroupState& state, const Signal& signal, Time now) {
  if (signal.stamp.at > now + future_max) return Merge::from_the_future;
  if (signal.stamp.at < now - spec.lateness) return Merge::late_or_repeated;
  return std::visit(
      [&](const auto& claim) { return merge_claim(spec, state.memory, signal.stamp, claim); },
      signal.claim);
}

Merge merge_logged(const GroupSpec& spec, GroupState& state, const Signal& signal, Time now) {
  if (signal.stamp.at > now + future_max) return Merge::from_the_future;
  const bool is_behind =
      std::holds_alternative<AdjustClaim>(signal.claim) && signal.stamp.at < state.memory.folded_to;
  Stamp stamp = signal.stamp;
  if (is_behind) stamp.at = state.memory.folded_to;
  return std::visit(
      [&](const auto& claim) { return merge_claim(spec, state.memory, stamp, claim); },
      signal.claim);
}

}  // namespace settle
