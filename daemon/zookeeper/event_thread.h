// An executor that is a thread of its own.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "daemon/zookeeper/executor.h"

namespace settle::zk {

class EventThread final : public Executor {
 public:
  EventThread();
  /// Drops what has not run yet. Not from a task of its own.
  ~EventThread() override;
  EventThread(const EventThread&) = delete;
  EventThread& operator=(const EventThread&) = delete;

  void post(Task task) override;
  TimerId after(BootClock::duration delay, Task task) override;
  void cancel(TimerId timer) override;
  [[nodiscard]] BootTime now() const override;

  /// Runs `task` on the thread and waits until it has run. Not from a task of its own.
  void run(const Task& task);

 private:
  using Due = std::pair<BootTime, TimerId>;
  void loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;                     // Guarded by mutex_.
  std::map<Due, Task> timers_;                 // Guarded by mutex_.
  std::unordered_map<TimerId, BootTime> due_;  // Of each timer. Guarded by mutex_.
  TimerId last_timer_ = 0;                     // Guarded by mutex_.
  bool stopping_ = false;                      // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace settle::zk
