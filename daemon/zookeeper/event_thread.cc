#include "daemon/zookeeper/event_thread.h"

#include <algorithm>
#include <future>

#include <time.h>

namespace settle::zk {
namespace {
/// Condition variables do not wait on CLOCK_BOOTTIME: after a suspend, timers are this late.
constexpr std::chrono::milliseconds nap_max{500};
}  // namespace

EventThread::EventThread() : thread_([this] { loop(); }) {}

EventThread::~EventThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void EventThread::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

Executor::TimerId EventThread::after(BootClock::duration delay, Task task) {
  const BootTime at = now() + delay;
  const std::lock_guard lock(mutex_);
  const TimerId timer = ++last_timer_;
  timers_.emplace(Due{at, timer}, std::move(task));
  due_.emplace(timer, at);
  return timer;
}

void EventThread::cancel(TimerId timer) {
  const std::lock_guard lock(mutex_);
  const auto found = due_.find(timer);
  if (found == due_.end()) return;
  timers_.erase({found->second, timer});
  due_.erase(found);
}

BootTime EventThread::now() const {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return BootTime(std::chrono::seconds(time.tv_sec) +
                  std::chrono::floor<BootClock::duration>(std::chrono::nanoseconds(time.tv_nsec)));
}

void EventThread::run(const Task& task) {
  std::promise<void> done;
  post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void EventThread::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    Task task;
    if (!tasks_.empty()) {
      task = std::move(tasks_.front());
      tasks_.pop_front();
    } else if (!timers_.empty() && timers_.begin()->first.first <= now()) {
      task = std::move(timers_.begin()->second);
      due_.erase(timers_.begin()->first.second);
      timers_.erase(timers_.begin());
    } else {
      auto nap = BootClock::duration(nap_max);
      if (!timers_.empty()) nap = std::min(nap, timers_.begin()->first.first - now());
      changed_.wait_for(lock, std::max(nap, BootClock::duration(1)));
      continue;
    }
    lock.unlock();
    task();
    task = nullptr;  // What it holds goes before the lock is taken again.
    lock.lock();
  }
}

}  // namespace settle::zk
