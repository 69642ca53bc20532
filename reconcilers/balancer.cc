#include "reconcilers/balancer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "reconcilers/guards.h"
#include "reconcilers/hooks.h"
#include "reconcilers/planning.h"

namespace settle {
namespace {

const Counted* find(const Census& census, const InstanceId& id) {
  const auto at = std::lower_bound(
      census.instances.begin(), census.instances.end(), id,
      [](const Counted& counted, const InstanceId& other) { return counted.id() < other; });
  return at != census.instances.end() && at->id() == id ? &*at : nullptr;
}

const Intent* open_intent(const GroupState& state, const InstanceId& id, IntentKind kind) {
  const auto at = std::find_if(
      state.intents.begin(), state.intents.end(),
      [&](const Intent& intent) { return intent.kind == kind && intent.instance == id; });
  return at == state.intents.end() ? nullptr : &*at;
}

// What the balancer refused of late about this one.
const Setback* setback_of(const GroupState& state, const InstanceId& id) {
  const auto at = std::find_if(
      state.setbacks.begin(), state.setbacks.end(),
      [&id](const Setback& setback) { return setback.is_of_balancer && setback.instance == id; });
  return at == state.setbacks.end() ? nullptr : &*at;
}

Facts facts_of(const Planning& planning, Membership membership) {
  std::string pools;
  for (const std::string& pool : planning.spec.balancer.pools) {
    pools += (pools.empty() ? "" : ", ") + pool;
  }
  return {{"membership", std::string(name(membership))}, {"pools", std::move(pools)}};
}

Wish wish_of(const Planning& planning, StepOp op, const InstanceId& id, Reason reason,
             Membership membership) {
  Wish wish;
  wish.step.op = op;
  wish.step.instance = id;
  wish.step.reason = reason;
  wish.step.facts = facts_of(planning, membership);
  return wish;
}

bool is_leaving_now(const Wishes& wishes, const InstanceId& id) {
  return std::any_of(wishes.leaving.begin(), wishes.leaving.end(),
                     [&id](const Wish& wish) { return wish.step.instance == id; });
}

// Why the balancer is not asked about this one now.
std::optional<Block> against(const Planning& planning, const Guards& guards, StepOp op,
                             const InstanceId& id) {
  const Setback* const setback = setback_of(planning.state, id);
  if (setback != nullptr && planning.now < setback->until) {
    return Block{
        "load balancer", setback->why, setback->until, {{"times", std::int64_t{setback->times}}}};
  }
  return guards.against_membership(op);
}

void wish_joins(Planning& planning, const Guards& guards, Wishes& wishes) {
  for (const Counted& counted : planning.census.instances) {
    if (!belongs_in_pools(counted)) continue;
    const Membership membership = counted.instance->membership;
    if (membership == Membership::member || is_leaving_now(wishes, counted.id())) continue;
    const bool waits = counted.memory->awaits_join;
    const bool is_asked = open_intent(planning.state, counted.id(), IntentKind::join) != nullptr;
    if (membership == Membership::unknown || is_asked) {
      const Reason why = is_asked ? Reason::balancer_pending : Reason::balancer_unreachable;
      if (waits || !is_asked) {
        withhold(planning, StepOp::join, counted.id(), 1,
                 {"load balancer", why, {}, facts_of(planning, membership)});
      }
      continue;
    }
    if (auto block = against(planning, guards, StepOp::join, counted.id())) {
      withhold(planning, StepOp::join, counted.id(), 1, *std::move(block));
      continue;
    }
    wishes.membership.push_back(
        wish_of(planning, StepOp::join, counted.id(), Reason::not_balanced, membership));
  }
}

void wish_leave(Planning& planning, const Guards& guards, const InstanceId& id, Reason reason,
                Membership membership, Wishes& wishes) {
  if (open_intent(planning.state, id, IntentKind::leave) != nullptr) return;
  if (auto block = against(planning, guards, StepOp::leave, id)) {
    return withhold(planning, StepOp::leave, id, 1, *std::move(block));
  }
  wishes.membership.push_back(wish_of(planning, StepOp::leave, id, reason, membership));
}

// What was set aside, and what no instance is left of.
void wish_leaves(Planning& planning, const Guards& guards, Wishes& wishes) {
  for (const Counted& counted : planning.census.instances) {
    if (counted.standing != Standing::standby || counted.instance == nullptr) continue;
    if (!is_in_pools(*counted.instance)) continue;
    wish_leave(planning, guards, counted.id(), Reason::leaves_balancer,
               counted.instance->membership, wishes);
  }
  if (!planning.seen.is_complete) return;
  for (const InstanceId& id : planning.seen.strays) {
    if (find(planning.census, id) != nullptr) continue;
    wish_leave(planning, guards, id, Reason::member_left_over, Membership::unknown, wishes);
  }
}

// One that was never up has never joined; of one that the balancer does not let go, no more than
// that can be asked.
bool has_to_leave(const Planning& planning, const Counted& counted) {
  const Instance& instance = *counted.instance;
  if (instance.membership == Membership::absent || is_birth(instance.state)) return false;
  const bool is_advice = planning.context.authority != Authority::act;
  if (is_advice && instance.membership == Membership::unknown) return false;
  return setback_of(planning.state, counted.id()) == nullptr;
}

void leave_before_the_end(Planning& planning, const Guards& guards, Wishes& wishes) {
  std::erase_if(wishes.leaving, [&](const Wish& wish) {
    if (wish.step.op != StepOp::terminate) return false;
    const Counted* const counted = find(planning.census, wish.step.instance);
    if (counted == nullptr || counted->instance == nullptr) return false;
    if (!has_to_leave(planning, *counted)) return false;
    const Membership membership = counted->instance->membership;
    const Intent* const asked = open_intent(planning.state, counted->id(), IntentKind::leave);
    const Time until = (asked != nullptr ? asked->opened_at : planning.now) + leave_patience;
    if (until <= planning.now) return false;
    withhold(planning, StepOp::terminate, counted->id(), 1,
             {"load balancer", Reason::leave_pending, until, facts_of(planning, membership)});
    wish_leave(planning, guards, counted->id(), Reason::leaves_balancer, membership, wishes);
    return true;
  });
}

// A join that was long on its way has put it back.
void drain_again(Planning& planning, const Guards& guards, Wishes& wishes) {
  for (const Counted& counted : planning.census.instances) {
    if (counted.standing != Standing::draining || counted.instance == nullptr) continue;
    if (counted.memory == nullptr || !counted.memory->draining_since) continue;
    const Membership membership = counted.instance->membership;
    const bool gets_work = membership == Membership::member || membership == Membership::partial;
    const bool is_over =
        *counted.memory->draining_since + drain_time(planning.spec) <= planning.now;
    if (!gets_work || is_over || guards.against_membership(StepOp::drain)) continue;
    const bool is_asked =
        std::any_of(planning.state.intents.begin(), planning.state.intents.end(),
                    [&](const Intent& intent) { return intent.instance == counted.id(); });
    if (is_asked || is_leaving_now(wishes, counted.id())) continue;
    wishes.leaving.push_back(
        wish_of(planning, StepOp::drain, counted.id(), Reason::leaves_balancer, membership));
  }
}

bool may_come_back(const Planning& planning, const Counted& counted) {
  if (counted.standing != Standing::draining || counted.instance == nullptr) return false;
  if (counted.memory == nullptr || !counted.memory->draining_since) return false;
  if (counted.memory->condemned || counted.memory->retiring || counted.is_duplicate) return false;
  if (fate(counted.instance->state) != Fate::keep) return false;
  if (counted.instance->membership == Membership::unknown) return false;
  const GroupState& state = planning.state;
  return open_intent(state, counted.id(), IntentKind::terminate) == nullptr &&
         open_intent(state, counted.id(), IntentKind::leave) == nullptr &&
         setback_of(state, counted.id()) == nullptr;
}

}  // namespace

std::string_view name(Membership membership) {
  switch (membership) {
    case Membership::unknown:
      return "unknown";
    case Membership::absent:
      return "in no pool";
    case Membership::drained:
      return "at weight 0";
    case Membership::partial:
      return "not as declared";
    case Membership::member:
      return "a member";
  }
  return "unknown";
}

bool is_balanced(const GroupSpec& spec) {
  return !spec.balancer.pools.empty();
}

Duration drain_time(const GroupSpec& spec) {
  return is_balanced(spec) ? std::max(spec.drain_timeout, spec.balancer.drain_timeout)
                           : spec.drain_timeout;
}

bool belongs_in_pools(const Counted& counted) {
  if (counted.instance == nullptr || counted.memory == nullptr) return false;
  if (counted.standing == Standing::ready) return true;
  return counted.standing == Standing::building && counted.memory->awaits_join &&
         !counted.memory->awaits_hooks && fate(counted.instance->state) == Fate::keep;
}

bool is_in_pools(const Instance& instance) {
  return instance.membership == Membership::member || instance.membership == Membership::partial ||
         instance.membership == Membership::drained;
}

bool may_have_work(const Counted& counted) {
  const Instance& instance = *counted.instance;
  if (fate(instance.state) != Fate::keep) return false;
  const bool was_let_in = counted.memory != nullptr && !counted.memory->awaits_hooks;
  return is_in_pools(instance) || (instance.membership == Membership::unknown && was_let_in);
}

Capacity take_back_drains(Planning& planning, const Guards& guards, Capacity deficit,
                          Wishes& wishes) {
  if (!is_balanced(planning.spec) || planning.context.authority != Authority::act) return 0;
  // Whoever asked to be heard before an end may have begun with it.
  if (has_hooks(planning.spec, HookOn::terminate)) return 0;
  if (deficit <= 0 || guards.against_membership(StepOp::join)) return 0;
  std::vector<const Counted*> draining;
  for (const Counted& counted : planning.census.instances) {
    if (may_come_back(planning, counted)) draining.push_back(&counted);
  }
  // Who began last has finished least.
  std::stable_sort(draining.begin(), draining.end(), [](const Counted* a, const Counted* b) {
    return *a->memory->draining_since > *b->memory->draining_since;
  });
  GroupState& state = planning.state;
  const auto count = std::min(static_cast<std::size_t>(deficit), draining.size());
  for (std::size_t i = 0; i < count; ++i) {
    const InstanceId& id = draining[i]->id();
    const auto place = static_cast<std::size_t>(draining[i]->memory - state.instances.data());
    state.instances[place].draining_since.reset();
    state.instances[place].awaits_join = true;
    std::erase_if(state.intents, [&id](const Intent& intent) {
      return intent.kind == IntentKind::drain && intent.instance == id;
    });
    wishes.membership.push_back(wish_of(planning, StepOp::join, id, Reason::back_in_service,
                                        draining[i]->instance->membership));
  }
  return static_cast<Capacity>(count);
}

void wish_membership(Planning& planning, const Guards& guards, Wishes& wishes) {
  if (!is_balanced(planning.spec)) return;
  leave_before_the_end(planning, guards, wishes);
  drain_again(planning, guards, wishes);
  wish_joins(planning, guards, wishes);
  wish_leaves(planning, guards, wishes);
}

}  // namespace settle
