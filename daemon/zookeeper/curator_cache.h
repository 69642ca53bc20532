// The children of one node with their data, kept up to date. Watches are hints: each makes it read
// again, and so does a clock, since a watch can be missed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "daemon/zookeeper/framework.h"

namespace settle::zk {

class CuratorCache {
 public:
  using Entries = std::map<std::string, Data>;  // By name, without the parent's path.
  using Listener = std::function<void(const Entries&)>;

  CuratorCache(CuratorFramework& client, std::string path);
  ~CuratorCache();
  CuratorCache(const CuratorCache&) = delete;
  CuratorCache& operator=(const CuratorCache&) = delete;

  void start();
  /// Called after each change, and once when it has been read in full for the first time.
  void on_change(Listener listener) { listener_ = std::move(listener); }

  [[nodiscard]] bool is_initialized() const { return is_initialized_; }
  /// What was read last; as old as the connection's last moments while it is not connected.
  [[nodiscard]] const Entries& entries() const { return entries_; }
  /// How far apart it reads even if nothing is told.
  static constexpr Milliseconds reconcile_every{30'000};

 private:
  struct Reading;  // One pass over all children.

  void read();
  void read_children(const Children& children);
  void take(const std::shared_ptr<Reading>& reading, const std::string& child, Code code,
            Data data);
  void finish(const std::shared_ptr<Reading>& reading);
  void again(Milliseconds delay);
  void watch_child(const std::string& child);

  CuratorFramework& client_;
  const std::string path_;
  Listener listener_;
  Entries entries_;
  CuratorFramework::ListenerId watch_ = 0;
  std::map<std::string, CuratorFramework::ListenerId> child_watches_;
  bool is_initialized_ = false;
  bool is_busy_ = false;
  bool must_read_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::zk
