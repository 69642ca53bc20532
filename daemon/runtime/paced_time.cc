#include "daemon/runtime/paced_time.h"

#include <algorithm>
#include <utility>

#include "daemon/base/wall_clock.h"

namespace settle {
namespace {

using Nanoseconds = std::chrono::nanoseconds;

constexpr std::chrono::microseconds real_wait_max{500'000};

std::chrono::microseconds to_real(Duration length, double speed) {
  using Real = std::chrono::duration<double, std::milli>;
  const Real real(static_cast<double>(length.count()) / speed);
  return std::chrono::ceil<std::chrono::microseconds>(real);
}

}  // namespace

PacedTime::PacedTime()
    : is_wall_(true), speed_(1), started_(Steady::now()), thread_([this] { run(); }) {}

PacedTime::PacedTime(Time origin, double speed)
    : is_wall_(false), origin_(origin), speed_(speed), started_(Steady::now()), thread_([this] {
        run();
      }) {}

PacedTime::~PacedTime() {
  stop();
}

Time PacedTime::now() const {
  if (is_wall_) return wall_now();
  const Nanoseconds real = Steady::now() - started_;
  const auto passed = static_cast<double>(real.count()) * speed_ / 1e6;
  return origin_ + Duration(static_cast<Duration::rep>(passed));
}

std::chrono::microseconds PacedTime::real_wait(Time at) const {
  const Time moment = now();
  if (at <= moment) return std::chrono::microseconds::zero();
  // A far time, even Time::max(), must not overflow on the way to microseconds.
  if (at - moment > Duration(86'400'000)) return real_wait_max;
  return std::min(to_real(at - moment, speed_), real_wait_max);
}

bool PacedTime::later(const Waiting& a, const Waiting& b) {
  return a.at != b.at ? a.at > b.at : a.number > b.number;
}

void PacedTime::after(Duration delay, std::function<void()> then) {
  const Steady::time_point at = Steady::now() + to_real(delay, speed_);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    waiting_.push_back({at, asked_++, std::move(then)});
    std::push_heap(waiting_.begin(), waiting_.end(), later);
  }
  changed_.notify_one();
}

void PacedTime::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void PacedTime::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const Steady::time_point due = waiting_.front().at;
    if (Steady::now() < due) {
      changed_.wait_until(lock, due);
      continue;
    }
    std::pop_heap(waiting_.begin(), waiting_.end(), later);
    std::function<void()> then = std::move(waiting_.back().then);
    waiting_.pop_back();
    lock.unlock();
    then();
    then = nullptr;  // Its captures may be the last hold on something: not under the lock.
    lock.lock();
  }
}

}  // namespace settle
