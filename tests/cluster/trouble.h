// A minute and a half of misfortune by chance from a seed, for the members of a stage; then all of
// it ends. Nothing protects from sessions that are ended by hand while their client can neither be
// told nor is stopped (daemon/zookeeper/session_lease.h): that alone is not tried.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/cluster/stage.h"

namespace settle::cluster {

/// One blow to one member, or to the ensemble.
template <typename Stage, typename Roll>
void strike(Stage& stage, const std::string& name, const Roll& roll) {
  const bool is_up = stage.is_up(name);
  const bool is_running = is_up && !stage[name].process().is_frozen();
  switch (roll(9)) {
    case 0:
      return stage.kill(name);
    case 1:
    case 2:
      if (is_running) stage.freeze(name);
      return;
    case 3:
      if (is_up) stage.thaw(name);
      return;
    case 4:
      if (is_up) stage.cut_off(name);
      return;
    case 5:
      if (is_running) stage.let_back(name);
      return;
    case 6:
      if (is_running && stage[name].client().is_connected()) {
        stage.ensemble().expire(stage[name].client().session().id);
      }
      return;
    case 7:
      roll(2) == 0 ? stage.ensemble().become_unreachable() : stage.ensemble().cut_connections();
      return;
    default:
      if (is_up) {
        stage[name].node().announce(roll(2) == 0 ? Presence::draining : Presence::serving);
      }
  }
}

template <typename Stage>
void make_trouble(Stage& stage, const std::vector<std::string>& names, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  const auto roll = [&](std::uint64_t below) { return dice() % below; };
  for (const std::string& name : names) stage.start(name);
  stage.run_for(zk::Milliseconds(roll(6'000)));
  const bool is_lossy = roll(2) == 0;
  if (is_lossy) stage.ensemble().be_faulty({20, 20, 2, 10});
  const auto steps = 4 + roll(12);
  for (std::uint64_t step = 0; step < steps; ++step) {
    const std::string& name = names[roll(names.size())];
    strike(stage, name, roll);
    stage.run_for(zk::Milliseconds(roll(9'000)));
    if (roll(3) == 0) stage.ensemble().become_reachable();
    if (!stage.is_up(name) && roll(2) == 0) stage.start(name);
  }
  stage.ensemble().be_faulty({});
  stage.ensemble().become_reachable();
  for (const std::string& name : names) {
    if (!stage.is_up(name)) {
      stage.start(name);
    } else {
      stage.thaw(name);
      stage[name].node().announce(Presence::serving);
    }
  }
}

}  // namespace settle::cluster
