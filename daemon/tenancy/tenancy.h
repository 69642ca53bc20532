// Which partitions this process holds, under which epoch, and whether it may still act for them.
// One interface: on one machine everything, at once and for ever (sole_tenancy.h); in a cluster
// what the node claims (daemon/cluster/member/).
//
//   claimed -> restored -> configured -> active -> unwanted -> left -> released
//                                           \-> fenced
//
// Knows no group and no configuration.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/partition/event.h"
#include "daemon/store/store.h"

namespace settle {

/// A member of the cluster, as it says itself.
struct MemberView {
  std::string name;
  std::string address;  // Where its API is reached; empty: nowhere.
  std::string zone;
  std::string version;
  std::string revision;  // Of the groups' files that it decides by.
  std::string presence;  // "serving", "draining" or "restarting".
  std::size_t assigned = 0;
  bool is_cut_off = false;  // None of its clouds answers it.
};

/// The connection to the ensemble, for whoever watches over it.
struct LinkView {
  std::uint64_t sessions = 0;      // So far, the present one included.
  std::uint64_t servers_left = 0;  // Because they fell silent.
  double latency_seconds = 0;      // Of the last heartbeat, there and back.
  double lease_seconds = 0;        // For which something may still be sent; zero: for none.
};

/// The copies of checkpoints on this machine, for the same.
struct CacheView {
  bool is_given_up = false;  // It could not be read or written: done without.
  std::uint64_t recalled_bytes = 0;
  std::uint64_t kept_bytes = 0;
};

struct TenancyView {
  std::string self;
  std::vector<MemberView> members;  // In order of name.
  std::vector<std::string> owners;  // By partition, who is to own it; "": nobody.
  std::vector<std::uint64_t> held;  // By partition, the epoch under which we hold it; 0: we do not.
  std::string leader;               // Who assigns; empty: nobody, or not known.
  std::uint64_t leader_epoch = 0;
  std::string connection;     // As ZooKeeper's client has it; "local" on one machine.
  bool is_held_back = false;  // Nothing may be sent now, whatever we own.
  std::string why_held_back;
  std::uint64_t revision_number = 0;  // Of the groups' files that all are to decide by; 0: none.
  std::string revision;
  std::string revision_by;  // The member that set it.
  LinkView link;
  CacheView cache;

  /// How many revisions of the groups' files its members decide by: more than one is drift.
  [[nodiscard]] std::size_t revisions() const;
};

class Tenancy {
 public:
  /// Called on a thread of the tenancy's own, or from within begin(); must not block.
  struct Listener {
    /// Ours under this epoch: restore it and go on from there.
    std::function<void(std::uint32_t partition, Epoch epoch)> on_claimed;
    /// Another is to own it: end it in order, then release() it.
    std::function<void(std::uint32_t partition, Epoch epoch)> on_unwanted;
    /// Ours no longer: what is in memory of it is wrong from here on.
    std::function<void(std::uint32_t partition)> on_fenced;
  };

  virtual ~Tenancy() = default;

  /// Fails if what is there cannot be had, in one sentence.
  [[nodiscard]] virtual Status begin(Listener listener) = 0;

  /// Asked right before every call that changes the world: whether one that takes at most the time
  /// that was agreed on may leave now. Safe from any thread.
  [[nodiscard]] virtual bool may_act(std::uint32_t partition, Epoch epoch) const = 0;
  /// Gives up what is held under `epoch`, after its last commit; `done` comes when the next owner
  /// may begin. Safe from any thread.
  virtual void release(std::uint32_t partition, Epoch epoch, std::function<void()> done) = 0;
  /// The store refused a commit: somebody else may own it. Safe from any thread.
  virtual void doubt(std::uint32_t partition) = 0;
  /// Asks that everything be given to others: on_unwanted comes for each that another can take.
  /// Safe from any thread.
  virtual void withdraw() = 0;
  /// The groups' files that are decided by, for other members to see. Safe from any thread.
  virtual void announce(const std::string& revision) = 0;
  /// Makes `revision` that of all, or finds that it is so already. `conflict`: the cluster's is one
  /// that it was not made from; `is_forced` makes it that of all nevertheless. Blocks for as long
  /// as an ensemble is asked, at most some seconds: not for a thread of the tenancy's own.
  [[nodiscard]] virtual Status agree(const std::string& revision, bool is_forced) = 0;
  /// A cloud was asked for what there is, and answered or did not. Safe from any thread.
  virtual void note_cloud(bool is_answered) = 0;
  /// What members sign their requests to each other with; empty: there are no others, or it is not
  /// known yet. Safe from any thread.
  [[nodiscard]] virtual std::string peer_key() const = 0;
  /// Leaves for good; nothing is called after it has returned.
  virtual void end() = 0;

  /// Where another member's API answers for the partition; empty: it is ours, or nobody's that we
  /// know of. Safe from any thread.
  [[nodiscard]] virtual std::string elsewhere(std::uint32_t partition) const = 0;
  /// Nothing of ours is ours any more, and nothing will be: there is nothing to go on for.
  [[nodiscard]] virtual bool is_over() const = 0;
  [[nodiscard]] virtual std::size_t held() const = 0;
  [[nodiscard]] virtual TenancyView view() const = 0;
};

}  // namespace settle
