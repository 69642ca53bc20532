// The loop joins a partition to a world: a bounded mailbox as the only door, and turns of bounded
// length. One loop per partition, one thread inside turn() at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "daemon/partition/partition.h"

namespace settle {

/// Tells the time. Production reads the system clock; simulation owns time.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
};

/// Starts effects and later answers them through Loop::offer(). start() must not block and must
/// not call back into the loop.
class World {
 public:
  virtual ~World() = default;
  virtual void start(std::vector<Effect> effects) = 0;
};

class Loop {
 public:
  struct Limits {
    std::size_t mailbox_events_max = 100'000;  // Arrivals beyond it are refused.
    std::size_t turn_events_max = 1'024;
  };

  /// `clock` and `world` must outlive the loop.
  Loop(Limits limits, Partition partition, const Clock& clock, World& world);

  /// Leaves an event in the mailbox. False means full: the caller keeps the event. Answers to our
  /// own effects are always let in, since as many were asked for. Safe from any thread.
  [[nodiscard]] bool offer(Event event);
  /// The same for a batch: all or none of it, under one lock. Moved from only if it is taken.
  [[nodiscard]] bool offer(std::vector<Event>&& events);

  /// Handles at most turn_events_max events, in order of arrival, and starts their effects.
  /// True means that more are waiting.
  bool turn();

  /// Whoever waits for an answer that will not come, since the loop ends here.
  struct Unanswered {
    std::vector<Ticket> arrivals;
    std::vector<Ticket> questions;
  };
  /// Not during a turn. Nothing is to be offered any more.
  [[nodiscard]] Unanswered abandon();

 private:
  const Limits limits_;
  const Clock& clock_;
  World& world_;
  Partition partition_;

  std::mutex mailbox_mutex_;
  std::deque<Event> mailbox_;  // Guarded by mailbox_mutex_.
  std::vector<Event> batch_;   // Of the turn under way; kept for its memory.
};

}  // namespace settle
