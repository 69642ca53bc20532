// The store of a cluster: a partition's commits bear the title under which it is owned, and count
// only as long as that is so.
#pragma once

#include <cstdint>

#include "daemon/cluster/checkpoints.h"
#include "daemon/store/store.h"

namespace settle::cluster {

class TitledStore : public Store {
 public:
  /// From now on commits of the partition bear this title, if they are of its epoch. Safe from any
  /// thread, as is the next.
  virtual void hold(std::uint32_t partition, const Title& title) = 0;
  /// Its ownership is in doubt, or over: commits are answered `unavailable` until hold().
  virtual void drop(std::uint32_t partition) = 0;
};

}  // namespace settle::cluster
