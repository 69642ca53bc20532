// A cluster's tree in an ensemble in memory, on a thread of its own: what stores are held against
// where no server is needed.
#pragma once

#include <future>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "daemon/cluster/foundation.h"
#include "daemon/zookeeper/event_thread.h"
#include "daemon/zookeeper/framework.h"
#include "daemon/zookeeper/memory_ensemble.h"

namespace settle::cluster {

class MemoryCluster {
 public:
  explicit MemoryCluster(const ClusterMeta& meta) {
    thread_.run([this, &meta] {
      ensemble_ = std::make_unique<zk::MemoryEnsemble>(thread_, 1);
      zk::FrameworkOptions options;
      options.backend = [this] { return ensemble_->session("n", zk::Milliseconds(6'000)); };
      options.name_space = "/settle/test";
      client_ = std::make_unique<zk::CuratorFramework>(thread_, std::move(options));
      client_->start();
      foundation_ = std::make_unique<Foundation>(*client_, meta);
    });
    std::promise<bool> laid;
    thread_.post([&] {
      foundation_->lay(
          [&](const Result<ClusterMeta>& found) { laid.set_value(found.has_value()); });
    });
    EXPECT_TRUE(laid.get_future().get());
  }
  ~MemoryCluster() {
    thread_.run([this] {
      foundation_.reset();
      client_.reset();
      ensemble_.reset();
    });
  }
  MemoryCluster(const MemoryCluster&) = delete;
  MemoryCluster& operator=(const MemoryCluster&) = delete;

  [[nodiscard]] zk::CuratorFramework& client() { return *client_; }
  [[nodiscard]] zk::MemoryEnsemble::Tree tree() {
    zk::MemoryEnsemble::Tree copy;
    thread_.run([&] { copy = ensemble_->tree(); });
    return copy;
  }
  void put_back(zk::MemoryEnsemble::Tree copy) {
    thread_.run([&] { ensemble_->restore(std::move(copy)); });
  }

 private:
  zk::EventThread thread_;
  std::unique_ptr<zk::MemoryEnsemble> ensemble_;  // On the thread, as are the others.
  std::unique_ptr<zk::CuratorFramework> client_;
  std::unique_ptr<Foundation> foundation_;
};

}  // namespace settle::cluster
