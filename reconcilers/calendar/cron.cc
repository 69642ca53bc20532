// Cron by closed form: the fields are sets of bits, and a search jumps from field to field.
#include <bit>

#include "reconcilers/calendar/calendar.h"
#include "reconcilers/calendar/rules.h"

namespace settle {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::year_month;
using std::chrono::year_month_day;

// 29 February may be 8 years off; the search looks at the rest of this month and so many more.
constexpr int months_searched = 8 * 12 + 1;

/// The lowest bit of `set` at or above `from`; -1 if there is none.
int lowest_from(std::uint64_t set, int from) {
  const std::uint64_t rest = from > 63 ? 0 : set & (~std::uint64_t{0} << from);
  return rest == 0 ? -1 : std::countr_zero(rest);
}

/// The highest bit of `set` at or below `to`; -1 if there is none.
int highest_to(std::uint64_t set, int to) {
  const std::uint64_t rest = to < 0 ? 0 : set & (~std::uint64_t{0} >> (63 - to));
  return static_cast<int>(std::bit_width(rest)) - 1;
}

/// The days of one month on which it fires, bit 1 for the first; none if not in that month.
std::uint32_t days_in(const CronFields& fields, year_month month) {
  const unsigned number = static_cast<unsigned>(month.month());
  if (((fields.months >> number) & 1U) == 0) {
    return 0;
  }
  const unsigned length = static_cast<unsigned>((month / std::chrono::last).day());
  const auto all = static_cast<std::uint32_t>(((std::uint64_t{1} << length) - 1) << 1);
  const unsigned first = std::chrono::weekday{local_days{month / 1}}.iso_encoding() - 1;
  // The week as it begins on the first of the month, then five times over.
  const unsigned twice = fields.weekdays | (unsigned{fields.weekdays} << 7);
  const std::uint64_t week = (twice >> first) & 0x7f;
  const auto by_weekday = static_cast<std::uint32_t>((week * 0x10204081) << 1);
  const bool either = !fields.any_day && !fields.any_weekday;
  return (either ? fields.days | by_weekday : fields.days & by_weekday) & all;
}

/// The first time of day at or after `from` at which it fires.
std::optional<minutes> first_time(const CronFields& fields, minutes from) {
  const int hour = static_cast<int>(from / hours{1});
  if (((fields.hours >> hour) & 1U) != 0) {
    const int minute = lowest_from(fields.minutes, static_cast<int>((from % hours{1}).count()));
    if (minute >= 0) {
      return hours{hour} + minutes{minute};
    }
  }
  const int later = lowest_from(fields.hours, hour + 1);
  if (later < 0) {
    return std::nullopt;
  }
  return hours{later} + minutes{lowest_from(fields.minutes, 0)};
}

/// The last time of day at or before `to` at which it fires.
std::optional<minutes> last_time(const CronFields& fields, minutes to) {
  const int hour = static_cast<int>(to / hours{1});
  if (((fields.hours >> hour) & 1U) != 0) {
    const int minute = highest_to(fields.minutes, static_cast<int>((to % hours{1}).count()));
    if (minute >= 0) {
      return hours{hour} + minutes{minute};
    }
  }
  const int earlier = highest_to(fields.hours, hour - 1);
  if (earlier < 0) {
    return std::nullopt;
  }
  return hours{earlier} + minutes{highest_to(fields.minutes, 59)};
}

/// The first local minute at or after `from` at which it fires.
std::optional<Local> first_match(const CronFields& fields, Local from) {
  const auto minute = std::chrono::ceil<minutes>(from);
  const auto day = std::chrono::floor<days>(minute);
  const year_month_day date{day};
  year_month month = date.year() / date.month();
  const std::uint32_t here = days_in(fields, month);
  const int number = static_cast<int>(static_cast<unsigned>(date.day()));
  if (((here >> number) & 1U) != 0) {
    if (const auto time = first_time(fields, minute - day)) {
      return day + *time;
    }
  }
  int found = lowest_from(here, number + 1);
  for (int i = 0; found < 0 && i < months_searched; ++i) {
    month += std::chrono::months{1};
    found = lowest_from(days_in(fields, month), 1);
  }
  if (found < 0) {
    return std::nullopt;
  }
  return local_days{month / found} + *first_time(fields, minutes{0});
}

/// The last local minute at or before `to` at which it fires.
std::optional<Local> last_match(const CronFields& fields, Local to) {
  const auto minute = std::chrono::floor<minutes>(to);
  const auto day = std::chrono::floor<days>(minute);
  const year_month_day date{day};
  year_month month = date.year() / date.month();
  const std::uint32_t here = days_in(fields, month);
  const int number = static_cast<int>(static_cast<unsigned>(date.day()));
  if (((here >> number) & 1U) != 0) {
    if (const auto time = last_time(fields, minute - day)) {
      return day + *time;
    }
  }
  int found = highest_to(here, number - 1);
  for (int i = 0; found < 0 && i < months_searched; ++i) {
    month -= std::chrono::months{1};
    found = highest_to(days_in(fields, month), 31);
  }
  if (found < 0) {
    return std::nullopt;
  }
  return local_days{month / found} + *last_time(fields, days{1} - minutes{1});
}

/// Fires at each local minute that matches, as often as the clocks show it: era by era.
std::optional<Instant> next_elapsed(const CronFields& fields, const ZoneRules& rules, Instant at) {
  std::size_t index = rules.index_at(at);
  Local from = ZoneRules::local_in(rules.eras[index], at) + seconds{1};
  for (;; ++index) {
    const auto found = first_match(fields, from);
    if (!found) {
      return std::nullopt;
    }
    const Instant instant = ZoneRules::instant_in(rules.eras[index], *found);
    if (index + 1 == rules.eras.size() || instant < rules.eras[index + 1].from) {
      return instant;
    }
    from = ZoneRules::local_in(rules.eras[index + 1], rules.eras[index + 1].from);
  }
}

std::optional<Instant> previous_elapsed(const CronFields& fields, const ZoneRules& rules,
                                        Instant at) {
  std::size_t index = rules.index_at(at);
  Local to = ZoneRules::local_in(rules.eras[index], at);
  for (;; --index) {
    const auto found = last_match(fields, to);
    if (!found) {
      return std::nullopt;
    }
    const Era& era = rules.eras[index];
    const Instant instant = ZoneRules::instant_in(era, *found);
    if (index == 0 || instant >= era.from) {
      return instant;
    }
    to = ZoneRules::local_in(rules.eras[index - 1], era.from) - seconds{1};
  }
}

}  // namespace

std::optional<Time> Cron::next(const Zone& zone, Time after) const {
  const ZoneRules& rules = zone.rules();
  const Instant at = bounded(after);
  std::optional<Instant> found;
  if (fields_.follows_elapsed) {
    found = next_elapsed(fields_, rules, at);
  } else if (const auto local = first_match(fields_, rules.reached(at) + seconds{1})) {
    found = rules.instant(*local);
  }
  if (!found || *found <= after) {
    return std::nullopt;  // Never, or beyond the years that are told apart.
  }
  return *found;
}

std::optional<Time> Cron::previous(const Zone& zone, Time at) const {
  const ZoneRules& rules = zone.rules();
  const Instant until = bounded(at);
  std::optional<Instant> found;
  if (fields_.follows_elapsed) {
    found = previous_elapsed(fields_, rules, until);
  } else if (const auto local = last_match(fields_, rules.reached(until))) {
    found = rules.instant(*local);
  }
  if (!found || *found > at) {
    return std::nullopt;
  }
  return *found;
}

}  // namespace settle
