#include "daemon/admin/upcoming.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "reconcilers/timetable.h"

namespace settle {
namespace {

std::string change_text(const Adjustment& adjustment) {
  switch (adjustment.kind) {
    case Adjustment::Kind::set:
      return fmt::format("set {}", adjustment.amount.text());
    case Adjustment::Kind::change_percent:
      return fmt::format(
          "{} {}%", adjustment.amount.is_negative() ? "remove" : "add",
          (adjustment.amount.is_negative() ? -adjustment.amount : adjustment.amount).text());
    case Adjustment::Kind::change:
      return fmt::format(
          "{} {}", adjustment.amount.is_negative() ? "remove" : "add",
          (adjustment.amount.is_negative() ? -adjustment.amount : adjustment.amount).text());
  }
  return {};
}

std::string limits_text(const ScheduledLimits& limits) {
  std::string text;
  if (limits.min) text += fmt::format(" min {}", *limits.min);
  if (limits.max) text += fmt::format(" max {}", *limits.max);
  return text;
}

/// What comes of one rule: at most so many, each added to `out`.
struct Edges {
  const GroupSpec& spec;
  std::size_t count_max;
  Time now;
  std::vector<Upcoming>& out;

  /// The edges of one window: its end if it is active, then beginnings and ends in turn.
  template <typename Active, typename Next>
  void add(const Active& active_at, const Next& next_after, const std::string& name,
           const std::string& title, const std::string& effect) const {
    const std::string beginning = title + " begins";
    std::optional<Span> span = active_at(now);
    if (span) out.push_back({span->until, name, title + " ends"});
    Time after = span ? std::max(now, span->from) : now;
    for (std::size_t found = 0; found < count_max; ++found) {
      span = next_after(after);
      if (!span) return;
      out.push_back({span->from, name, beginning + effect});
      out.push_back({span->until, name, title + " ends"});
      after = span->from;
    }
  }

  void add(const Freeze& freeze) const {
    add([&](Time at) { return active(freeze.window, spec.zone, at); },
        [&](Time after) { return next(freeze.window, spec.zone, after); }, "freeze/" + freeze.name,
        freeze.name, " (a freeze)");
  }

  void add(const Schedule& schedule) const {
    const std::string name = "schedule/" + schedule.name;
    const Timetable times(spec, schedule);
    if (const auto* limits = std::get_if<ScheduledLimits>(&schedule.kind)) {
      add([&](Time at) { return times.active(at); }, [&](Time after) { return times.next(after); },
          name, schedule.name, ":" + limits_text(*limits));
      return;
    }
    const auto& firing = std::get<ScheduledAdjustment>(schedule.kind);
    const std::string what = schedule.name + ": " + change_text(firing.adjustment);
    Time after = now;
    for (std::size_t found = 0; found < count_max; ++found) {
      const std::optional<Time> at = times.next_firing(after);
      if (!at) return;
      out.push_back({*at, name, what});
      after = *at;
    }
  }
};

}  // namespace

std::vector<Upcoming> list_upcoming(const GroupSpec& spec, const GroupState& state,
                                    std::size_t count_max, Time now) {
  std::vector<Upcoming> found;
  const Edges edges{spec, count_max, now, found};
  for (const Schedule& schedule : spec.schedules) edges.add(schedule);
  for (const Freeze& freeze : spec.guards.freezes) edges.add(freeze);
  const auto& hold = state.memory.hold;
  if (hold && !hold->order.lifted && hold->order.until > now) {
    found.push_back(
        {hold->order.until, "hold",
         "hold at " + std::to_string(hold->order.number) + " by " + hold->order.owner + " ends"});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Upcoming& a, const Upcoming& b) { return a.at < b.at; });
  if (found.size() > count_max) found.resize(count_max);
  return found;
}

}  // namespace settle
