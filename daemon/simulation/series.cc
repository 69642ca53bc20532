#include "daemon/simulation/series.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "daemon/codec/json.h"

namespace settle {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '"'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return made;
}

std::optional<Reading> reading(std::string_view text) {
  if (text.empty()) return Reading{ReadingKind::no_data, {}};
  if (const auto value = Decimal::parse(text)) return Reading{ReadingKind::value, *value};
  const std::string word = lower(text.substr(text.front() == '-' || text.front() == '+' ? 1 : 0));
  if (word == "null") return Reading{ReadingKind::no_data, {}};
  if (word == "nan" || word == "inf" || word == "infinity") {
    return Reading{ReadingKind::invalid, {}};
  }
  return std::nullopt;
}

std::optional<int> instances_of(std::string_view text) {
  constexpr int instances_max = 1'000'000;
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool is_count = error == std::errc{} && end == text.data() + text.size() && count > 0;
  return is_count && count <= instances_max ? std::optional(count) : std::nullopt;
}

}  // namespace

std::optional<Time> read_timestamp(std::string_view text) {
  if (const auto at = parse_time(text)) return at;
  std::string spelled(text);
  if (spelled.size() == 10) spelled += "T00:00";
  if (spelled.size() < 16) return std::nullopt;
  if (spelled[10] == ' ') spelled[10] = 'T';
  if (spelled.size() == 16) spelled += ":00";
  if (const auto at = parse_time(spelled)) return at;
  return parse_time(spelled + 'Z');
}

Result<std::vector<SeriesRow>> read_series(std::string_view csv) {
  std::vector<SeriesRow> rows;
  if (csv.starts_with("\xef\xbb\xbf")) csv.remove_prefix(3);
  for (std::size_t number = 1; !csv.empty(); ++number) {
    const std::size_t end = std::min(csv.find('\n'), csv.size());
    const std::string_view line = trimmed(csv.substr(0, end));
    csv.remove_prefix(std::min(end + 1, csv.size()));
    if (line.empty()) continue;
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos) {
      return Error{ErrorCode::invalid, fmt::format("line {}: wants timestamp,value", number)};
    }
    const std::string_view time_text = trimmed(line.substr(0, comma));
    std::string_view value_text = trimmed(line.substr(comma + 1));
    std::string_view count_text;
    if (const std::size_t second = value_text.find(','); second != std::string_view::npos) {
      count_text = trimmed(value_text.substr(second + 1));
      value_text = trimmed(value_text.substr(0, second));
    }
    const auto at = read_timestamp(time_text);
    if (!at && rows.empty() && lower(time_text).starts_with("time")) continue;
    if (!at) {
      return Error{ErrorCode::invalid, fmt::format("line {}: \"{}\" is no time such as "
                                                   "2014-05-14 01:14:00 or 2014-05-14T01:14:00Z",
                                                   number, time_text)};
    }
    const auto value = reading(value_text);
    if (!value) {
      return Error{ErrorCode::invalid,
                   fmt::format("line {}: \"{}\" is no number", number, value_text)};
    }
    const auto instances = instances_of(count_text);
    if (!instances && !count_text.empty()) {
      return Error{ErrorCode::invalid,
                   fmt::format("line {}: \"{}\" is no number of instances", number, count_text)};
    }
    rows.push_back({*at, *value, instances});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const SeriesRow& a, const SeriesRow& b) { return a.at < b.at; });
  // Backwards, so that the last of one time is the one that stays.
  const auto first = std::unique(rows.rbegin(), rows.rend(), [](const auto& a, const auto& b) {
                       return a.at == b.at;
                     }).base();
  rows.erase(rows.begin(), first);
  return rows;
}

Decimal share_of(const Decimal& value, int recorded_with, Capacity ready) {
  constexpr std::int64_t room = 900'000'000'000'000'000 / 10;
  const Decimal whole = value * Decimal(recorded_with);
  std::int64_t digits = whole.digits();
  int exponent = whole.exponent();
  if (digits == 0) return whole;
  while (digits < room && digits > -room) {
    digits *= 10;
    --exponent;
  }
  return Decimal::of(digits / ready, exponent);
}

}  // namespace settle
