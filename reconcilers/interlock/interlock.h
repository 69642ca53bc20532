// The last no before anything is destroyed: looks at a batch of destructive steps with its own
// eyes and its own counters, and refuses the whole batch if any of it is unsafe.
//
// It deliberately shares no code and no types with the planner, so that a mistake there is not
// repeated here. It knows nothing of policies, health or budgets as the planner understands them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconcilers/interlock/quota.h"

namespace settle::interlock {

/// One thing that somebody wants destroyed, or taken out of service.
struct Target {
  std::string id;
  bool is_termination = true;  // False: it drains, and exists on.
  bool is_voluntary = true;    // Nothing forces it: a scale-in.
};

/// One instance as the cloud listed it, by its own word.
struct Member {
  std::string id;
  bool is_ours = false;
  bool serves = false;
  bool is_protected = false;
  bool is_leaving = false;  // Already drains, or is being terminated.
};

/// What the cloud was seen to have.
struct View {
  std::vector<Member> members;  // In order of id.
  bool is_complete = false;
  Time at;        // When the listing began.
  Time wrote_at;  // Our last change before this batch: an older view does not show it.
};

struct Rules {
  std::int64_t min = 0;      // A voluntary step leaves as many in service.
  std::int64_t desired = 0;  // What a percentage is of.
  Rate rate;
  Duration view_age_max{90'000};
  /// The batch was counted when it was committed; this is the second look, before the send.
  bool is_counted = false;
};

struct Count {
  Time at;
  std::int64_t terminations = 0;
  friend bool operator==(const Count&, const Count&) = default;
};

enum class Refusal : std::uint8_t {
  none,
  target_empty,     // No id: it could mean everything.
  target_repeated,  // The same instance twice in one batch.
  target_unseen,    // Not in the view.
  target_not_ours,
  target_protected,  // And nothing forces the step.
  view_incomplete,
  view_stale,  // Too old, from the future, or from before our own last change.
  below_min,
  rate_exceeded,
};

[[nodiscard]] std::string_view name(Refusal refusal);

struct Verdict;
struct Batch;

/// The right to destroy one instance. Only vet() makes one.
class Permit {
 public:
  [[nodiscard]] bool covers(std::string_view id) const { return !id_.empty() && id == id_; }

 private:
  explicit Permit(std::string id) : id_(std::move(id)) {}
  friend Verdict vet(const Batch& batch, const std::vector<Count>& counters);
  std::string id_;
};

/// All that one judgement is made from, but for the counters.
struct Batch {
  std::vector<Target> targets;
  View view;
  Rules rules;
  Time now;
};

/// All or nothing.
struct Verdict {
  Refusal refusal = Refusal::none;
  std::string culprit;          // The target that it was refused for, if one.
  std::vector<Permit> permits;  // One per target, in order; empty if refused.
  std::vector<Count> counters;  // As they are afterwards: unchanged if refused.
};

/// ENSURES: refusal is none if and only if there is a permit for every target.
[[nodiscard]] Verdict vet(const Batch& batch, const std::vector<Count>& counters);

}  // namespace settle::interlock
