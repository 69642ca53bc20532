// A shard: one thread and the loops of the partitions pinned to it, which come and go. Nothing here
// knows what the effects mean, except the time at which a partition wants to be woken.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/partition/loop.h"
#include "daemon/runtime/paced_time.h"

namespace settle {

/// A partition for the length of one epoch. Answers are for it, and for no successor.
struct Seating {
  std::uint32_t partition = 0;
  Epoch epoch{};
  friend bool operator==(const Seating&, const Seating&) = default;
};

enum class Admission : std::uint8_t {
  taken,
  full,
  absent,  // Nobody sits there, or another epoch does.
};

class Shard {
 public:
  struct Rim {
    /// Called on the shard's thread with what a turn asks for; must not block.
    std::function<void(Seating, std::vector<Effect>)> dispatch;
    /// The same with whoever waited for a loop that has been unseated.
    std::function<void(Seating, Loop::Unanswered)> abandon;
  };

  Shard(const PacedTime& time, Loop::Limits limits, Rim rim);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void start();
  /// Ends the thread after the turn under way.
  void stop();

  /// All of these are safe from any thread. REQUIRES: nobody is seated there.
  void seat(Seating seating, Partition partition);
  /// Its loop ends after the turn under way. Whoever is not seated is no matter.
  void unseat(Seating seating);
  /// All of the events or none. The events are for whoever sits there now, or for one epoch alone.
  [[nodiscard]] Admission offer(std::uint32_t number, std::vector<Event>& events);
  [[nodiscard]] Admission offer(Seating seating, std::vector<Event>& events);

  /// Lets every loop turn, even with nothing to do.
  void turn_all();
  /// Whether every loop has turned since this last said so; asks for a turn of each anew. For one
  /// thread.
  [[nodiscard]] bool have_all_turned();

 private:
  class Seat;
  using SeatPointer = std::shared_ptr<Seat>;
  void run();
  void turn(const SeatPointer& seat);
  void abandon(const std::vector<SeatPointer>& gone);
  /// Appends the seats whose time has come, and returns when the next one's will.
  Time take_due(std::vector<SeatPointer>& due);
  void mark(const SeatPointer& seat);
  Admission offer_to(const SeatPointer& seat, std::vector<Event>& events);

  // Constant after construction.
  const PacedTime& time_;
  const Loop::Limits limits_;
  const Rim rim_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint32_t, SeatPointer> seats_;  // Guarded by mutex_, as is all of the rest.
  std::vector<SeatPointer> ready_;              // Each seat at most once.
  std::vector<SeatPointer> gone_;               // Unseated, and not abandoned yet.
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace settle
