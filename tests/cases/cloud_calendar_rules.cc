// Time of day: crons, windows, and the limits that schedules set.
#include <string>

#include "tests/cases/cloud_cases.h"

namespace settle::cases {
namespace {

/// "2026-01-09T23:59:00Z".
Time moment_of(const std::string& written) {
  const auto number = [&written](std::size_t at, std::size_t length) {
    return std::stoi(written.substr(at, length));
  };
  const auto part = [&number](std::size_t at) { return static_cast<std::int8_t>(number(at, 2)); };
  return Zone().instant({number(0, 4), part(5), part(8), part(11), part(14), part(17)});
}

Cron cron_of(const std::string& written) {
  std::string error;
  return Cron::parse(written, error).value();
}

/// "8h", "90m" or "30s".
Duration length_of(const std::string& written) {
  const std::int64_t number = std::stoll(written);
  if (written.ends_with('h')) return number * 60 * minute;
  return number * (written.ends_with('m') ? minute : second);
}

/// How long a window is that begins now or began last: to where its end fires next.
Duration length_until(const Cron& start, const Cron& end, const Zone& zone, Time now) {
  const auto began = start.previous(zone, now);
  if (!began) return second;
  return end.next(zone, *began).value() - *began;
}

ScheduledLimits always(const json::object& limits) {
  return {WeeklyWindow{0x7f, 0, 1440}, capacity(limits, "min"), capacity(limits, "max")};
}

}  // namespace

Finding fires_next(const CloudCase& about) {
  const Zone zone = Zone::load(text(about.given, "tz")).value();
  const Cron cron = cron_of(text(about.given, "cron"));
  const Time after = moment_of(text(about.given, "after"));
  if (has(about.expect, "next")) {
    const bool is_it = cron.next(zone, after) == moment_of(text(about.expect, "next"));
    return compared(json::value(true), json::value(is_it));
  }
  // Everything that it fires at within a day.
  std::vector<Time> fires;
  for (auto next = cron.next(zone, after); next && *next < after + 24 * 60 * minute;
       next = cron.next(zone, *next)) {
    fires.push_back(*next);
  }
  std::vector<Time> expected;
  for (const json::value& value : about.expect.at("fires").as_array()) {
    expected.push_back(moment_of(json::value_to<std::string>(value)));
  }
  return compared(json::value(true), json::value(fires == expected));
}

Finding is_in_a_window(const CloudCase& about) {
  const Time now = moment_of(text(about.given, "now"));
  const json::array one{about.given};
  const json::array& windows =
      has(about.given, "windows") ? about.given.at("windows").as_array() : one;
  bool is_active = false;
  for (const json::value& value : windows) {
    const json::object& given = value.as_object();
    const Zone zone = Zone::load(text(given, "tz")).value();
    const Cron start = cron_of(text(given, "start"));
    const Duration length = has(given, "duration_s") ? whole(given, "duration_s") * second
                            : has(given, "duration")
                                ? length_of(text(given, "duration"))
                                : length_until(start, cron_of(text(given, "end")), zone, now);
    if (active(CronWindow{start, length}, zone, now)) is_active = true;
  }
  return compared(about.expect.at("active"), json::value(is_active));
}

Finding applies_a_schedule(const CloudCase& about) {
  const char* const key = has(about.given, "profile") ? "profile" : "scheduled";
  if (!has(about.given, key)) return does_not_apply("profiles are windows here, each with an end");
  const json::object& limits = about.given.at(key).as_object();
  if (has(about.given, "after_end")) {
    const json::object& before = about.given.at("before").as_object();
    GroupWorld world(capacity(before, "min"), {capacity(before, "min"), capacity(before, "max")});
    ScheduledLimits window = always(limits);
    window.window = DatedWindow{{2020, 1, 1, 0, 0, 0}, {2020, 1, 2, 0, 0, 0}};
    world.spec.schedules.push_back({"window", window});
    world.round();
    const Finding min = compared(whole(about.expect, "min"), world.record.limits.min);
    return min.kind == Finding::Kind::holds
               ? compared(whole(about.expect, "max"), world.record.limits.max)
               : min;
  }
  GroupWorld world(capacity(about.given, "current"));
  world.spec.schedules.push_back({"window", always(limits)});
  return compared(whole(about.expect, "desired"), world.round());
}

Finding is_a_schedule(const CloudCase& about) {
  if (!has(about.given, "start") || has(about.given, "end")) {
    return does_not_apply("a schedule has other keys");
  }
  std::string error;
  const bool is_valid = Cron::parse(text(about.given, "start"), error).has_value();
  return compared(about.expect.at("valid"), json::value(is_valid));
}

}  // namespace settle::cases
