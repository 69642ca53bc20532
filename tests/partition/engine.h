// A stand-in for the convergence engine, small enough to predict: every webhook firing launches
// one instance. It is linked instead of reconcilers' converge(), merge() and ledger, so that what
// is tested here is the partition and nothing else; settle_sim tests both together.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "reconcilers/converge.h"

namespace settle::engine {

/// An entry of a log with this id finds no room.
inline constexpr std::string_view no_room = "no-room";

struct Script {
  int rounds = 0;
  std::function<void(GroupState&, Round&)> after;  // Adds to what a round does.
};

/// The script of the test under way.
Script& script();

}  // namespace settle::engine
