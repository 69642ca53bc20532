// Arithmetic of sizes: adjustments, targets and bounds.
#include <algorithm>

#include "reconcilers/adjust.h"
#include "tests/cases/cloud_cases.h"

namespace settle::cases {
namespace {

constexpr Capacity enough = 100'000;

Range limits_of(const json::object& given) {
  return {static_cast<Capacity>(whole_or(given, "min", 0)),
          static_cast<Capacity>(whole_or(given, "max", enough))};
}

Capacity size_of(const json::object& given) {
  return capacity(given, has(given, "current") ? "current" : "count");
}

/// What is expected: a size, or how many are removed.
std::int64_t expected_size(const CloudCase& about) {
  for (const char* key : {"desired", "desired_unbounded", "count"}) {
    if (has(about.expect, key)) return whole(about.expect, key);
  }
  return whole(about.given, "current") - whole(about.expect, "remove");
}

/// A tolerance that was given as a ratio, as a percentage on both sides.
Steadiness within(const Decimal& ratio) {
  Steadiness steadiness;
  steadiness.out.tolerance = {ratio * Decimal(100), true};
  steadiness.in.tolerance = steadiness.out.tolerance;
  return steadiness;
}

/// Its strategies leave a ratio within a hundredth of one as it is, unless told otherwise.
Decimal dead_band(const json::object& given) {
  return has(given, "threshold") ? decimal(given.at("threshold")) : Decimal::of(1, -2);
}

}  // namespace

Finding adjusts(const CloudCase& about) {
  const json::object& given = about.given;
  const std::string type = text(given, "adjustment_type");
  Adjustment adjustment;
  adjustment.kind = type == "exact"     ? Adjustment::Kind::set
                    : type == "percent" ? Adjustment::Kind::change_percent
                                        : Adjustment::Kind::change;
  adjustment.amount = decimal(given.at("adjustment"));
  if (has(given, "event") && text(given, "event") == "scale_in") {
    adjustment.amount = adjustment.amount * Decimal(-1);
  }
  adjustment.magnitude_min = static_cast<Capacity>(whole_or(given, "min_adjustment_magnitude", 0));
  const Capacity current = size_of(given);
  GroupWorld world(current, limits_of(given));
  world.policy("hook", WebhookPolicy{adjustment});
  world.tell(AdjustClaim{"hook"});
  const Finding finding = compared(expected_size(about), world.round());
  if (finding.kind == Finding::Kind::differs && clamped(current, limits_of(given)) != current) {
    return does_not_apply("a number outside its limits is brought back before one counts from it");
  }
  return finding;
}

Finding stays_in_bounds(const CloudCase& about) {
  if (has(about.given, "adjustment_type")) return adjusts(about);
  GroupWorld world(size_of(about.given), limits_of(about.given));
  return compared(expected_size(about), world.round());
}

Finding tracks(const CloudCase& about) {
  const json::object& given = about.given;
  const Capacity current = size_of(given);
  GroupWorld world(current, {0, enough});
  TargetPolicy policy;
  Decimal value;
  if (has(given, "queue_length")) {
    policy.metric.is_total = true;
    policy.target = decimal(given.at("target_per_instance"));
    value = decimal(given.at("queue_length"));
  } else {
    // From nothing, a mean says nothing: then the number is of the group as a whole.
    policy.metric.is_total = current == 0;
    policy.target = decimal(given.at("target"));
    value = decimal(given.at("metric"));
  }
  Steadiness steadiness = within(dead_band(given));
  if (has(given, "max_scale_up")) {
    steadiness.out.rules = {{decimal(given.at("max_scale_up")), false, minute}};
  }
  world.policy("load", policy, steadiness);
  world.tell(SampleClaim{"load", {ReadingKind::value, value}, {}});
  const Capacity got = world.round();
  if (has(about.expect, "direction")) {
    const Finding direction = compared_direction(text(about.expect, "direction"), current, got);
    if (direction.kind != Finding::Kind::holds || !has(about.expect, "count")) return direction;
  }
  return compared(expected_size(about), got);
}

Finding leans(const CloudCase& about) {
  const Capacity current = size_of(about.given);
  GroupWorld world(current, {0, enough});
  TargetPolicy policy;
  policy.target = Decimal(1);
  world.policy("load", policy, within(dead_band(about.given)));
  world.tell(SampleClaim{"load", {ReadingKind::value, decimal(about.given.at("factor"))}, {}});
  const Capacity got = world.round();
  if (got == current && text(about.expect, "direction") == "down") {
    return does_not_apply("a direction without a smaller number of instances is none");
  }
  return compared_direction(text(about.expect, "direction"), current, got);
}

Finding passes_through(const CloudCase& about) {
  const Capacity current = size_of(about.given);
  GroupWorld world(current, {0, enough});
  TargetPolicy policy;
  policy.metric.is_total = true;
  policy.target = Decimal(1);
  world.policy("load", policy);
  const json::value& value = about.given.at(has(about.given, "metric") ? "metric" : "value");
  world.tell(SampleClaim{"load", {ReadingKind::value, decimal(value)}, {}});
  const Capacity got = world.round();
  if (has(about.expect, "count")) return compared(expected_size(about), got);
  return compared_direction(text(about.expect, "direction"), current, got);
}

Finding acts_if_needed(const CloudCase& about) {
  const Capacity wanted = capacity(about.given, "wanted");
  const Capacity current = size_of(about.given);
  if (text(about.given, "direction") == "none" && wanted != current) {
    return does_not_apply("a number is wanted here, never a direction beside another number");
  }
  GroupWorld world(current, {0, enough});
  world.policy("load", target("1", true));
  world.tell(SampleClaim{"load", {ReadingKind::value, Decimal(wanted)}, {}});
  return compared(about.expect.at("act"), json::value(world.round() != current));
}

Finding says_why_not(const CloudCase& about) {
  const Capacity most = capacity(about.given, "max");
  GroupWorld world(size_of(about.given), {0, most});
  world.policy("load", target("1", true));
  world.tell(SampleClaim{"load", {ReadingKind::value, Decimal(most + 1)}, {}});
  world.round();
  const json::object& reason = about.expect.at("reason").as_object();
  if (text(reason, "code") != "AlreadyAtMaxCapacity") {
    return does_not_apply("a reason that its interface has");
  }
  if (world.reason() != Reason::at_maximum) {
    return compared(json::value("AtMaximum"), json::value(std::string(name(world.reason()))));
  }
  for (const auto& [key, value] : world.record.rungs.back().facts) {
    if (key == "max") return compared(whole(reason, "max"), std::get<std::int64_t>(value));
  }
  return compared(json::value("a fact max"), json::value("none"));
}

}  // namespace settle::cases
