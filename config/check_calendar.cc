// Schedules against each other over a year, and against the changes of the clocks.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "config/checks.h"
#include "config/values.h"

namespace settle {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::sys_days;
using std::chrono::year;

/// Recurring windows are laid over one leap year, so that no result depends on today.
const Time year_begins = sys_days{year{2027} / 12 / 25};
const Time year_ends = sys_days{year{2029} / 1 / 8};
constexpr std::size_t occurrences_max = 2'000;    // Of one window.
constexpr std::size_t evaluations_max = 400'000;  // Of one group.

constexpr std::array<std::string_view, 7> weekday_names{"Mon", "Tue", "Wed", "Thu",
                                                        "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

sys_days date_of(const LocalTime& local) {
  return sys_days{year{local.year} / std::chrono::month{static_cast<unsigned>(local.month)} /
                  std::chrono::day{static_cast<unsigned>(local.day)}};
}

std::string date_text(const LocalTime& local) {
  return fmt::format("{} {} {}", local.day, month_names[static_cast<std::size_t>(local.month) - 1],
                     local.year);
}

std::string moment_text(const LocalTime& local) {
  const std::size_t weekday = std::chrono::weekday{date_of(local)}.iso_encoding() - std::size_t{1};
  return fmt::format("{} {} {:02}:{:02}", weekday_names[weekday], date_text(local), local.hour,
                     local.minute);
}

/// The moment of a local time, read as if it were UTC.
Time as_utc(const LocalTime& local) {
  return date_of(local) + hours(local.hour) + std::chrono::minutes(local.minute) +
         std::chrono::seconds(local.second);
}

Place schedule_place(const BoundGroup& group, const std::string& name,
                     std::initializer_list<std::string_view> keys) {
  const Element& schedules = child(group.entry->value, "schedule");
  Place place = place_of(schedules, name, group.entry->key_place);
  const Element* node = &child(schedules, name);
  for (const std::string_view key : keys) {
    const Entry* entry = node->entry(key);
    if (entry == nullptr) return place;
    node = &entry->value;
    place = node->kind == Element::Kind::scalar ? node->place : entry->key_place;
  }
  return place;
}

struct NamedLimits {
  const std::string* name = nullptr;
  const ScheduledLimits* limits = nullptr;
};

std::vector<NamedLimits> windows_of(const GroupSpec& spec) {
  std::vector<NamedLimits> windows;
  for (const Schedule& schedule : spec.schedules) {
    const auto* limits = std::get_if<ScheduledLimits>(&schedule.kind);
    if (limits != nullptr) windows.push_back({&schedule.name, limits});
  }
  return windows;
}

/// Which of the windows cover a moment, and what follows from them.
struct Standing {
  Range limits;
  const std::string* min_by = nullptr;  // Null: the group itself.
  const std::string* max_by = nullptr;
};

Standing standing_at(const GroupSpec& spec, const std::vector<NamedLimits>& windows, Time at) {
  Standing standing{spec.limits, nullptr, nullptr};
  for (const NamedLimits& one : windows) {
    if (!active(one.limits->window, spec.zone, at)) continue;
    const bool raises =
        one.limits->min && (standing.min_by == nullptr || *one.limits->min > standing.limits.min);
    if (raises) {
      standing.limits.min = *one.limits->min;
      standing.min_by = one.name;
    }
    const bool lowers =
        one.limits->max && (standing.max_by == nullptr || *one.limits->max < standing.limits.max);
    if (lowers) {
      standing.limits.max = *one.limits->max;
      standing.max_by = one.name;
    }
  }
  return standing;
}

/// Without looking at any calendar: whether limits could cross at all.
bool could_cross(const GroupSpec& spec, const std::vector<NamedLimits>& windows) {
  Range extreme = spec.limits;
  for (const NamedLimits& one : windows) {
    extreme.min = std::max(extreme.min, one.limits->min.value_or(extreme.min));
    extreme.max = std::min(extreme.max, one.limits->max.value_or(extreme.max));
  }
  return extreme.min > extreme.max;
}

void add_edges(const ScheduledLimits& limits, const Zone& zone, const Span& over,
               std::vector<Time>& edges) {
  Time after = over.from - std::chrono::milliseconds(1);
  if (const auto now = active(limits.window, zone, over.from)) edges.push_back(now->until);
  for (std::size_t i = 0; i < occurrences_max; ++i) {
    const std::optional<Span> span = next(limits.window, zone, after);
    if (!span || span->from >= over.until) return;
    edges.push_back(span->from);
    edges.push_back(span->until);
    after = span->from;
  }
}

/// Every moment at which the limits may change, over the year and over every dated window.
std::vector<Time> edges_of(const GroupSpec& spec, const std::vector<NamedLimits>& windows) {
  constexpr std::size_t dated_max = 50;
  std::vector<Span> stretches{{year_begins, year_ends}};
  for (const NamedLimits& one : windows) {
    const auto* dated = std::get_if<DatedWindow>(&one.limits->window);
    if (dated == nullptr || stretches.size() > dated_max) continue;
    const Time from = spec.zone.instant(dated->from);
    stretches.push_back({from, std::min<Time>(spec.zone.instant(dated->until), from + days(370))});
  }
  std::vector<Time> edges;
  for (const Span& stretch : stretches) {
    for (const NamedLimits& one : windows) {
      if (edges.size() * windows.size() > evaluations_max) break;
      add_edges(*one.limits, spec.zone, stretch, edges);
    }
  }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  return edges;
}

void report_crossing(const BoundGroup& group, const Standing& standing, Time at,
                     Findings& findings) {
  const auto who = [](const std::string* name) {
    return name == nullptr ? std::string("the group's own") : fmt::format("of {}", quoted(*name));
  };
  const std::string& culprit = standing.min_by != nullptr ? *standing.min_by : *standing.max_by;
  const std::string_view limit = standing.min_by != nullptr ? "min" : "max";
  Diagnostic& found =
      findings.add("E0202", schedule_place(group, culprit, {"capacity", limit}),
                   fmt::format("min {} ({}) is above max {} ({})", standing.limits.min,
                               who(standing.min_by), standing.limits.max, who(standing.max_by)));
  found.hint = fmt::format("from {}, for one", moment_text(group.spec.zone.local(at)));
}

/// True if limits never cross.
bool check_overlaps(const BoundGroup& group, Findings& findings) {
  const GroupSpec& spec = group.spec;
  const std::vector<NamedLimits> windows = windows_of(spec);
  const bool is_sound = has_sound_capacity(group) && spec.limits.min <= spec.limits.max;
  if (!is_sound) return false;
  if (!could_cross(spec, windows)) return true;
  std::vector<std::pair<const std::string*, const std::string*>> reported;
  std::size_t evaluations = 0;
  for (const Time edge : edges_of(spec, windows)) {
    if ((evaluations += windows.size()) > evaluations_max) break;
    const Standing standing = standing_at(spec, windows, edge);
    if (standing.limits.min <= standing.limits.max) continue;
    const std::pair culprits{standing.min_by, standing.max_by};
    if (std::find(reported.begin(), reported.end(), culprits) != reported.end()) continue;
    reported.push_back(culprits);
    report_crossing(group, standing, edge, findings);
    constexpr std::size_t reported_max = 10;
    if (reported.size() >= reported_max) break;
  }
  return reported.empty();
}

/// How long one occurrence lasts, by the clock on the wall.
Duration length_of(const Window& window) {
  if (const auto* weekly = std::get_if<WeeklyWindow>(&window)) {
    int minutes = weekly->until_minute - weekly->from_minute + weekly->days_long * 24 * 60;
    if (minutes <= 0) minutes += 24 * 60;
    return std::chrono::minutes(minutes);
  }
  if (const auto* dated = std::get_if<DatedWindow>(&window)) {
    return as_utc(dated->until) - as_utc(dated->from);
  }
  return std::get<CronWindow>(window).length;
}

void check_length(const BoundGroup& group, const NamedLimits& one, Findings& findings) {
  if (!one.limits->min || *one.limits->min <= group.spec.limits.min) return;
  const Duration length = length_of(one.limits->window);
  if (length >= group.boot_time) return;
  findings
      .add("E0211", schedule_place(group, *one.name, {}),
           fmt::format("{} lasts {}, and an instance needs {} to boot: it would come too late",
                       quoted(*one.name), duration_setting(length),
                       duration_setting(group.boot_time)))
      .hint = "let it begin earlier, or correct boot_time";
}

/// Those of two years from `as_of` on.
std::vector<Gap> gaps_of(const Zone& zone, Time as_of) {
  std::vector<Gap> gaps;
  const Time last = as_of + days(731);
  for (Time day = as_of; day < last; day += days(1)) {
    const int before = zone.offset_seconds(day);
    if (zone.offset_seconds(day + days(1)) <= before) continue;
    Time low = day;
    Time high = day + days(1);
    while (high - low > std::chrono::milliseconds(1)) {
      const Time middle = low + (high - low) / 2;
      (zone.offset_seconds(middle) == before ? low : high) = middle;
    }
    const Zone utc;
    gaps.push_back({utc.local(high + std::chrono::seconds(before)), zone.local(high)});
  }
  return gaps;
}

bool follows_elapsed(std::string_view cron) {
  const std::size_t first = cron.find(' ');
  const std::size_t second = cron.find(' ', first + 1);
  return cron.substr(0, second).find_first_of("*/@") != std::string_view::npos;
}

/// Whether a window begins, or a firing happens, on the wall clock's day and time inside the gap.
bool falls_into(const std::variant<Cron, WeeklyWindow>& rule, const Gap& gap) {
  const Time begins = as_utc(gap.begins);
  const Time ends = as_utc(gap.ends);
  if (const auto* cron = std::get_if<Cron>(&rule)) {
    if (follows_elapsed(cron->text())) return false;
    const auto firing = cron->next(Zone(), begins - std::chrono::milliseconds(1));
    return firing && *firing < ends;
  }
  const Window window = std::get<WeeklyWindow>(rule);
  const auto span = next(window, Zone(), begins - std::chrono::milliseconds(1));
  return span && span->from < ends;
}

void report_gap(const BoundGroup& group, const std::string& name, const Gap& gap,
                Findings& findings) {
  findings
      .add("W0021", schedule_place(group, name, {}),
           fmt::format("{} falls in the hour that clocks skip on {}", quoted(name),
                       date_text(gap.ends)))
      .hint = fmt::format("it will run at {:02}:{:02}", gap.ends.hour, gap.ends.minute);
}

std::optional<std::variant<Cron, WeeklyWindow>> recurring(const Schedule& schedule) {
  if (const auto* firing = std::get_if<ScheduledAdjustment>(&schedule.kind)) {
    if (const auto* cron = std::get_if<Cron>(&firing->when)) return *cron;
    return std::nullopt;
  }
  const Window& window = std::get<ScheduledLimits>(schedule.kind).window;
  if (const auto* weekly = std::get_if<WeeklyWindow>(&window)) return *weekly;
  if (const auto* cron = std::get_if<CronWindow>(&window)) return cron->cron;
  return std::nullopt;
}

void check_clocks(const BoundGroup& group, const std::vector<Gap>& gaps, Findings& findings) {
  for (const Schedule& schedule : group.spec.schedules) {
    const auto rule = recurring(schedule);
    if (!rule) continue;
    const auto gap = std::find_if(gaps.begin(), gaps.end(),
                                  [&](const Gap& one) { return falls_into(*rule, one); });
    if (gap != gaps.end()) report_gap(group, schedule.name, *gap, findings);
  }
}

void check_dates(const BoundGroup& group, std::optional<Time> as_of, Findings& findings) {
  const Zone& zone = group.spec.zone;
  for (const Schedule& schedule : group.spec.schedules) {
    const auto check_skipped = [&](const LocalTime& local, std::string_view key) {
      if (!zone.is_skipped(local)) return;
      const LocalTime runs = zone.local(zone.instant(local));
      findings
          .add("W0021", schedule_place(group, schedule.name, {key}),
               fmt::format("{} falls in the hour that clocks skip on {}", quoted(schedule.name),
                           date_text(local)))
          .hint = fmt::format("it will run at {:02}:{:02}", runs.hour, runs.minute);
    };
    if (const auto* firing = std::get_if<ScheduledAdjustment>(&schedule.kind)) {
      if (const auto* at = std::get_if<LocalTime>(&firing->when)) check_skipped(*at, "at");
      continue;
    }
    const Window& window = std::get<ScheduledLimits>(schedule.kind).window;
    const auto* dated = std::get_if<DatedWindow>(&window);
    if (dated == nullptr) continue;
    check_skipped(dated->from, "from");
    check_skipped(dated->until, "until");
    if (as_of && zone.instant(dated->until) <= *as_of) {
      findings.add(
          "W0037", schedule_place(group, schedule.name, {"until"}),
          fmt::format("{} has been over since {}", quoted(schedule.name), date_text(dated->until)));
    }
  }
}

/// A cron that has no firing in eight years, such as 30 February.
void check_silence(const BoundGroup& group, Findings& findings) {
  for (const Schedule& schedule : group.spec.schedules) {
    const auto rule = recurring(schedule);
    const auto* cron = rule ? std::get_if<Cron>(&*rule) : nullptr;
    if (cron == nullptr || cron->next(group.spec.zone, year_begins)) continue;
    findings.add("E0204", schedule_place(group, schedule.name, {"cron"}),
                 fmt::format("{} never fires", quoted(cron->text())));
  }
}

}  // namespace

void CalendarCheck::check(const BoundGroup& group, Findings& findings) {
  const GroupSpec& spec = group.spec;
  const bool is_known_calm = calm_ != nullptr && calm_->limits == spec.limits &&
                             calm_->zone == spec.zone && calm_->schedules == spec.schedules;
  if (!is_known_calm && check_overlaps(group, findings)) calm_ = &spec;
  for (const NamedLimits& one : windows_of(group.spec)) check_length(group, one, findings);
  check_silence(group, findings);
  check_dates(group, as_of_, findings);
  if (!as_of_ || group.spec.schedules.empty()) return;
  const Zone& zone = group.spec.zone;
  auto found = gaps_.find(zone.name());
  if (found == gaps_.end()) found = gaps_.emplace(zone.name(), gaps_of(zone, *as_of_)).first;
  check_clocks(group, found->second, findings);
}

}  // namespace settle
