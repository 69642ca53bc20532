// Partitions' checkpoints in ZooKeeper alone: every commit is one transaction that checks the
// owner's record, makes the change's nodes and sets the manifest, from the version we know; several
// partitions share one. What it says is stored, is; what it cannot tell it reads back.
//
//   after `changes_max` changes, or when they are larger than their base, a new base is written;
//   the generation before stays, the one before that is removed
//   after a restore that found damage, the first commit writes everything anew
//   what is too large for one transaction lies there in pieces before the manifest counts it
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/cluster/checkpoint_reader.h"
#include "daemon/zookeeper/framework.h"

namespace settle::cluster {

/// What makes us the owner: the record of ownership at this version.
struct Title {
  std::uint64_t epoch = 0;
  std::int32_t version = 0;
};

struct CheckpointLimits {
  std::size_t transaction_bytes = std::size_t{384} * 1024;
  std::size_t partitions_max = 64;  // In one transaction.
  std::size_t changes_max = 16;
  std::size_t base_bytes_min = std::size_t{64} * 1024;  // A smaller base is rewritten as late.
};

enum class Written : std::uint8_t {
  stored,
  fenced,       // Somebody else owns it.
  unavailable,  // Not known to be stored: the same may be asked again.
};

class Checkpoints {
 public:
  struct Item {
    std::uint32_t partition = 0;
    Title title;
    Change change;
  };
  using Done = std::function<void(std::vector<Written>)>;

  /// `on_older` is told once of each partition that restore() refuses for its age; `on_news` of
  /// whatever is read without damage or known to be stored, if somebody is there to remember it.
  explicit Checkpoints(zk::CuratorFramework& client, CheckpointLimits limits = {},
                       std::function<void(const Error&)> on_older = {},
                       std::function<void(CheckpointNews)> on_news = {});

  /// Everything that is stored, verified; and what the next commit goes on from. `conflict`: it is
  /// older than what was stored or read here before, or is `recalled`, so the ensemble was put back
  /// from an older copy. Nothing is ever committed onto that: what was changed since is in none of
  /// it.
  void restore(std::uint32_t partition, CheckpointReader::Done done, Recollection recalled = {});
  /// One result for each item, in order. REQUIRES: no other commit under way, and each partition
  /// at most once in one.
  void commit(std::vector<Item> items, Done done);
  /// What restore() gave, with every commit since that is known to be stored; null before.
  [[nodiscard]] const Content* content(std::uint32_t partition) const;
  /// We own it no longer: what is known of it is forgotten.
  void forget(std::uint32_t partition) { seats_.erase(partition); }

 private:
  struct Seat {
    Restored known;                    // Without what was fetched.
    std::size_t change_bytes = 0;      // Since the base.
    std::vector<std::string> garbage;  // Nodes that count no more, or never did.
  };
  struct Draft {  // One item on its way.
    std::size_t at = 0;
    Item item;
    Manifest manifest;
    BodyPlace place;       // Of its body,
    bool is_base = false;  // which is everything, or what has changed.
    std::string bytes;     // Of the manifest.
    std::string body;      // The bytes at `place`, for the news; empty: nobody wants them.
    zk::Transaction writes;
    std::size_t weight = 0;
  };
  struct Round {
    std::vector<Item> items;
    std::vector<Written> results;
    std::vector<Draft> drafts;
    std::size_t awaited = 0;
    std::vector<std::pair<std::uint32_t, Title>> due;  // Partitions whose base is due.
    Done done;
  };
  using RoundPointer = std::shared_ptr<Round>;

  void know_all(const RoundPointer& round);
  void draft_all(const RoundPointer& round);
  [[nodiscard]] Draft draft(std::size_t at, const Item& item) const;
  void send(const RoundPointer& round, std::size_t from);
  void send_large(const RoundPointer& round, std::size_t at);
  void write_pieces(const zk::Op& check, const zk::Transaction& pieces,
                    std::function<void(bool)> then);
  void send_alone(const RoundPointer& round, std::size_t at, std::function<void()> then);
  void send_each(const RoundPointer& round, std::size_t from, std::size_t until,
                 std::function<void()> then);
  void look(const RoundPointer& round, std::size_t at, std::function<void()> then);
  void keep(Draft& draft, std::int32_t version);
  void doubt(std::uint32_t partition, const std::function<void()>& then);
  void judge(std::uint32_t partition, Result<Restored> restored,
             const std::optional<CheckpointMark>& known, const CheckpointReader::Done& done);
  [[nodiscard]] std::optional<Error> refusal(std::uint32_t partition, const Restored& found,
                                             const std::optional<CheckpointMark>& known);
  void tell_news(std::uint32_t partition, const Seat& seat, KnownBodies bodies) const;
  void tidy(const RoundPointer& round);
  void write_bases(const RoundPointer& round);
  void write_base(std::uint32_t partition, const Title& title, std::function<void()> then);
  void remove_garbage(Seat& seat, std::uint32_t partition);

  zk::CuratorFramework& client_;
  const CheckpointLimits limits_;
  const std::function<void(const Error&)> on_older_;
  const std::function<void(CheckpointNews)> on_news_;
  std::map<std::uint32_t, Seat> seats_;
  std::map<std::uint32_t, std::uint64_t>
      newest_;                     // The largest sequence that is known to be stored.
  std::set<std::uint32_t> older_;  // Partitions that were told of.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::cluster
