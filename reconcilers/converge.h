// One round of one group, up the whole ladder: the pure heart of the daemon.
//
//   claims --merge--> memory --decide--> desired --plan--> intents
//
// Total functions of their arguments: no clock, no I/O, no randomness, no logging, no failure.
// Equal inputs give equal outputs on every machine, so a decision can be replayed years later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/decision.h"
#include "reconcilers/guard_mask.h"
#include "reconcilers/observation.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

/// What a round may do with the steps it finds.
enum class Authority : std::uint8_t {
  act,      // Open intents, spend budgets.
  advise,   // List the steps; open nothing, spend nothing (simulate --cloud observed).
  observe,  // Withhold every step as ObserveOnly (mode: observe).
};

/// What an operator ordered for many groups at once.
struct FleetOrder {
  Mode mode = Mode::pause;
  std::string scope;  // "all" or "tenant/NAME".
  std::string owner;
  std::string reason;
  Time since;
  friend bool operator==(const FleetOrder&, const FleetOrder&) = default;
};

/// How much of one thing that groups share is this group's.
struct FleetShare {
  Capacity most = 0;   // It may have so much, all in all.
  std::string budget;  // Whose limit that is.
  Decimal limit;       // Of the whole budget, in `unit`.
  Decimal used;        // Of it, by everybody.
  std::string unit;    // "instances", "launches a day" or that of money: "EUR/h".
  GroupId by;          // Who uses most of it.
  friend bool operator==(const FleetShare&, const FleetShare&) = default;
};

/// What a group may have of what it shares; fleet.h makes it. A group without one shares nothing.
struct Allowance {
  std::uint64_t serial = 0;             // Grows with each; a report of usage says which it knew.
  bool is_short = false;                // It wants more than there is.
  std::optional<FleetShare> instances;  // That may exist at one time.
  std::optional<FleetShare> launches;   // Within a day.
  friend bool operator==(const Allowance&, const Allowance&) = default;
};

/// Instances of all groups that vanished of late, unasked for and by more than one group: too many
/// for anything to be destroyed. Zero where there is nothing to say.
struct FleetLoss {
  Capacity lost = 0;
  Capacity of = 0;
  friend bool operator==(const FleetLoss&, const FleetLoss&) = default;
};

/// Who asks, and what holds for more than one group: copied into the record, or beside it.
struct RoundContext {
  std::uint32_t partition = 0;
  std::uint64_t epoch = 0;
  std::string cluster;  // Part of each token: two clusters never share one.
  std::string revision;
  std::string engine;
  std::string tzdata;
  Authority authority = Authority::act;
  bool journal_failed = false;  // Decide, but open no intents.
  std::optional<FleetOrder> standing;
  std::optional<Allowance> allowance;
  FleetLoss fleet_loss;
  GuardMask guards{};
  friend bool operator==(const RoundContext&, const RoundContext&) = default;
};

struct Round {
  DecisionRecord record;
  bool is_notable = false;          // It changed something, or refuses something new: keep it.
  std::vector<std::string> opened;  // Tokens of the intents that it opened, in order.
  bool wants_observation = false;   // Nothing can be planned before a fresh look at the cloud.
  std::optional<Time> revisit_at;   // When the answer may change with no new event.
};

/// Decides and plans; `state` becomes what must be committed before any intent in it is sent.
/// Running it again at the same time with the same observation changes nothing but counters.
///
/// ENSURES: no intent takes the group above its max, counting everything that may exist, and no
///          voluntary one below its min.
[[nodiscard]] Round converge(const GroupSpec& spec, GroupState& state, const Observation& seen,
                             Time now, const RoundContext& context);

}  // namespace settle
