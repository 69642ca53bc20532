// What a group remembers.
#include "daemon/codec/messages.h"

namespace settle::codec {
namespace {

template <typename Setter>
void put_if(const std::optional<Time>& from, Setter set) {
  if (from) set(stored(*from));
}

void put(const Adjustment& from, storage::Adjustment& to) {
  to.set_kind(stored(from.kind));
  codec::put(from.amount, *to.mutable_amount());
  to.set_magnitude_min(from.magnitude_min);
}
Adjustment take(const storage::Adjustment& from, Fault& fault) {
  return {enumerator(from.kind(), Adjustment::Kind::set, fault), codec::take(from.amount(), fault),
          from.magnitude_min()};
}

void put(const RememberedSample& from, storage::RememberedSample& to) {
  codec::put(from.stamp, *to.mutable_stamp());
  codec::put(from.sample, *to.mutable_sample());
}
RememberedSample take(const storage::RememberedSample& from, Fault& fault) {
  return {codec::take(from.stamp(), fault), codec::take(from.sample(), fault)};
}

void put(const RememberedAlarm& from, storage::RememberedAlarm& to) {
  codec::put(from.stamp, *to.mutable_stamp());
  codec::put(from.alarm, *to.mutable_alarm());
}
RememberedAlarm take(const storage::RememberedAlarm& from, Fault& fault) {
  return {codec::take(from.stamp(), fault), codec::take(from.alarm(), fault)};
}

void put(const RememberedHealth& from, storage::RememberedHealth& to) {
  codec::put(from.stamp, *to.mutable_stamp());
  codec::put(from.report, *to.mutable_report());
  put_if(from.unhealthy_since, [&to](std::int64_t at) { to.set_unhealthy_since(at); });
  put_if(from.last_other, [&to](std::int64_t at) { to.set_last_other(at); });
  for (const Time at : from.unhealthy) to.add_unhealthy(stored(at));
}
RememberedHealth take(const storage::RememberedHealth& from, Fault& fault) {
  RememberedHealth to;
  to.stamp = codec::take(from.stamp(), fault);
  to.report = codec::take(from.report(), fault);
  if (from.has_unhealthy_since()) to.unhealthy_since = time_at(from.unhealthy_since());
  if (from.has_last_other()) to.last_other = time_at(from.last_other());
  for (const std::int64_t at : from.unhealthy()) to.unhealthy.push_back(time_at(at));
  return to;
}

void put(const Firing& from, storage::Firing& to) {
  codec::put(from.stamp, *to.mutable_stamp());
  to.set_origin(from.origin);
  put(from.adjustment, *to.mutable_adjustment());
}
Firing take(const storage::Firing& from, Fault& fault) {
  return {codec::take(from.stamp(), fault), from.origin(), take(from.adjustment(), fault)};
}

void put(const Evaluation& from, storage::Evaluation& to) {
  to.set_at(stored(from.at));
  if (from.said) codec::put(*from.said, *to.mutable_said());
}
Evaluation take(const storage::Evaluation& from, Fault& fault) {
  Evaluation to;
  to.at = time_at(from.at());
  if (from.has_said()) to.said = codec::take(from.said(), fault);
  return to;
}

void put(const SeasonSlot& from, storage::SeasonSlot& to) {
  to.set_slot(from.slot);
  codec::put(from.load, *to.mutable_load());
}
SeasonSlot take(const storage::SeasonSlot& from, Fault& fault) {
  return {from.slot(), codec::take(from.load(), fault)};
}

void put(const Foretold& from, storage::Foretold& to) {
  to.set_at(stored(from.at));
  codec::put(from.expected, *to.mutable_expected());
  codec::put(from.load, *to.mutable_load());
}
Foretold take(const storage::Foretold& from, Fault& fault) {
  return {time_at(from.at()), codec::take(from.expected(), fault), codec::take(from.load(), fault)};
}

void put(const Proposal& from, storage::Proposal& to) {
  to.set_at(stored(from.at));
  to.set_number(from.number);
}
Proposal take(const storage::Proposal& from, Fault& /*fault*/) {
  return {time_at(from.at()), from.number()};
}

void put(const Change& from, storage::Change& to) {
  to.set_at(stored(from.at));
  to.set_from(from.from);
  to.set_to(from.to);
}
Change take(const storage::Change& from, Fault& /*fault*/) {
  return {time_at(from.at()), from.from(), from.to()};
}

void put(const DayCount& from, storage::DayCount& to) {
  to.set_at(stored(from.at));
  to.set_launches(from.launches);
  to.set_terminations(from.terminations);
}
DayCount take(const storage::DayCount& from, Fault& /*fault*/) {
  return {time_at(from.at()), from.launches(), from.terminations()};
}

void put(const Spent& from, storage::Spent& to) {
  to.set_at(stored(from.at));
  to.set_count(from.count);
}
Spent take(const storage::Spent& from, Fault& /*fault*/) {
  return {time_at(from.at()), from.count()};
}

void put(const RememberedHook& from, storage::RememberedHook& to) {
  codec::put(from.stamp, *to.mutable_stamp());
  codec::put(from.claim, *to.mutable_claim());
}
RememberedHook take(const storage::RememberedHook& from, Fault& fault) {
  return {codec::take(from.stamp(), fault), codec::take(from.claim(), fault)};
}

void put(const RememberedInstanceOrder& from, storage::RememberedInstanceOrder& to) {
  codec::put(from.stamp, *to.mutable_stamp());
  codec::put(from.order, *to.mutable_order());
}
RememberedInstanceOrder take(const storage::RememberedInstanceOrder& from, Fault& fault) {
  return {codec::take(from.stamp(), fault), codec::take(from.order(), fault)};
}

void put(const LaunchText& from, storage::LaunchText& to) {
  to.set_key(from.key);
  to.set_value(from.value);
}
LaunchText take(const storage::LaunchText& from, Fault& /*fault*/) {
  return {from.key(), from.value()};
}

// Below, but lists hold them.
void put(const VoiceState& from, storage::VoiceState& to);
VoiceState take(const storage::VoiceState& from, Fault& fault);
void put(const Intent& from, storage::Intent& to);
Intent take(const storage::Intent& from, Fault& fault);
void put(const Season& from, storage::Season& to);
Season take(const storage::Season& from, Fault& fault);
void put(const InstanceMemory& from, storage::InstanceMemory& to);
InstanceMemory take(const storage::InstanceMemory& from, Fault& fault);
void put(const Setback& from, storage::Setback& to);
Setback take(const storage::Setback& from, Fault& fault);

template <typename T, typename Message>
void list(const std::vector<T>& from, google::protobuf::RepeatedPtrField<Message>& to) {
  to.Reserve(static_cast<int>(from.size()));
  for (const T& entry : from) put(entry, *to.Add());
}
template <typename Message, typename T>
void unlist(const google::protobuf::RepeatedPtrField<Message>& from, std::vector<T>& to,
            Fault& fault) {
  to.reserve(static_cast<std::size_t>(from.size()));
  for (const Message& entry : from) to.push_back(take(entry, fault));
}

void put(const VoiceState& from, storage::VoiceState& to) {
  to.set_policy(from.policy);
  list(from.recent, *to.mutable_recent());
  list(from.changes, *to.mutable_changes());
  if (from.latched) to.set_latched(*from.latched);
  put_if(from.release_at, [&to](std::int64_t at) { to.set_release_at(at); });
  list(from.evaluations, *to.mutable_evaluations());
}
VoiceState take(const storage::VoiceState& from, Fault& fault) {
  VoiceState to;
  to.policy = from.policy();
  unlist(from.recent(), to.recent, fault);
  unlist(from.changes(), to.changes, fault);
  if (from.has_latched()) to.latched = from.latched();
  if (from.has_release_at()) to.release_at = time_at(from.release_at());
  unlist(from.evaluations(), to.evaluations, fault);
  return to;
}

void put(const Season& from, storage::Season& to) {
  to.set_policy(from.policy);
  list(from.day, *to.mutable_day());
  list(from.week, *to.mutable_week());
  to.set_quarter(stored(from.quarter));
  if (from.peak) codec::put(*from.peak, *to.mutable_peak());
  to.set_heard_at(stored(from.heard_at));
  list(from.foretold, *to.mutable_foretold());
}
Season take(const storage::Season& from, Fault& fault) {
  Season to;
  to.policy = from.policy();
  unlist(from.day(), to.day, fault);
  unlist(from.week(), to.week, fault);
  to.quarter = time_at(from.quarter());
  if (from.has_peak()) to.peak = codec::take(from.peak(), fault);
  to.heard_at = time_at(from.heard_at());
  unlist(from.foretold(), to.foretold, fault);
  return to;
}

void put(const Intent& from, storage::Intent& to) {
  to.set_token(from.token);
  to.set_kind(stored(from.kind));
  to.set_stage(stored(from.stage));
  to.set_instance(from.instance.value);
  to.set_replaces(from.replaces.value);
  to.set_zone(from.zone);
  to.set_launch_hash(from.launch_hash);
  to.set_opened_at(stored(from.opened_at));
  to.set_sends(from.sends);
  to.set_retry_at(stored(from.retry_at));
  to.set_is_voluntary(from.is_voluntary);
  to.set_takes_service(from.takes_service);
}
Intent take(const storage::Intent& from, Fault& fault) {
  Intent to;
  to.token = from.token();
  to.kind = enumerator(from.kind(), IntentKind::leave, fault);
  to.stage = enumerator(from.stage(), IntentStage::accepted, fault);
  to.instance.value = from.instance();
  to.replaces.value = from.replaces();
  to.zone = from.zone();
  to.launch_hash = from.launch_hash();
  to.opened_at = time_at(from.opened_at());
  to.sends = from.sends();
  to.retry_at = time_at(from.retry_at());
  to.is_voluntary = from.is_voluntary();
  to.takes_service = from.takes_service();
  return to;
}

void put(const InstanceMemory& from, storage::InstanceMemory& to) {
  to.set_id(from.id.value);
  to.set_first_seen(stored(from.first_seen));
  put_if(from.active_since, [&to](std::int64_t at) { to.set_active_since(at); });
  put_if(from.missing_since, [&to](std::int64_t at) { to.set_missing_since(at); });
  to.set_missing_listings(from.missing_listings);
  to.set_missing_counted_at(stored(from.missing_counted_at));
  put_if(from.draining_since, [&to](std::int64_t at) { to.set_draining_since(at); });
  to.set_condemned(from.condemned);
  to.set_retiring(from.retiring);
  to.set_awaits_hooks(from.awaits_hooks);
  to.set_awaits_join(from.awaits_join);
  to.set_is_pooled(from.is_pooled);
  to.set_is_launched(from.is_launched);
  to.set_is_sick(from.is_sick);
  to.set_is_marked(from.is_marked);
  for (const Time at : from.relapses) to.add_relapses(stored(at));
}
InstanceMemory take(const storage::InstanceMemory& from, Fault& fault) {
  InstanceMemory to;
  to.id.value = from.id();
  to.first_seen = time_at(from.first_seen());
  if (from.has_active_since()) to.active_since = time_at(from.active_since());
  if (from.has_missing_since()) to.missing_since = time_at(from.missing_since());
  to.missing_listings = small(from.missing_listings(), fault);
  to.missing_counted_at = time_at(from.missing_counted_at());
  if (from.has_draining_since()) to.draining_since = time_at(from.draining_since());
  to.condemned = from.condemned();
  to.retiring = from.retiring();
  to.awaits_hooks = from.awaits_hooks();
  to.awaits_join = from.awaits_join();
  to.is_pooled = from.is_pooled();
  to.is_launched = from.is_launched();
  to.is_sick = from.is_sick();
  to.is_marked = from.is_marked();
  for (const std::int64_t at : from.relapses()) to.relapses.push_back(time_at(at));
  return to;
}

void put(const Setback& from, storage::Setback& to) {
  to.set_instance(from.instance.value);
  const std::string_view why = name(from.why);
  to.set_why(why.data(), why.size());
  to.set_until(stored(from.until));
  to.set_times(from.times);
  to.set_zone(from.zone);
  to.set_is_of_balancer(from.is_of_balancer);
}
Setback take(const storage::Setback& from, Fault& fault) {
  return {{from.instance()},     reason_named(from.why(), fault),
          time_at(from.until()), from.times(),
          from.zone(),           from.is_of_balancer()};
}

void put(const BornDead& from, storage::BornDead& to) {
  to.set_launch_hash(from.launch_hash);
  to.set_failures(from.failures);
  to.set_failed_at(stored(from.failed_at));
}
BornDead take(const storage::BornDead& from, Fault& /*fault*/) {
  return {from.launch_hash(), from.failures(), time_at(from.failed_at())};
}

void put(const RolloutState& from, storage::RolloutState& to) {
  to.set_target(from.target);
  to.set_stage(stored(from.stage));
  to.set_since(stored(from.since));
  to.set_failures(from.failures);
  to.set_good(from.good);
  list(from.good_launch, *to.mutable_good_launch());
}
RolloutState take(const storage::RolloutState& from, Fault& fault) {
  RolloutState to;
  to.target = from.target();
  to.stage = enumerator(from.stage(), RolloutStage::rolled_back, fault);
  to.since = time_at(from.since());
  to.failures = from.failures();
  to.good = from.good();
  unlist(from.good_launch(), to.good_launch, fault);
  return to;
}

}  // namespace

void put(const Range& from, storage::Range& to) {
  to.set_min(from.min);
  to.set_max(from.max);
}
Range take(const storage::Range& from, Fault& fault) {
  if (from.min() < 0 || from.max() < from.min()) fault.note("limits that cross");
  return {from.min(), from.max()};
}

void put(const Memory& from, storage::Memory& to) {
  list(from.samples, *to.mutable_samples());
  list(from.alarms, *to.mutable_alarms());
  list(from.health, *to.mutable_health());
  list(from.firings, *to.mutable_firings());
  if (from.base) to.set_base(*from.base);
  to.set_folded_to(stored(from.folded_to));
  to.set_scheduled_to(stored(from.scheduled_to));
  if (from.pause) {
    put(from.pause->stamp, *to.mutable_pause()->mutable_stamp());
    put(from.pause->order, *to.mutable_pause()->mutable_order());
  }
  if (from.hold) {
    put(from.hold->stamp, *to.mutable_hold()->mutable_stamp());
    put(from.hold->order, *to.mutable_hold()->mutable_order());
  }
  list(from.hooks, *to.mutable_hooks());
  list(from.orders, *to.mutable_orders());
}
Memory take(const storage::Memory& from, Fault& fault) {
  Memory to;
  unlist(from.samples(), to.samples, fault);
  unlist(from.alarms(), to.alarms, fault);
  unlist(from.health(), to.health, fault);
  unlist(from.firings(), to.firings, fault);
  if (from.has_base()) to.base = from.base();
  to.folded_to = time_at(from.folded_to());
  to.scheduled_to = time_at(from.scheduled_to());
  if (from.has_pause()) {
    to.pause = {take(from.pause().stamp(), fault), take(from.pause().order(), fault)};
  }
  if (from.has_hold()) {
    to.hold = {take(from.hold().stamp(), fault), take(from.hold().order(), fault)};
  }
  unlist(from.hooks(), to.hooks, fault);
  unlist(from.orders(), to.orders, fault);
  return to;
}

void put(const GroupState& from, storage::GroupState& to) {
  put(from.memory, *to.mutable_memory());
  if (from.desired) to.set_desired(*from.desired);
  if (from.initial) to.set_initial(*from.initial);
  put(from.limits, *to.mutable_limits());
  list(from.changes, *to.mutable_changes());
  list(from.recent, *to.mutable_recent());
  list(from.voices, *to.mutable_voices());
  list(from.seasons, *to.mutable_seasons());
  put_if(from.flapping_until, [&to](std::int64_t at) { to.set_flapping_until(at); });
  list(from.intents, *to.mutable_intents());
  list(from.instances, *to.mutable_instances());
  list(from.launches, *to.mutable_launches());
  list(from.terminations, *to.mutable_terminations());
  list(from.vetted, *to.mutable_vetted());
  list(from.losses, *to.mutable_losses());
  list(from.setbacks, *to.mutable_setbacks());
  put(from.born_dead, *to.mutable_born_dead());
  put(from.rollout, *to.mutable_rollout());
  list(from.day, *to.mutable_day());
  for (const Time at : from.reversals) to.add_reversals(stored(at));
  to.set_good_observations(from.good_observations);
  to.set_observed_at(stored(from.observed_at));
  to.set_wrote_at(stored(from.wrote_at));
  to.set_round(from.round);
  to.set_generation(from.generation);
  to.set_refusal(from.refusal);
  to.set_refusal_repeats(from.refusal_repeats);
}
GroupState take(const storage::GroupState& from, Fault& fault) {
  GroupState to;
  to.memory = take(from.memory(), fault);
  if (from.has_desired()) to.desired = from.desired();
  if (from.has_initial()) to.initial = from.initial();
  to.limits = take(from.limits(), fault);
  unlist(from.changes(), to.changes, fault);
  unlist(from.recent(), to.recent, fault);
  unlist(from.voices(), to.voices, fault);
  unlist(from.seasons(), to.seasons, fault);
  if (from.has_flapping_until()) to.flapping_until = time_at(from.flapping_until());
  unlist(from.intents(), to.intents, fault);
  unlist(from.instances(), to.instances, fault);
  unlist(from.launches(), to.launches, fault);
  unlist(from.terminations(), to.terminations, fault);
  unlist(from.vetted(), to.vetted, fault);
  unlist(from.losses(), to.losses, fault);
  unlist(from.setbacks(), to.setbacks, fault);
  to.born_dead = take(from.born_dead(), fault);
  to.rollout = take(from.rollout(), fault);
  unlist(from.day(), to.day, fault);
  for (const std::int64_t at : from.reversals()) to.reversals.push_back(time_at(at));
  to.good_observations = small(from.good_observations(), fault);
  to.observed_at = time_at(from.observed_at());
  to.wrote_at = time_at(from.wrote_at());
  to.round = from.round();
  to.generation = from.generation();
  to.refusal = from.refusal();
  to.refusal_repeats = from.refusal_repeats();
  return to;
}

}  // namespace settle::codec
