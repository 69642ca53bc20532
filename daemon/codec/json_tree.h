// Strict JSON as a flat tree that keeps each number's own text, so that a decimal is read exactly
// and never by way of a double. It knows nothing of what the members mean.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

namespace settle {

enum class JsonKind : std::uint8_t { null, boolean, number, text, array, object };

struct JsonNode {
  JsonKind kind = JsonKind::null;
  bool truth = false;       // Of a boolean.
  std::uint32_t next = 0;   // The sibling after this one; zero: none.
  std::uint32_t first = 0;  // The first member or element; zero: none.
  std::uint32_t count = 0;  // Of members or elements.
  std::string_view key;     // In an object.
  std::string_view text;    // Of a text, unescaped; of a number, as it was written.
};

/// Views into its own memory and into nothing else.
class JsonTree {
 public:
  /// Refuses what RFC 8259 does not allow, text that is not UTF-8, a key that occurs twice in one
  /// object, nesting deeper than 32 and more than 100,000 values.
  [[nodiscard]] static Result<JsonTree> parse(std::string_view json);

  [[nodiscard]] const JsonNode& root() const { return nodes_[1]; }
  /// The first member or element of `node`, or null.
  [[nodiscard]] const JsonNode* first(const JsonNode& node) const { return at(node.first); }
  [[nodiscard]] const JsonNode* next(const JsonNode& node) const { return at(node.next); }
  /// The member of that name, or null.
  [[nodiscard]] const JsonNode* find(const JsonNode& object, std::string_view key) const;

 private:
  friend class JsonTreeBuilder;
  [[nodiscard]] const JsonNode* at(std::uint32_t index) const {
    return index == 0 ? nullptr : &nodes_[index];
  }
  std::unique_ptr<char[]> letters_;  // What the views look at; never moves.
  std::vector<JsonNode> nodes_;      // The first is no node, so that zero can mean none.
};

}  // namespace settle
