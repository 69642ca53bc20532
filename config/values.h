// What single texts of the configuration mean: durations, counts, amounts, days and times.
// Total: any text is a value or none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/calendar/calendar.h"
#include "reconcilers/decimal.h"
#include "reconcilers/units.h"

namespace settle {

/// "250ms", "30s", "1h30m", "90d", "0"; at most ten years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
/// The shortest text that parse_duration() reads back.
[[nodiscard]] std::string duration_setting(Duration duration);

/// Digits only.
[[nodiscard]] std::optional<std::int64_t> parse_count(std::string_view text);

/// "3", "25%", "0.5".
struct Amount {
  Decimal number;
  bool is_percent = false;
};
[[nodiscard]] std::optional<Amount> parse_amount(std::string_view text);

/// "40 EUR/h": what something costs for an hour.
struct Money {
  Decimal amount;
  std::string unit;  // "EUR/h".
};
[[nodiscard]] std::optional<Money> parse_money(std::string_view text);

/// "Mon-Fri", "Sat,Sun", "daily", "Fri-Mon": bit 0 is Monday.
[[nodiscard]] std::optional<std::uint8_t> parse_days(std::string_view text);

/// Where a window begins or ends: "06:30", "Fri 16:00" or "2026-11-27T00:00".
struct WindowEdge {
  enum class Kind : std::uint8_t { time_of_day, day_of_week, date };
  Kind kind = Kind::time_of_day;
  int minute = 0;  // After midnight, 1440 included; of the first two.
  Weekday weekday = Weekday::mon;
  LocalTime date;
};
[[nodiscard]] std::optional<WindowEdge> parse_moment(std::string_view text);
[[nodiscard]] std::optional<LocalTime> parse_local_time(std::string_view text);

/// What `${env:X}` and `${secret:NAME}` in a text refer to; none if one is malformed.
struct Reference {
  bool is_secret = false;
  std::string_view name;
};
[[nodiscard]] std::optional<std::vector<Reference>> parse_references(std::string_view text);

}  // namespace settle
