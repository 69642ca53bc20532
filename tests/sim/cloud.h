// The cloud of a simulation: what really exists, and what a listing shows of it. It keeps the
// truth about tokens and deaths, for the oracles, apart from what it tells.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/observation.h"
#include "reconcilers/state.h"
#include "tests/sim/dice.h"

namespace settle::sim {

inline constexpr Time at_no_time = Time::max();

struct Machine {
  Instance shown;  // But for what time decides: see as_of().
  GroupId group;
  std::string meant_token;  // Of the intent, whatever the call bore.
  Time listed_from{};
  Time ready_at{};
  Time fails_at = at_no_time;
  Time deleting_at = at_no_time;
  Time gone_at = at_no_time;      // It does not exist any more.
  Time unlisted_at = at_no_time;  // Listings say DELETED until then, if later than gone_at.
  Time hidden_until{};            // Complete listings omit it, though it lives.
  Time draining_at = at_no_time;
  // What a load balancer has of it, since when, and before; unknown where its group has none.
  Membership membership = Membership::unknown;
  Time membership_at{};
  Membership membership_before = Membership::unknown;
  Time drained_at = at_no_time;  // The last drain that the balancer heard of.
  bool is_found_by_id = false;   // And is asked for until a listing shows it.

  [[nodiscard]] bool lives(Time now) const { return now < gone_at; }
  [[nodiscard]] Membership membership_as_of(Time at) const {
    return at < membership_at ? membership_before : membership;
  }
  /// Work is sent to it.
  [[nodiscard]] bool is_balanced() const {
    return membership == Membership::member || membership == Membership::partial;
  }
  [[nodiscard]] bool serves(Time now) const {
    return lives(now) && now >= ready_at && now < fails_at && now < deleting_at;
  }
};

class SimCloud {
 public:
  explicit SimCloud(Dice& dice) : dice_(dice) {}

  /// Idempotent by token. Null if the token is known.
  Machine* launch(const GroupId& group, const Intent& intent, const std::string& wire_token,
                  Time now);
  /// By token, as the call bore it.
  [[nodiscard]] Machine* made_by(const std::string& wire_token);
  [[nodiscard]] Machine* find(const InstanceId& id);
  void terminate(Machine& machine, Time now);
  /// What a load balancer does with it.
  static void balance(Machine& machine, Membership membership, Time now);

  /// What a listing shows that shows the truth of `as_of`.
  [[nodiscard]] std::vector<Instance> list(const GroupId& group, Time as_of, Time now) const;
  /// Members of whom a listing of that moment shows no instance.
  [[nodiscard]] std::vector<InstanceId> strays(const GroupId& group, Time as_of) const;

  /// What is true of it now, by its id; none if it does not exist.
  [[nodiscard]] std::optional<Instance> look_at(const GroupId& group, const InstanceId& id,
                                                Time now) const;

  [[nodiscard]] std::size_t living(const GroupId& group, Time now) const;
  [[nodiscard]] std::size_t serving(const GroupId& group, Time now) const;
  [[nodiscard]] std::map<InstanceId, Machine>& machines() { return machines_; }
  [[nodiscard]] const std::map<InstanceId, Machine>& machines() const { return machines_; }

 private:
  Dice& dice_;
  std::map<InstanceId, Machine> machines_;
  std::map<std::string, InstanceId> tokens_;
  std::uint64_t named_ = 0;
};

}  // namespace settle::sim
