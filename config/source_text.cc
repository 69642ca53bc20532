#include "config/source_text.h"

#include <algorithm>

namespace settle {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

/// Bytes of the UTF-8 character at the beginning of `rest`; zero if it is none, or a control.
std::size_t character_size(std::string_view rest) {
  const auto first = static_cast<unsigned char>(rest[0]);
  if (first < 0x80) {
    return first == '\t' || first == '\n' || first == '\r' || (first >= 0x20 && first != 0x7f) ? 1
                                                                                               : 0;
  }
  const std::size_t size = first >= 0xc2 && first < 0xe0   ? 2
                           : first >= 0xe0 && first < 0xf0 ? 3
                           : first >= 0xf0 && first < 0xf5 ? 4
                                                           : 0;
  if (size == 0 || rest.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_continuation(rest[i])) return 0;
  }
  const auto second = static_cast<unsigned char>(rest[1]);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second >= 0xa0;
  const bool too_large = first == 0xf4 && second >= 0x90;
  const bool control = first == 0xc2 && second < 0xa0;  // C1, among them the old newline.
  const bool separator =
      rest.substr(0, size) == "\xe2\x80\xa8" || rest.substr(0, size) == "\xe2\x80\xa9";
  return overlong || surrogate || too_large || control || separator ? 0 : size;
}

/// Where, on one line, a flow collection has a bracket stuck to text. Not in quotes or comments.
std::optional<std::size_t> stuck_bracket(std::string_view line) {
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const char before = i == 0 ? ' ' : line[i - 1];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '#' && before == ' ') {
      return std::nullopt;
    } else if ((c == '"' || c == '\'') &&
               std::string_view(" {[,:").find(before) != std::string_view::npos) {
      quote = c;
    } else if (c == '{' || c == '[') {
      const bool is_stuck = std::string_view(" {[,\t").find(before) == std::string_view::npos;
      if (depth > 0 && is_stuck) return i;
      if (!is_stuck) ++depth;
    } else if (c == '}' || c == ']') {
      depth = std::max(0, depth - 1);
    }
  }
  return std::nullopt;
}

}  // namespace

int count_characters(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

SourceText::SourceText(std::string_view text, std::uint16_t file) : text_(text), file_(file) {
  if (text_.substr(0, byte_order_mark.size()) == byte_order_mark) {
    text_.remove_prefix(byte_order_mark.size());
  }
  starts_.push_back(0);
  for (std::size_t i = text_.find('\n'); i != std::string_view::npos; i = text_.find('\n', i + 1)) {
    starts_.push_back(i + 1);
  }
}

std::string_view SourceText::line(int number) const {
  if (number < 1 || static_cast<std::size_t>(number) > starts_.size()) return {};
  const std::size_t index = static_cast<std::size_t>(number) - 1;
  const std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] - 1 : text_.size();
  std::string_view line = text_.substr(starts_[index], end - starts_[index]);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

Place SourceText::place(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto index = static_cast<std::size_t>(after - starts_.begin()) - 1;
  Place place;
  place.file = file_;
  place.line = static_cast<int>(index) + 1;
  place.column = count_characters(text_.substr(starts_[index], offset - starts_[index])) + 1;
  return place;
}

Place SourceText::whole() const {
  return {file_, 0, 0, 1};
}

int SourceText::scalar_length(std::size_t offset, std::string_view value) const {
  if (offset >= text_.size()) return 1;
  const std::size_t end = std::min(text_.find('\n', offset), text_.size());
  const std::string_view rest = text_.substr(offset, end - offset);
  const std::string_view first = value.substr(0, value.find('\n'));
  const char mark = rest.empty() ? ' ' : rest.front();
  if (mark == '"' || mark == '\'') {
    const std::size_t close = rest.find(mark, 1);
    return count_characters(rest.substr(0, close == std::string_view::npos ? close : close + 1));
  }
  if (rest.substr(0, first.size()) == first) return std::max(1, count_characters(first));
  return 1;
}

bool SourceText::closes_quote(std::size_t offset) const {
  if (offset >= text_.size()) return true;
  const char mark = text_[offset];
  if (mark == '\'') {
    for (std::size_t i = offset + 1; i < text_.size(); ++i) {
      if (text_[i] != '\'') continue;
      if (i + 1 < text_.size() && text_[i + 1] == '\'') {
        ++i;
      } else {
        return true;
      }
    }
    return false;
  }
  if (mark != '"') return true;
  for (std::size_t i = offset + 1; i < text_.size(); ++i) {
    if (text_[i] == '\\') {
      ++i;
    } else if (text_[i] == '"') {
      return true;
    }
  }
  return false;
}

std::optional<Place> SourceText::find_brace_in_flow(const Place& problem) const {
  constexpr int lines_back = 3;  // The parser may notice a line or two later.
  for (int number = problem.line; number > std::max(0, problem.line - lines_back); --number) {
    const std::optional<std::size_t> bracket = stuck_bracket(line(number));
    if (!bracket) continue;
    Place place = problem;
    place.line = number;
    place.column = count_characters(line(number).substr(0, *bracket)) + 1;
    return place;
  }
  return std::nullopt;
}

std::optional<Place> SourceText::find_unprintable() const {
  for (std::size_t i = 0; i < text_.size();) {
    const std::size_t size = character_size(text_.substr(i, 4));
    if (size == 0) return place(i);
    i += size;
  }
  return std::nullopt;
}

std::optional<Place> SourceText::find_long_line(std::size_t bytes_max) const {
  for (std::size_t i = 0; i < starts_.size(); ++i) {
    const std::size_t end = i + 1 < starts_.size() ? starts_[i + 1] : text_.size();
    if (end - starts_[i] > bytes_max) return place(starts_[i]);
  }
  return std::nullopt;
}

}  // namespace settle
