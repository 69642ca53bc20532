// Who is there: each member keeps one ephemeral node below a common path, and sees the others'.
#pragma once

#include <string>

#include "daemon/zookeeper/curator_cache.h"
#include "daemon/zookeeper/persistent_node.h"

namespace settle::zk {

class GroupMember {
 public:
  /// The node of `ours` is that of `member`, below `path`.
  GroupMember(CuratorFramework& client, const std::string& path, const std::string& member,
              PersistentNodeOptions ours)
      : node_(client, below(path, member, std::move(ours))), members_(client, path) {}

  void start() {
    node_.start();
    members_.start();
  }
  void leave() { node_.stop(); }
  void set_data(std::string data) { node_.set_data(std::move(data)); }

  [[nodiscard]] bool is_member() const { return node_.stands(); }
  [[nodiscard]] const CuratorCache::Entries& members() const { return members_.entries(); }
  [[nodiscard]] bool is_initialized() const { return members_.is_initialized(); }
  /// As PersistentNode has it.
  void on_created(std::function<void()> listener) { node_.on_created(std::move(listener)); }
  [[nodiscard]] std::int64_t created_in() const { return node_.created_in(); }
  void on_change(CuratorCache::Listener listener) { members_.on_change(std::move(listener)); }

 private:
  static PersistentNodeOptions below(const std::string& path, const std::string& member,
                                     PersistentNodeOptions ours) {
    ours.path = path + "/" + member;
    return ours;
  }

  PersistentNode node_;
  CuratorCache members_;
};

}  // namespace settle::zk
