// What the parts of planning share. Private to this room: the door is plan.h.
//
// A plan is made in three movements: wishes (what the difference between desired and census asks
// for), guards (which of them may be), and the ledger (intents, once the interlock agrees).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/census.h"
#include "reconcilers/plan.h"

namespace settle {

/// Everything one round of planning looks at.
struct Planning {
  const GroupSpec& spec;
  GroupState& state;
  const Observation& seen;
  const Census& census;
  Time now;
  const RoundContext& context;
  DecisionRecord& record;
  Planned& planned;
  Capacity back_in_service = 0;  // Healthy, and in the census as leaving: it stays after all.

  [[nodiscard]] Capacity desired() const { return state.desired.value_or(0); }
};

/// Why a step may not be taken now.
struct Block {
  std::string guard;
  Reason reason = Reason::frozen;
  std::optional<Time> until;
  Facts facts;
};

/// A step that the guards let pass.
struct Wish {
  TakenStep step;
  bool is_voluntary = false;
  bool takes_service = false;
};

/// What one round wants to do, in order.
struct Wishes {
  std::vector<Wish> launches;
  std::vector<Wish> leaving;     // Terminations and drains.
  std::vector<Wish> membership;  // Joins to the pools of a load balancer, and leaves.
  std::vector<Wish> marks;       // Protections that the cloud is told of, and their ends.
};

/// Writes a refusal into the record: one entry per refusal, with how many steps it holds back.
void withhold(Planning& planning, StepOp op, const InstanceId& instance, Capacity count,
              Block block);

class Guards;

/// Takes back up to `deficit` voluntary steps that were never sent. Returns how many.
Capacity take_back_scale_in(Planning& planning, Capacity deficit);
/// Takes back the end of what still serves while there are too few others to do without it, and
/// counts in planning.back_in_service what is capacity again by that.
void take_back_replacements(Planning& planning);

/// What serves and is to be replaced, and finds no room under max for another in its place.
struct WithoutRoom {
  Capacity condemned = 0;
  Capacity retiring = 0;
};
/// Launches up to desired within max: for what failed, then what is missing, then for what is to
/// give way, then for the warm pool.
WithoutRoom wish_launches(Planning& planning, Guards& guards, Wishes& wishes);
/// Ends what has drained, what failed, what has been replaced or gave way, and what exists twice.
void wish_replacements(Planning& planning, Guards& guards, WithoutRoom without_room,
                       Wishes& wishes);
/// How many the warm pool has too few.
[[nodiscard]] Capacity short_of_pool(const Planning& planning);
/// Takes away what is above desired.
void wish_scale_in(Planning& planning, Guards& guards, Wishes& wishes);

/// Puts up to `deficit` of what drains back in the pools, where the group has any. Returns how
/// many.
Capacity take_back_drains(Planning& planning, const Guards& guards, Capacity deficit,
                          Wishes& wishes);
/// Joins what is in service and is no member as declared; lets what is to end leave first, and what
/// is set aside or left over.
void wish_membership(Planning& planning, const Guards& guards, Wishes& wishes);

/// Tells the cloud what operators said of the protection of members in service.
void wish_marks(Planning& planning, const Guards& guards, Wishes& wishes);

/// How an instance leaves: it drains first if it serves and the group drains, or has hooks for it.
[[nodiscard]] Wish leave(const Planning& planning, const Counted& counted, Reason reason);

}  // namespace settle
