// Rung 5: what may withhold a step. Guards never change what is desired.
//
// Budgets are sliding windows over what the group's state says was spent; what a round spends is
// counted here until the ledger writes it down.
#pragma once

#include <optional>

#include "reconcilers/planning.h"

namespace settle {

class Guards {
 public:
  explicit Guards(Planning& planning);

  /// Why no launch of this class may be opened now; nothing if one may.
  [[nodiscard]] std::optional<Block> against_launch(StepClass step_class) const;
  /// Why this instance may not begin to leave now; nothing if it may.
  [[nodiscard]] std::optional<Block> against_leaving(const Counted& counted, StepClass step_class,
                                                     StepOp op) const;
  /// Why nobody may join or leave a pool of a load balancer now; nothing if one may.
  [[nodiscard]] std::optional<Block> against_membership(StepOp op) const;
  void spend_launch();
  void spend_leaving(const Counted& counted, StepOp op);

  /// Why nothing at all may be done now.
  [[nodiscard]] const std::optional<Block>& against_everything() const { return blanket_; }

 private:
  struct Window {
    Capacity limit = 0;
    Capacity used = 0;
    std::optional<Time> frees_at;  // When the oldest of it, of this round too, is forgotten.
  };

  [[nodiscard]] std::optional<Block> blanket() const;
  [[nodiscard]] std::optional<Block> observation_gate() const;
  [[nodiscard]] std::optional<Block> freeze(StepClass step_class) const;
  [[nodiscard]] std::optional<Block> setback(const InstanceId& instance) const;
  [[nodiscard]] std::optional<Block> born_dead() const;
  [[nodiscard]] std::optional<Block> mass_change() const;
  [[nodiscard]] std::optional<Block> fleet_change() const;
  [[nodiscard]] std::optional<Block> flapping() const;
  [[nodiscard]] std::optional<Block> contended() const;
  [[nodiscard]] std::optional<Block> spend() const;
  [[nodiscard]] std::optional<Block> shared_budget() const;
  [[nodiscard]] bool is_on(Guard guard) const { return planning_.context.guards.has(guard); }
  [[nodiscard]] Capacity limit_of(const Budget& budget) const;
  [[nodiscard]] Window window_of(const Budget& budget, const std::vector<Spent>& spent) const;

  Planning& planning_;
  std::optional<Block> blanket_;
  Window launch_window_;
  Window termination_window_;
  Capacity disruption_limit_ = 0;
  Capacity unavailable_ = 0;
  Capacity draining_ = 0;  // Will be terminated before long.
  Capacity launches_ = 0;  // Wished in this round.
  Capacity terminations_ = 0;
};

/// Notices that desired goes to and fro, and begins a hold.
void watch_flapping(const GroupSpec& spec, GroupState& state, Time now);

}  // namespace settle
