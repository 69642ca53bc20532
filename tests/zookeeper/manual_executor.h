// An executor whose time goes only when it is told to, so that a test of hours takes no time and
// one seed gives one run.
#pragma once

#include <deque>
#include <map>
#include <unordered_map>
#include <utility>

#include "daemon/zookeeper/executor.h"

namespace settle::zk {

class ManualExecutor final : public Executor {
 public:
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  TimerId after(BootClock::duration delay, Task task) override {
    const TimerId timer = ++last_timer_;
    timers_.emplace(std::pair{now_ + delay, timer}, std::move(task));
    due_.emplace(timer, now_ + delay);
    return timer;
  }
  void cancel(TimerId timer) override {
    const auto due = due_.find(timer);
    if (due == due_.end()) return;
    timers_.erase({due->second, timer});
    due_.erase(due);
  }
  [[nodiscard]] BootTime now() const override { return now_; }

  void run_for(BootClock::duration length) {
    const BootTime until = now_ + length;
    for (;;) {
      while (!tasks_.empty()) {
        const Task task = std::move(tasks_.front());
        tasks_.pop_front();
        task();
      }
      if (timers_.empty() || timers_.begin()->first.first > until) break;
      auto timer = timers_.extract(timers_.begin());
      now_ = std::max(now_, timer.key().first);
      due_.erase(timer.key().second);
      timer.mapped()();
    }
    now_ = until;
  }

 private:
  BootTime now_{std::chrono::hours(1)};
  std::deque<Task> tasks_;
  std::map<std::pair<BootTime, TimerId>, Task> timers_;
  std::unordered_map<TimerId, BootTime> due_;  // Of each timer.
  TimerId last_timer_ = 0;
};

}  // namespace settle::zk
