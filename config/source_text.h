// The text of one file, line by line: turns offsets into places, and looks into the text where
// the YAML parser says too little. It does not know what the text means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/findings.h"

namespace settle {

class SourceText {
 public:
  /// `text` must outlive this. A byte order mark is left out.
  SourceText(std::string_view text, std::uint16_t file);

  [[nodiscard]] std::string_view text() const { return text_; }
  /// From one; without its end of line. Empty where there is no such line.
  [[nodiscard]] std::string_view line(int number) const;
  [[nodiscard]] Place place(std::size_t offset) const;
  /// The file as a whole.
  [[nodiscard]] Place whole() const;

  /// Characters that a scalar takes on the line where it begins.
  [[nodiscard]] int scalar_length(std::size_t offset, std::string_view value) const;
  /// True unless a quotation mark at `offset` is never closed.
  [[nodiscard]] bool closes_quote(std::size_t offset) const;
  /// A { or [ that follows text without a blank inside a flow collection, on the line of `problem`
  /// or shortly before: PromQL in a one-line mapping.
  [[nodiscard]] std::optional<Place> find_brace_in_flow(const Place& problem) const;
  /// The first byte that is not UTF-8, or a control character.
  [[nodiscard]] std::optional<Place> find_unprintable() const;
  [[nodiscard]] std::optional<Place> find_long_line(std::size_t bytes_max) const;

 private:
  std::string_view text_;
  std::uint16_t file_;
  std::vector<std::size_t> starts_;  // Offset of each line.
};

/// Characters (code points) in UTF-8 text.
[[nodiscard]] int count_characters(std::string_view text);

}  // namespace settle
