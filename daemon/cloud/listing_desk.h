// One listing of all that is ours in a cloud answers every group that asked before it began: a
// thousand groups that look every 15 s cost one paged listing a period, not a thousand. Whom it
// leaves out although they are known is then asked for by id, where the cloud can do that.
//
// Knows nothing of any cloud: it is given a way to list, and a way to ask for one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/base/timers.h"
#include "daemon/cloud/cloud.h"
#include "daemon/cloud/inventory.h"
#include "daemon/partition/loop.h"

namespace settle {

/// What a cloud says of one id.
struct Sought {
  enum class What : std::uint8_t {
    unknown,  // No answer, or none that can be understood.
    here,     // It exists, and bears the marks of `group`.
    gone,     // The cloud has none, or it bears our marks no more.
  };
  What what = What::unknown;
  GroupId group{};
  Instance instance{};
};

class ListingDesk {
 public:
  /// Lists everything, and calls back exactly once, on any thread.
  using List = std::function<void(std::function<void(Listed)>)>;
  /// Asks for one instance, and calls back exactly once, on any thread.
  using Seek = std::function<void(const InstanceId&, std::function<void(Sought)>)>;

  /// So many are asked for after one listing, of all groups in turn; the others after the next.
  static constexpr std::size_t sought_max = 20;

  /// `every`: a listing begins no sooner after the one before. The clock and the timers outlive
  /// whatever the timers still hold; this may go before that. Without `seek` nobody is asked for.
  ListingDesk(List list, Seek seek, const Clock& clock, Timers& timers, Duration every);
  ~ListingDesk();
  ListingDesk(const ListingDesk&) = delete;
  ListingDesk& operator=(const ListingDesk&) = delete;

  /// Answers from a listing that begins after this call. Safe from any thread.
  void ask(const Observe& look, CloudReader::ObservedReply reply);
  /// The same, with all of it.
  void ask_all(Inventory::ListedReply reply);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace settle
