// Which partitions' records of ownership are ours, at which version. Safe from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/cluster/checkpoints.h"
#include "daemon/partition/event.h"
#include "daemon/zookeeper/framework.h"

namespace settle::cluster {

class Titles {
 public:
  void hold(std::uint32_t partition, const Title& title);
  void drop(std::uint32_t partition);
  [[nodiscard]] std::optional<Title> of(std::uint32_t partition) const;

  /// By force: whoever owned it is fenced, and the title is held from here on. Blocks; never on the
  /// connection's executor.
  [[nodiscard]] Result<Epoch> claim(zk::CuratorFramework& client, std::uint32_t partition,
                                    const std::string& member, const std::string& incarnation);

 private:
  mutable std::mutex mutex_;
  std::map<std::uint32_t, Title> titles_;  // Guarded by mutex_.
};

}  // namespace settle::cluster
