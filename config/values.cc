#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace settle {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t duration_max = 3'653LL * 86'400'000;

constexpr std::array<std::string_view, 7> weekdays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

std::optional<int> parse_weekday(std::string_view text) {
  const auto found = std::find(weekdays.begin(), weekdays.end(), text);
  if (found == weekdays.end()) return std::nullopt;
  return static_cast<int>(found - weekdays.begin());
}

/// Exactly `digits` digits at the front of `text`, which loses them.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// "6:30" is refused on purpose: next to "16:30" it is more often a slip than a wish.
std::optional<int> parse_time_of_day(std::string_view text) {
  const std::optional<int> hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const std::optional<int> minute = take_digits(text, 2);
  if (!minute || !text.empty() || *minute > 59) return std::nullopt;
  const int total = *hour * 60 + *minute;
  return total <= 24 * 60 ? std::optional(total) : std::nullopt;
}

bool is_reference_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration{};
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  auto largest = units.begin();  // Each unit at most once, the larger first.
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::optional<std::int64_t> count = parse_count(text.substr(0, digits));
    text.remove_prefix(digits);
    const std::size_t letters = std::min(text.find_first_of("0123456789"), text.size());
    const std::string_view name = text.substr(0, letters);
    text.remove_prefix(letters);
    const auto unit =
        std::find_if(largest, units.end(), [&](const Unit& u) { return u.name == name; });
    if (!count || unit == units.end() || *count > duration_max / unit->milliseconds) {
      return std::nullopt;
    }
    total += *count * unit->milliseconds;
    if (total > duration_max) return std::nullopt;
    largest = unit + 1;
  }
  return Duration{total};
}

std::string duration_setting(Duration duration) {
  std::int64_t rest = duration.count();
  if (rest <= 0) return "0";
  std::string text;
  for (const Unit& unit : units) {
    if (rest / unit.milliseconds > 0)
      text += fmt::format("{}{}", rest / unit.milliseconds, unit.name);
    rest %= unit.milliseconds;
  }
  return text;
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Money> parse_money(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const std::optional<Decimal> amount = Decimal::parse(text.substr(0, blank));
  const std::string_view unit = text.substr(blank + 1);
  const bool is_by_the_hour = unit.size() > 2 && unit.substr(unit.size() - 2) == "/h";
  const bool is_one_word = unit.find(' ') == std::string_view::npos;
  if (!amount || amount->is_negative() || !is_by_the_hour || !is_one_word) return std::nullopt;
  return Money{*amount, std::string(unit)};
}

std::optional<Amount> parse_amount(std::string_view text) {
  Amount amount;
  if (!text.empty() && text.back() == '%') {
    amount.is_percent = true;
    text.remove_suffix(1);
  }
  const std::optional<Decimal> number = Decimal::parse(text);
  if (!number) return std::nullopt;
  amount.number = *number;
  return amount;
}

std::optional<std::uint8_t> parse_days(std::string_view text) {
  if (text == "daily") return std::uint8_t{0x7f};
  unsigned days = 0;
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    const std::size_t dash = part.find('-');
    const std::optional<int> first = parse_weekday(part.substr(0, dash));
    const std::optional<int> last =
        dash == std::string_view::npos ? first : parse_weekday(part.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    for (int day = *first;; day = (day + 1) % 7) {
      days |= 1U << static_cast<unsigned>(day);
      if (day == *last) break;
    }
    if (comma == std::string_view::npos) return static_cast<std::uint8_t>(days);
    text.remove_prefix(comma + 1);
  }
}

std::optional<WindowEdge> parse_moment(std::string_view text) {
  WindowEdge moment;
  if (const std::optional<int> minute = parse_time_of_day(text)) {
    moment.minute = *minute;
    return moment;
  }
  if (const std::optional<LocalTime> date = parse_local_time(text)) {
    moment.kind = WindowEdge::Kind::date;
    moment.date = *date;
    return moment;
  }
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const std::optional<int> weekday = parse_weekday(text.substr(0, blank));
  const std::optional<int> minute = parse_time_of_day(text.substr(blank + 1));
  if (!weekday || !minute) return std::nullopt;
  moment.kind = WindowEdge::Kind::day_of_week;
  moment.weekday = static_cast<Weekday>(*weekday);
  moment.minute = *minute;
  return moment;
}

std::optional<LocalTime> parse_local_time(std::string_view text) {
  const std::optional<int> year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const std::optional<int> month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const std::optional<int> day = take_digits(text, 2);
  if (!day || (!take(text, 'T') && !take(text, ' '))) return std::nullopt;
  const std::optional<int> hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const std::optional<int> minute = take_digits(text, 2);
  std::optional<int> second = 0;
  if (minute && take(text, ':')) second = take_digits(text, 2);
  if (!minute || !second || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  const bool is_known =
      date.ok() && *year >= 1970 && *year <= 2100 && *hour < 24 && *minute < 60 && *second < 60;
  if (!is_known) return std::nullopt;
  LocalTime local;
  local.year = *year;
  local.month = static_cast<std::int8_t>(*month);
  local.day = static_cast<std::int8_t>(*day);
  local.hour = static_cast<std::int8_t>(*hour);
  local.minute = static_cast<std::int8_t>(*minute);
  local.second = static_cast<std::int8_t>(*second);
  return local;
}

std::optional<std::vector<Reference>> parse_references(std::string_view text) {
  std::vector<Reference> references;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at)) {
    const std::size_t close = text.find('}', at);
    if (close == std::string_view::npos) return std::nullopt;
    std::string_view inside = text.substr(at + 2, close - at - 2);
    Reference reference;
    if (inside.substr(0, 7) == "secret:") {
      reference.is_secret = true;
      inside.remove_prefix(7);
    } else if (inside.substr(0, 4) == "env:") {
      inside.remove_prefix(4);
    } else {
      return std::nullopt;
    }
    if (!is_reference_name(inside)) return std::nullopt;
    reference.name = inside;
    references.push_back(reference);
    at = close;
  }
  return references;
}

}  // namespace settle
