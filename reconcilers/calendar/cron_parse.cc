// Reads the five fields of a cron expression, and says in words what is wrong with one.
#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "reconcilers/calendar/calendar.h"

namespace settle {
namespace {

constexpr std::array<std::string_view, 12> month_names{"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names{"sun", "mon", "tue", "wed",
                                                        "thu", "fri", "sat"};

struct FieldShape {
  std::string_view name;
  int low;
  int high;
  std::span<const std::string_view> names;  // The first of them is `low`.
  bool wraps;                               // "Sat-Mon" is a range.
};

constexpr std::array<FieldShape, 5> shapes{{
    {"minute", 0, 59, {}, false},
    {"hour", 0, 23, {}, false},
    {"day of month", 1, 31, {}, false},
    {"month", 1, 12, month_names, false},
    {"day of week", 0, 7, weekday_names, true},
}};

struct Macro {
  std::string_view name;
  std::string_view fields;
};

constexpr std::array<Macro, 7> macros{{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
}};

struct FieldSet {
  std::uint64_t bits = 0;
  bool has_star_or_step = false;
  bool is_star = false;  // "*", or a step of one through all of it.
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string_view::npos; begin = end + 1) {
    end = text.find_first_of(separators, begin);
    parts.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
  }
  return parts;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> parts = split(text, " \t");
  std::erase_if(parts, [](std::string_view part) { return part.empty(); });
  return parts;
}

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || rest != end || text.starts_with('-')) {
    return std::nullopt;
  }
  return value;
}

std::optional<int> value_of(const FieldShape& shape, std::string_view text, std::string& error) {
  const std::string word = lower(text);
  const auto named = std::find(shape.names.begin(), shape.names.end(), word);
  if (named != shape.names.end()) {
    return shape.low + static_cast<int>(named - shape.names.begin());
  }
  const std::optional<int> value = whole_number(text);
  if (!value) {
    error = quoted(text) + " is not a " + std::string(shape.name);
    return std::nullopt;
  }
  if (*value < shape.low || *value > shape.high) {
    error = std::to_string(*value) + " is no " + std::string(shape.name) + ": it goes from " +
            std::to_string(shape.low) + " to " + std::to_string(shape.high);
    return std::nullopt;
  }
  return value;
}

struct Between {
  int low = 0;
  int high = 0;
  bool is_one = false;
};

/// "*", "5" or "1-5".
std::optional<Between> range_of(const FieldShape& shape, std::string_view text,
                                std::string& error) {
  if (text == "*") {
    return Between{shape.low, shape.wraps ? shape.high - 1 : shape.high, false};
  }
  const std::vector<std::string_view> ends = split(text, "-");
  if (ends.size() > 2) {
    error = quoted(text) + " is not a range such as 1-5";
    return std::nullopt;
  }
  const std::optional<int> low = value_of(shape, ends.front(), error);
  std::optional<int> high = low ? value_of(shape, ends.back(), error) : low;
  if (!high) {
    return std::nullopt;
  }
  if (*low > *high && shape.wraps) {
    high = *high + 7;
  }
  if (*low > *high) {
    error = quoted(text) + " runs backwards: write it as two ranges with a comma between";
    return std::nullopt;
  }
  return Between{*low, *high, ends.size() == 1};
}

std::optional<int> step_of(const FieldShape& shape, std::string_view text, std::string& error) {
  const std::optional<int> step = whole_number(text);
  if (!step || *step < 1) {
    error = quoted(text) + " is not a step: a whole number from 1";
    return std::nullopt;
  }
  if (*step > shape.high - shape.low) {
    error = "a step of " + std::to_string(*step) + " leaves the " + std::string(shape.name) +
            " at once: it goes from " + std::to_string(shape.low) + " to " +
            std::to_string(shape.high);
    return std::nullopt;
  }
  return step;
}

bool add_item(const FieldShape& shape, std::string_view item, FieldSet& set, std::string& error) {
  const std::size_t slash = item.find('/');
  const std::optional<Between> range = range_of(shape, item.substr(0, slash), error);
  if (!range) {
    return false;
  }
  int step = 1;
  if (slash != std::string_view::npos) {
    const std::optional<int> given = step_of(shape, item.substr(slash + 1), error);
    if (!given) {
      return false;
    }
    if (range->is_one) {
      error = quoted(item) + " has a step but no range: write " + std::to_string(range->low) + "-" +
              std::to_string(shape.high) + "/" + std::to_string(*given);
      return false;
    }
    step = *given;
  }
  for (int value = range->low; value <= range->high; value += step) {
    set.bits |= std::uint64_t{1} << (shape.wraps ? value % 7 : value);
  }
  const bool star = item.starts_with('*');
  set.has_star_or_step = set.has_star_or_step || star || slash != std::string_view::npos;
  set.is_star = set.is_star || (star && step == 1);
  return true;
}

std::optional<FieldSet> field_of(const FieldShape& shape, std::string_view text,
                                 std::string& error) {
  FieldSet set;
  for (const std::string_view item : split(text, ",")) {
    if (!add_item(shape, item, set, error)) {
      error.insert(0, std::string(shape.name) + ": ");
      return std::nullopt;
    }
  }
  return set;
}

/// Cron's week begins with Sunday, ours with Monday.
std::uint8_t from_monday(std::uint64_t from_sunday) {
  return static_cast<std::uint8_t>(((from_sunday >> 1) | (from_sunday << 6)) & 0x7f);
}

}  // namespace

std::optional<Cron> Cron::parse(std::string_view text, std::string& error) {
  std::vector<std::string_view> fields = words(text);
  if (fields.size() == 1 && fields.front().starts_with('@')) {
    const std::string name = lower(fields.front());
    const auto* const macro =
        std::find_if(macros.begin(), macros.end(), [&](const Macro& m) { return m.name == name; });
    if (macro == macros.end()) {
      error = quoted(fields.front()) + " is none of @hourly, @daily, @weekly, @monthly and @yearly";
      return std::nullopt;
    }
    fields = words(macro->fields);
  }
  if (fields.size() != shapes.size()) {
    error = "a cron has five fields (minute, hour, day of month, month, day of week), not " +
            std::to_string(fields.size());
    return std::nullopt;
  }
  std::array<FieldSet, shapes.size()> sets;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::optional<FieldSet> set = field_of(shapes[i], fields[i], error);
    if (!set) {
      return std::nullopt;
    }
    sets[i] = *set;
  }
  CronFields out;
  out.minutes = sets[0].bits;
  out.hours = static_cast<std::uint32_t>(sets[1].bits);
  out.days = static_cast<std::uint32_t>(sets[2].bits);
  out.months = static_cast<std::uint16_t>(sets[3].bits);
  out.weekdays = from_monday(sets[4].bits);
  out.any_day = sets[2].is_star;
  out.any_weekday = sets[4].is_star;
  out.follows_elapsed = sets[0].has_star_or_step || sets[1].has_star_or_step;
  const std::size_t begin = text.find_first_not_of(" \t");
  const std::size_t end = text.find_last_not_of(" \t");
  return Cron(std::string(text.substr(begin, end - begin + 1)), out);
}

}  // namespace settle
