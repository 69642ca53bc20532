// CloudEvents 1.0 in: each field read by its name and kind, or refused by its name.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "daemon/codec/json.h"
#include "daemon/codec/json_tree.h"

namespace settle {
namespace {

constexpr std::size_t name_max = 256;
constexpr std::size_t source_max = 1'024;
constexpr std::size_t prose_max = 1'024;
constexpr std::size_t event_max = 64 * 1'024;
constexpr std::size_t attributes_max = 16;
constexpr std::size_t batch_max = 1'024 * 1'024;
// The largest finite double has 309 digits before its point.
constexpr std::int64_t finite_digits = 309;

enum class Presence : bool { optional, required };

/// Reads the members of one object and keeps the first complaint, so that a caller can read on and
/// look once. What a refused field yields is not to be used.
class Fields {
 public:
  Fields(const JsonTree& tree, const JsonNode& object, std::string_view prefix)
      : tree_(tree), object_(object), prefix_(prefix) {}

  [[nodiscard]] const std::string& refusal() const { return refusal_; }

  std::string name(std::string_view key, Presence presence, std::size_t max = name_max) {
    const JsonNode* node = expect(key, JsonKind::text, "a text", presence);
    if (node == nullptr) return {};
    const bool has_control = std::any_of(node->text.begin(), node->text.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (node->text.empty() || node->text.size() > max || has_control) {
      refuse(key, fmt::format("must have 1 to {} bytes, without control characters", max));
    }
    return std::string(node->text);
  }
  std::string prose(std::string_view key) {
    const JsonNode* node = expect(key, JsonKind::text, "a text", Presence::optional);
    if (node == nullptr) return {};
    if (node->text.size() > prose_max) {
      refuse(key, fmt::format("must have at most {} bytes", prose_max));
      return {};
    }
    return std::string(node->text);
  }
  /// `otherwise` where the key is missing.
  template <std::size_t n>
  std::size_t one_of(std::string_view key, const std::array<std::string_view, n>& words,
                     std::size_t otherwise) {
    const JsonNode* node = expect(key, JsonKind::text, "a text", Presence::optional);
    return node == nullptr ? otherwise : one_of(key, words);
  }
  bool truth(std::string_view key, Presence presence, bool otherwise) {
    const JsonNode* node = expect(key, JsonKind::boolean, "true or false", presence);
    return node == nullptr ? otherwise : node->truth;
  }
  std::optional<Time> time(std::string_view key, Presence presence) {
    const JsonNode* node = expect(key, JsonKind::text, "a text", presence);
    if (node == nullptr) return std::nullopt;
    const auto at = parse_time(node->text);
    if (!at) refuse(key, "must be an RFC 3339 time, such as \"2026-11-23T09:14:30Z\"");
    return at;
  }
  Capacity capacity(std::string_view key) {
    const JsonNode* node = expect(key, JsonKind::number, "a number", Presence::required);
    if (node == nullptr) return 0;
    Capacity number = 0;
    const char* end = node->text.data() + node->text.size();
    const auto [stop, error] = std::from_chars(node->text.data(), end, number);
    if (error != std::errc() || stop != end || number < 0 || number > capacity_limit) {
      refuse(key, "must be a whole number from 0 to 1000000000");
    }
    return number;
  }
  Reading reading(std::string_view key, Presence presence);
  /// The index of the text among `words`.
  template <std::size_t n>
  std::size_t one_of(std::string_view key, const std::array<std::string_view, n>& words) {
    const JsonNode* node = expect(key, JsonKind::text, "a text", Presence::required);
    if (node == nullptr) return 0;
    const auto found = std::find(words.begin(), words.end(), node->text);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    refuse(key, fmt::format("must be one of {}", fmt::join(words, ", ")));
    return 0;
  }
  /// Refuses a member that nobody has asked for: it may be a misspelt one.
  void finish() {
    for (const JsonNode* node = tree_.first(object_); node != nullptr; node = tree_.next(*node)) {
      if (std::find(asked_.begin(), asked_.begin() + asked_count_, node->key) ==
          asked_.begin() + asked_count_) {
        refuse(node->key.substr(0, name_max), "is not known here");
      }
    }
  }
  const JsonNode* expect(std::string_view key, JsonKind kind, std::string_view kind_name,
                         Presence presence) {
    const JsonNode* node = ask(key);
    if (node == nullptr) {
      if (presence == Presence::required) refuse(key, "is missing");
      return nullptr;
    }
    if (node->kind == kind) return node;
    refuse(key, fmt::format("must be {}", kind_name));
    return nullptr;
  }

 private:
  const JsonNode* ask(std::string_view key) {
    asked_.at(static_cast<std::size_t>(asked_count_++)) = key;
    return tree_.find(object_, key);
  }
  void refuse(std::string_view key, std::string_view why) {
    if (refusal_.empty()) refusal_ = fmt::format("\"{}{}\" {}", prefix_, key, why);
  }

  const JsonTree& tree_;
  const JsonNode& object_;
  std::string_view prefix_;
  std::string refusal_;
  std::array<std::string_view, 16> asked_;
  std::ptrdiff_t asked_count_ = 0;
};

/// The exact decimal of a JSON number; none where no finite double is so large.
std::optional<Decimal> exact(std::string_view number) {
  std::string text;
  text.reserve(number.size());
  for (const char c : number) {
    if (c == '+') continue;
    text += c == 'E' ? 'e' : c;
  }
  const std::size_t mark = text.find('e');
  const bool is_zero = text.substr(0, mark).find_first_of("123456789") == std::string::npos;
  if (is_zero) return Decimal();
  if (mark != std::string::npos && text.size() - mark > 6) {
    return text[mark + 1] == '-' ? std::optional(Decimal()) : std::nullopt;
  }
  const auto value = Decimal::parse(text);
  if (!value) return std::nullopt;
  std::int64_t digit_count = 0;
  for (std::int64_t rest = value->digits(); rest != 0; rest /= 10) ++digit_count;
  if (digit_count + value->exponent() > finite_digits) return std::nullopt;
  return value;
}

Reading Fields::reading(std::string_view key, Presence presence) {
  const JsonNode* node = ask(key);
  if (node == nullptr) {
    if (presence == Presence::required) refuse(key, "is missing");
    return {};
  }
  if (node->kind == JsonKind::null) return {};
  if (node->kind == JsonKind::number) {
    const auto value = exact(node->text);
    return value ? Reading{ReadingKind::value, *value} : Reading{ReadingKind::invalid, {}};
  }
  // JSON has no such numbers, so senders write them as texts.
  constexpr std::array<std::string_view, 8> no_numbers{"NaN", "Infinity", "-Infinity", "+Infinity",
                                                       "nan", "Inf",      "-Inf",      "+Inf"};
  if (node->kind == JsonKind::text &&
      std::find(no_numbers.begin(), no_numbers.end(), node->text) != no_numbers.end()) {
    return {ReadingKind::invalid, {}};
  }
  refuse(key, "must be a number or null");
  return {};
}

Claim read_sample(Fields& data) {
  SampleClaim claim;
  claim.signal = data.name("signal", Presence::required);
  claim.reading = data.reading("value", Presence::required);
  claim.instance.value = data.name("instance", Presence::optional);
  return claim;
}

Claim read_alarm(Fields& data) {
  AlarmClaim claim;
  claim.alarm = data.name("alarm", Presence::required);
  constexpr std::array<std::string_view, 3> states{"firing", "resolved", "no_data"};
  claim.state = static_cast<AlarmState>(data.one_of("state", states));
  // Only shown to people: a value that is no number is as good as none.
  const Reading reading = data.reading("value", Presence::optional);
  if (reading.kind == ReadingKind::value) claim.value = reading.value;
  claim.alert = data.name("alert", Presence::optional);
  claim.until = data.time("until", Presence::optional);
  return claim;
}

Claim read_health(Fields& data) {
  HealthClaim claim;
  claim.instance.value = data.name("instance", Presence::required);
  constexpr std::array<std::string_view, 3> statuses{"healthy", "unhealthy", "unknown"};
  claim.status = static_cast<HealthStatus>(data.one_of("status", statuses));
  claim.reporter = data.name("reporter", Presence::required);
  claim.reason = data.prose("reason");
  claim.until = data.time("until", Presence::optional);
  return claim;
}

Claim read_hint(Fields& data) {
  InstanceHint claim;
  claim.instance.value = data.name("instance", Presence::required);
  claim.state = data.name("state", Presence::required);
  return claim;
}

Claim read_lifecycle(Fields& data) {
  LifecycleClaim claim;
  claim.instance.value = data.name("instance", Presence::required);
  claim.hook = data.name("hook", Presence::required);
  constexpr std::array<std::string_view, 2> results{"continue", "abandon"};
  claim.proceed = data.one_of("result", results) == 0;
  return claim;
}

Claim read_pause(Fields& data) {
  PauseOrder order;
  order.paused = data.truth("paused", Presence::required, true);
  order.owner = data.name("owner", Presence::required);
  order.reason = data.prose("reason");
  order.mode = static_cast<Mode>(data.one_of("mode", mode_names, 0));
  return order;
}

Claim read_hold(Fields& data) {
  HoldOrder order;
  order.lifted = data.truth("lifted", Presence::optional, false);
  if (!order.lifted) {
    order.number = data.capacity("number");
    order.until = data.time("until", Presence::required).value_or(Time());
  }
  order.owner = data.name("owner", Presence::required);
  order.reason = data.prose("reason");
  return order;
}

Claim read_adjust(Fields& data) {
  return AdjustClaim{data.name("policy", Presence::required)};
}
Claim read_converge(Fields& data) {
  return ConvergeOrder{data.name("owner", Presence::required)};
}

Claim read_instance_order(Fields& data) {
  InstanceOrder order;
  order.instance.value = data.name("instance", Presence::required);
  order.verb = static_cast<InstanceVerb>(data.one_of("verb", instance_verbs));
  order.owner = data.name("owner", Presence::required);
  order.reason = data.prose("reason");
  return order;
}

struct EventType {
  std::string_view name;
  Senders senders;
  Claim (*read)(Fields& data);
};
constexpr std::array<EventType, 10> event_types{{
    {"io.settle.sample.v1", Senders::anyone, read_sample},
    {"io.settle.adjust.v1", Senders::anyone, read_adjust},
    {"io.settle.alarm.v1", Senders::anyone, read_alarm},
    {"io.settle.health.v1", Senders::anyone, read_health},
    {"io.settle.instance.v1", Senders::anyone, read_hint},
    {"io.settle.lifecycle.v1", Senders::anyone, read_lifecycle},
    {"io.settle.operator.pause.v1", Senders::operators, read_pause},
    {"io.settle.operator.hold.v1", Senders::operators, read_hold},
    {"io.settle.operator.converge.v1", Senders::operators, read_converge},
    {"io.settle.operator.instance.v1", Senders::operators, read_instance_order},
}};

Error refused(std::string why) {
  return {ErrorCode::invalid, std::move(why)};
}

Result<Claim> read_claim(std::string_view type, const JsonTree& tree, const JsonNode& data,
                         Senders senders) {
  for (const EventType& known : event_types) {
    if (known.name != type) continue;
    if (known.senders == Senders::operators && senders != Senders::operators) {
      return refused(fmt::format("\"type\" {} is an operator's: use the admin socket", type));
    }
    Fields fields(tree, data, "data.");
    Claim claim = known.read(fields);
    fields.finish();
    if (!fields.refusal().empty()) return refused(fields.refusal());
    return claim;
  }
  return refused(fmt::format("\"type\" {} is not known here", type));
}

bool is_of_cloudevents(std::string_view name) {
  constexpr std::array<std::string_view, 10> own{
      "specversion",     "type",       "source", "id",         "subject", "time",
      "datacontenttype", "dataschema", "data",   "data_base64"};
  return std::find(own.begin(), own.end(), name) != own.end();
}

bool is_attribute_name(std::string_view name) {
  return !name.empty() && name.size() <= name_max &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

/// Extension attributes, in order of name. What is no attribute by its name, has no short value, or
/// is one too many, says nothing to anybody here.
std::vector<Attribute> read_attributes(const JsonTree& tree, const JsonNode& event) {
  std::vector<Attribute> attributes;
  for (const JsonNode* node = tree.first(event); node != nullptr; node = tree.next(*node)) {
    if (is_of_cloudevents(node->key) || !is_attribute_name(node->key)) continue;
    std::string_view value = node->text;
    if (node->kind == JsonKind::boolean) {
      value = node->truth ? "true" : "false";
    } else if (node->kind != JsonKind::text && node->kind != JsonKind::number) {
      continue;
    }
    if (value.empty() || value.size() > name_max || attributes.size() == attributes_max) continue;
    attributes.push_back({std::string(node->key), std::string(value)});
  }
  std::sort(attributes.begin(), attributes.end(),
            [](const Attribute& a, const Attribute& b) { return a.name < b.name; });
  return attributes;
}

Result<Signal> read_event(const JsonTree& tree, const JsonNode& event, Time received,
                          Senders senders) {
  if (event.kind != JsonKind::object) return refused("an event must be a JSON object");
  Fields fields(tree, event, "");
  const std::string version = fields.name("specversion", Presence::required);
  const std::string type = fields.name("type", Presence::required);
  Signal signal;
  signal.stamp.source = fields.name("source", Presence::required, source_max);
  signal.stamp.id = fields.name("id", Presence::required);
  signal.group.value = fields.name("subject", Presence::required);
  signal.stamp.at = fields.time("time", Presence::optional).value_or(received);
  const JsonNode* data =
      fields.expect("data", JsonKind::object, "a JSON object", Presence::required);
  if (!fields.refusal().empty()) return refused(fields.refusal());
  if (version != "1.0") return refused("\"specversion\" must be \"1.0\"");
  auto claim = read_claim(type, tree, *data, senders);
  if (!claim) return claim.error();
  signal.claim = std::move(*claim);
  signal.attributes = read_attributes(tree, event);
  return signal;
}

}  // namespace

Result<Signal> parse_event(std::string_view json, Time received, Senders senders) {
  if (json.size() > event_max) return refused("an event must have at most 65536 bytes");
  const auto tree = JsonTree::parse(json);
  if (!tree) return tree.error();
  return read_event(*tree, tree->root(), received, senders);
}

Result<std::vector<Signal>> parse_batch(std::string_view json, Time received, Senders senders) {
  if (json.size() > batch_max) return refused("a batch must have at most 1048576 bytes");
  const auto tree = JsonTree::parse(json);
  if (!tree) return tree.error();
  const JsonNode& root = tree->root();
  if (root.kind != JsonKind::array) return refused("a batch must be a JSON array of events");
  std::vector<Signal> signals;
  signals.reserve(root.count);
  for (const JsonNode* node = tree->first(root); node != nullptr; node = tree->next(*node)) {
    auto signal = read_event(*tree, *node, received, senders);
    if (!signal) {
      return refused(fmt::format("event {}: {}", signals.size(), signal.error().message));
    }
    signals.push_back(std::move(*signal));
  }
  return signals;
}

Result<Signal> parse_binary(const std::map<std::string, std::string>& headers,
                            std::string_view data, Time received) {
  // The same event in structured mode, so that one reader knows the rules.
  std::string json = "{";
  for (const auto& [header, value] : headers) {
    const std::string_view name =
        std::string_view(header).substr(std::min<std::size_t>(3, header.size()));
    if (!header.starts_with("ce-") || !is_attribute_name(name) || name == "data") continue;
    json += fmt::format("\"{}\":", name);
    append_json_text(json, value);
    json += ',';
  }
  const auto tree = JsonTree::parse(data);  // Alone, so that it cannot end the object early.
  if (!tree) return tree.error();
  json += "\"data\":";
  json += data;
  json += '}';
  return parse_event(json, received);
}

}  // namespace settle
