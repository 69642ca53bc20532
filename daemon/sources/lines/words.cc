#include "daemon/sources/lines/words.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "daemon/codec/json.h"
#include "daemon/codec/json_tree.h"
#include "daemon/codec/json_write.h"

namespace settle::lines {
namespace {

constexpr std::size_t kept_text_max = 4'096;
constexpr std::size_t words_max = 512;  // Of an error, or of a reason.

std::string text_of(const JsonTree& tree, const JsonNode& object, std::string_view key) {
  const JsonNode* node = tree.find(object, key);
  const bool is_text = node != nullptr && node->kind == JsonKind::text;
  return is_text ? std::string(node->text) : std::string();
}

/// A number, or a text that is one: CloudEvents have only texts.
std::optional<std::int64_t> number_of(const JsonTree& tree, const JsonNode& object,
                                      std::string_view key) {
  const JsonNode* node = tree.find(object, key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != JsonKind::text && node->kind != JsonKind::number) return std::nullopt;
  std::int64_t number = 0;
  const char* end = node->text.data() + node->text.size();
  const auto [stop, error] = std::from_chars(node->text.data(), end, number);
  if (error != std::errc() || stop != end || number < 0) return std::nullopt;
  return number;
}

Buried poison(std::string_view line, std::string why, std::optional<std::int64_t> sequence) {
  const std::string place = sequence ? std::to_string(*sequence) : std::string();
  return {sequence, {place, std::move(why), std::string(line.substr(0, kept_text_max))}};
}

Said read_control(const JsonTree& tree, std::string_view line) {
  const JsonNode& root = tree.root();
  const std::optional<std::int64_t> sequence = number_of(tree, root, "sequence");
  if (number_of(tree, root, "settle") != 1) {
    return poison(line, "\"settle\" is the version of the protocol: 1", sequence);
  }
  const JsonNode* ready = tree.find(root, "ready");
  if (ready != nullptr && ready->truth) return Ready{};
  const JsonNode* bury = tree.find(root, "bury");
  if (bury != nullptr && bury->kind == JsonKind::object) {
    return Buried{sequence,
                  {text_of(tree, *bury, "id"), text_of(tree, *bury, "reason").substr(0, words_max),
                   text_of(tree, *bury, "text").substr(0, kept_text_max)}};
  }
  Told told;
  told.lag = number_of(tree, root, "lag");
  if (tree.find(root, "error") != nullptr) {
    told.error = text_of(tree, root, "error").substr(0, words_max);
  }
  return told;
}

std::string answer(std::string_view key, const std::vector<std::string>& ids,
                   std::string_view why) {
  JsonWriter out;
  out.open('{').key(key).open('[');
  for (const std::string& id : ids) out.text(id);
  out.close(']');
  if (!why.empty()) out.member("why", why);
  return out.close('}').take();
}

}  // namespace

std::string hello(std::optional<std::int64_t> position) {
  JsonWriter out;
  out.open('{').member("settle", 1);
  return out.member("position", position).close('}').take();
}

std::string ack(const std::vector<std::string>& ids) {
  return answer("ack", ids, {});
}

std::string fail(const std::vector<std::string>& ids, std::string_view why) {
  return answer("fail", ids, why);
}

Said read_line(std::string_view line, Time received) {
  const Result<JsonTree> tree = JsonTree::parse(line);
  if (!tree) return poison(line, tree.error().message, std::nullopt);
  if (tree->root().kind != JsonKind::object) {
    return poison(line, "a line is a JSON object", std::nullopt);
  }
  if (tree->find(tree->root(), "settle") != nullptr) return read_control(*tree, line);
  const std::optional<std::int64_t> sequence = number_of(*tree, tree->root(), "sequence");
  Result<Signal> signal = parse_event(line, received);
  if (!signal) return poison(line, signal.error().message, sequence);
  std::string id = signal->stamp.id;
  return Emitted{std::move(id), sequence, std::move(*signal)};
}

}  // namespace settle::lines
