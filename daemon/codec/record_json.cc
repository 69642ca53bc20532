// The decision record as users read it. The keys of DESIGN's record come first and in its order;
// what was added later follows them. Sentences are made here, when somebody reads.
#include <array>
#include <string_view>
#include <variant>

#include "daemon/codec/binary.h"
#include "daemon/codec/json_write.h"
#include "reconcilers/explain/explain.h"

namespace settle {
namespace {

template <std::size_t n, typename Enum>
std::string_view word(const std::array<std::string_view, n>& words, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < n ? words[index] : std::string_view("unknown");
}

constexpr std::array<std::string_view, 4> reading_kinds{"value", "no_data", "error", "invalid"};
constexpr std::array<std::string_view, 8> voice_kinds{
    "target", "steps", "alert", "webhook", "schedule", "rest", "operator_hold", "forecast"};
constexpr std::array<std::string_view, 4> verdicts{"proposes", "stays", "silent", "missing"};
constexpr std::array<std::string_view, 6> rungs{"voices", "combine", "steadiness",
                                                "limits", "guards",  "actions"};

/// Seconds, exactly: 90 s are 90 and 250 ms are 0.25.
struct FactWriter {
  JsonWriter& out;
  std::string_view key;
  void operator()(std::int64_t value) const { out.member(key, value); }
  void operator()(const Decimal& value) const { out.member(key, value); }
  void operator()(Time value) const { out.member(key, value); }
  void operator()(Duration value) const { out.member(key, Decimal::of(value.count(), -3)); }
  void operator()(const std::string& value) const { out.member(key, value); }
};

void write(JsonWriter& out, const Facts& facts) {
  out.key("facts").open('{');
  for (const auto& [key, value] : facts) std::visit(FactWriter{out, key}, value);
  out.close('}');
}

void write_input(JsonWriter& out, const Voice& voice) {
  out.key("input");
  if (!voice.input) {
    out.null();
    return;
  }
  out.open('{').member("status", word(reading_kinds, voice.input->kind));
  if (voice.input->kind == ReadingKind::value) {
    out.member("value", voice.input->value);
  } else {
    out.key("value").null();
  }
  out.member("at", voice.input_at).close('}');
}

void write(JsonWriter& out, const Voice& voice) {
  out.open('{')
      .member("name", voice.name)
      .member("kind", word(voice_kinds, voice.kind))
      .member("proposes", voice.proposes);
  write_input(out, voice);
  out.member("verdict", word(verdicts, voice.verdict))
      .member("reason", name(voice.reason))
      .member("because", because(voice))
      .member("won", voice.won);
  write(out, voice.facts);
  out.close('}');
}

void write(JsonWriter& out, const RungNote& note) {
  out.open('{')
      .member("rung", word(rungs, note.rung))
      .member("from", note.from)
      .member("to", note.to)
      .member("reason", name(note.reason))
      .member("because", because(note));
  write(out, note.facts);
  out.close('}');
}

void write(JsonWriter& out, const TakenStep& step) {
  out.open('{')
      .member("op", name(step.op))
      .member("instance", step.instance.value)
      .member("token", step.token)
      .member("reason", name(step.reason))
      .member("because", because(step));
  if (!step.replaces.value.empty()) out.member("replaces", step.replaces.value);
  if (!step.zone.empty()) out.member("zone", step.zone);
  write(out, step.facts);
  out.close('}');
}

void write(JsonWriter& out, const WithheldStep& step) {
  out.open('{')
      .member("op", name(step.op))
      .member("instance", step.instance.value)
      .member("guard", step.guard)
      .member("reason", name(step.reason))
      .member("because", because(step))
      .member("until", step.until)
      .member("count", step.count);
  write(out, step.facts);
  out.close('}');
}

template <typename T>
void write_list(JsonWriter& out, std::string_view key, const std::vector<T>& list) {
  out.key(key).open('[');
  for (const T& entry : list) write(out, entry);
  out.close(']');
}

void write(JsonWriter& out, const Tally& tally) {
  out.key("tally")
      .open('{')
      .member("ready", tally.ready)
      .member("building", tally.building)
      .member("condemned", tally.condemned)
      .member("draining", tally.draining)
      .member("missing", tally.missing)
      .member("in_flight", tally.in_flight)
      .member("ignored", tally.ignored)
      .member("standby", tally.standby)
      .close('}');
}

}  // namespace

std::string record_json(const DecisionRecord& record) {
  JsonWriter out;
  out.open('{')
      .member("decision", decision_id(record))
      .member("group", record.group.value)
      .member("at", record.at)
      .member("partition", record.partition)
      .member("epoch", record.epoch)
      .member("round", record.round)
      .member("revision", record.revision)
      .member("engine", record.engine);
  out.key("desired").open('{').member("from", record.desired_from);
  out.member("to", record.desired_to).close('}');
  out.key("limits").open('{').member("min", record.limits.min);
  out.member("max", record.limits.max).close('}');
  write_list(out, "voices", record.voices);
  write_list(out, "steps", record.steps);
  write_list(out, "withheld", record.withheld);
  out.member("converged", record.converged)
      .member("revisit_at", record.revisit_at)
      .member("digest", record.digest);
  write(out, record.tally);
  write_list(out, "rungs", record.rungs);
  out.member("tzdata", record.tzdata).member("refusal_repeats", record.refusal_repeats);
  return out.close('}').take();
}

}  // namespace settle
