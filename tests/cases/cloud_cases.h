// The rules by which cases of clouds' autoscalers are read: what was given becomes a group of ours,
// and what came out is compared. Families are named as data/cloud.json names them.
#pragma once

#include "tests/cases/case_file.h"
#include "tests/reconcilers/group_world.h"

namespace settle::cases {

/// A case, with what is recommended where its source is not to be followed.
struct CloudCase {
  const json::object& given;
  const json::object& expect;
};

using CloudRule = Finding (*)(const CloudCase&);

// Sizes and limits: cloud_size_rules.cc.
[[nodiscard]] Finding adjusts(const CloudCase& about);
[[nodiscard]] Finding stays_in_bounds(const CloudCase& about);
[[nodiscard]] Finding tracks(const CloudCase& about);
[[nodiscard]] Finding leans(const CloudCase& about);
[[nodiscard]] Finding passes_through(const CloudCase& about);
[[nodiscard]] Finding acts_if_needed(const CloudCase& about);
[[nodiscard]] Finding says_why_not(const CloudCase& about);

// Several claims, thresholds, and steadiness: cloud_claim_rules.cc.
[[nodiscard]] Finding selects_a_step(const CloudCase& about);
[[nodiscard]] Finding crosses_a_threshold(const CloudCase& about);
[[nodiscard]] Finding anticipates(const CloudCase& about);
[[nodiscard]] Finding weighs_a_queue(const CloudCase& about);
[[nodiscard]] Finding combines(const CloudCase& about);
[[nodiscard]] Finding survives_an_error(const CloudCase& about);
[[nodiscard]] Finding cools_down(const CloudCase& about);
[[nodiscard]] Finding settles(const CloudCase& about);
[[nodiscard]] Finding shrinks_by_at_most(const CloudCase& about);

// Time of day: cloud_calendar_rules.cc.
[[nodiscard]] Finding fires_next(const CloudCase& about);
[[nodiscard]] Finding is_in_a_window(const CloudCase& about);
[[nodiscard]] Finding applies_a_schedule(const CloudCase& about);
[[nodiscard]] Finding is_a_schedule(const CloudCase& about);

// Instances: cloud_instance_rules.cc.
[[nodiscard]] Finding judges_health(const CloudCase& about);
[[nodiscard]] Finding chooses_a_victim(const CloudCase& about);

// How instances are changed: cloud_change_rules.cc.
[[nodiscard]] Finding changes_in_batches(const CloudCase& about);
[[nodiscard]] Finding needs_a_batch(const CloudCase& about);
[[nodiscard]] Finding ends_by_a_hook(const CloudCase& about);
[[nodiscard]] Finding stands_by(const CloudCase& about);
[[nodiscard]] Finding keeps_a_pool(const CloudCase& about);
[[nodiscard]] Finding agrees_on_health(const CloudCase& about);

// Shared by them.
[[nodiscard]] std::string text(const json::object& about, std::string_view key);
[[nodiscard]] Decimal decimal(const json::value& value);
[[nodiscard]] Capacity capacity(const json::object& about, std::string_view key);
/// "up" or "out", "down" or "in", "none".
[[nodiscard]] Finding compared_direction(const std::string& expected, Capacity from, Capacity to);

}  // namespace settle::cases
