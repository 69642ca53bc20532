// What a group's parts mean to each other: contradictions, what can never happen, and what will
// surprise. Each check looks only at parts that were readable.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/bind.h"
#include "config/config.h"
#include "config/findings.h"

namespace settle {

/// Two thirds of what `tests/reconcilers/size_test.cc` holds the engine to.
inline constexpr Capacity group_size_max = 20'000;

/// Limits, policies, health and guards.
void check_group(const BoundGroup& group, Findings& findings);

/// What a policy relies on: readings that must agree, metrics that stand in, the load of a
/// forecast.
void check_evidence(const BoundGroup& group, const Policy& policy, Findings& findings);
/// Whether a group that may have no instance could ever ask for one.
void check_waking(const BoundGroup& group, Findings& findings);

/// A stretch of local time that the clocks skip.
struct Gap {
  LocalTime begins;
  LocalTime ends;  // What the clocks show instead.
};

/// Schedules against each other and the clocks. Errors depend on the text alone; a date adds
/// warnings about the two years from then on.
class CalendarCheck {
 public:
  explicit CalendarCheck(std::optional<Time> as_of) : as_of_(as_of) {}
  /// `group` must outlive this.
  void check(const BoundGroup& group, Findings& findings);

 private:
  std::optional<Time> as_of_;
  std::map<std::string, std::vector<Gap>> gaps_;  // By zone.
  const GroupSpec* calm_ = nullptr;  // One whose limits never cross; many groups are like it.
};

/// Every metric of a policy, and where it stands.
struct PlacedMetric {
  const Metric* metric = nullptr;
  Place place;         // Of the deepest key asked for.
  std::string signal;  // What its samples are called.
};

/// `key` is the one that `place` is of.
[[nodiscard]] std::vector<PlacedMetric> metrics_of(const BoundGroup& group, const Policy& policy,
                                                   std::string_view key);
/// Where a value stands in a group: the deepest of the keys that is there.
[[nodiscard]] Place place_in(const BoundGroup& group, std::initializer_list<std::string_view> keys);
/// Whether the group's own limits could be read; what follows from them is worth saying only then.
[[nodiscard]] bool has_sound_capacity(const BoundGroup& group);
/// What a shared budget of money needs to know of the group.
void check_shared_budgets(const BoundGroup& group, const DaemonConfig& daemon, Findings& findings);
/// Whether those who are to hear of alarms over many groups are there, and follow them.
void check_hearers(const std::vector<BoundGroup>& groups, const Element& main,
                   const DaemonConfig& daemon, Findings& findings);
/// Names of clouds and sources.
void check_references(const BoundGroup& group, const DaemonConfig& daemon, Findings& findings);

}  // namespace settle
