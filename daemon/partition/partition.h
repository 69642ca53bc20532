// A partition owns a disjoint set of scaling groups for the length of one epoch and is the only
// code that changes them. It performs no I/O: events go in, effects come out. The same object
// runs on a shard's thread in production and under a seeded simulator in tests. Losing ownership
// destroys it, so an answer that comes too late has nobody to mislead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/partition/event.h"

namespace settle {

struct PartitionLimits {
  std::size_t unanswered_max = 100'000;    // Arrivals that wait for a commit.
  std::size_t commit_groups_max = 10'000;  // Groups in one commit.
  Duration commit_idle{1'000};             // Dirty for so long without a waiter: commit.
  std::size_t turn_rounds_max = 1'024;     // More that are due wait for the next turn.
  std::size_t unjournaled_max = 20'000;    // Records that wait for the journal; then rounds wait.
  bool tells_use = false;                  // Somebody keeps a fleet's budgets, and wants to know.
};

struct PartitionSeat {
  std::uint32_t number = 0;
  Epoch epoch{};
  std::string cluster;
  std::string engine;
  std::string tzdata;
};

class Partition {
 public:
  /// Takes over what an earlier owner committed. Inherited intents are sent again, under their
  /// own tokens, once `Reconfigured` has named their groups' specs and the first commit of this
  /// epoch has been stored and journaled.
  /// `positions` are those of the same commits: where each log goes on from `inherited`.
  Partition(PartitionSeat seat, PartitionLimits limits, std::vector<GroupRecord> inherited,
            Offsets positions = {});
  ~Partition();
  Partition(Partition&&) noexcept;
  Partition& operator=(Partition&&) noexcept;

  /// Takes one event to completion. Total: an event that no longer matters has no effects.
  /// Costs time proportional to the event's group, never to the number of groups.
  void advance(Event&& event, Time now);
  void advance(const Event& event, Time now) { advance(Event(event), now); }

  /// Ends a turn, after one event or a batch of them: runs the rounds that are due, and says what
  /// to do next, in order. No Act is ever returned before the commit that holds its intent and
  /// the record of its decision are both known to be durable.
  [[nodiscard]] std::vector<Effect> finish_turn(Time now);

  /// Whoever still waits for a commit; for when this ends before it has answered them.
  [[nodiscard]] std::vector<Ticket> unanswered() const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace settle
