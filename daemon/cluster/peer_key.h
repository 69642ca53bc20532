// What members sign their requests to each other with: made by whoever finds none, read by all who
// may read the cluster's tree, and by nobody else.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/zookeeper/framework.h"

namespace settle::cluster {

class PeerKey {
 public:
  /// `proposed` is made by chance; it becomes the key if there is none.
  PeerKey(zk::CuratorFramework& client, std::string proposed)
      : client_(client), proposed_(std::move(proposed)) {}

  /// Calls `done` once, with the key that all have.
  void fetch(std::function<void(const std::string&)> done);

 private:
  void look();
  void again();

  zk::CuratorFramework& client_;
  const std::string proposed_;
  std::function<void(const std::string&)> done_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::cluster
