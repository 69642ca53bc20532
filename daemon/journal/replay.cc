#include "daemon/journal/replay.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "daemon/codec/binary.h"
#include "daemon/codec/json.h"

namespace settle {
namespace {

std::string text(const std::string& value) {
  return value;
}
std::string text(const InstanceId& value) {
  return value.value;
}
std::string text(Time value) {
  return time_text(value);
}
std::string text(Reason value) {
  return std::string(name(value));
}
std::string text(const Range& value) {
  return fmt::format("{}..{}", value.min, value.max);
}
std::string text(const Reading& value) {
  constexpr std::string_view kinds[] = {"value", "no_data", "error", "invalid"};
  if (value.kind == ReadingKind::value) return value.value.text();
  return std::string(kinds[static_cast<std::size_t>(value.kind) % std::size(kinds)]);
}
std::string text(const Tally& value) {
  return fmt::format(
      "ready {}, building {}, condemned {}, draining {}, missing {}, in flight {}, ignored {}",
      value.ready, value.building, value.condemned, value.draining, value.missing, value.in_flight,
      value.ignored);
}
template <typename Number>
requires std::is_arithmetic_v<Number> || std::is_enum_v<Number> std::string text(Number value) {
  if constexpr (std::is_enum_v<Number>)
    return fmt::format("{}", static_cast<int>(value));
  else
    return fmt::format("{}", value);
}
template <typename T>
std::string text(const std::optional<T>& value) {
  return value ? text(*value) : "none";
}

struct FactText {
  std::string operator()(std::int64_t value) const { return text(value); }
  std::string operator()(const Decimal& value) const { return value.text(); }
  std::string operator()(Time value) const { return text(value); }
  std::string operator()(Duration value) const { return fmt::format("{}ms", value.count()); }
  std::string operator()(const std::string& value) const { return value; }
};
std::string text(const Facts& facts) {
  std::string joined;
  for (const auto& [key, value] : facts) {
    if (!joined.empty()) joined += ' ';
    joined += fmt::format("{}={}", key, std::visit(FactText(), value));
  }
  return joined;
}

class Comparison {
 public:
  template <typename T>
  void field(std::string name, const T& recorded, const T& replayed) {
    if (recorded == replayed) return;
    found.push_back({std::move(name), text(recorded), text(replayed)});
  }
  /// Entries that only one of them has are named; those of equal place are compared.
  template <typename T>
  void list(std::string_view name, const std::vector<T>& recorded, const std::vector<T>& replayed) {
    field(fmt::format("{}.count", name), recorded.size(), replayed.size());
    for (std::size_t i = 0; i < std::min(recorded.size(), replayed.size()); ++i) {
      if (recorded[i] == replayed[i]) continue;
      entry(fmt::format("{}[{}].", name, i), recorded[i], replayed[i]);
    }
  }
  void entry(const std::string& at, const Voice& a, const Voice& b) {
    field(at + "name", a.name, b.name);
    field(at + "kind", a.kind, b.kind);
    field(at + "verdict", a.verdict, b.verdict);
    field(at + "proposes", a.proposes, b.proposes);
    field(at + "input", a.input, b.input);
    field(at + "input_at", a.input_at, b.input_at);
    field(at + "reason", a.reason, b.reason);
    field(at + "facts", a.facts, b.facts);
    field(at + "won", a.won, b.won);
  }
  void entry(const std::string& at, const RungNote& a, const RungNote& b) {
    field(at + "rung", a.rung, b.rung);
    field(at + "from", a.from, b.from);
    field(at + "to", a.to, b.to);
    field(at + "reason", a.reason, b.reason);
    field(at + "facts", a.facts, b.facts);
  }
  void entry(const std::string& at, const TakenStep& a, const TakenStep& b) {
    field(at + "op", a.op, b.op);
    field(at + "instance", a.instance, b.instance);
    field(at + "replaces", a.replaces, b.replaces);
    field(at + "token", a.token, b.token);
    field(at + "zone", a.zone, b.zone);
    field(at + "reason", a.reason, b.reason);
    field(at + "facts", a.facts, b.facts);
  }
  void entry(const std::string& at, const WithheldStep& a, const WithheldStep& b) {
    field(at + "op", a.op, b.op);
    field(at + "instance", a.instance, b.instance);
    field(at + "count", a.count, b.count);
    field(at + "guard", a.guard, b.guard);
    field(at + "reason", a.reason, b.reason);
    field(at + "facts", a.facts, b.facts);
    field(at + "until", a.until, b.until);
  }

  std::vector<Difference> found;
};

std::vector<Difference> differences(const DecisionRecord& a, const DecisionRecord& b) {
  Comparison compare;
  compare.field("round", a.round, b.round);
  compare.field("engine", a.engine, b.engine);
  compare.field("desired_from", a.desired_from, b.desired_from);
  compare.field("desired_to", a.desired_to, b.desired_to);
  compare.field("limits", a.limits, b.limits);
  compare.field("tally", a.tally, b.tally);
  compare.list("voices", a.voices, b.voices);
  compare.list("rungs", a.rungs, b.rungs);
  compare.list("steps", a.steps, b.steps);
  compare.list("withheld", a.withheld, b.withheld);
  compare.field("refusal_repeats", a.refusal_repeats, b.refusal_repeats);
  compare.field("converged", a.converged, b.converged);
  compare.field("revisit_at", a.revisit_at, b.revisit_at);
  compare.field("digest", a.digest, b.digest);
  if (compare.found.empty()) {
    compare.found.push_back({"record", "as the journal has it", "other bytes"});
  }
  return compare.found;
}

}  // namespace

Result<Replayed> replay(const ReplayCase& recorded, const SpecLookup& specs) {
  const DecisionRecord& record = recorded.stored.record;
  const GroupSpec* spec = specs(recorded.context.revision, record.group);
  if (spec == nullptr) {
    return Error{ErrorCode::not_found,
                 fmt::format("decision {} of group {} was made under revision {}, which does not "
                             "have that group here",
                             recorded.stored.id, record.group.value, recorded.context.revision)};
  }
  GroupState state = recorded.before;
  const Round round = converge(*spec, state, recorded.seen, record.at, recorded.context);
  Replayed result;
  if (recorded.context.engine != SETTLE_VERSION) result.engine = recorded.context.engine;
  result.is_same = encode(round.record) == recorded.record_bytes;
  if (!result.is_same) result.differences = differences(record, round.record);
  return result;
}

}  // namespace settle
