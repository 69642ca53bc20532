#include "daemon/cloud/virtual_time.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace settle {

bool VirtualTime::later(const Waiting& a, const Waiting& b) {
  return std::tie(a.at, a.number) > std::tie(b.at, b.number);
}

void VirtualTime::after(Duration delay, std::function<void()> then) {
  waiting_.push_back({now_ + std::max(delay, Duration::zero()), asked_++, std::move(then)});
  std::push_heap(waiting_.begin(), waiting_.end(), later);
}

std::optional<Time> VirtualTime::next() const {
  if (waiting_.empty()) return std::nullopt;
  return std::max(now_, waiting_.front().at);
}

void VirtualTime::move(Time to) {
  now_ = std::max(now_, to);
}

bool VirtualTime::run_one() {
  if (waiting_.empty() || waiting_.front().at > now_) return false;
  std::pop_heap(waiting_.begin(), waiting_.end(), later);
  const std::function<void()> then = std::move(waiting_.back().then);
  waiting_.pop_back();
  then();
  return true;
}

void VirtualTime::advance(Time to) {
  while (!waiting_.empty() && waiting_.front().at <= to) {
    move(waiting_.front().at);
    run_one();
  }
  move(to);
}

}  // namespace settle
