#include "reconcilers/restraint.h"

#include <string>

namespace settle {

Restraint restraint_of(const GroupSpec& spec, const GroupState& state,
                       const RoundContext& context) {
  Restraint strictest;
  if (!context.guards.has(Guard::restraint)) return strictest;
  strictest.mode = spec.mode;
  if (const auto& order = state.memory.pause;
      order && order->order.paused && order->order.mode <= strictest.mode) {
    strictest = {order->order.mode, {}, order->order.owner, order->order.reason, order->stamp.at};
  }
  if (const auto& many = context.standing; many && many->mode < strictest.mode) {
    strictest = {many->mode, many->scope, many->owner, many->reason, many->since};
  }
  return strictest;
}

bool forbids(Mode mode, StepOp op) {
  switch (mode) {
    case Mode::pause:
    case Mode::observe:
      return true;
    case Mode::only_up:
      return op == StepOp::terminate || op == StepOp::drain || op == StepOp::leave;
    case Mode::act:
      return false;
  }
  return true;
}

Block block_of(const Restraint& restraint) {
  Facts facts;
  if (!restraint.owner.empty()) facts.emplace_back("owner", std::string(restraint.owner));
  if (!restraint.scope.empty()) {
    if (!restraint.reason.empty()) facts.emplace_back("reason", std::string(restraint.reason));
    facts.emplace_back("scope", std::string(restraint.scope));
    facts.emplace_back("since", restraint.since);
  }
  if (restraint.mode == Mode::pause) return {"pause", Reason::paused, {}, std::move(facts)};
  const Reason reason = restraint.mode == Mode::only_up ? Reason::only_up : Reason::observe_only;
  return {"mode", reason, {}, std::move(facts)};
}

}  // namespace settle
