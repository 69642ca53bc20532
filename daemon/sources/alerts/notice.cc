#include "daemon/sources/alerts/notice.h"

#include <charconv>

#include <fmt/format.h>

#include "daemon/codec/json.h"
#include "daemon/codec/json_tree.h"

namespace settle::alerts {
namespace {

constexpr std::size_t id_max = 256;
constexpr std::size_t labels_max = 128;

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > id_max) return false;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x20 || byte == 0x7f) return false;
  }
  return true;
}

/// The text of a member; empty where there is none of this kind.
std::string text_of(const JsonTree& tree, const JsonNode& object, std::string_view key) {
  const JsonNode* const node = tree.find(object, key);
  return node != nullptr && node->kind == JsonKind::text ? std::string(node->text) : "";
}

/// False where there is something that is no mapping of texts.
bool read_labels(const JsonTree& tree, const JsonNode& object, std::string_view key,
                 Labels& labels) {
  const JsonNode* const node = tree.find(object, key);
  if (node == nullptr) return true;
  if (node->kind != JsonKind::object || node->count > labels_max) return false;
  for (const JsonNode* label = tree.first(*node); label != nullptr; label = tree.next(*label)) {
    if (label->kind != JsonKind::text) return false;
    labels.insert_or_assign(std::string(label->key), std::string(label->text));
  }
  return true;
}

/// What Alertmanager's webhook and its list have in common; empty where it is as it should be.
std::string read_alert(const JsonTree& tree, const JsonNode& node, Alert& alert) {
  alert.id = text_of(tree, node, "fingerprint");
  if (!is_name(alert.id)) return "an alert without a fingerprint";
  if (!read_labels(tree, node, "labels", alert.labels)) {
    return fmt::format("labels is no mapping of at most {} texts", labels_max);
  }
  alert.starts = parse_time(text_of(tree, node, "startsAt"));
  if (!alert.starts) return "startsAt is no RFC 3339 time";
  return {};
}

std::string read_status(const JsonTree& tree, const JsonNode& node, Alert& alert) {
  const std::string status = text_of(tree, node, "status");
  if (status != "firing" && status != "resolved") return "status is neither firing nor resolved";
  alert.state = status == "firing" ? AlarmState::firing : AlarmState::resolved;
  return {};
}

template <typename ReadOne>
void read_alerts(const JsonTree& tree, const JsonNode& list, Notice& notice, ReadOne read_one) {
  notice.alerts.reserve(list.count);
  for (const JsonNode* node = tree.first(list); node != nullptr; node = tree.next(*node)) {
    Alert alert;
    const std::string wrong =
        node->kind == JsonKind::object ? read_one(*node, alert) : "an alert is no object";
    if (wrong.empty()) {
      notice.alerts.push_back(std::move(alert));
    } else {
      notice.unreadable.push_back({is_name(alert.id) ? alert.id : "?", wrong});
    }
  }
}

}  // namespace

Result<Notice> read_alertmanager(std::string_view body) {
  const Result<JsonTree> tree = JsonTree::parse(body);
  if (!tree) return tree.error();
  const JsonNode& root = tree->root();
  if (root.kind != JsonKind::object) return invalid("a notification is a JSON object");
  if (text_of(*tree, root, "version") != "4") {
    return invalid("\"version\" is not \"4\": no notification of Alertmanager's webhook");
  }
  const JsonNode* const list = tree->find(root, "alerts");
  if (list == nullptr || list->kind != JsonKind::array) return invalid("\"alerts\" is no list");
  Notice notice;
  if (const JsonNode* truncated = tree->find(root, "truncatedAlerts")) {
    const char* const end = truncated->text.data() + truncated->text.size();
    const auto read = std::from_chars(truncated->text.data(), end, notice.truncated);
    if (truncated->kind != JsonKind::number || read.ec != std::errc() || read.ptr != end) {
      return invalid("\"truncatedAlerts\" is no number of alerts");
    }
  }
  notice.group_key = text_of(*tree, root, "groupKey");
  notice.any_fires = text_of(*tree, root, "status") == "firing";
  if (!read_labels(*tree, root, "groupLabels", notice.common) ||
      !read_labels(*tree, root, "commonLabels", notice.common)) {
    return invalid("\"groupLabels\" and \"commonLabels\" are mappings of texts");
  }
  read_alerts(*tree, *list, notice, [&](const JsonNode& node, Alert& alert) {
    const std::string wrong = read_alert(*tree, node, alert);
    return wrong.empty() ? read_status(*tree, node, alert) : wrong;
  });
  return notice;
}

Result<Notice> read_alert_list(std::string_view body) {
  const Result<JsonTree> tree = JsonTree::parse(body);
  if (!tree) return tree.error();
  if (tree->root().kind != JsonKind::array) return invalid("the answer is no list of alerts");
  Notice notice;
  read_alerts(*tree, tree->root(), notice, [&](const JsonNode& node, Alert& alert) {
    alert.state = AlarmState::firing;
    return read_alert(*tree, node, alert);
  });
  return notice;
}

Result<Notice> read_aodh(std::string_view body) {
  const Result<JsonTree> tree = JsonTree::parse(body);
  if (!tree) return tree.error();
  const JsonNode& root = tree->root();
  if (root.kind != JsonKind::object) return invalid("a notification is a JSON object");
  Alert alert;
  alert.id = text_of(*tree, root, "alarm_id");
  const std::string name = text_of(*tree, root, "alarm_name");
  if (!is_name(alert.id)) return invalid("\"alarm_id\" is missing: no notification of Aodh");
  const std::string current = text_of(*tree, root, "current");
  if (current == "alarm") {
    alert.state = AlarmState::firing;
  } else if (current == "ok") {
    alert.state = AlarmState::resolved;
  } else if (current != "insufficient data") {
    return invalid("\"current\" is none of ok, alarm and insufficient data");
  }
  alert.labels = {
      {"alertname", name}, {"alarm_id", alert.id}, {"severity", text_of(*tree, root, "severity")}};
  const JsonNode* const reason = tree->find(root, "reason_data");
  if (reason != nullptr && reason->kind == JsonKind::object) {
    const JsonNode* const recent = tree->find(*reason, "most_recent");
    if (recent != nullptr && recent->kind == JsonKind::number) {
      alert.value = Decimal::parse(recent->text);
    }
  }
  Notice notice;
  notice.alerts.push_back(std::move(alert));
  return notice;
}

}  // namespace settle::alerts
