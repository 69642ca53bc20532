// The store of a cluster: group records in ZooKeeper, behind the interface that SQLite has on one
// machine. Knows what a record is; how bytes become a checkpoint, daemon/cluster/ knows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/cluster/checkpoints.h"
#include "daemon/cluster/store/checkpoint_cache.h"
#include "daemon/cluster/store/titled_store.h"
#include "daemon/cluster/store/titles.h"

namespace settle::cluster {

/// Blocks its caller until ZooKeeper has answered; never call it on the connection's executor.
class ZookeeperStore final : public TitledStore {
 public:
  /// `client` outlives it, and its executor runs. `incarnation` is who claims; see claim(). `cache`
  /// spares a restore what it holds; null: there is none.
  ZookeeperStore(zk::CuratorFramework& client, std::string member, std::string incarnation,
                 std::shared_ptr<CheckpointCache> cache = nullptr, CheckpointLimits limits = {});
  /// Not while a call is under way.
  ~ZookeeperStore() override;

  /// By force: whoever owned it is fenced. Members of a cluster do not claim here: their node
  /// does, by the rules, and says so with hold().
  [[nodiscard]] Result<Epoch> claim(std::uint32_t partition) override;
  [[nodiscard]] Result<std::vector<GroupRecord>> restore(std::uint32_t partition) override;
  [[nodiscard]] Result<Offsets> offsets(std::uint32_t partition) override;
  [[nodiscard]] std::vector<Stored> commit(const std::vector<PartitionCommit>& commits) override;

  void hold(std::uint32_t partition, const Title& title) override {
    titles_.hold(partition, title);
  }
  void drop(std::uint32_t partition) override { titles_.drop(partition); }

 private:
  std::vector<Written> write(std::vector<Checkpoints::Item> items);

  zk::CuratorFramework& client_;
  const std::string member_;
  const std::string incarnation_;
  const std::shared_ptr<CheckpointCache> cache_;
  std::unique_ptr<Checkpoints> checkpoints_;  // On the executor only.
  Titles titles_;
};

}  // namespace settle::cluster
