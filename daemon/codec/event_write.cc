// CloudEvents 1.0 out: what event_json.cc reads back.
#include <string_view>
#include <variant>

#include "daemon/codec/json_write.h"

namespace settle {
namespace {

struct TypeName {
  std::string_view operator()(const AdjustClaim& /*c*/) const { return "io.settle.adjust.v1"; }
  std::string_view operator()(const SampleClaim& /*c*/) const { return "io.settle.sample.v1"; }
  std::string_view operator()(const AlarmClaim& /*c*/) const { return "io.settle.alarm.v1"; }
  std::string_view operator()(const HealthClaim& /*c*/) const { return "io.settle.health.v1"; }
  std::string_view operator()(const InstanceHint& /*c*/) const { return "io.settle.instance.v1"; }
  std::string_view operator()(const LifecycleClaim& /*c*/) const {
    return "io.settle.lifecycle.v1";
  }
  std::string_view operator()(const PauseOrder& /*c*/) const {
    return "io.settle.operator.pause.v1";
  }
  std::string_view operator()(const HoldOrder& /*c*/) const { return "io.settle.operator.hold.v1"; }
  std::string_view operator()(const ConvergeOrder& /*c*/) const {
    return "io.settle.operator.converge.v1";
  }
  std::string_view operator()(const InstanceOrder& /*c*/) const {
    return "io.settle.operator.instance.v1";
  }
};

struct DataWriter {
  JsonWriter& out;

  void operator()(const AdjustClaim& claim) const { out.member("policy", claim.policy); }
  void operator()(const SampleClaim& claim) const {
    out.member("signal", claim.signal).key("value");
    switch (claim.reading.kind) {
      case ReadingKind::value:
        out.raw(claim.reading.value.text());
        break;
      case ReadingKind::invalid:
        out.text("NaN");
        break;
      case ReadingKind::error:  // No event says that a source failed: to a reader it is no data.
      case ReadingKind::no_data:
        out.null();
        break;
    }
    if (!claim.instance.value.empty()) out.member("instance", claim.instance.value);
  }
  void operator()(const AlarmClaim& claim) const {
    constexpr std::string_view states[] = {"firing", "resolved", "no_data"};
    out.member("alarm", claim.alarm).member("state", states[static_cast<std::size_t>(claim.state)]);
    if (claim.value) out.member("value", *claim.value);
    if (!claim.alert.empty()) out.member("alert", claim.alert);
    if (claim.until) out.member("until", *claim.until);
  }
  void operator()(const HealthClaim& claim) const {
    constexpr std::string_view statuses[] = {"healthy", "unhealthy", "unknown"};
    out.member("instance", claim.instance.value)
        .member("status", statuses[static_cast<std::size_t>(claim.status)])
        .member("reporter", claim.reporter);
    if (!claim.reason.empty()) out.member("reason", claim.reason);
    if (claim.until) out.member("until", *claim.until);
  }
  void operator()(const InstanceHint& claim) const {
    out.member("instance", claim.instance.value).member("state", claim.state);
  }
  void operator()(const LifecycleClaim& claim) const {
    out.member("instance", claim.instance.value)
        .member("hook", claim.hook)
        .member("result", claim.proceed ? "continue" : "abandon");
  }
  void operator()(const PauseOrder& order) const {
    out.member("paused", order.paused).member("owner", order.owner).member("reason", order.reason);
    if (order.mode != Mode::pause) {
      out.member("mode", mode_names[static_cast<std::size_t>(order.mode)]);
    }
  }
  void operator()(const HoldOrder& order) const {
    if (order.lifted) {
      out.member("lifted", true);
    } else {
      out.member("number", order.number).member("until", order.until);
    }
    out.member("owner", order.owner).member("reason", order.reason);
  }
  void operator()(const ConvergeOrder& order) const { out.member("owner", order.owner); }
  void operator()(const InstanceOrder& order) const {
    out.member("instance", order.instance.value)
        .member("verb", instance_verbs[static_cast<std::size_t>(order.verb)])
        .member("owner", order.owner)
        .member("reason", order.reason);
  }
};

}  // namespace

std::string event_json(const Signal& signal) {
  JsonWriter out;
  out.open('{')
      .member("specversion", "1.0")
      .member("type", std::visit(TypeName(), signal.claim))
      .member("source", signal.stamp.source)
      .member("id", signal.stamp.id)
      .member("subject", signal.group.value)
      .member("time", signal.stamp.at);
  for (const Attribute& attribute : signal.attributes) {
    out.member(attribute.name, attribute.value);
  }
  out.key("data").open('{');
  std::visit(DataWriter{out}, signal.claim);
  return out.close('}').close('}').take();
}

}  // namespace settle
