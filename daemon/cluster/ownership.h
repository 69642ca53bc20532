// Which partitions this member owns: claims what it is assigned, keeps it through lost sessions,
// gives it up when it is assigned to another, and notices when somebody else took it.
//
//   UNOWNED -> CLAIMING -> OWNED <-> UNCONFIRMED -> FENCED
//                            \-> RELEASING -> UNOWNED
//
// A claim is one transaction: the assignment is the one we saw, our member node stands, and the
// record of ownership goes from the version we read to one with an epoch more. It is permitted if
// the partition was released, is our own former self's, or its owner's member node is gone or of
// another incarnation. After a new session, what is owned is written again before anything goes
// on: that write makes any claim fail that somebody has begun meanwhile.
//
// An answer that was lost is never guessed at: the record itself says whose it is, since no two
// starts of a process share an incarnation.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/cluster/records.h"
#include "daemon/zookeeper/framework.h"

namespace settle::cluster {

/// One epoch of ownership.
struct Tenure {
  std::uint64_t epoch = 0;
  std::int32_t version = 0;  // Of the record: whatever is written for the partition checks it.
  zk::BootTime opens_at;     // When the quarantine ends.
};

struct OwnershipOptions {
  std::string member;
  std::string incarnation;
  std::uint32_t partitions = 0;
  /// Before anything is sent for a partition that was not released: calls of its former owner may
  /// be under way for so long.
  zk::Milliseconds quarantine{5'000};
  /// The largest epoch that is known here of a partition: a record with a smaller one comes from
  /// an older copy of the tree and is not claimed. Empty: nothing is known.
  std::function<std::uint64_t(std::uint32_t partition)> epoch_floor;
};

class Ownership {
 public:
  struct Listener {
    std::function<void(std::uint32_t, const Tenure&)> on_claimed;
    std::function<void(std::uint32_t)> on_suspended;  // Until on_confirmed, write nothing.
    std::function<void(std::uint32_t, const Tenure&)> on_confirmed;  // The version is another.
    std::function<void(std::uint32_t)> on_unwanted;                  // End it, then release().
    std::function<void(std::uint32_t)> on_fenced;                    // Over: start nothing.
    std::function<void(const Error&)> on_trouble;  // Something that no waiting mends.
    std::function<void()> on_stale_assignment;     // Ours is not the newest: read it again.
  };

  Ownership(zk::CuratorFramework& client, OwnershipOptions options, Listener listener);
  ~Ownership();
  Ownership(const Ownership&) = delete;
  Ownership& operator=(const Ownership&) = delete;

  /// Our member node stands (again), or does so no longer as far as we know.
  void stand();
  void fall();
  /// What is assigned to whom, as of this version of the assignment's node.
  void assign(const Owners& owners, std::int32_t version);
  /// Somebody came or went: who waits for an owner to be gone looks again.
  void look_at_waiting();
  /// Looks at everything: watches are hints and can be missed.
  void reconcile();
  /// Claims nothing any more; what is owned is kept until it is released.
  void retire() { is_retired_ = true; }

  /// Gives up the tenure of `epoch`, after the last thing that was begun under it has ended. True
  /// once the next owner may begin without a quarantine; false if it was not ours any more.
  void release(std::uint32_t partition, std::uint64_t epoch, std::function<void(bool)> done);
  /// A write found that our tenure is over, or may be: looks.
  void doubt(std::uint32_t partition) { pursue(partition); }

  /// Null unless it is owned and confirmed.
  [[nodiscard]] const Tenure* tenure(std::uint32_t partition) const;
  [[nodiscard]] bool stands() const { return stands_; }
  [[nodiscard]] bool owns(std::uint32_t partition) const { return seats_[partition].is_owned; }
  [[nodiscard]] std::size_t owned() const;

 private:
  struct Seat {
    bool is_wanted = false;
    bool is_owned = false;
    bool is_confirmed = false;
    bool is_told_unwanted = false;
    bool is_busy = false;  // One conversation at a time.
    bool must_look = false;
    bool is_refused = false;  // From an older copy of the tree: told once.
    Tenure tenure;
    std::function<void(bool)> released;  // Waits for release().
    zk::CuratorFramework::ListenerId watch = 0;
  };

  void pursue(std::uint32_t partition);
  void look(std::uint32_t partition);
  void judge(std::uint32_t partition, const zk::Data& found);
  void judge_owned(std::uint32_t partition, const OwnershipRecord& record, std::int32_t version);
  void judge_unowned(std::uint32_t partition, const OwnershipRecord& record, std::int32_t version);
  void ask_for_owner(std::uint32_t partition, const OwnershipRecord& record, std::int32_t version);
  void claim(std::uint32_t partition, const OwnershipRecord& record, std::int32_t version);
  void take(std::uint32_t partition, const Tenure& tenure, bool is_confirmed);
  void refresh(std::uint32_t partition, const OwnershipRecord& record, std::int32_t version);
  void write_release(std::uint32_t partition, const OwnershipRecord& record, std::int32_t version);
  void lose(std::uint32_t partition);
  void finish(std::uint32_t partition);
  void again(std::uint32_t partition);
  [[nodiscard]] bool is_ours(const OwnershipRecord& record) const {
    return record.incarnation == options_.incarnation && !record.is_released;
  }
  [[nodiscard]] OwnershipRecord record_of(std::uint64_t epoch) const;

  zk::CuratorFramework& client_;
  const OwnershipOptions options_;
  const Listener listener_;
  std::vector<Seat> seats_;
  std::uint64_t standing_ = 0;  // Counts our member nodes.
  bool stands_ = false;
  bool is_retired_ = false;
  std::int32_t assignment_ = -1;  // Its version; nothing is claimed before there is one.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::cluster
