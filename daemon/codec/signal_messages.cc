// Signals and what they consist of.
#include <type_traits>
#include <variant>

#include "daemon/codec/messages.h"

namespace settle::codec {

void put(const Decimal& from, storage::Decimal& to) {
  to.set_digits(from.digits());
  to.set_exponent(from.exponent());
}
Decimal take(const storage::Decimal& from, Fault& fault) {
  const Decimal value = Decimal::of(from.digits(), from.exponent());
  if (value.digits() != from.digits() || value.exponent() != from.exponent()) {
    fault.note("a number that is not in its shortest form");
  }
  return value;
}

void put(const Stamp& from, storage::Stamp& to) {
  to.set_at(stored(from.at));
  to.set_source(from.source);
  to.set_id(from.id);
}
Stamp take(const storage::Stamp& from, Fault& /*fault*/) {
  return {time_at(from.at()), from.source(), from.id()};
}

void put(const Reading& from, storage::Reading& to) {
  to.set_kind(stored(from.kind));
  put(from.value, *to.mutable_value());
}
Reading take(const storage::Reading& from, Fault& fault) {
  return {enumerator(from.kind(), ReadingKind::invalid, fault), take(from.value(), fault)};
}

static void put(const AdjustClaim& from, storage::AdjustClaim& to) {
  to.set_policy(from.policy);
}
static AdjustClaim take(const storage::AdjustClaim& from, Fault& /*fault*/) {
  return {from.policy()};
}

void put(const SampleClaim& from, storage::SampleClaim& to) {
  to.set_signal(from.signal);
  put(from.reading, *to.mutable_reading());
  to.set_instance(from.instance.value);
}
SampleClaim take(const storage::SampleClaim& from, Fault& fault) {
  return {from.signal(), take(from.reading(), fault), {from.instance()}};
}

void put(const AlarmClaim& from, storage::AlarmClaim& to) {
  to.set_alarm(from.alarm);
  to.set_state(stored(from.state));
  if (from.value) put(*from.value, *to.mutable_value());
  to.set_alert(from.alert);
  if (from.until) to.set_until(stored(*from.until));
}
AlarmClaim take(const storage::AlarmClaim& from, Fault& fault) {
  AlarmClaim to{from.alarm(), enumerator(from.state(), AlarmState::no_data, fault), {}};
  if (from.has_value()) to.value = take(from.value(), fault);
  to.alert = from.alert();
  if (from.has_until()) to.until = time_at(from.until());
  return to;
}

void put(const HealthClaim& from, storage::HealthClaim& to) {
  to.set_instance(from.instance.value);
  to.set_status(stored(from.status));
  to.set_reporter(from.reporter);
  to.set_reason(from.reason);
  if (from.until) to.set_until(stored(*from.until));
}
HealthClaim take(const storage::HealthClaim& from, Fault& fault) {
  HealthClaim to{{from.instance()},
                 enumerator(from.status(), HealthStatus::unknown, fault),
                 from.reporter(),
                 from.reason()};
  if (from.has_until()) to.until = time_at(from.until());
  return to;
}

static void put(const InstanceHint& from, storage::InstanceHint& to) {
  to.set_instance(from.instance.value);
  to.set_state(from.state);
}
static InstanceHint take(const storage::InstanceHint& from, Fault& /*fault*/) {
  return {{from.instance()}, from.state()};
}

void put(const LifecycleClaim& from, storage::LifecycleClaim& to) {
  to.set_instance(from.instance.value);
  to.set_hook(from.hook);
  to.set_proceed(from.proceed);
}
LifecycleClaim take(const storage::LifecycleClaim& from, Fault& /*fault*/) {
  return {{from.instance()}, from.hook(), from.proceed()};
}

void put(const PauseOrder& from, storage::PauseOrder& to) {
  to.set_paused(from.paused);
  to.set_owner(from.owner);
  to.set_reason(from.reason);
  to.set_mode(stored(from.mode));
}
PauseOrder take(const storage::PauseOrder& from, Fault& fault) {
  return {from.paused(), from.owner(), from.reason(), enumerator(from.mode(), Mode::act, fault)};
}

void put(const HoldOrder& from, storage::HoldOrder& to) {
  to.set_number(from.number);
  to.set_until(stored(from.until));
  to.set_lifted(from.lifted);
  to.set_owner(from.owner);
  to.set_reason(from.reason);
}
HoldOrder take(const storage::HoldOrder& from, Fault& /*fault*/) {
  return {from.number(), time_at(from.until()), from.lifted(), from.owner(), from.reason()};
}

static void put(const ConvergeOrder& from, storage::ConvergeOrder& to) {
  to.set_owner(from.owner);
}
static ConvergeOrder take(const storage::ConvergeOrder& from, Fault& /*fault*/) {
  return {from.owner()};
}

void put(const InstanceOrder& from, storage::InstanceOrder& to) {
  to.set_instance(from.instance.value);
  to.set_verb(stored(from.verb));
  to.set_owner(from.owner);
  to.set_reason(from.reason);
}
InstanceOrder take(const storage::InstanceOrder& from, Fault& fault) {
  return {{from.instance()},
          enumerator(from.verb(), InstanceVerb::replace, fault),
          from.owner(),
          from.reason()};
}

namespace {

struct ClaimPutter {
  storage::Signal& to;
  void operator()(const AdjustClaim& claim) const { put(claim, *to.mutable_adjust()); }
  void operator()(const SampleClaim& claim) const { put(claim, *to.mutable_sample()); }
  void operator()(const AlarmClaim& claim) const { put(claim, *to.mutable_alarm()); }
  void operator()(const HealthClaim& claim) const { put(claim, *to.mutable_health()); }
  void operator()(const InstanceHint& claim) const { put(claim, *to.mutable_hint()); }
  void operator()(const LifecycleClaim& claim) const { put(claim, *to.mutable_lifecycle()); }
  void operator()(const PauseOrder& claim) const { put(claim, *to.mutable_pause()); }
  void operator()(const HoldOrder& claim) const { put(claim, *to.mutable_hold()); }
  void operator()(const ConvergeOrder& claim) const { put(claim, *to.mutable_converge()); }
  void operator()(const InstanceOrder& claim) const { put(claim, *to.mutable_instance()); }
};

Claim take_claim(const storage::Signal& from, Fault& fault) {
  switch (from.claim_case()) {
    case storage::Signal::kAdjust:
      return take(from.adjust(), fault);
    case storage::Signal::kSample:
      return take(from.sample(), fault);
    case storage::Signal::kAlarm:
      return take(from.alarm(), fault);
    case storage::Signal::kHealth:
      return take(from.health(), fault);
    case storage::Signal::kHint:
      return take(from.hint(), fault);
    case storage::Signal::kLifecycle:
      return take(from.lifecycle(), fault);
    case storage::Signal::kPause:
      return take(from.pause(), fault);
    case storage::Signal::kHold:
      return take(from.hold(), fault);
    case storage::Signal::kConverge:
      return take(from.converge(), fault);
    case storage::Signal::kInstance:
      return take(from.instance(), fault);
    case storage::Signal::CLAIM_NOT_SET:
      break;
  }
  fault.note("a claim of a kind that this version does not know");
  return {};
}

}  // namespace

void put(const Signal& from, storage::Signal& to) {
  to.set_group(from.group.value);
  put(from.stamp, *to.mutable_stamp());
  std::visit(ClaimPutter{to}, from.claim);
  for (const Attribute& attribute : from.attributes) {
    storage::Attribute& one = *to.add_attributes();
    one.set_name(attribute.name);
    one.set_value(attribute.value);
  }
}
Signal take(const storage::Signal& from, Fault& fault) {
  Signal to{{from.group()}, take(from.stamp(), fault), take_claim(from, fault)};
  for (const storage::Attribute& one : from.attributes()) {
    to.attributes.push_back({one.name(), one.value()});
  }
  return to;
}

}  // namespace settle::codec
