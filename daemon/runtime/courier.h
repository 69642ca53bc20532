// A thread that takes what was left for it, all at once: the hand-over in batches that commits,
// journal entries and readings share.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace settle {

template <typename Item>
class Courier {
 public:
  using Work = std::function<void(std::vector<Item>)>;

  /// `work` runs on the courier's thread, with everything left since it last returned.
  explicit Courier(Work work) : work_(std::move(work)), thread_([this] { run(); }) {}
  ~Courier() { stop(); }
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// Safe from any thread; never waits for the work.
  void leave(Item item) {
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      was_empty = left_.empty();
      left_.push_back(std::move(item));
    }
    if (was_empty) changed_.notify_one();
  }

  /// Ends the thread once all that was left is done.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || !left_.empty(); });
      if (left_.empty()) return;
      std::vector<Item> batch;
      batch.swap(left_);
      lock.unlock();
      work_(std::move(batch));
      lock.lock();
    }
  }

  const Work work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Item> left_;  // Guarded by mutex_.
  bool stopping_ = false;   // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace settle
