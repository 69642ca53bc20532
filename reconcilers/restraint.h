// How far a group may go: the strictest of what its configuration, its operators and the operators
// of many groups say. It survives whatever it has to, since all of it is remembered.
#pragma once

#include <optional>
#include <string_view>

#include "reconcilers/converge.h"
#include "reconcilers/planning.h"

namespace settle {

struct Restraint {
  Mode mode = Mode::act;
  std::string_view scope;  // "all" or "tenant/NAME", of an order for many groups.
  std::string_view owner;  // Who ordered it; empty: it is configured.
  std::string_view reason;
  Time since;
};

/// What is in force. Its texts are those of the arguments.
[[nodiscard]] Restraint restraint_of(const GroupSpec& spec, const GroupState& state,
                                     const RoundContext& context);

/// Whether a step of this kind has to wait for it, and how the record says so.
[[nodiscard]] bool forbids(Mode mode, StepOp op);
[[nodiscard]] Block block_of(const Restraint& restraint);

}  // namespace settle
