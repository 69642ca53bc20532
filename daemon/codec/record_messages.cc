// Decision records and actions, observations and contexts.
#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "daemon/codec/messages.h"

namespace settle::codec {
namespace {

using Name = std::pair<std::string_view, Reason>;

const std::vector<Name>& reasons_by_name() {
  static const std::vector<Name> sorted = [] {
    std::vector<Name> names;
    for (int i = 0; i < static_cast<int>(Reason::count_); ++i) {
      const auto reason = static_cast<Reason>(i);
      names.emplace_back(name(reason), reason);
    }
    std::sort(names.begin(), names.end());
    return names;
  }();
  return sorted;
}

std::string_view key_named(std::string_view key, Fault& fault) {
  const auto& names = fact_names();
  const auto found = std::lower_bound(names.begin(), names.end(), key);
  if (found != names.end() && *found == key) return *found;
  fault.note(fmt::format("the fact \"{}\", which this version does not know", key.substr(0, 64)));
  return {};
}

struct FactPutter {
  storage::Fact& to;
  void operator()(std::int64_t value) const { to.set_whole(value); }
  void operator()(const Decimal& value) const { put(value, *to.mutable_decimal()); }
  void operator()(Time value) const { to.set_time(stored(value)); }
  void operator()(Duration value) const { to.set_duration(value.count()); }
  void operator()(const std::string& value) const { to.set_text(value); }
};

void put(const Fact& from, storage::Fact& to) {
  to.set_key(from.first.data(), from.first.size());
  std::visit(FactPutter{to}, from.second);
}
Fact take(const storage::Fact& from, Fault& fault) {
  const std::string_view key = key_named(from.key(), fault);
  switch (from.value_case()) {
    case storage::Fact::kWhole:
      return {key, from.whole()};
    case storage::Fact::kDecimal:
      return {key, codec::take(from.decimal(), fault)};
    case storage::Fact::kTime:
      return {key, time_at(from.time())};
    case storage::Fact::kDuration:
      return {key, Duration(from.duration())};
    case storage::Fact::kText:
      return {key, from.text()};
    case storage::Fact::VALUE_NOT_SET:
      break;
  }
  fault.note("a fact of a kind that this version does not know");
  return {key, std::int64_t{0}};
}

// Below, but lists hold them.
void put(const Voice& from, storage::Voice& to);
Voice take(const storage::Voice& from, Fault& fault);
void put(const RungNote& from, storage::RungNote& to);
RungNote take(const storage::RungNote& from, Fault& fault);
void put(const TakenStep& from, storage::TakenStep& to);
TakenStep take(const storage::TakenStep& from, Fault& fault);
void put(const WithheldStep& from, storage::WithheldStep& to);
WithheldStep take(const storage::WithheldStep& from, Fault& fault);
void put(const Instance& from, storage::Instance& to);
Instance take(const storage::Instance& from, Fault& fault);

void put(const InstanceFault& from, storage::InstanceFault& to) {
  to.set_instance(from.instance.value);
  to.set_says(from.says);
}
InstanceFault take(const storage::InstanceFault& from, Fault& /*fault*/) {
  return {{from.instance()}, from.says()};
}

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

template <typename Message>
void put_reason(Reason reason, Message& to) {
  const std::string_view text = name(reason);
  to.set_reason(text.data(), text.size());
}

void put(const Voice& from, storage::Voice& to) {
  to.set_name(from.name);
  to.set_kind(stored(from.kind));
  to.set_verdict(stored(from.verdict));
  if (from.proposes) to.set_proposes(*from.proposes);
  if (from.input) codec::put(*from.input, *to.mutable_input());
  if (from.input_at) to.set_input_at(stored(*from.input_at));
  put_reason(from.reason, to);
  list(from.facts, *to.mutable_facts());
  to.set_won(from.won);
}
Voice take(const storage::Voice& from, Fault& fault) {
  Voice to;
  to.name = from.name();
  to.kind = enumerator(from.kind(), VoiceKind::forecast, fault);
  to.verdict = enumerator(from.verdict(), Verdict::missing, fault);
  if (from.has_proposes()) to.proposes = from.proposes();
  if (from.has_input()) to.input = codec::take(from.input(), fault);
  if (from.has_input_at()) to.input_at = time_at(from.input_at());
  to.reason = reason_named(from.reason(), fault);
  unlist(from.facts(), to.facts, fault);
  to.won = from.won();
  return to;
}

void put(const RungNote& from, storage::RungNote& to) {
  to.set_rung(stored(from.rung));
  to.set_from(from.from);
  to.set_to(from.to);
  put_reason(from.reason, to);
  list(from.facts, *to.mutable_facts());
}
RungNote take(const storage::RungNote& from, Fault& fault) {
  RungNote to;
  to.rung = enumerator(from.rung(), Rung::actions, fault);
  to.from = from.from();
  to.to = from.to();
  to.reason = reason_named(from.reason(), fault);
  unlist(from.facts(), to.facts, fault);
  return to;
}

void put(const TakenStep& from, storage::TakenStep& to) {
  to.set_op(stored(from.op));
  to.set_instance(from.instance.value);
  to.set_replaces(from.replaces.value);
  to.set_token(from.token);
  to.set_zone(from.zone);
  put_reason(from.reason, to);
  list(from.facts, *to.mutable_facts());
}
TakenStep take(const storage::TakenStep& from, Fault& fault) {
  TakenStep to;
  to.op = enumerator(from.op(), StepOp::leave, fault);
  to.instance.value = from.instance();
  to.replaces.value = from.replaces();
  to.token = from.token();
  to.zone = from.zone();
  to.reason = reason_named(from.reason(), fault);
  unlist(from.facts(), to.facts, fault);
  return to;
}

void put(const WithheldStep& from, storage::WithheldStep& to) {
  to.set_op(stored(from.op));
  to.set_instance(from.instance.value);
  to.set_count(from.count);
  to.set_guard(from.guard);
  put_reason(from.reason, to);
  list(from.facts, *to.mutable_facts());
  if (from.until) to.set_until(stored(*from.until));
}
WithheldStep take(const storage::WithheldStep& from, Fault& fault) {
  WithheldStep to;
  to.op = enumerator(from.op(), StepOp::leave, fault);
  to.instance.value = from.instance();
  to.count = from.count();
  to.guard = from.guard();
  to.reason = reason_named(from.reason(), fault);
  unlist(from.facts(), to.facts, fault);
  if (from.has_until()) to.until = time_at(from.until());
  return to;
}

void put(const Tally& from, storage::Tally& to) {
  to.set_ready(from.ready);
  to.set_building(from.building);
  to.set_condemned(from.condemned);
  to.set_draining(from.draining);
  to.set_missing(from.missing);
  to.set_in_flight(from.in_flight);
  to.set_ignored(from.ignored);
  to.set_standby(from.standby);
}
Tally take(const storage::Tally& from, Fault& /*fault*/) {
  Tally to;
  to.ready = from.ready();
  to.building = from.building();
  to.condemned = from.condemned();
  to.draining = from.draining();
  to.missing = from.missing();
  to.in_flight = from.in_flight();
  to.ignored = from.ignored();
  to.standby = from.standby();
  return to;
}

void put(const Instance& from, storage::Instance& to) {
  to.set_id(from.id.value);
  to.set_state(from.state);
  to.set_created(stored(from.created));
  to.set_zone(from.zone);
  to.set_launch_hash(from.launch_hash);
  to.set_token(from.token);
  to.set_is_protected(from.is_protected);
  to.set_is_draining(from.is_draining);
  to.set_membership(stored(from.membership));
}
Instance take(const storage::Instance& from, Fault& fault) {
  Instance to;
  to.id.value = from.id();
  to.state = from.state();
  to.created = time_at(from.created());
  to.zone = from.zone();
  to.launch_hash = from.launch_hash();
  to.token = from.token();
  to.is_protected = from.is_protected();
  to.is_draining = from.is_draining();
  to.membership = enumerator(from.membership(), Membership::member, fault);
  return to;
}

}  // namespace

Reason reason_named(std::string_view name, Fault& fault) {
  const auto& names = reasons_by_name();
  const auto found =
      std::lower_bound(names.begin(), names.end(), name,
                       [](const Name& known, std::string_view text) { return known.first < text; });
  if (found != names.end() && found->first == name) return found->second;
  fault.note(
      fmt::format("the reason \"{}\", which this version does not know", name.substr(0, 64)));
  return Reason::no_opinion;
}

void put(const Observation& from, storage::Observation& to) {
  to.set_at(stored(from.at));
  to.set_is_complete(from.is_complete);
  list(from.instances, *to.mutable_instances());
  to.set_tells_by_id(from.tells_by_id);
  for (const InstanceId& id : from.gone) to.add_gone(id.value);
  list(from.faults, *to.mutable_faults());
  for (const InstanceId& id : from.strays) to.add_strays(id.value);
}
Observation take(const storage::Observation& from, Fault& fault) {
  Observation to;
  to.at = time_at(from.at());
  to.is_complete = from.is_complete();
  unlist(from.instances(), to.instances, fault);
  to.tells_by_id = from.tells_by_id();
  for (const std::string& id : from.gone()) to.gone.push_back({id});
  unlist(from.faults(), to.faults, fault);
  for (const std::string& id : from.strays()) to.strays.push_back({id});
  return to;
}

static void put(const FleetOrder& from, storage::FleetOrder& to) {
  to.set_mode(stored(from.mode));
  to.set_scope(from.scope);
  to.set_owner(from.owner);
  to.set_reason(from.reason);
  to.set_since(stored(from.since));
}
static FleetOrder take(const storage::FleetOrder& from, Fault& fault) {
  return {enumerator(from.mode(), Mode::act, fault), from.scope(), from.owner(), from.reason(),
          time_at(from.since())};
}

static void put(const FleetShare& from, storage::FleetShare& to) {
  to.set_most(from.most);
  to.set_budget(from.budget);
  put(from.limit, *to.mutable_limit());
  put(from.used, *to.mutable_used());
  to.set_unit(from.unit);
  to.set_by(from.by.value);
}
static FleetShare take(const storage::FleetShare& from, Fault& fault) {
  return {from.most(), from.budget(), take(from.limit(), fault), take(from.used(), fault),
          from.unit(), {from.by()}};
}

static void put(const Allowance& from, storage::Allowance& to) {
  to.set_serial(from.serial);
  if (from.instances) put(*from.instances, *to.mutable_instances());
  if (from.launches) put(*from.launches, *to.mutable_launches());
  to.set_is_short(from.is_short);
}
static Allowance take(const storage::Allowance& from, Fault& fault) {
  Allowance to;
  to.serial = from.serial();
  if (from.has_instances()) to.instances = take(from.instances(), fault);
  if (from.has_launches()) to.launches = take(from.launches(), fault);
  to.is_short = from.is_short();
  return to;
}

void put(const RoundContext& from, storage::RoundContext& to) {
  to.set_partition(from.partition);
  to.set_epoch(from.epoch);
  to.set_cluster(from.cluster);
  to.set_revision(from.revision);
  to.set_engine(from.engine);
  to.set_tzdata(from.tzdata);
  to.set_authority(stored(from.authority));
  to.set_journal_failed(from.journal_failed);
  if (from.standing) put(*from.standing, *to.mutable_standing());
  if (from.allowance) put(*from.allowance, *to.mutable_allowance());
  to.set_fleet_lost(from.fleet_loss.lost);
  to.set_fleet_size(from.fleet_loss.of);
}
RoundContext take(const storage::RoundContext& from, Fault& fault) {
  RoundContext to;
  to.partition = from.partition();
  to.epoch = from.epoch();
  to.cluster = from.cluster();
  to.revision = from.revision();
  to.engine = from.engine();
  to.tzdata = from.tzdata();
  to.authority = enumerator(from.authority(), Authority::observe, fault);
  to.journal_failed = from.journal_failed();
  if (from.has_standing()) to.standing = take(from.standing(), fault);
  if (from.has_allowance()) to.allowance = take(from.allowance(), fault);
  to.fleet_loss = {from.fleet_lost(), from.fleet_size()};
  return to;
}

void put(const DecisionRecord& from, storage::DecisionRecord& to) {
  to.set_group(from.group.value);
  to.set_at(stored(from.at));
  to.set_partition(from.partition);
  to.set_epoch(from.epoch);
  to.set_round(from.round);
  to.set_revision(from.revision);
  to.set_engine(from.engine);
  to.set_tzdata(from.tzdata);
  if (from.desired_from) to.set_desired_from(*from.desired_from);
  if (from.desired_to) to.set_desired_to(*from.desired_to);
  put(from.limits, *to.mutable_limits());
  put(from.tally, *to.mutable_tally());
  list(from.voices, *to.mutable_voices());
  list(from.rungs, *to.mutable_rungs());
  list(from.steps, *to.mutable_steps());
  list(from.withheld, *to.mutable_withheld());
  to.set_refusal_repeats(from.refusal_repeats);
  to.set_converged(from.converged);
  if (from.revisit_at) to.set_revisit_at(stored(*from.revisit_at));
  to.set_digest(from.digest);
}
DecisionRecord take(const storage::DecisionRecord& from, Fault& fault) {
  DecisionRecord to;
  to.group.value = from.group();
  to.at = time_at(from.at());
  to.partition = from.partition();
  to.epoch = from.epoch();
  to.round = from.round();
  to.revision = from.revision();
  to.engine = from.engine();
  to.tzdata = from.tzdata();
  if (from.has_desired_from()) to.desired_from = from.desired_from();
  if (from.has_desired_to()) to.desired_to = from.desired_to();
  to.limits = take(from.limits(), fault);
  to.tally = take(from.tally(), fault);
  unlist(from.voices(), to.voices, fault);
  unlist(from.rungs(), to.rungs, fault);
  unlist(from.steps(), to.steps, fault);
  unlist(from.withheld(), to.withheld, fault);
  to.refusal_repeats = from.refusal_repeats();
  to.converged = from.converged();
  if (from.has_revisit_at()) to.revisit_at = time_at(from.revisit_at());
  to.digest = from.digest();
  return to;
}

void put(const ActionEntry& from, storage::ActionEntry& to) {
  to.set_group(from.group.value);
  to.set_at(stored(from.at));
  to.set_token(from.token);
  to.set_op(stored(from.op));
  to.set_instance(from.instance.value);
  to.set_outcome(from.outcome);
  const std::string_view why = name(from.why);
  to.set_why(why.data(), why.size());
  to.set_epoch(from.epoch);
}
ActionEntry take(const storage::ActionEntry& from, Fault& fault) {
  ActionEntry to;
  to.group.value = from.group();
  to.at = time_at(from.at());
  to.token = from.token();
  to.op = enumerator(from.op(), StepOp::leave, fault);
  to.instance.value = from.instance();
  to.outcome = from.outcome();
  to.why = reason_named(from.why(), fault);
  to.epoch = from.epoch();
  return to;
}

}  // namespace settle::codec
