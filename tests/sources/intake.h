// What a source finds on the other side, for tests: an intake that keeps everything and answers as
// it is told, and time that moves when it is told to. Safe from any thread, as the real ones are.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/timers.h"
#include "daemon/partition/loop.h"
#include "daemon/sources/source.h"

namespace settle {

class KeptIntake final : public Intake {
 public:
  using Judge = std::function<Receipt(const Signal&)>;

  void emit(std::vector<Signal> signals, std::function<void(std::vector<Receipt>)> done) override {
    std::vector<Receipt> receipts;
    {
      const std::lock_guard lock(mutex_);
      for (const Signal& signal : signals)
        receipts.push_back(judge_ ? judge_(signal) : Receipt::held);
      for (Signal& signal : signals) signals_.push_back(std::move(signal));
      ++emissions_;
      if (is_silent_) {
        open_.emplace_back(std::move(done), std::move(receipts));
        arrived_.notify_all();
        return;
      }
    }
    done(std::move(receipts));
    arrived_.notify_all();
  }
  void pour(std::uint32_t, LogPart, std::function<void(Receipt)> done) override {
    done(Receipt::elsewhere);
  }
  void bury(Poison poison) override {
    const std::lock_guard lock(mutex_);
    buried_.push_back(std::move(poison));
    arrived_.notify_all();
  }

  void judge_by(Judge judge) {
    const std::lock_guard lock(mutex_);
    judge_ = std::move(judge);
  }
  /// From now on nothing is answered, until answer().
  void fall_silent() {
    const std::lock_guard lock(mutex_);
    is_silent_ = true;
  }
  void answer() {
    decltype(open_) open;
    {
      const std::lock_guard lock(mutex_);
      is_silent_ = false;
      open.swap(open_);
    }
    for (auto& [done, receipts] : open) done(std::move(receipts));
  }

  /// Waits until `count` signals have come since the last take(), at most ten seconds, and takes
  /// them.
  std::vector<Signal> take(std::size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::seconds(10), [&] { return signals_.size() >= count; });
    return std::exchange(signals_, {});
  }
  /// Of those that take() has not taken.
  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return signals_.size();
  }
  std::vector<Poison> buried() {
    const std::lock_guard lock(mutex_);
    return buried_;
  }
  [[nodiscard]] std::size_t emissions() const {
    const std::lock_guard lock(mutex_);
    return emissions_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  Judge judge_;
  bool is_silent_ = false;
  std::size_t emissions_ = 0;
  std::vector<Signal> signals_;
  std::vector<Poison> buried_;
  std::vector<std::pair<std::function<void(std::vector<Receipt>)>, std::vector<Receipt>>> open_;
};

class HandTime final : public Clock, public Timers {
 public:
  explicit HandTime(Time now) : now_(now) {}
  [[nodiscard]] Time now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void after(Duration delay, std::function<void()> then) override {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(now_ + std::max(delay, Duration{1}), std::move(then));
  }
  /// Moves on, running what falls due on the way.
  void advance(Duration by) {
    std::unique_lock lock(mutex_);
    const Time to = now_ + by;
    while (!waiting_.empty() && waiting_.begin()->first <= to) {
      now_ = std::max(now_, waiting_.begin()->first);
      const auto then = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      lock.unlock();
      then();
      lock.lock();
    }
    now_ = to;
  }

 private:
  mutable std::mutex mutex_;
  Time now_;
  std::multimap<Time, std::function<void()>> waiting_;
};

}  // namespace settle
