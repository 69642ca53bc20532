#include "daemon/sources/amqp/nova_notification.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "daemon/codec/json.h"
#include "daemon/codec/json_tree.h"

namespace settle::amqp {
namespace {

constexpr std::size_t body_max = 1'024 * 1'024;
constexpr std::size_t name_max = 256;
constexpr std::string_view mark = "settle:group";
constexpr std::string_view tag_mark = "settle:group=";

/// The events that are worth a look, and what the instance is then.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> events{{
    {"instance.create.end", "ACTIVE"},
    {"instance.create.error", "ERROR"},
    {"instance.delete.end", "DELETED"},
    {"instance.soft_delete.end", "SOFT_DELETED"},
    {"instance.power_off.end", "SHUTOFF"},
    {"instance.power_on.end", "ACTIVE"},
}};

Error refused(const char* why) {
  return {ErrorCode::invalid, why};
}

/// The text that is there by that name; empty if there is none.
std::string_view text_at(const JsonTree& tree, const JsonNode* object, std::string_view key) {
  if (object == nullptr || object->kind != JsonKind::object) return {};
  const JsonNode* found = tree.find(*object, key);
  return found != nullptr && found->kind == JsonKind::text ? found->text : std::string_view();
}

const JsonNode* object_at(const JsonTree& tree, const JsonNode* object, std::string_view key) {
  if (object == nullptr || object->kind != JsonKind::object) return nullptr;
  const JsonNode* found = tree.find(*object, key);
  return found != nullptr && found->kind == JsonKind::object ? found : nullptr;
}

std::string_view group_of(const JsonTree& tree, const JsonNode* instance) {
  const std::string_view said = text_at(tree, object_at(tree, instance, "metadata"), mark);
  if (!said.empty()) return said;
  const JsonNode* tags = tree.find(*instance, "tags");
  if (tags == nullptr || tags->kind != JsonKind::array) return {};
  for (const JsonNode* tag = tree.first(*tags); tag != nullptr; tag = tree.next(*tag)) {
    if (tag->kind == JsonKind::text && tag->text.starts_with(tag_mark)) {
      return tag->text.substr(tag_mark.size());
    }
  }
  return {};
}

/// "2026-11-23 09:14:30.250000", in UTC and without saying so.
std::optional<Time> time_of(std::string_view text) {
  std::string told(text);
  const auto blank = told.find(' ');
  if (blank != std::string::npos) told[blank] = 'T';
  return parse_time(told + "Z");
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_max &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<std::optional<Signal>> read_message(const JsonTree& tree, Time received) {
  const JsonNode* root = &tree.root();
  const std::string_view type = text_at(tree, root, "event_type");
  if (type.empty()) return refused("the notification has no event_type");
  const auto known = std::find_if(events.begin(), events.end(),
                                  [&](const auto& event) { return event.first == type; });
  if (known == events.end()) return std::optional<Signal>();
  const JsonNode* payload = object_at(tree, root, "payload");
  const JsonNode* instance = object_at(tree, payload, "nova_object.data");
  if (instance == nullptr) return refused("the notification's payload is not versioned");
  const std::string_view uuid = text_at(tree, instance, "uuid");
  const std::string_view id = text_at(tree, root, "message_id");
  if (!is_name(uuid)) return refused("the notification names no instance");
  if (!is_name(id)) return refused("the notification has no message_id");
  const std::string_view group = group_of(tree, instance);
  if (!is_name(group)) return std::optional<Signal>();
  Signal signal;
  signal.group.value = group;
  signal.stamp.source = "/nova";
  signal.stamp.id = id;
  signal.stamp.at = time_of(text_at(tree, root, "timestamp")).value_or(received);
  signal.claim = InstanceHint{{std::string(uuid)}, std::string(known->second)};
  return std::optional<Signal>(std::move(signal));
}

}  // namespace

Result<std::optional<Signal>> read_nova_notification(std::string_view body, Time received) {
  if (body.size() > body_max) return refused("a notification must have at most 1 MB");
  const auto envelope = JsonTree::parse(body);
  if (!envelope) return envelope.error();
  const std::string_view inner = text_at(*envelope, &envelope->root(), "oslo.message");
  if (inner.empty()) return refused("there is no oslo.message in it");
  const auto message = JsonTree::parse(inner);
  if (!message) return message.error();
  return read_message(*message, received);
}

}  // namespace settle::amqp
