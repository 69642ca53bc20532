// One leader among many: the lowest of the sequential, ephemeral nodes below a path leads, each
// other one watches the one before it. Curator's LeaderLatch.
//
// Leadership here says who should act, not that nobody else does: whoever must be sure checks an
// epoch in the transaction itself (EpochElection, FencedStore).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/zookeeper/framework.h"

namespace settle::zk {

class LeaderLatch {
 public:
  /// `nonce` is ours alone among all who take part, in this life of the process: by it we know our
  /// own node again when the answer to its creation was lost.
  LeaderLatch(CuratorFramework& client, std::string path, std::string nonce, std::string data);
  ~LeaderLatch();
  LeaderLatch(const LeaderLatch&) = delete;
  LeaderLatch& operator=(const LeaderLatch&) = delete;

  void start();
  /// Gives up leadership and the place in the queue.
  void close();

  /// False from the moment the connection is lost, long before anybody else can lead.
  [[nodiscard]] bool has_leadership() const { return leads_; }
  void on_change(std::function<void(bool leads)> listener) { listener_ = std::move(listener); }

 private:
  void contend();
  void look();
  void rank(const Children& children);
  void verify(const std::string& node, const std::string& before);
  void lead(bool leads);
  void again();

  CuratorFramework& client_;
  const std::string path_;
  const std::string nonce_;
  const std::string data_;
  std::function<void(bool)> listener_;
  CuratorFramework::ListenerId watch_ = 0;  // Of the path.
  CuratorFramework::ListenerId listening_ = 0;
  CuratorFramework::ListenerId before_watch_ = 0;
  std::string before_;  // The node ahead of ours.
  bool is_running_ = false;
  bool is_busy_ = false;
  bool must_look_ = false;
  bool leads_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::zk
