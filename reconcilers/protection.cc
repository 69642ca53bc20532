// What an operator said of the protection of a member, told to its cloud as a mark, so that whoever
// else looks there knows it too. The group spares the member whether its cloud knows or not, so it
// is told once, and what somebody takes away there is not set again.
#include <algorithm>
#include <utility>

#include "reconcilers/guards.h"
#include "reconcilers/memory.h"
#include "reconcilers/planning.h"

namespace settle {
namespace {

const Counted* find_in_service(const Census& census, const InstanceId& id) {
  const auto at = std::lower_bound(
      census.instances.begin(), census.instances.end(), id,
      [](const Counted& counted, const InstanceId& other) { return counted.id() < other; });
  if (at == census.instances.end() || at->id() != id) return nullptr;
  if (at->instance == nullptr || at->memory == nullptr) return nullptr;
  // Whoever is told to be protected, or shows it, is among those who leave in no way.
  const bool is_ours_to_mark =
      at->standing == Standing::ready || at->standing == Standing::building;
  return is_ours_to_mark ? &*at : nullptr;
}

bool is_spoken_of(const GroupState& state, const InstanceId& id) {
  return std::any_of(state.intents.begin(), state.intents.end(),
                     [&id](const Intent& intent) { return intent.instance == id; });
}

// The mark that is due, if any. One that the cloud bears without our doing is not ours to take.
std::optional<StepOp> due(const Counted& counted, bool is_protected) {
  const bool is_shown = counted.instance->is_protected;
  const bool is_marked = counted.memory->is_marked;
  if (is_protected) return is_shown || is_marked ? std::nullopt : std::optional(StepOp::protect);
  return is_shown && is_marked ? std::optional(StepOp::unprotect) : std::nullopt;
}

// Whoever took it away: what the cloud may bear later is not of our doing.
void forget_mark(Planning& planning, const Counted& counted) {
  auto& instances = planning.state.instances;
  instances[static_cast<std::size_t>(counted.memory - instances.data())].is_marked = false;
}

}  // namespace

void wish_marks(Planning& planning, const Guards& guards, Wishes& wishes) {
  for (const RememberedInstanceOrder& said : planning.state.memory.orders) {
    if (!is_about_protection(said.order.verb)) continue;
    const InstanceId& id = said.order.instance;
    const Counted* const counted = find_in_service(planning.census, id);
    if (counted == nullptr || is_spoken_of(planning.state, id)) continue;
    const bool is_protected = said.order.verb == InstanceVerb::protect;
    const std::optional<StepOp> op = due(*counted, is_protected);
    if (!is_protected && !counted->instance->is_protected) forget_mark(planning, *counted);
    if (!op) continue;
    if (auto block = guards.against_membership(*op)) {
      withhold(planning, *op, id, 1, *std::move(block));
      continue;
    }
    Wish wish;
    wish.step.op = *op;
    wish.step.instance = id;
    wish.step.reason = is_protected ? Reason::protection_ordered : Reason::protection_lifted;
    wish.step.facts = {{"owner", said.order.owner}};
    if (!said.order.reason.empty()) wish.step.facts.emplace_back("reason", said.order.reason);
    wishes.marks.push_back(std::move(wish));
  }
}

}  // namespace settle
