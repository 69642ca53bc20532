#include "reconcilers/limits.h"

#include <algorithm>

#include "reconcilers/timetable.h"

namespace settle {
namespace {

/// Several windows at once: the largest min, the smallest max, and the max where they cross.
class Overlay {
 public:
  void add(const ScheduledLimits& window) {
    if (window.min) min_ = std::max(min_.value_or(0), *window.min);
    if (window.max) max_ = std::min(max_.value_or(capacity_limit), *window.max);
  }
  [[nodiscard]] Range over(const Range& own) const {
    const Capacity max = max_.value_or(own.max);
    return {std::min(min_.value_or(own.min), max), max};
  }

 private:
  std::optional<Capacity> min_;
  std::optional<Capacity> max_;
};

void note_earliest(std::optional<Time>& earliest, const std::optional<Time>& at) {
  if (at && (!earliest || *at < *earliest)) earliest = at;
}

}  // namespace

Range limits_at(const GroupSpec& spec, Time at) {
  Overlay overlay;
  for (const Schedule& schedule : spec.schedules) {
    const auto* window = std::get_if<ScheduledLimits>(&schedule.kind);
    if (window != nullptr && Timetable(spec, schedule).active(at)) overlay.add(*window);
  }
  return overlay.over(spec.limits);
}

LimitsNow read_windows(const GroupSpec& spec, Time now, const GuardMask& guards,
                       std::vector<Voice>& voices) {
  Overlay overlay;
  LimitsNow result;
  for (const Schedule& schedule : spec.schedules) {
    const auto* window = std::get_if<ScheduledLimits>(&schedule.kind);
    if (window == nullptr) continue;
    Voice& voice = voices.emplace_back();
    voice.name = schedule.name;
    voice.kind = VoiceKind::schedule;
    const Timetable times(spec, schedule, guards);
    voice.facts.reserve(4);
    if (window->min) voice.facts.emplace_back("min", std::int64_t{*window->min});
    if (window->max) voice.facts.emplace_back("max", std::int64_t{*window->max});
    if (times.delay() > Duration::zero()) voice.facts.emplace_back("delay", times.delay());
    if (const auto span = times.active(now)) {
      overlay.add(*window);
      voice.reason = Reason::schedule_active;
      voice.facts.emplace_back("until", span->until);
      note_earliest(result.changes_at, span->until);
    } else {
      voice.reason = Reason::schedule_idle;
      if (const auto coming = times.next(now)) {
        voice.facts.emplace_back("from", coming->from);
        note_earliest(result.changes_at, coming->from);
      }
    }
  }
  result.limits = overlay.over(spec.limits);
  return result;
}

}  // namespace settle
