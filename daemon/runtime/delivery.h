// Signals to whoever owns their groups: the engine here, or another member, asked once. Whoever
// hands them in is told the same words either way.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/runtime/engine.h"
#include "daemon/runtime/peers.h"

namespace settle {

/// Bears the name of the member that passed a request on: it is passed on once, and no more.
inline constexpr const char* passed_on = "settle-passed-on";
/// With it: who asked the member that passed it on.
inline constexpr const char* asked_by = "settle-asked-by";

class Delivery {
 public:
  using Done = std::function<void(std::vector<std::string_view>)>;

  /// Both outlive it, and whatever it has under way.
  Delivery(Engine& engine, Peers& peers) : engine_(engine), peers_(peers) {}

  /// Calls `done` once with what became of each signal, in order, after the commits that hold them:
  /// a word of outcome_word(), "full" or "elsewhere". `source` is for the metrics. Safe from any
  /// thread; never blocks.
  void deliver(std::vector<Signal> signals, const std::string& source, Done done);
  /// The same, and what is not ours is not passed on.
  void deliver_here(std::vector<Signal> signals, const std::string& source, Done done);

 private:
  Engine& engine_;
  Peers& peers_;
};

}  // namespace settle
