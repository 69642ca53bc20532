// Windows as state: which occurrence covers an instant follows from the rule alone, never from an
// edge that somebody had to see. All three kinds compare in local time with what has been reached.
#include "reconcilers/calendar/calendar.h"
#include "reconcilers/calendar/rules.h"

namespace settle {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;

// An occurrence that the clocks skip whole is followed by one that they do not, within weeks.
constexpr int skips_max = 16;
// Nothing lasts longer; sums with it stay in range.
constexpr Duration length_max = std::chrono::years{100};

bool begins_on(const WeeklyWindow& window, local_days day) {
  const unsigned weekday = std::chrono::weekday{day}.iso_encoding() - 1;
  return ((unsigned{window.days} >> weekday) & 1U) != 0;
}

Local begin_of(const WeeklyWindow& window, local_days day) {
  return day + minutes{window.from_minute};
}

Local end_of(const WeeklyWindow& window, local_days day) {
  const bool past_midnight = window.until_minute <= window.from_minute;
  const int later = window.days_long > 0 ? window.days_long : (past_midnight ? 1 : 0);
  return day + days{later} + minutes{window.until_minute};
}

std::optional<Span> span_of(const ZoneRules& rules, Local from, Local until) {
  const Span span{rules.instant(from), rules.instant(until)};
  return span.from < span.until ? std::optional(span) : std::nullopt;
}

std::optional<Span> active_at(const WeeklyWindow& window, const ZoneRules& rules, Instant at) {
  if ((window.days & 0x7f) == 0) {
    return std::nullopt;
  }
  // Of those that have begun, the one that began last also ends last.
  const Local reached = rules.reached(at);
  local_days day = std::chrono::floor<days>(reached - minutes{window.from_minute});
  while (!begins_on(window, day)) {
    day -= days{1};
  }
  const Local until = end_of(window, day);
  return reached < until ? span_of(rules, begin_of(window, day), until) : std::nullopt;
}

std::optional<Span> active_at(const DatedWindow& window, const ZoneRules& rules, Instant at) {
  const Local from = local_seconds_of(window.from);
  const Local until = local_seconds_of(window.until);
  const Local reached = rules.reached(at);
  return from <= reached && reached < until ? span_of(rules, from, until) : std::nullopt;
}

std::optional<Span> next_after(const WeeklyWindow& window, const ZoneRules& rules, Instant after) {
  if ((window.days & 0x7f) == 0) {
    return std::nullopt;
  }
  const Local reached = rules.reached(after);
  local_days day = std::chrono::floor<days>(reached - minutes{window.from_minute});
  for (int skipped = 0; skipped < skips_max; ++skipped) {
    do {
      day += days{1};
    } while (!begins_on(window, day));
    const Instant from = rules.instant(begin_of(window, day));
    if (const auto span = active_at(window, rules, from)) {
      return span;  // Of several that a gap lets begin together, the one that ends last.
    }
  }
  return std::nullopt;
}

std::optional<Span> next_after(const DatedWindow& window, const ZoneRules& rules, Instant after) {
  const Local from = local_seconds_of(window.from);
  return from <= rules.reached(after) ? std::nullopt
                                      : span_of(rules, from, local_seconds_of(window.until));
}

}  // namespace

std::optional<Span> active(const Window& window, const Zone& zone, Time at) {
  const Instant instant = bounded(at);
  std::optional<Span> span;
  if (const auto* weekly = std::get_if<WeeklyWindow>(&window)) {
    span = active_at(*weekly, zone.rules(), instant);
  } else if (const auto* dated = std::get_if<DatedWindow>(&window)) {
    span = active_at(*dated, zone.rules(), instant);
  } else {
    const CronWindow& repeated = std::get<CronWindow>(window);
    if (const std::optional<Time> from = repeated.cron.previous(zone, at)) {
      span = Span{*from, *from + std::min(repeated.length, length_max)};
    }
  }
  // Past the years that are told apart, `at` is not within what was found for it.
  return span && span->from <= at && at < span->until ? span : std::nullopt;
}

std::optional<Span> next(const Window& window, const Zone& zone, Time after) {
  const Instant instant = bounded(after);
  std::optional<Span> span;
  if (const auto* weekly = std::get_if<WeeklyWindow>(&window)) {
    span = next_after(*weekly, zone.rules(), instant);
  } else if (const auto* dated = std::get_if<DatedWindow>(&window)) {
    span = next_after(*dated, zone.rules(), instant);
  } else {
    const CronWindow& repeated = std::get<CronWindow>(window);
    const std::optional<Time> from = repeated.cron.next(zone, after);
    if (from && repeated.length > Duration{0}) {
      span = Span{*from, *from + std::min(repeated.length, length_max)};
    }
  }
  // Past the years that are told apart there is no next.
  return span && span->from > after ? span : std::nullopt;
}

}  // namespace settle
