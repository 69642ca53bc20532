// What each guard is for, as a story that ends well with it and badly without.
#pragma once

#include <string_view>
#include <vector>

#include "reconcilers/guard_mask.h"

namespace settle {

/// The one place where a guard can be taken out.
struct Ablation {
  static constexpr GuardMask without(Guard guard) { return GuardMask(guard); }
};

struct AblationStory {
  Guard guard;
  std::string_view name;   // Of the guard.
  std::string_view story;  // What must not happen.
  bool (*ends_well)(const GuardMask& guards);
};

/// One for each guard of the mask, in its order.
[[nodiscard]] const std::vector<AblationStory>& ablation_stories();

}  // namespace settle
