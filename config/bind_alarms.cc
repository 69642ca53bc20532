// `alarms` of the main file as watches.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/bind.h"

namespace settle {
namespace {

using windows::Statistic;
using windows::Watch;

constexpr std::array<std::string_view, 3> event_kinds{"adjust", "alarm", "health"};
constexpr std::array<std::string_view, 8> statistics{"count", "sum",        "mean", "min",
                                                     "max",   "percentile", "rate", "absence"};
constexpr std::int64_t panes_max = 60;
constexpr std::string_view percentile_prefix = "percentile ";

void read_over(const Entry& entry, Watch& watch, Findings& findings) {
  const Element& over = child(entry.value, "over");
  std::string events;
  const bool has_signal = read(over, "signal", watch.signal);
  const bool has_events = read(over, "events", events);
  if (has_signal == has_events) {
    findings.add("E0116", place_of(entry.value, "over", entry.key_place),
                 "an alarm is over a `signal`, or over `events`");
  }
  const auto kind = std::find(event_kinds.begin(), event_kinds.end(), events);
  if (kind != event_kinds.end()) {
    watch.over = static_cast<windows::Over>(kind - event_kinds.begin() + 1);
  }
}

/// In thousandths of a percent: "99", "99.9", "99.999".
std::optional<std::int32_t> parse_percentile(std::string_view text) {
  const std::optional<Decimal> percent = Decimal::parse(text);
  if (!percent || *percent <= Decimal(0) || *percent > Decimal(100)) return std::nullopt;
  const Decimal scaled = *percent * Decimal(1'000);
  std::int64_t number = scaled.digits();
  if (scaled.exponent() < 0) return std::nullopt;
  for (int at = 0; at < scaled.exponent(); ++at) number *= 10;
  return static_cast<std::int32_t>(number);
}

void read_compute(const Entry& entry, Watch& watch, Findings& findings) {
  std::string text;
  if (!read(entry.value, "compute", text)) return;
  if (text.starts_with(percentile_prefix)) {
    watch.alarm.statistic = Statistic::percentile;
    if (const auto found = parse_percentile(text.substr(percentile_prefix.size()))) {
      watch.alarm.percentile = *found;
      return;
    }
  } else if (text != "percentile") {
    const auto found = std::find(statistics.begin(), statistics.end(), text);
    if (found != statistics.end()) {
      watch.alarm.statistic = static_cast<Statistic>(found - statistics.begin());
      return;
    }
  }
  findings
      .add("E0118", place_of(entry.value, "compute", entry.key_place),
           fmt::format("{} is nothing that can be computed", quoted(text)))
      .hint = "count, sum, mean, min, max, rate, absence, or `percentile 99`";
}

void read_windows(const Entry& entry, Watch& watch, Findings& findings) {
  const Element& window = child(entry.value, "window");
  const Place place = place_of(entry.value, "window", entry.key_place);
  windows::Alarm& alarm = watch.alarm;
  const bool tumbles = read(window, "tumbling", alarm.length);
  const bool slides = read(window, "sliding", alarm.length);
  const bool has_step = read(window, "every", alarm.slide);
  if (tumbles == slides || slides != has_step) {
    findings.add("E0116", place, "windows are `tumbling`, or `sliding` and `every`").hint =
        "{ tumbling: 5m }, or { sliding: 10m, every: 1m }";
    alarm.length = alarm.slide;
    return;
  }
  if (tumbles) alarm.slide = alarm.length;
  const std::int64_t panes = alarm.length.count() / alarm.slide.count();
  const bool divides = alarm.length.count() % alarm.slide.count() == 0;
  if (slides && (!divides || panes < 2 || panes > panes_max)) {
    findings
        .add("E0240", place,
             fmt::format("windows of {} every {} do not divide", duration_setting(alarm.length),
                         duration_setting(alarm.slide)))
        .hint = "`sliding` is 2 to 60 times `every`";
    alarm.slide = alarm.length;
  }
}

void read_when(const Entry& entry, Watch& watch, Findings& findings) {
  const Element& when = child(entry.value, "when");
  windows::Alarm& alarm = watch.alarm;
  Decimal bound;
  if (read(when, "at_least", bound)) alarm.at_least = bound;
  if (read(when, "at_most", bound)) alarm.at_most = bound;
  if (read(when, "clears", bound)) alarm.clears = bound;
  const bool is_absence = alarm.statistic == Statistic::absence;
  const Place place = place_of(entry.value, "when", entry.key_place);
  if (is_absence ? entry.value.entry("when") != nullptr
                 : alarm.at_least.has_value() == alarm.at_most.has_value()) {
    findings
        .add("E0116", place,
             is_absence ? "absence is what it is: it has no `when`"
                        : "an alarm fires `at_least` or `at_most` somewhere")
        .hint = is_absence ? "" : "when: { at_least: 250 }";
    return;
  }
  const bool is_crossed = alarm.clears && ((alarm.at_least && *alarm.clears > *alarm.at_least) ||
                                           (alarm.at_most && *alarm.clears < *alarm.at_most));
  if (is_crossed) {
    findings.add("E0119", place, "an alarm cannot clear where it fires").hint =
        "`clears` is at most `at_least`, or at least `at_most`";
  }
}

void read_bounds(const Entry& entry, Watch& watch) {
  read(entry.value, "lateness", watch.alarm.lateness);
  read(entry.value, "forget_after", watch.alarm.forget_after);
  Capacity count = 0;
  if (read(entry.value, "keys", count)) watch.alarm.keys_max = static_cast<std::size_t>(count);
  if (read(entry.value, "events_a_window", count)) {
    watch.alarm.ids_max = static_cast<std::size_t>(count);
  }
}

}  // namespace

std::vector<Watch> read_alarms(const Element& map, Findings& findings) {
  std::vector<Watch> watches;
  for (const Entry& entry : map.entries) {
    if (!entry.value.is_usable) continue;
    Watch watch;
    watch.name = entry.key;
    read(entry.value, "by", watch.by);
    read_over(entry, watch, findings);
    read_compute(entry, watch, findings);
    read_windows(entry, watch, findings);
    read_when(entry, watch, findings);
    read_bounds(entry, watch);
    watch.alerts = read_texts(entry.value, "alerts");
    const bool names_groups = watch.by == windows::by_group || watch.by == windows::by_tenant;
    if (watch.alerts.empty() && !names_groups) {
      findings
          .add("E0241", entry.key_place,
               fmt::format("nobody hears of {}: its keys name no groups", quoted(watch.name)))
          .hint = "alerts: [GROUP, \"tenant:NAME\"]";
    }
    watches.push_back(std::move(watch));
  }
  std::sort(watches.begin(), watches.end(),
            [](const Watch& a, const Watch& b) { return a.name < b.name; });
  return watches;
}

}  // namespace settle
