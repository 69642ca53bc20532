// One member of a cluster: founds it or joins it, says that it is there, stands for election,
// claims what it is assigned, and keeps the gate before every call that changes the world.
//
// Everything is called and answered on the connection's executor; only the gate is asked from
// elsewhere. What a partition is, it does not know.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "daemon/cluster/act_gate.h"
#include "daemon/cluster/agreement.h"
#include "daemon/cluster/controller.h"
#include "daemon/cluster/foundation.h"
#include "daemon/cluster/ownership.h"
#include "daemon/cluster/peer_key.h"
#include "daemon/zookeeper/group_member.h"

namespace settle::cluster {

struct NodeOptions {
  std::string member;     // Stable over restarts; no "/" in it.
  MemberRecord record;    // Of our own.
  ClusterMeta meta;       // What we want, if it is we who found the cluster.
  bool is_known = false;  // The cluster is one that we were a member of: as Foundation has it.
  zk::Milliseconds quarantine{5'000};
  PlacementLimits limits;
  std::function<std::uint64_t(std::uint32_t partition)> epoch_floor;
  /// A name by chance that nobody else comes upon. Empty: clones of us are not noticed.
  std::function<std::string()> chance;
};

class Node {
 public:
  struct Listener {
    std::function<void(const ClusterMeta&)> on_joined;
    std::function<void(const Error&)> on_refused;  // We must not take part.
    std::function<void()> on_change;  // Members, assignment, leader, tenures or revision.
    /// Another process has our incarnation, and knows of us by now: end, and write nothing more.
    std::function<void()> on_cloned;
    Ownership::Listener partitions;  // Its last two are ours to set.
  };

  /// `client` and `gate` outlive it; the client is started by whoever made it.
  Node(zk::CuratorFramework& client, ActGate& gate, NodeOptions options, Listener listener);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void start();
  /// Draining: the controller gives what we own to others. Restarting: it waits for us.
  void announce(Presence presence);
  /// As draining, and claims nothing any more whatever it is assigned.
  void retire();
  /// The configuration that we decide by, for the others to see.
  void announce_revision(const std::string& revision);
  /// Whether our clouds answer us, for the others to see.
  void announce_reach(bool is_cut_off);
  /// As Agreement::agree; `known` is ours to remember.
  void agree(RevisionWish wish, Agreement::Done done);
  /// The clock has jumped, or the machine stood still: how old the lease is, nobody knows. The gate
  /// stays shut until something that is asked from now on has been answered.
  void hold();
  void release(std::uint32_t partition, std::uint64_t epoch, std::function<void(bool)> done);
  void doubt(std::uint32_t partition);
  /// Leaves for good: no member any more, and no controller.
  void leave();

  [[nodiscard]] const Tenure* tenure(std::uint32_t partition) const;
  [[nodiscard]] std::size_t owned() const { return ownership_ ? ownership_->owned() : 0; }
  [[nodiscard]] std::map<std::string, MemberRecord> members() const;
  /// Whom the newest assignment that we know gives each partition; empty before there is one.
  [[nodiscard]] const Owners& assigned() const { return assigned_; }
  [[nodiscard]] std::optional<std::uint64_t> leads() const;
  /// "INCARNATION EPOCH" as the controller's node has it; empty if there is none.
  [[nodiscard]] const std::string& leader() const { return leader_; }
  [[nodiscard]] const std::string& member() const { return options_.member; }
  [[nodiscard]] bool is_member() const { return group_ && group_->is_member(); }
  /// The revision that all are to decide by; number 0: none, or not known yet.
  [[nodiscard]] const RevisionRecord& revision() const { return agreement_.present(); }
  /// What members sign their requests with; empty: not known yet.
  [[nodiscard]] const std::string& peer_key() const { return peer_key_; }

 private:
  void join(const ClusterMeta& meta);
  void stand();
  void read_assignment();
  void read_leader();
  void keep_lease();
  void reconcile();
  void draw_nonce();
  void look_for_clone(const std::string& bytes);
  [[nodiscard]] zk::PersistentNodeOptions standing();
  [[nodiscard]] Ownership::Listener listening();

  zk::CuratorFramework& client_;
  ActGate& gate_;
  NodeOptions options_;
  const Listener listener_;
  Foundation foundation_;
  Agreement agreement_;
  std::unique_ptr<PeerKey> key_of_peers_;
  std::string peer_key_;
  std::set<std::string> nonces_;  // All of ours: the answer to a write may have been lost.
  bool is_cloned_ = false;
  std::unique_ptr<zk::GroupMember> group_;
  std::unique_ptr<Controller> controller_;
  std::unique_ptr<Ownership> ownership_;
  std::optional<zk::BootTime> held_since_;
  std::int64_t stood_in_ = 0;  // The transaction that made our member node.
  Owners assigned_;
  std::string leader_;
  bool is_reading_ = false;
  bool must_read_ = false;
  bool has_left_ = false;
  zk::CuratorFramework::ListenerId state_listener_ = 0;
  zk::CuratorFramework::ListenerId assign_watch_ = 0;
  zk::CuratorFramework::ListenerId leader_watch_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::cluster
