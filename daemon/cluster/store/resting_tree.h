// A cluster's tree in ZooKeeper for whoever reads it and is no member: what the cluster is, who is
// there, which epochs were claimed. Where the groups' records lie is not known here.
#pragma once

#include <memory>
#include <string>

#include "daemon/cluster/records.h"
#include "daemon/cluster/store/connection.h"
#include "daemon/store/resting_store.h"

namespace settle::cluster {

class RestingTree {
 public:
  /// At rest no member may be there; one that joins later is noticed by owners().
  [[nodiscard]] static Result<std::unique_ptr<RestingTree>> open(
      std::unique_ptr<Connection> connection, Rest rest);

  [[nodiscard]] const ClusterMeta& meta() const { return meta_; }
  [[nodiscard]] StoreIdentity identity() const { return {meta_.cluster, meta_.partitions}; }
  [[nodiscard]] Connection& connection() { return *connection_; }
  /// The last that was claimed of a partition.
  [[nodiscard]] Result<Epoch> epoch(std::uint32_t partition);
  /// As RestingStore has it.
  [[nodiscard]] Result<std::string> owners();

 private:
  RestingTree(std::unique_ptr<Connection> connection, ClusterMeta meta, std::int32_t comings,
              Rest rest)
      : connection_(std::move(connection)),
        meta_(std::move(meta)),
        comings_(comings),
        rest_(rest) {}

  const std::unique_ptr<Connection> connection_;
  const ClusterMeta meta_;
  const std::int32_t comings_;  // Grows when a member comes or goes.
  const Rest rest_;
};

/// `not_found`, in words, where no cluster is.
[[nodiscard]] Result<ClusterMeta> read_meta(Connection& connection);

}  // namespace settle::cluster
