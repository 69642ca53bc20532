// A node that is there whenever we are connected: created again with each new session, and when
// somebody else removed it. Curator's PersistentNode, ephemeral.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/zookeeper/framework.h"

namespace settle::zk {

struct PersistentNodeOptions {
  std::string path;
  std::string data;
  /// Whether a node of another session that stands in the way, with these data, is a former self
  /// of ours that nobody needs any more. It is then replaced; otherwise it is waited for.
  std::function<bool(const std::string& data)> is_ghost;
  /// Told what stands there before it is written over: it is of our session, and not our last word.
  std::function<void(const std::string& data)> on_other_data;
};

class PersistentNode {
 public:
  PersistentNode(CuratorFramework& client, PersistentNodeOptions options);
  /// Leaves the node where it is: with its session it goes.
  ~PersistentNode();
  PersistentNode(const PersistentNode&) = delete;
  PersistentNode& operator=(const PersistentNode&) = delete;

  void start();
  /// Takes effect at once if it stands, else when it does next.
  void set_data(std::string data);
  /// Removes it for good.
  void stop();

  /// It stands and belongs to our session, as far as was seen last.
  [[nodiscard]] bool stands() const { return stands_; }
  /// The transaction that made the node that stood last: another one is another node.
  [[nodiscard]] std::int64_t created_in() const { return created_in_; }
  /// Called each time that it begins to stand, and when it is found to be another node.
  void on_created(std::function<void()> listener) { on_created_ = std::move(listener); }

 private:
  void ensure();
  void look();
  void confirm(const Data& found);
  void replace_ghost(const Data& found);
  void again();

  CuratorFramework& client_;
  PersistentNodeOptions options_;
  CuratorFramework::ListenerId watch_ = 0;
  CuratorFramework::ListenerId listener_ = 0;
  std::function<void()> on_created_;
  bool is_running_ = false;
  bool is_busy_ = false;    // One conversation at a time.
  bool must_look_ = false;  // Something happened during it.
  bool stands_ = false;
  std::int64_t created_in_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::zk
