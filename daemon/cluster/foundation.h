// Lays out a cluster's tree, or finds that it is laid out, and by whom. The last node that is made
// says that the others are there, so that whoever dies half-way leaves nothing that misleads.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/cluster/records.h"
#include "daemon/zookeeper/framework.h"

namespace settle::cluster {

class Foundation {
 public:
  /// `wanted.cluster` names a new cluster; one that is there keeps its name. Where it `is_known`,
  /// it is one that we were a member of: nothing is founded, and no other is joined.
  Foundation(zk::CuratorFramework& client, ClusterMeta wanted, bool is_known = false);

  /// What is there in the end; or why we must not take part: another number of partitions, hash
  /// or layout, or what cannot be read. Connection troubles are no answer: it goes on trying.
  using Done = std::function<void(Result<ClusterMeta>)>;
  void lay(Done done);

 private:
  void look();
  void make_nodes(std::size_t next);
  void make_meta();
  void again();
  [[nodiscard]] Result<ClusterMeta> judge(const std::string& bytes) const;

  zk::CuratorFramework& client_;
  const ClusterMeta wanted_;
  const bool is_known_;
  Done done_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::cluster
