// Instances: which are healthy, and who leaves.
#include <algorithm>

#include "tests/cases/cloud_cases.h"
#include "tests/reconcilers/fleet.h"

namespace settle::cases {
namespace {

int count_of(const std::vector<std::string>& steps, std::string_view prefix) {
  return static_cast<int>(
      std::count_if(steps.begin(), steps.end(),
                    [prefix](const std::string& step) { return step.starts_with(prefix); }));
}

/// A fleet whose last instance is so old, and has been reported with that status since it was.
Fleet reported(Capacity others, Duration age, Duration grace, HealthStatus status) {
  Fleet fleet;
  fleet.spec.health.grace = grace;
  fleet.state.good_observations = 2;
  fleet.has_many(others);
  fleet.has("z").created = fleet.now - age;
  fleet.is_unhealthy("z");
  RememberedHealth& report = fleet.state.memory.health.back();
  report.report.status = status;
  report.stamp.at = std::max(report.stamp.at, fleet.now - age);
  if (status != HealthStatus::unhealthy) report.unhealthy_since.reset();
  return fleet;
}

bool is_replaced(Fleet& fleet) {
  fleet.plans(static_cast<Capacity>(fleet.seen.instances.size()));
  return count_of(fleet.steps(), "launch") > 0;
}

Finding replaces_so_many(const CloudCase& about) {
  const Capacity desired = capacity(about.given, "desired");
  const Capacity unhealthy = capacity(about.given, "unhealthy");
  if (has(about.given, "scaling_in_progress")) {
    return does_not_apply("healing waits for no scaling");
  }
  if (unhealthy > 1 && unhealthy * 100 > desired * 30) {
    return does_not_apply("beyond stop_above the probe is doubted, and nothing is replaced");
  }
  Fleet fleet;
  fleet.state.good_observations = 2;
  fleet.spec.limits.max = 2 * desired;  // It replaces by launching first.
  fleet.has_many(desired);
  for (Capacity i = 0; i < unhealthy; ++i) {
    fleet.is_unhealthy(fleet.seen.instances[static_cast<std::size_t>(i)].id.value);
  }
  fleet.plans(desired);
  return compared(whole(about.expect, "max_concurrent"), count_of(fleet.steps(), "launch"));
}

}  // namespace

Finding judges_health(const CloudCase& about) {
  const json::object& given = about.given;
  if (has(given, "unhealthy")) return replaces_so_many(about);
  if (has(given, "protected")) {
    Fleet fleet = reported(9, 60 * minute, 5 * minute, HealthStatus::unhealthy);
    fleet.at("z").is_protected = true;
    return compared(about.expect.at("replaced"), json::value(is_replaced(fleet)));
  }
  if (has(given, "in_cooldown")) {
    Fleet fleet = reported(9, 60 * minute, 5 * minute, HealthStatus::unhealthy);
    fleet.spec.steadiness.in.cooldown = fleet.spec.steadiness.out.cooldown = 60 * minute;
    fleet.state.changes.push_back({fleet.now - minute, 9, 10});
    return compared(about.expect.at("replace_now"), json::value(is_replaced(fleet)));
  }
  if (has(given, "check") && given.at("check").is_string()) {
    Fleet fleet = reported(9, 60 * minute, 5 * minute, HealthStatus::unknown);
    return compared(about.expect.at("healthy"), json::value(!is_replaced(fleet)));
  }
  const bool is_aws = has(given, "grace_s");
  if (!is_aws && !has(given, "node_update_timeout_s")) {
    return does_not_apply("its modes of checking are another's");
  }
  const Duration grace = whole(given, is_aws ? "grace_s" : "node_update_timeout_s") * second;
  const Duration age = whole(given, is_aws ? "age_s" : "node_age_s") * second;
  Fleet fleet = reported(9, age, grace, HealthStatus::unhealthy);
  const bool is_healthy = !is_replaced(fleet);
  return is_aws ? compared(about.expect.at("unhealthy"), json::value(!is_healthy))
                : compared(about.expect.at("healthy"), json::value(is_healthy));
}

Finding chooses_a_victim(const CloudCase& about) {
  const json::object& given = about.given;
  Fleet fleet;
  fleet.state.good_observations = 2;
  if (has(given, "zones")) {
    Duration age = 60 * minute;
    for (const auto& [zone, count] : given.at("zones").as_object()) {
      const std::string name(zone);
      for (std::int64_t i = 0; i < count.as_int64(); ++i) {
        Instance& instance = fleet.has(name + std::to_string(i), "ACTIVE", name);
        instance.created = fleet.now - age - (text(given, "oldest_in") == name ? age : Duration{});
      }
    }
    fleet.plans(static_cast<Capacity>(fleet.seen.instances.size()) - 1);
    return compared(json::value("terminate " + text(about.expect, "zone")),
                    json::value(fleet.steps().at(0).substr(0, 11)));
  }
  if (has(given, "instances")) {
    fleet.spec.victims = VictimOrder::oldest_launch;
    for (const json::value& value : given.at("instances").as_array()) {
      const json::object& instance = value.as_object();
      const bool is_current = text(instance, "kind") == "template";
      fleet.has(text(instance, "id")).launch_hash = is_current ? fleet.spec.launch_hash : "old";
    }
    fleet.plans(static_cast<Capacity>(fleet.seen.instances.size()) - 1);
    return compared(json::value("terminate " + text(about.expect, "victim")),
                    json::value(fleet.steps().at(0)));
  }
  const std::string criteria = text(given, "criteria");
  if (criteria != "youngest_first" && criteria != "oldest_first") {
    return does_not_apply("chance decides nothing here, nor does a profile's age");
  }
  fleet.spec.victims = criteria == "youngest_first" ? VictimOrder::newest : VictimOrder::oldest;
  for (const auto& bad : given.at("bad").as_array()) {
    fleet.has(json::value_to<std::string>(bad), "ERROR");
  }
  for (const auto& [id, born] : given.at("good").as_object()) {
    fleet.has(std::string(id)).created = fleet.now - 60 * minute + born.as_int64() * second;
  }
  std::sort(fleet.seen.instances.begin(), fleet.seen.instances.end(),
            [](const Instance& a, const Instance& b) { return a.id < b.id; });
  fleet.plans(static_cast<Capacity>(fleet.seen.instances.size()) -
              static_cast<Capacity>(whole(given, "count")));
  std::vector<std::string> expected;
  for (const auto& victim : about.expect.at("victims").as_array()) {
    expected.push_back("terminate " + json::value_to<std::string>(victim));
  }
  std::vector<std::string> got = fleet.steps();
  std::sort(expected.begin(), expected.end());
  std::sort(got.begin(), got.end());
  return compared(json::value_from(expected), json::value_from(got));
}

}  // namespace settle::cases
