// A strict subset of YAML as a tree of text with positions: what every later step of reading
// works on. It does not know which keys exist, nor what any scalar means.
//
// Strict: no anchors, aliases, merge keys, tags or second document; no key twice; bounded size,
// depth, line length and number of nodes, so that any text costs bounded time and memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/findings.h"

namespace settle {

struct Entry;

struct Element {
  enum class Kind : std::uint8_t { null, scalar, map, list };
  Kind kind = Kind::null;
  bool is_quoted = false;
  bool is_usable = true;  // Cleared once an error has been reported about it.
  Place place;
  std::string text;            // Of a scalar.
  std::vector<Entry> entries;  // Of a map, in the order of the file.
  std::vector<Element> items;  // Of a list.

  /// The value under `key` that no error has been reported about, or null.
  [[nodiscard]] const Element* find(std::string_view key) const;
  /// The entry under `key`, whatever has been reported about it, or null.
  [[nodiscard]] const Entry* entry(std::string_view key) const;
};

struct Entry {
  std::string key;
  Place key_place;
  Element value;
};

struct DocumentLimits {
  std::size_t bytes_max = 1U << 20U;
  std::size_t line_bytes_max = 1U << 16U;
  std::size_t depth_max = 32;
  std::size_t nodes_max = 100'000;
};
inline constexpr DocumentLimits document_limits;

/// Reads one file. None if it cannot be read at all; the findings say why. Keys that stand twice
/// are reported, and the first of them is kept.
[[nodiscard]] std::optional<Element> read_document(std::string_view text, std::uint16_t file,
                                                   Findings& findings);

/// `over` on top of `under`: mappings merge key by key, anything else is replaced.
[[nodiscard]] Element merged(const Element& under, const Element& over);

/// Elements in the tree, itself included.
[[nodiscard]] std::size_t count_nodes(const Element& node);

}  // namespace settle
