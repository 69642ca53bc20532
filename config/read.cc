// Reading single values, adjustments, windows and paces.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/bind.h"
#include "config/values.h"

namespace settle {
namespace {

const Element* scalar(const Element& map, std::string_view key) {
  const Element* node = map.find(key);
  return node != nullptr && node->kind == Element::Kind::scalar ? node : nullptr;
}

/// Stores what has been parsed.
template <typename T>
bool store(const std::optional<T>& parsed, T& out) {
  if (!parsed) return false;
  out = *parsed;
  return true;
}

constexpr std::array<std::string_view, 3> adjustment_keys{"add", "remove", "set"};

bool has(const Element& map, std::string_view key) {
  return map.entry(key) != nullptr;
}

std::optional<Window> cron_window(const Element& map, const Place& owner, Findings& findings) {
  if (!has(map, "for")) {
    findings.add("E0116", place_of(map, "cron", owner), "a window with cron and without for").hint =
        "for: 90m says how long it lasts";
  }
  const Element* cron = scalar(map, "cron");
  Duration length{};
  if (cron == nullptr || !read(map, "for", length)) return std::nullopt;
  std::string error;
  const std::optional<Cron> parsed = Cron::parse(cron->text, error);
  if (!parsed) return std::nullopt;
  return CronWindow{*parsed, length};
}

std::optional<Window> weekly_window(const WindowEdge& from, const WindowEdge& until,
                                    std::uint8_t days) {
  WeeklyWindow window;
  window.days = days;
  window.from_minute = static_cast<std::int16_t>(from.minute);
  window.until_minute = static_cast<std::int16_t>(until.minute);
  if (from.kind == WindowEdge::Kind::day_of_week) {
    const int first = static_cast<int>(from.weekday);
    const int last = static_cast<int>(until.weekday);
    int length = (last - first + 7) % 7;
    if (length == 0 && until.minute <= from.minute) length = 7;
    window.days = static_cast<std::uint8_t>(1U << static_cast<unsigned>(first));
    window.days_long = static_cast<std::int8_t>(length);
  }
  return window;
}

std::optional<Window> clock_window(const Element& map, const Place& owner, Findings& findings) {
  for (const auto& [present, absent] : {std::pair{"from", "until"}, std::pair{"until", "from"}}) {
    if (!has(map, present) || has(map, absent)) continue;
    findings.add("E0116", place_of(map, present, owner),
                 fmt::format("a window with {} and without {}", present, absent));
  }
  const Element* from_node = scalar(map, "from");
  const Element* until_node = scalar(map, "until");
  if (from_node == nullptr || until_node == nullptr) return std::nullopt;
  const std::optional<WindowEdge> from = parse_moment(from_node->text);
  const std::optional<WindowEdge> until = parse_moment(until_node->text);
  if (!from || !until) return std::nullopt;
  if (from->kind != until->kind) {
    findings.add("E0116", until_node->place, "from and until are of two kinds").hint =
        "both a time of day, both a day of the week with it, or both a date";
    return std::nullopt;
  }
  if (has(map, "on") && from->kind != WindowEdge::Kind::time_of_day) {
    findings.add("E0116", place_of(map, "on", owner), "on goes with times of day alone").hint =
        "from and until already say on which day";
    return std::nullopt;
  }
  if (from->kind == WindowEdge::Kind::date) {
    if (from->date < until->date) return DatedWindow{from->date, until->date};
    findings.add("E0213", until_node->place, "the window ends before it begins");
    return std::nullopt;
  }
  if (from->minute == 24 * 60) {
    findings.add("E0119", from_node->place, "a window cannot begin at 24:00").hint = "write 00:00";
    return std::nullopt;
  }
  std::uint8_t days = 0x7f;
  if (has(map, "on") && scalar(map, "on") == nullptr) return std::nullopt;
  if (const Element* on = scalar(map, "on")) days = parse_days(on->text).value_or(days);
  return weekly_window(*from, *until, days);
}

}  // namespace

bool read(const Element& map, std::string_view key, std::string& out) {
  const Element* node = scalar(map, key);
  if (node != nullptr) out = node->text;
  return node != nullptr;
}

bool read(const Element& map, std::string_view key, Duration& out) {
  const Element* node = scalar(map, key);
  return node != nullptr && store(parse_duration(node->text), out);
}

bool read(const Element& map, std::string_view key, Capacity& out) {
  const Element* node = scalar(map, key);
  std::int64_t wide = 0;
  if (node == nullptr || !store(parse_count(node->text), wide)) return false;
  out = static_cast<Capacity>(std::min<std::int64_t>(wide, capacity_limit));
  return true;
}

bool read(const Element& map, std::string_view key, std::optional<Capacity>& out) {
  Capacity number = 0;
  if (!read(map, key, number)) return false;
  out = number;
  return true;
}

bool read(const Element& map, std::string_view key, Decimal& out) {
  const Element* node = scalar(map, key);
  if (node == nullptr) return false;
  const std::optional<Amount> amount = parse_amount(node->text);
  if (amount) out = amount->number;
  return amount.has_value();
}

bool read(const Element& map, std::string_view key, bool& out) {
  const Element* node = scalar(map, key);
  if (node != nullptr) out = node->text == "true";
  return node != nullptr;
}

bool read(const Element& map, std::string_view key, Decimal& amount, bool& is_percent) {
  const Element* node = scalar(map, key);
  if (node == nullptr) return false;
  const std::optional<Amount> parsed = parse_amount(node->text);
  if (!parsed) return false;
  amount = parsed->number;
  is_percent = parsed->is_percent;
  return true;
}

std::vector<std::string> read_texts(const Element& map, std::string_view key) {
  const Element* node = map.find(key);
  if (node == nullptr) return {};
  if (node->kind == Element::Kind::scalar) return {node->text};
  std::vector<std::string> texts;
  for (const Element& item : node->items) {
    if (item.is_usable && item.kind == Element::Kind::scalar) texts.push_back(item.text);
  }
  return texts;
}

const Element& child(const Element& map, std::string_view key) {
  static const Element nothing;
  const Element* node = map.find(key);
  return node != nullptr && node->kind == Element::Kind::map ? *node : nothing;
}

Place place_of(const Element& map, std::string_view key, const Place& otherwise) {
  const Entry* entry = map.entry(key);
  return entry == nullptr ? otherwise : entry->key_place;
}

bool has_adjustment(const Element& map) {
  return std::any_of(adjustment_keys.begin(), adjustment_keys.end(),
                     [&](std::string_view key) { return has(map, key); });
}

std::optional<Adjustment> read_adjustment(const Element& map, std::string_view least_key,
                                          Findings& findings) {
  const Entry* first = nullptr;
  for (const Entry& entry : map.entries) {
    const bool is_one = std::find(adjustment_keys.begin(), adjustment_keys.end(), entry.key) !=
                        adjustment_keys.end();
    if (!is_one) continue;
    if (first == nullptr) {
      first = &entry;
      continue;
    }
    findings.add("E0116", entry.key_place,
                 fmt::format("{} and {} exclude each other", first->key, entry.key));
    return std::nullopt;
  }
  if (first == nullptr) return std::nullopt;
  Adjustment adjustment;
  bool is_percent = false;
  if (!read(map, first->key, adjustment.amount, is_percent)) return std::nullopt;
  if (is_percent) adjustment.kind = Adjustment::Kind::change_percent;
  if (first->key == "set") adjustment.kind = Adjustment::Kind::set;
  if (first->key == "remove") adjustment.amount = -adjustment.amount;
  read(map, least_key, adjustment.magnitude_min);
  const Entry* least = map.entry(least_key);
  if (least != nullptr && !is_percent) {
    findings.add("E0116", least->key_place,
                 fmt::format("{} goes with a percentage alone", least_key));
  }
  return adjustment;
}

std::optional<Window> read_window(const Element& map, const Place& owner, Findings& findings) {
  const bool by_cron = has(map, "cron") || has(map, "for");
  const bool by_clock = has(map, "from") || has(map, "until") || has(map, "on");
  if (by_cron && by_clock) {
    findings.add("E0116", place_of(map, has(map, "cron") ? "cron" : "for", owner),
                 "a window has from and until, or cron and for");
    return std::nullopt;
  }
  if (!by_cron && !has(map, "from") && !has(map, "until")) {
    findings.add("E0116", owner, "a window without its times").hint =
        "from and until, or cron and for";
    return std::nullopt;
  }
  if (by_clock) return clock_window(map, owner, findings);
  if (has(map, "cron")) return cron_window(map, owner, findings);
  findings.add("E0116", place_of(map, "for", owner), "a window with for and without cron");
  return std::nullopt;
}

Pace read_pace(const Element& map, const Tolerance& tolerance) {
  Pace pace;
  pace.tolerance = tolerance;
  read(map, "settle", pace.settle);
  read(map, "cooldown", pace.cooldown);
  read(map, "tolerance", pace.tolerance.amount, pace.tolerance.is_percent);
  std::string select;
  read(map, "select", select);
  if (select == "smallest") pace.select = RateSelect::smallest;
  if (select == "disabled") pace.select = RateSelect::disabled;
  RateRule rule;
  read(map, "per", rule.per);
  if (read(map, "at_most", rule.amount, rule.is_percent)) pace.rules.push_back(rule);
  const Element* several = map.find("at_most");
  if (several == nullptr) return pace;
  for (const Element& item : several->items) {
    RateRule one;
    read(item, "per", one.per);
    if (read(item, "at_most", one.amount, one.is_percent)) pace.rules.push_back(one);
  }
  return pace;
}

Steadiness read_steadiness(const Element& map) {
  Tolerance tolerance;
  read(map, "tolerance", tolerance.amount, tolerance.is_percent);
  return {read_pace(child(map, "scale_out"), tolerance),
          read_pace(child(map, "scale_in"), tolerance)};
}

}  // namespace settle
