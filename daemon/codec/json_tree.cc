#include "daemon/codec/json_tree.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

namespace settle {
namespace {

constexpr std::size_t depth_max = 32;
constexpr std::size_t nodes_max = 100'000;
constexpr std::size_t number_letters_max = 1'024;
// Below this a scan for a repeated key is quicker than sorting.
constexpr std::uint32_t members_few = 16;

namespace json = boost::json;

}  // namespace

/// What basic_parser calls. A string comes in parts, each valid only during its call.
class JsonTreeBuilder {
 public:
  static constexpr std::size_t max_object_size = nodes_max;
  static constexpr std::size_t max_array_size = nodes_max;
  static constexpr std::size_t max_key_size = 64 * 1024;
  static constexpr std::size_t max_string_size = 1024 * 1024;

  bool on_document_begin(json::error_code& /*code*/) { return true; }
  bool on_document_end(json::error_code& /*code*/) { return true; }
  bool on_object_begin(json::error_code& code) { return open(JsonKind::object, code); }
  bool on_object_end(std::size_t /*count*/, json::error_code& code) {
    return check_keys(code) && close();
  }
  bool on_array_begin(json::error_code& code) { return open(JsonKind::array, code); }
  bool on_array_end(std::size_t /*count*/, json::error_code& /*code*/) { return close(); }
  bool on_key_part(json::string_view part, std::size_t /*size*/, json::error_code& /*code*/) {
    append(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t /*size*/, json::error_code& /*code*/) {
    append(part);
    key_ = take();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t /*size*/, json::error_code& /*code*/) {
    append(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t /*size*/, json::error_code& code) {
    append(part);
    return add(JsonKind::text, code, take());
  }
  bool on_number_part(json::string_view part, json::error_code& /*code*/) {
    append(part);
    return true;
  }
  bool on_int64(std::int64_t /*value*/, json::string_view part, json::error_code& code) {
    return number(part, code);
  }
  bool on_uint64(std::uint64_t /*value*/, json::string_view part, json::error_code& code) {
    return number(part, code);
  }
  bool on_double(double /*value*/, json::string_view part, json::error_code& code) {
    return number(part, code);
  }
  bool on_bool(bool truth, json::error_code& code) {
    if (!add(JsonKind::boolean, code, {})) return false;
    tree.nodes_.back().truth = truth;
    return true;
  }
  bool on_null(json::error_code& code) { return add(JsonKind::null, code, {}); }
  bool on_comment_part(json::string_view /*part*/, json::error_code& /*code*/) { return true; }
  bool on_comment(json::string_view /*part*/, json::error_code& /*code*/) { return true; }

  /// REQUIRES: called once, before the parse. No unescaped text is longer than its source.
  void reserve(std::size_t size) {
    tree.letters_ = std::make_unique<char[]>(size);
    tree.nodes_.reserve(std::min(nodes_max, size / 8 + 2));
    tree.nodes_.emplace_back();
  }

  JsonTree tree;
  std::string refusal;  // Where it was not the parser that refused.

 private:
  struct Open {
    std::uint32_t node = 0;
    std::uint32_t last = 0;  // Its newest child.
  };

  void append(json::string_view part) {
    std::memcpy(tree.letters_.get() + end_, part.data(), part.size());
    end_ += part.size();
  }
  std::string_view take() {
    const std::string_view whole(tree.letters_.get() + begin_, end_ - begin_);
    begin_ = end_;
    return whole;
  }
  bool refuse(std::string why, json::error_code& code) {
    refusal = std::move(why);
    code = json::error::syntax;
    return false;
  }
  bool number(json::string_view part, json::error_code& code) {
    append(part);
    const std::string_view text = take();
    if (text.size() > number_letters_max) return refuse("a number of over 1024 letters", code);
    return add(JsonKind::number, code, text);
  }
  bool add(JsonKind kind, json::error_code& code, std::string_view text) {
    if (tree.nodes_.size() >= nodes_max) return refuse("over 100000 values", code);
    const auto index = static_cast<std::uint32_t>(tree.nodes_.size());
    JsonNode& node = tree.nodes_.emplace_back();
    node.kind = kind;
    node.text = text;
    if (open_.empty()) return true;
    Open& parent = open_.back();
    node.key = std::exchange(key_, {});
    (parent.last == 0 ? tree.nodes_[parent.node].first : tree.nodes_[parent.last].next) = index;
    parent.last = index;
    ++tree.nodes_[parent.node].count;
    return true;
  }
  bool open(JsonKind kind, json::error_code& code) {
    if (open_.size() >= depth_max) return refuse("nesting deeper than 32", code);
    if (!add(kind, code, {})) return false;
    open_.push_back({static_cast<std::uint32_t>(tree.nodes_.size() - 1), 0});
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  std::optional<std::string_view> repeated_key(const JsonNode& object) const {
    if (object.count <= members_few) {
      for (const JsonNode* a = tree.first(object); a != nullptr; a = tree.next(*a)) {
        for (const JsonNode* b = tree.next(*a); b != nullptr; b = tree.next(*b)) {
          if (a->key == b->key) return a->key;
        }
      }
      return std::nullopt;
    }
    std::vector<std::string_view> keys;
    keys.reserve(object.count);
    for (const JsonNode* a = tree.first(object); a != nullptr; a = tree.next(*a)) {
      keys.push_back(a->key);
    }
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    return twice == keys.end() ? std::nullopt : std::optional(*twice);
  }
  bool check_keys(json::error_code& code) {
    const auto twice = repeated_key(tree.nodes_[open_.back().node]);
    if (!twice) return true;
    return refuse(fmt::format("the key \"{}\" occurs twice in one object", twice->substr(0, 64)),
                  code);
  }

  std::vector<Open> open_;
  std::string_view key_;
  std::size_t begin_ = 0;  // Of the text that is coming in.
  std::size_t end_ = 0;
};

Result<JsonTree> JsonTree::parse(std::string_view text) {
  json::parse_options options;
  options.max_depth = depth_max;
  json::basic_parser<JsonTreeBuilder> parser(options);
  parser.handler().reserve(text.size() + 1);
  json::error_code code;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), code);
  if (!code && read < text.size()) code = json::error::extra_data;
  if (!code) return Result<JsonTree>(std::move(parser.handler().tree));
  JsonTreeBuilder& builder = parser.handler();
  if (code == json::error::too_deep) builder.refusal = "nesting deeper than 32";
  return Error{ErrorCode::invalid,
               fmt::format("not acceptable JSON at byte {}: {}", read,
                           builder.refusal.empty() ? code.message() : builder.refusal)};
}

const JsonNode* JsonTree::find(const JsonNode& object, std::string_view key) const {
  for (const JsonNode* member = first(object); member != nullptr; member = next(*member)) {
    if (member->key == key) return member;
  }
  return nullptr;
}

}  // namespace settle
