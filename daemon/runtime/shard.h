// A shard: one thread and the loops of the partitions pinned to it. Nothing here knows what the
// effects mean, except the time at which a partition wants to be woken.
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

class Shard {
 public:
  /// Called on the shard's thread with what a turn asks for; must not block.
  using Dispatch = std::function<void(std::uint32_t partition, std::vector<Effect> effects)>;

  Shard(const PacedTime& time, Loop::Limits limits, Dispatch dispatch);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// REQUIRES: start() has not been called.
  void seat(std::uint32_t number, Partition partition);
  void start();
  /// Ends the thread after the turn under way.
  void stop();

  /// All of the events or none; false means that the partition's mailbox is full. Safe from any
  /// thread. REQUIRES: `number` is seated here.
  [[nodiscard]] bool offer(std::uint32_t number, std::vector<Event> events);

  /// Lets every loop turn, even with nothing to do. Safe from any thread.
  void turn_all();
  /// Whether every loop has turned since this last said so; asks for a turn of each anew. For one
  /// thread.
  [[nodiscard]] bool have_all_turned();

 private:
  class Seat;
  void run();
  void turn(Seat& seat);
  /// Appends the seats whose time has come, and returns when the next one's will.
  Time take_due(std::vector<Seat*>& due);
  void mark(Seat& seat);

  // Constant after start().
  const PacedTime& time_;
  const Loop::Limits limits_;
  const Dispatch dispatch_;
  std::map<std::uint32_t, std::unique_ptr<Seat>> seats_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Seat*> ready_;  // Guarded by mutex_: each seat at most once.
  bool stopping_ = false;     // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace settle
