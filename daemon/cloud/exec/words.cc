#include "daemon/cloud/exec/words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "daemon/codec/json.h"
#include "daemon/codec/json_tree.h"
#include "daemon/codec/json_write.h"

namespace settle::exec {
namespace {

constexpr std::string_view verbs[] = {"launch", "terminate", "drain", "protect", "unprotect"};

constexpr std::array<std::pair<std::string_view, Acted::Result>, 3> failures{{
    {"refused", Acted::Result::refused},
    {"later", Acted::Result::not_now},
    {"unknown", Acted::Result::unknown},
}};
constexpr std::array<std::pair<std::string_view, Reason>, 6> reasons{{
    {"throttled", Reason::cloud_throttled},
    {"quota", Reason::cloud_quota},
    {"no_capacity", Reason::cloud_no_capacity},
    {"unreachable", Reason::cloud_unreachable},
    {"config", Reason::launch_config_invalid},
    {"refused", Reason::cloud_refused},
}};

template <typename Value, std::size_t count>
std::optional<Value> meaning(const std::array<std::pair<std::string_view, Value>, count>& words,
                             std::string_view word) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const auto& entry) { return entry.first == word; });
  if (found == words.end()) return std::nullopt;
  return found->second;
}

JsonWriter request(std::uint64_t call, std::string_view op, const std::string& cluster) {
  JsonWriter out;
  out.open('{').member("settle", 1).member("call", call).member("op", op);
  out.member("cluster", cluster);
  return out;
}

Error wrong(std::string what) {
  return {ErrorCode::invalid, std::move(what)};
}

std::string text_of(const JsonTree& tree, const JsonNode& object, std::string_view key) {
  const JsonNode* found = tree.find(object, key);
  return found != nullptr && found->kind == JsonKind::text ? std::string(found->text)
                                                           : std::string();
}

bool truth_of(const JsonTree& tree, const JsonNode& object, std::string_view key) {
  const JsonNode* found = tree.find(object, key);
  return found != nullptr && found->kind == JsonKind::boolean && found->truth;
}

Result<Listed> read_listed(const JsonTree& tree, const JsonNode& node) {
  if (node.kind != JsonKind::object) return wrong("an instance is an object");
  Listed listed;
  Instance& instance = listed.instance;
  listed.group.value = text_of(tree, node, "group");
  instance.id.value = text_of(tree, node, "id");
  instance.state = text_of(tree, node, "state");
  instance.zone = text_of(tree, node, "zone");
  instance.launch_hash = text_of(tree, node, "launch_hash");
  instance.token = text_of(tree, node, "token");
  instance.is_protected = truth_of(tree, node, "protected");
  instance.is_draining = truth_of(tree, node, "draining");
  const std::string created = text_of(tree, node, "created");
  const std::optional<Time> at = parse_time(created);
  if (!created.empty() && !at) return wrong("\"created\" is no RFC 3339 time");
  instance.created = at.value_or(Time{});
  if (listed.group.value.empty() || instance.id.value.empty() || instance.state.empty()) {
    return wrong("an instance has \"id\", \"group\" and \"state\"");
  }
  return listed;
}

}  // namespace

std::string list_request(std::uint64_t call, const std::string& cluster) {
  return request(call, "list", cluster).close('}').take();
}

std::string find_request(std::uint64_t call, const std::string& cluster,
                         const InstanceId& instance) {
  return request(call, "find", cluster).member("instance", instance.value).close('}').take();
}

std::string act_request(std::uint64_t call, const std::string& cluster, const Act& act) {
  const Intent& intent = act.intent;
  JsonWriter out = request(call, verbs[static_cast<std::size_t>(intent.kind)], cluster);
  out.member("group", act.group.value).member("token", intent.token);
  if (intent.kind != IntentKind::launch) {
    return out.member("instance", intent.instance.value).close('}').take();
  }
  out.member("zone", intent.zone).member("launch_hash", intent.launch_hash);
  out.key("launch").open('{');
  // A mapping as a list of pairs would be no mapping to its reader; keys are escaped like texts.
  for (const auto& [key, value] : act.spec->launch) {
    std::string name;
    append_json_text(name, key);
    out.key(std::string_view(name).substr(1, name.size() - 2)).text(value);
  }
  return out.close('}').close('}').take();
}

Result<Answer> read_answer(std::string_view line) {
  const Result<JsonTree> parsed = JsonTree::parse(line);
  if (!parsed) return parsed.error();
  const JsonTree& tree = *parsed;
  const JsonNode& root = tree.root();
  if (root.kind != JsonKind::object) return wrong("an answer is an object");
  Answer answer;
  const JsonNode* call = tree.find(root, "call");
  if (call == nullptr || call->kind != JsonKind::number) return wrong("\"call\" is missing");
  const char* end = call->text.data() + call->text.size();
  if (std::from_chars(call->text.data(), end, answer.call).ptr != end) {
    return wrong("\"call\" is no number of ours");
  }
  const JsonNode* ok = tree.find(root, "ok");
  if (ok == nullptr || ok->kind != JsonKind::boolean) return wrong("\"ok\" is true or false");
  if (!ok->truth) {
    // What cannot be understood may have happened.
    answer.result =
        meaning(failures, text_of(tree, root, "result")).value_or(Acted::Result::unknown);
    answer.why = meaning(reasons, text_of(tree, root, "reason")).value_or(Reason::cloud_refused);
    return answer;
  }
  answer.instance.value = text_of(tree, root, "instance");
  answer.is_complete = truth_of(tree, root, "complete");
  answer.finds = truth_of(tree, root, "finds");
  const JsonNode* instances = tree.find(root, "instances");
  if (instances == nullptr) return answer;
  if (instances->kind != JsonKind::array) return wrong("\"instances\" is a list");
  for (const JsonNode* at = tree.first(*instances); at != nullptr; at = tree.next(*at)) {
    Result<Listed> listed = read_listed(tree, *at);
    if (!listed) return listed.error();
    answer.instances.push_back(std::move(*listed));
  }
  return answer;
}

}  // namespace settle::exec
