// One listing of all that is ours in a cloud answers every group that asked before it began: a
// thousand groups that look every 15 s cost one paged listing a period, not a thousand.
//
// Knows nothing of any cloud: it is given a way to list.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/base/timers.h"
#include "daemon/cloud/cloud.h"
#include "daemon/partition/loop.h"

namespace settle {

/// What one listing found, in any order. Groups without an instance are not in it.
struct Listing {
  bool is_complete = false;
  std::map<GroupId, std::vector<Instance>> groups;
};
/// A listing, or why there is none.
struct Listed {
  std::optional<Listing> listing;
  Reason failure = Reason::cloud_unreachable;
};

class ListingDesk {
 public:
  /// Lists everything, and calls back exactly once, on any thread.
  using List = std::function<void(std::function<void(Listed)>)>;

  /// `every`: a listing begins no sooner after the one before. The clock and the timers outlive
  /// whatever the timers still hold; this may go before that.
  ListingDesk(List list, const Clock& clock, Timers& timers, Duration every);
  ~ListingDesk();
  ListingDesk(const ListingDesk&) = delete;
  ListingDesk& operator=(const ListingDesk&) = delete;

  /// Answers from a listing that begins after this call. Safe from any thread.
  void ask(const GroupId& group, CloudReader::ObservedReply reply);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace settle
