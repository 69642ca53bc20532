// What one seed is about: its groups, and which faults it has and how often.
#pragma once

#include <vector>

#include "daemon/partition/event.h"
#include "tests/sim/dice.h"
#include "tests/sim/mutation.h"

namespace settle::sim {

/// The four kinds of group that every seed has, one of each.
enum class Role : std::uint8_t {
  adjusted,   // Webhook policies alone: desired is a fold of what arrived.
  measured,   // One target policy alone: missing must never shrink it.
  scheduled,  // Windows, one-shot schedules and a webhook.
  contested,  // A target, an alert, webhooks, health reports, operators, drain.
};

struct GroupPlan {
  Role role = Role::adjusted;
  SpecPointer spec;
};

/// Chances are per thousand of whatever they are about.
struct Faults {
  unsigned event_lost = 0;
  unsigned event_doubled = 0;
  unsigned event_late = 0;
  unsigned observe_failed = 0;
  unsigned observe_partial = 0;
  unsigned observe_slow = 0;
  unsigned request_lost = 0;     // To the cloud.
  unsigned request_delayed = 0;  // The reply says unknown, and the effect comes later.
  unsigned reply_lost = 0;
  unsigned throttled = 0;
  unsigned quota = 0;
  unsigned error_at_birth = 0;
  unsigned never_ready = 0;
  unsigned balancer_down = 0;     // It does not answer: a call, or a look.
  unsigned balancer_refuses = 0;  // A join or a leave.
  unsigned commit_unavailable = 0;
  unsigned commit_slow = 0;
  unsigned journal_failed = 0;
  Duration listing_lag{};
  Duration crash_every{};   // On average; zero: only the one that each seed has.
  Duration kill_every{};    // Out-of-band.
  Duration hide_every{};    // An instance drops out of complete listings.
  Duration empty_every{};   // A complete listing without any instance.
  Duration jump_every{};    // Of the wall clock.
  Duration outage_every{};  // Of the metrics.
  Duration pause_every{};
  Duration removal_every{};  // A group leaves the configuration for a while.
  Duration zombie_every{};   // An owner is replaced and does not know it.
};

struct Scenario {
  std::vector<GroupPlan> groups;
  Faults faults;
  Time begins;
  Duration chaos{};   // Safety phase: anything may happen.
  Duration healed{};  // Nothing more happens.
  Duration quiet{};   // The end of it, in which nothing may be done any more.
};

[[nodiscard]] Scenario draw_scenario(std::uint64_t seed);

/// The spec as the mutated owner is given it; the oracles keep the true one.
[[nodiscard]] SpecPointer mutated_spec(const SpecPointer& spec, Mutation mutation);

}  // namespace settle::sim
