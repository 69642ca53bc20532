#include "reconcilers/timetable.h"

#include <chrono>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace settle {
namespace {

std::optional<Span> later(std::optional<Span> span, Duration delay) {
  if (span) *span = {span->from + delay, span->until + delay};
  return span;
}

}  // namespace

Duration delay_of(const GroupId& group, Duration jitter) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(jitter);
  if (whole <= std::chrono::seconds::zero()) return Duration::zero();
  const std::uint64_t part = XXH3_64bits(group.value.data(), group.value.size()) >> 32U;
  const auto choices = static_cast<std::uint64_t>(whole.count()) + 1;
  return std::chrono::seconds(static_cast<std::int64_t>((part * choices) >> 32U));
}

Timetable::Timetable(const GroupSpec& spec, const Schedule& schedule, const GuardMask& guards)
    : zone_(spec.zone),
      schedule_(schedule),
      delay_(guards.has(Guard::jitter) ? delay_of(spec.id, schedule.jitter) : Duration::zero()) {}

std::optional<Span> Timetable::active(Time at) const {
  const auto* const limits = std::get_if<ScheduledLimits>(&schedule_.kind);
  if (limits == nullptr) return std::nullopt;
  return later(settle::active(limits->window, zone_, at - delay_), delay_);
}

std::optional<Span> Timetable::next(Time after) const {
  const auto* const limits = std::get_if<ScheduledLimits>(&schedule_.kind);
  if (limits == nullptr) return std::nullopt;
  return later(settle::next(limits->window, zone_, after - delay_), delay_);
}

std::optional<Time> Timetable::next_firing(Time after) const {
  const auto* const firing = std::get_if<ScheduledAdjustment>(&schedule_.kind);
  if (firing == nullptr) return std::nullopt;
  const Time from = after - delay_;
  if (const auto* const cron = std::get_if<Cron>(&firing->when)) {
    const std::optional<Time> at = cron->next(zone_, from);
    return at ? std::optional(*at + delay_) : std::nullopt;
  }
  const Time once = zone_.instant(std::get<LocalTime>(firing->when));
  return once > from ? std::optional(once + delay_) : std::nullopt;
}

}  // namespace settle
