// What a cloud holds that bears our cluster's mark, of whatever group: the answer of one listing.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "reconcilers/decision.h"
#include "reconcilers/observation.h"

namespace settle {

/// What one listing found, in any order. Groups without an instance are not in it.
struct Listing {
  bool is_complete = false;
  std::map<GroupId, std::vector<Instance>> groups;
  bool tells_by_id{};                   // Whoever is missing may be asked for.
  std::vector<InstanceFault> faults{};  // Of those that failed and of which it is known.
};
/// A listing, or why there is none.
struct Listed {
  std::optional<Listing> listing;
  Reason failure = Reason::cloud_unreachable;
};

/// A cloud that can list everything of ours at once.
class Inventory {
 public:
  virtual ~Inventory() = default;
  using ListedReply = std::function<void(const Listed&)>;
  /// Calls back exactly once, on any thread, possibly before it returns. Must not block.
  virtual void list_all(ListedReply reply) = 0;
};

}  // namespace settle
