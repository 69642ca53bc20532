// How instances are changed: rolling change, hooks, standby, the warm pool, several reporters.
#include <algorithm>

#include "reconcilers/health.h"
#include "tests/cases/cloud_cases.h"
#include "tests/reconcilers/fleet.h"

namespace settle::cases {
namespace {

std::int64_t count_of(const Fleet& fleet, StepOp op) {
  const auto& steps = fleet.record.steps;
  return std::count_if(steps.begin(), steps.end(),
                       [op](const TakenStep& step) { return step.op == op; });
}

/// Of so many members, the last ones made from another template.
Fleet rolling(Capacity members, Capacity outdated) {
  Fleet fleet;
  fleet.state.good_observations = 2;
  fleet.spec.rollout.is_on = true;
  fleet.has_many(members);
  for (Capacity i = members - outdated; i < members; ++i) {
    fleet.seen.instances[static_cast<std::size_t>(i)].launch_hash = "old";
  }
  return fleet;
}

}  // namespace

Finding changes_in_batches(const CloudCase& about) {
  const Capacity size = capacity(about.given, "size");
  Fleet fleet = rolling(size, size);
  const std::int64_t share = 100 - whole(about.given, "min_healthy_percent");
  fleet.spec.rollout.batch = {Decimal(share), true, 1, Duration{}};
  fleet.plans(size);
  return compared(whole(about.expect, "batch"), count_of(fleet, StepOp::launch));
}

Finding needs_a_batch(const CloudCase& about) {
  const Capacity current = capacity(about.given, "current");
  const Capacity up_to_date = capacity(about.given, "up_to_date");
  Fleet fleet = rolling(current, std::max(current - up_to_date, 0));
  fleet.plans(capacity(about.given, "target"));
  return compared(about.expect.at("needed"), json::value(!fleet.record.steps.empty()));
}

Finding ends_by_a_hook(const CloudCase& about) {
  const bool is_launch = text(about.given, "transition") == "launch";
  Fleet fleet;
  const HookOn on = is_launch ? HookOn::launch : HookOn::terminate;
  fleet.spec.hooks = {{"a", on, 10 * minute, false}};
  if (has(about.given, "other_hooks")) {
    fleet.spec.hooks.push_back({"b", on, 10 * minute, true});
    fleet.spec.hooks.push_back({"c", on, 10 * minute, true});
  }
  fleet.has_many(3);
  fleet.warms_up();
  fleet.plans(is_launch ? 4 : 2);
  fleet.obeys();
  fleet.after(minute);
  fleet.plans(is_launch ? 4 : 2);
  if (is_launch) {
    fleet.after(10 * minute);
    fleet.plans(4);
    const bool is_replaced =
        count_of(fleet, StepOp::launch) == 1 && count_of(fleet, StepOp::terminate) == 1;
    return compared(about.expect.at("instance"),
                    json::value(is_replaced ? "terminated and replaced" : "kept"));
  }
  fleet.is_answered("i00", "a", false);
  fleet.plans(2);
  return compared(about.expect.at("instance"),
                  json::value(count_of(fleet, StepOp::terminate) == 1 ? "terminated" : "kept"));
}

Finding stands_by(const CloudCase& about) {
  Fleet fleet;
  fleet.has_many(has(about.given, "desired") ? capacity(about.given, "desired") : 3);
  fleet.warms_up();
  fleet.is_told("i00", InstanceVerb::standby);
  if (has(about.given, "signal")) {
    fleet.is_unhealthy("i00");
    fleet.plans(2);
    return compared(about.expect.at("unhealthy"), json::value(fleet.record.tally.condemned > 0));
  }
  fleet.plans(capacity(about.given, "desired"));
  return compared(whole(about.expect, "launch"), count_of(fleet, StepOp::launch));
}

// What is prepared at most is a max of ours: the pool fills what desired leaves of it.
Finding keeps_a_pool(const CloudCase& about) {
  Fleet fleet;
  fleet.spec.limits.max = capacity(about.given, "max_prepared");
  fleet.spec.warm_pool = fleet.spec.limits.max;
  fleet.state.desired = capacity(about.given, "desired");
  return compared(whole(about.expect, "pool"),
                  pool_size(fleet.spec, fleet.state, fleet.spec.limits));
}

Finding agrees_on_health(const CloudCase& about) {
  HealthSpec spec;
  std::vector<RememberedHealth> reports;
  int asked = 0;
  for (const json::value& fails : about.given.at("modes").as_array()) {
    RememberedHealth report;
    report.report.reporter = "mode" + std::to_string(++asked);
    const bool is_ill = fails.as_bool();
    report.report.status = is_ill ? HealthStatus::unhealthy : HealthStatus::healthy;
    report.stamp.at = noon;
    if (is_ill) report.unhealthy_since = noon;
    reports.push_back(std::move(report));
  }
  spec.agree = text(about.given, "conditional") == "ALL_FAILED" ? asked : 1;
  const Diagnosis diagnosis = diagnose(spec, reports, noon - 60 * minute, noon + minute);
  return compared(about.expect.at("healthy"), json::value(!diagnosis.is_condemned));
}

}  // namespace settle::cases
