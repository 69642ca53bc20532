// Times, durations and facts in words, and the filling of patterns.
#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "reconcilers/explain/explain.h"
#include "reconcilers/explain/phrase.h"

namespace settle {
namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

struct Unit {
  std::int64_t milliseconds;
  std::string_view name;
};

constexpr std::array<Unit, 5> units{{
    {86'400'000, "d"},
    {3'600'000, "h"},
    {60'000, "m"},
    {1'000, "s"},
    {1, "ms"},
}};

std::string_view weekday_of(const LocalTime& local) {
  const std::chrono::year_month_day date{std::chrono::year{local.year},
                                         std::chrono::month{static_cast<unsigned>(local.month)},
                                         std::chrono::day{static_cast<unsigned>(local.day)}};
  return weekdays[std::chrono::weekday{std::chrono::sys_days{date}}.iso_encoding() - 1];
}

std::string_view month_of(const LocalTime& local) {
  return months[static_cast<std::size_t>(local.month) - 1];
}

std::string value_text(const Fact& fact, const Zone& zone) {
  struct Text {
    const Zone& zone;
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(const Decimal& number) const { return number_text(number); }
    std::string operator()(Time at) const { return near_text(at, zone); }
    std::string operator()(Duration duration) const { return duration_text(duration); }
    std::string operator()(const std::string& word) const { return word; }
  };
  return std::visit(Text{zone}, fact.second);
}

/// What is in brackets, or nothing where a fact within it is absent; none where one outside is.
std::optional<std::string> filled(std::string_view pattern, const Words& words) {
  std::string out;
  while (!pattern.empty()) {
    const std::size_t special = pattern.find_first_of("{[");
    out += pattern.substr(0, special);
    if (special == std::string_view::npos) {
      break;
    }
    const bool optional = pattern[special] == '[';
    const std::size_t end = pattern.find(optional ? ']' : '}', special);
    const std::string_view inner = pattern.substr(special + 1, end - special - 1);
    const auto word = optional ? filled(inner, words) : words.find(inner);
    if (!word && !optional) {
      return std::nullopt;
    }
    out += word.value_or("");
    pattern.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::string number_text(const Decimal& number) {
  constexpr int decimals_max = 4;
  std::int64_t digits = number.digits();
  int exponent = number.exponent();
  for (; exponent < -decimals_max; ++exponent) {
    digits /= 10;
  }
  // What is so small that nothing would be left is shown in full.
  return digits == 0 ? number.text() : Decimal::of(digits, exponent).text();
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // Not the inside of a UTF-8 sequence.
  }));
}

std::string padded(std::string text, std::size_t columns) {
  const std::size_t used = width(text);
  text.append(columns > used ? columns - used : 0, ' ');
  return text;
}

std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> columns;
  for (const auto& row : rows) {
    columns.resize(std::max(columns.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      columns[i] = std::max(columns[i], width(row[i]));
    }
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += columns[i] == 0 ? "" : padded(row[i], columns[i] + 2);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(line);
  }
  return lines;
}

std::string clock_text(Time at, const Zone& zone) {
  const LocalTime local = zone.local(at);
  return fmt::format("{} {} {} {:04} {:02}:{:02}:{:02} {}", weekday_of(local), local.day,
                     month_of(local), local.year, local.hour, local.minute, local.second,
                     zone.abbreviation(at));
}

std::string near_text(Time at, const Zone& zone) {
  const LocalTime local = zone.local(at);
  const std::string seconds = local.second == 0 ? "" : fmt::format(":{:02}", local.second);
  return fmt::format("{} {} {} {:02}:{:02}{} {}", weekday_of(local), local.day, month_of(local),
                     local.hour, local.minute, seconds, zone.abbreviation(at));
}

std::string duration_text(Duration duration) {
  if (duration < Duration{0}) {
    return duration == Duration::min() ? "-forever" : "-" + duration_text(-duration);
  }
  std::int64_t rest = duration.count();
  std::string out;
  int shown = 0;
  for (const Unit& unit : units) {
    const std::int64_t count = rest / unit.milliseconds;
    // Two neighbours say enough: "2d 4h", "1m 30s". What is smaller is left out, and so are
    // milliseconds beside more than a few seconds.
    const bool is_dust = unit.milliseconds == 1 && duration >= std::chrono::seconds{10};
    if (shown == 2 || (shown == 1 && count == 0) || is_dust) {
      break;
    }
    if (count > 0) {
      out += fmt::format("{}{}{}", out.empty() ? "" : " ", count, unit.name);
      ++shown;
    }
    rest %= unit.milliseconds;
  }
  return out.empty() ? "0s" : out;
}

std::optional<std::string> Words::find(std::string_view key) const {
  for (const Fact& fact : *facts_) {
    if (fact.first == key) {
      std::string word = value_text(fact, *zone_);
      return word.empty() ? std::nullopt : std::optional(std::move(word));
    }
  }
  for (const auto& [name, word] : implied_) {
    if (name == key) {
      return word;
    }
  }
  return std::nullopt;
}

std::string fill(std::string_view pattern, const Words& words) {
  while (true) {
    const std::size_t end = pattern.find('|');
    if (auto text = filled(pattern.substr(0, end), words)) {
      return *std::move(text);
    }
    if (end == std::string_view::npos) {
      return {};
    }
    pattern.remove_prefix(end + 1);
  }
}

}  // namespace settle
