// One owner of the simulated partition, for the length of its epoch.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "tests/sim/world.h"

namespace settle::sim {

// An owner is a loop with its partition, and what the oracles know of it.
struct Simulation::Owner final : World, Clock {
  Owner(Simulation& sim_in, std::uint64_t epoch) : sim(sim_in) { facts.epoch = epoch; }
  [[nodiscard]] Time now() const override { return sim.wall(); }
  void start(std::vector<Effect> effects) override { sim.start(*this, std::move(effects)); }

  Simulation& sim;
  OwnerFacts facts;
  std::unique_ptr<Loop> loop;  // None once it is dead.
  bool is_alive = true;
  bool is_turn_due = false;
};

}  // namespace settle::sim
