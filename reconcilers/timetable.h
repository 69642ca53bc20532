// When a group's schedules are due: what the calendar says, later by the group's own part of the
// schedule's jitter (G26). Groups that share a schedule then do not act at one moment.
//
// The part is fixed: it follows from the group's id alone, so every round, every owner and every
// replay finds the same, and schedules of one group with equal jitter keep their distance. It knows
// nothing of limits and adjustments.
#pragma once

#include <optional>

#include "reconcilers/guard_mask.h"
#include "reconcilers/spec.h"

namespace settle {

/// At most `jitter`, in whole seconds, and as likely any of them: `jitter` x h, where h from 0 to 1
/// is XXH3 of the id.
[[nodiscard]] Duration delay_of(const GroupId& group, Duration jitter);

/// The times of one schedule of one group. Neither outlives this.
class Timetable {
 public:
  Timetable(const GroupSpec& spec, const Schedule& schedule, const GuardMask& guards = {});

  /// By how much everything is later than the calendar has it.
  [[nodiscard]] Duration delay() const { return delay_; }
  /// As active() and next() of the calendar; none where the schedule has no window.
  [[nodiscard]] std::optional<Span> active(Time at) const;
  [[nodiscard]] std::optional<Span> next(Time after) const;
  /// The first firing strictly after `after`; none where there is none, or the schedule fires
  /// never.
  [[nodiscard]] std::optional<Time> next_firing(Time after) const;

 private:
  const Zone& zone_;
  const Schedule& schedule_;
  Duration delay_;
};

}  // namespace settle
