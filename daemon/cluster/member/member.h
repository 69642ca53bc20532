// This process as a member of a cluster: a thread of its own for the connection to ZooKeeper, the
// node on it, the store behind it, and the tenancy that the engine is told.
//
// Static stability: while ZooKeeper cannot be reached nothing is claimed, committed or sent, and
// nothing is forgotten. The same session goes on under the same epochs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cluster/cloud_reach.h"
#include "daemon/cluster/member/memory.h"
#include "daemon/cluster/node.h"
#include "daemon/cluster/store/checkpoint_cache.h"
#include "daemon/cluster/store/titled_store.h"
#include "daemon/tenancy/tenancy.h"
#include "daemon/zookeeper/c_client.h"
#include "daemon/zookeeper/event_thread.h"

namespace settle::cluster {

struct MemberOptions {
  std::vector<std::string> servers;  // "host:port".
  std::string name_space;            // "/settle".
  std::string digest;                // "user:password"; empty: the tree is open to all.
  zk::Milliseconds session_timeout{15'000};
  zk::Milliseconds server_tick{2'000};
  zk::Milliseconds quarantine{5'000};
  std::string name;   // Of this member; stable over restarts.
  std::string state;  // A file of its own: its lock is held, and it remembers epochs.
  std::string cache;  // A file for copies of checkpoints; empty: there are none.
  CloudReachLimits reach;
  std::string address;
  std::string zone;
  std::string version;
  ClusterMeta wanted;  // If it is we who found the cluster.
  /// Where records go, if not into ZooKeeper itself; `incarnation` names this start of the process.
  std::function<std::shared_ptr<TitledStore>(zk::CuratorFramework&, const std::string& incarnation)>
      make_store;
  std::function<std::int64_t()> wall_ms;               // To notice when clocks part.
  std::function<void(const std::string&)> on_refused;  // Later than join(); on our thread.
  /// Another process is a copy of this one. On our thread: end at once, and say nothing in order,
  /// since it would be said in the other's name as well.
  std::function<void()> on_cloned;
};

/// How long a call to a cloud may take, at most, in a session of this length.
[[nodiscard]] zk::Milliseconds call_time(zk::Milliseconds session_timeout);

class Member final : public Tenancy {
 public:
  /// Founds the cluster or joins it; waits until we are a member, or until `gives_up`, which is
  /// asked several times a second. Fails in one sentence where we must not take part.
  [[nodiscard]] static Result<std::shared_ptr<Member>> join(MemberOptions options,
                                                            const std::function<bool()>& gives_up);
  ~Member() override;
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  [[nodiscard]] std::shared_ptr<Store> store() const { return store_; }
  /// What the cluster is; known once joined.
  [[nodiscard]] ClusterMeta meta() const;

  [[nodiscard]] Status begin(Listener listener) override;
  [[nodiscard]] bool may_act(std::uint32_t partition, Epoch epoch) const override;
  void release(std::uint32_t partition, Epoch epoch, std::function<void()> done) override;
  void doubt(std::uint32_t partition) override;
  void withdraw() override;
  void announce(const std::string& revision) override;
  [[nodiscard]] Status agree(const std::string& revision, bool is_forced) override;
  void note_cloud(bool is_answered) override;
  [[nodiscard]] std::string peer_key() const override;
  void end() override;
  [[nodiscard]] std::string elsewhere(std::uint32_t partition) const override;
  [[nodiscard]] bool is_over() const override { return false; }
  [[nodiscard]] std::size_t held() const override { return held_; }
  [[nodiscard]] TenancyView view() const override;

 private:
  Member(MemberOptions options, Memory memory);
  struct Trouble {
    bool is_member = false;
    std::optional<Error> refused;
    std::string rival;  // Another process under our name.
  };

  void open();
  [[nodiscard]] Node::Listener listening();
  [[nodiscard]] std::shared_ptr<TitledStore> make_store();
  [[nodiscard]] Status wait_until_member(const std::function<bool()>& gives_up);
  [[nodiscard]] Trouble trouble();
  void claimed(std::uint32_t partition, const Tenure& tenure);
  void note_change();
  void refresh_view();
  [[nodiscard]] LinkView link() const;
  void look_at_reach();
  [[nodiscard]] bool is_other_fine() const;
  [[nodiscard]] std::int64_t clock_offset() const;
  void hold_if_clocks_part() const;

  MemberOptions options_;
  Memory memory_;                      // On the thread.
  const zk::Milliseconds act_margin_;  // A call's whole length, and a little.
  const std::string incarnation_;
  mutable ActGate gate_;  // Looking at the clocks may shut it.
  mutable zk::EventThread thread_;
  std::unique_ptr<zk::CClient> c_client_;
  std::unique_ptr<zk::CuratorFramework> client_;  // On the thread, as is the node.
  std::unique_ptr<Node> node_;
  std::shared_ptr<CheckpointCache> cache_;  // Null: there is none.
  std::shared_ptr<TitledStore> store_;

  // On the thread.
  Listener listener_;
  std::vector<Tenure> tenures_;  // By partition; epoch 0: not held.
  std::optional<Error> refused_;
  bool has_begun_ = false;
  bool is_refreshing_ = false;
  bool is_retired_ = false;

  std::atomic<std::size_t> held_{0};
  mutable std::atomic<std::int64_t> offset_;  // Wall clock less CLOCK_BOOTTIME, when last trusted.
  mutable std::mutex mutex_;
  TenancyView view_;  // Guarded by mutex_, as is all that follows.
  std::optional<ClusterMeta> meta_;
  std::string peer_key_;
  CloudReach reach_;
};

}  // namespace settle::cluster
