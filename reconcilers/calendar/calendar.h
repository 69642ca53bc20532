// Time of day in a named IANA zone: cron expressions, weekly and dated windows.
//
// Everything here is a closed form in (rule, zone, instant): nothing scans minute by minute, and
// nothing reads a clock. A local time that the clocks skip means the first valid moment after it;
// one that occurs twice means the first time only; a cron with a wildcard or a step in its hours
// or minutes follows elapsed time through both. Correct from 1970 to 2100; total beyond.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "reconcilers/units.h"

namespace settle {

/// A civil date and time of day, in no particular zone.
struct LocalTime {
  std::int32_t year = 1970;
  std::int8_t month = 1;  // 1..12
  std::int8_t day = 1;    // 1..31
  std::int8_t hour = 0;
  std::int8_t minute = 0;
  std::int8_t second = 0;
  friend auto operator<=>(const LocalTime&, const LocalTime&) = default;
};

enum class Weekday : std::uint8_t { mon, tue, wed, thu, fri, sat, sun };

struct ZoneRules;

/// The rules of one zone of the tz database, as they were when it was loaded. Cheap to copy, some
/// kilobytes to load: a configuration loads each of its zones once, and copies it.
class Zone {
 public:
  Zone();  // UTC.
  /// Reads the zone from the system's tz database; none if there is no such zone.
  /// Touches files, and so does tzdata_version(): called when configuration is read.
  static std::optional<Zone> load(const std::string& name);

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] LocalTime local(Time at) const;
  /// The instant of a local time: the first valid one after a gap, the first of two in a fold.
  [[nodiscard]] Time instant(const LocalTime& local) const;
  [[nodiscard]] bool is_skipped(const LocalTime& local) const;
  [[nodiscard]] bool is_repeated(const LocalTime& local) const;
  /// The abbreviation in force at `at`, such as "EET".
  [[nodiscard]] std::string abbreviation(Time at) const;
  /// Seconds east of UTC at `at`.
  [[nodiscard]] int offset_seconds(Time at) const;

  /// For the rest of this room.
  [[nodiscard]] const ZoneRules& rules() const { return *rules_; }
  friend bool operator==(const Zone& a, const Zone& b) { return a.name() == b.name(); }

 private:
  explicit Zone(std::shared_ptr<const ZoneRules> rules) : rules_(std::move(rules)) {}
  std::shared_ptr<const ZoneRules> rules_;
};

/// The version of the system's tz database, such as "2026b"; "unknown" where it does not say.
[[nodiscard]] std::string tzdata_version();

/// What the five fields of a cron expression allow, as sets of bits.
struct CronFields {
  std::uint64_t minutes = 0;     // Bit 0 is minute 0.
  std::uint32_t hours = 0;       // Bit 0 is hour 0.
  std::uint32_t days = 0;        // Bit 1 is the first of the month.
  std::uint16_t months = 0;      // Bit 1 is January.
  std::uint8_t weekdays = 0;     // Bit 0 is Monday.
  bool any_day = true;           // Day of month is "*".
  bool any_weekday = true;       // Day of week is "*".
  bool follows_elapsed = false;  // Hours or minutes hold a wildcard or a step.
};

/// Five fields (minute hour day-of-month month day-of-week) with lists, ranges, steps and names,
/// plus @hourly, @daily, @weekly, @monthly and @yearly. Where both day fields are restricted,
/// either may match (Vixie cron).
class Cron {
 public:
  /// What is wrong, in words for people, in `error`, if there is no result.
  static std::optional<Cron> parse(std::string_view text, std::string& error);

  /// The first firing strictly after `after`; none within 8 years means never.
  [[nodiscard]] std::optional<Time> next(const Zone& zone, Time after) const;
  /// The last firing at or before `at`; none if 8 years before it had none.
  [[nodiscard]] std::optional<Time> previous(const Zone& zone, Time at) const;
  [[nodiscard]] const std::string& text() const { return text_; }
  friend bool operator==(const Cron& a, const Cron& b) { return a.text_ == b.text_; }

 private:
  Cron(std::string text, const CronFields& fields) : text_(std::move(text)), fields_(fields) {}
  std::string text_;
  CronFields fields_;
};

/// Every week on the days given, from a time of day until another; until <= from runs past
/// midnight, unless days_long says on which day it ends.
struct WeeklyWindow {
  std::uint8_t days = 0x7f;       // Bit 0 is Monday: the days on which it begins.
  std::int16_t from_minute = 0;   // Minutes after local midnight.
  std::int16_t until_minute = 0;  // The same; 1440 is the midnight that ends the day.
  std::int8_t days_long = 0;  // From its first day to its last: "Fri 16:00" to "Mon 07:00" is 3.
  friend bool operator==(const WeeklyWindow&, const WeeklyWindow&) = default;
};

/// Once, between two local times.
struct DatedWindow {
  LocalTime from;
  LocalTime until;
  friend bool operator==(const DatedWindow&, const DatedWindow&) = default;
};

/// A fixed length after each firing of a cron.
struct CronWindow {
  Cron cron;
  Duration length{};
  friend bool operator==(const CronWindow&, const CronWindow&) = default;
};

using Window = std::variant<WeeklyWindow, DatedWindow, CronWindow>;

/// Half-open: active at `from`, no longer at `until`.
struct Span {
  Time from;
  Time until;
  friend bool operator==(const Span&, const Span&) = default;
};

/// The occurrence that covers `at`, if any (the one that ends last, where several overlap).
[[nodiscard]] std::optional<Span> active(const Window& window, const Zone& zone, Time at);
/// The first occurrence that begins strictly after `after`; none means never again. An occurrence
/// that the clocks skip whole is none. active() at its beginning yields the same.
[[nodiscard]] std::optional<Span> next(const Window& window, const Zone& zone, Time after);

}  // namespace settle
