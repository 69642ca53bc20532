// Decisions of clouds' autoscalers, from their documentation and their tests: AWS, Azure, Google
// Cloud, Nomad, Senlin, Heat and Aodh. Each case in data/cloud.json names its source.
#include "tests/cases/cloud_cases.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tests/cases/published.h"
#include "tests/places.h"

namespace settle::cases {

std::string text(const json::object& about, std::string_view key) {
  return json::value_to<std::string>(about.at(key));
}

Decimal decimal(const json::value& value) {
  return Decimal::parse(decimal_text(value)).value();
}

Capacity capacity(const json::object& about, std::string_view key) {
  return static_cast<Capacity>(whole(about, key));
}

Finding compared_direction(const std::string& expected, Capacity from, Capacity to) {
  const std::string got = to > from ? "up" : to < from ? "down" : "none";
  const std::string said = expected == "out" ? "up" : expected == "in" ? "down" : expected;
  return compared(json::value(said), json::value(got));
}

namespace {

const std::map<std::string, CloudRule> rules{
    {"adjust.bounded", adjusts},
    {"adjust.min_magnitude", adjusts},
    {"adjust.percent", adjusts},
    {"adjust.policy", adjusts},
    {"bounds", stays_in_bounds},
    {"combine", combines},
    {"cooldown", cools_down},
    {"error.policy", survives_an_error},
    {"explain", says_why_not},
    {"fixed", passes_through},
    {"flap", anticipates},
    {"health.combine", agrees_on_health},
    {"health.error", judges_health},
    {"health.grace", judges_health},
    {"health.protect", judges_health},
    {"health.rate", judges_health},
    {"health.standby", stands_by},
    {"idempotence", acts_if_needed},
    {"lifecycle.result", ends_by_a_hook},
    {"metric.per_instance", weighs_a_queue},
    {"passthrough", passes_through},
    {"rolling.batch", changes_in_batches},
    {"rolling.needs", needs_a_batch},
    {"scale_in_control", shrinks_by_at_most},
    {"schedule.apply", applies_a_schedule},
    {"schedule.dst", fires_next},
    {"schedule.end", applies_a_schedule},
    {"schedule.next", fires_next},
    {"schedule.profile", applies_a_schedule},
    {"schedule.window", is_in_a_window},
    {"stabilise", settles},
    {"standby", stands_by},
    {"step.select", selects_a_step},
    {"target.direction", leans},
    {"target.size", tracks},
    {"threshold", crosses_a_threshold},
    {"validate.schedule", is_a_schedule},
    {"victim.order", chooses_a_victim},
    {"warm_pool.size", keeps_a_pool},
};

const std::map<std::string, std::string> others{
    {"actuate", "how its cloud is told and what its activities are called"},
    {"conflict", "orders do not exclude each other: they are claims, and all of them stand"},
    {"crash", "who is alive is said by sessions of the ensemble"},
    {"dry_run", "a dry run records what it would have wanted, not a number of its own"},
    {"failure", "what an answer of the cloud means is said by its adapter"},
    {"health.suspend", "health is looked at whatever else goes on"},
    {"predictive.max", "max is never exceeded, not even for a while"},
    {"lifecycle.timeout", "a hook has one deadline, which nothing extends"},
    {"rebalance.margin", "max is never exceeded, not even for a while"},
    {"rolling.batch_size",
     "another is launched before one goes, so that a batch takes nothing from service"},
    {"rolling.checkpoint", "a change waits after each batch, never at a share of the group"},
    {"rolling.next_batch",
     "another is launched before one goes, so that a batch takes nothing from service"},
    {"schedule.validate", "two schedules may begin at one time: the ladder says what holds"},
    {"step.validate", "steps may overlap, and the most extreme that matches is taken"},
    {"suspend", "what is paused is a group, or a class of steps in a window"},
    {"validate.lifetime", "other keys, and other bounds on them"},
    {"validate.maintenance", "other keys, and other bounds on them"},
    {"validate.policy", "other keys, and other bounds on them"},
    {"validate.size", "limits change by configuration, never together with a size"},
    {"warmup", "an instance that warms up is capacity, and no veto"},
};

Finding judge(const json::object& about) {
  const std::string family = text(about, "family");
  const json::object& expect = has(about, "recommended_for_us")
                                   ? about.at("recommended_for_us").as_object()
                                   : about.at("expect").as_object();
  const CloudCase given{about.at("given").as_object(), expect};
  if (family == "cooldown" && has(given.given, "in_cooldown")) return judges_health(given);
  if (family == "numeric.exactness") {
    return has(given.given, "metric") ? tracks(given) : adjusts(given);
  }
  if (const auto rule = rules.find(family); rule != rules.end()) return rule->second(given);
  if (const auto other = others.find(family); other != others.end()) {
    return does_not_apply(other->second);
  }
  return does_not_apply("a case of an unknown family");
}

TEST(CloudCases, HoldWhereTheyApply) {
  const std::vector<Judged> judged = judge_all(path_of_cases("cloud.json"), "family", judge);
  EXPECT_EQ(differences(judged), "");
  EXPECT_GE(tally_of(judged).percent(), 50);
}

TEST(CloudCases, AreTabled) {
  publish("cloud",
          table_of("Autoscalers of clouds",
                   judge_all(source_folder() + "/tests/cases/data/cloud.json", "family", judge)));
}

}  // namespace
}  // namespace settle::cases
