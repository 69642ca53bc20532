// A zone, a moment and an expression: next and previous agree with each other, windows with both.
#include "reconcilers/calendar/calendar.h"
#include "tests/fuzz/fuzz.h"
#include "tests/reconcilers/draw.h"

namespace settle::fuzz {
namespace {

const Zone& zone_named(const char* name) {
  static const Zone utc;
  static const Zone helsinki = Zone::load("Europe/Helsinki").value_or(Zone());
  static const Zone lord_howe = Zone::load("Australia/Lord_Howe").value_or(Zone());
  static const Zone apia = Zone::load("Pacific/Apia").value_or(Zone());
  switch (*name) {
    case 'h':
      return helsinki;
    case 'l':
      return lord_howe;
    case 'a':
      return apia;
    default:
      return utc;
  }
}

void examine_window(const Window& window, const Zone& zone, Time at) {
  if (const auto span = active(window, zone, at)) {
    must(span->from <= at && at < span->until, "an active window covers its moment");
  }
  const auto coming = next(window, zone, at);
  if (!coming) return;
  must(coming->from > at, "the next window begins later");
  must(coming->from < coming->until, "a window has a length");
  const auto then = active(window, zone, coming->from);
  must(then.has_value() && then->until >= coming->until, "a window is active when it begins");
}

void examine_cron(const Cron& cron, const Zone& zone, Time at) {
  const auto coming = cron.next(zone, at);
  const auto last = cron.previous(zone, at);
  must(!last || *last <= at, "the last firing is not in the future");
  if (last) must(cron.next(zone, *last - Duration{1}) == last, "next finds what previous found");
  if (!coming) return;
  must(*coming > at, "the next firing is in the future");
  must(cron.previous(zone, *coming) == coming, "previous finds what next found");
  const auto between = cron.previous(zone, *coming - Duration{1});
  must(!between || *between <= at, "nothing fires between now and the next firing");
}

}  // namespace

void examine(std::string_view input) {
  Draw draw(input);
  const Zone& zone = zone_named(draw.one_of({"utc", "helsinki", "lord_howe", "apia"}));
  // From 1970 to 2100, to the millisecond.
  const Time at{Duration{static_cast<std::int64_t>(draw.up_to(4'102'444'800'000))}};
  const Duration length{static_cast<std::int64_t>(draw.up_to(4 * 86'400'000)) + 1};
  if (draw.once_in(4)) {
    const WeeklyWindow weekly{static_cast<std::uint8_t>(draw.between(1, 0x7f)),
                              static_cast<std::int16_t>(draw.between(0, 1'439)),
                              static_cast<std::int16_t>(draw.between(0, 1'440)),
                              static_cast<std::int8_t>(draw.between(0, 6))};
    examine_window(weekly, zone, at);
  }
  std::string error;
  const auto cron = Cron::parse(draw.rest(), error);
  must(cron.has_value() == error.empty(), "an expression is refused in words, or not at all");
  if (!cron) return;
  std::string again;
  must(Cron::parse(cron->text(), again) == cron, "an expression's text is the expression");
  examine_cron(*cron, zone, at);
  examine_window(CronWindow{*cron, length}, zone, at);
}

}  // namespace settle::fuzz
