// Launches that may have been sent: by token, since when there is doubt. The newest ten thousand.
//
// One that an owner before us may have sent has been in doubt since we first heard of it.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "reconcilers/units.h"

namespace settle::nova {

/// Safe from any thread.
class Doubts {
 public:
  /// Since when there is doubt about it; none if there is none.
  [[nodiscard]] std::optional<Time> since(const std::string& token) const {
    const std::lock_guard lock(mutex_);
    const auto found = since_.find(token);
    if (found == since_.end()) return std::nullopt;
    return found->second;
  }
  /// There is from now on, counted anew.
  void raise(const std::string& token, Time now) {
    const std::lock_guard lock(mutex_);
    if (since_.insert_or_assign(token, now).second) order_.push_back(token);
    while (order_.size() > tokens_max) {
      since_.erase(order_.front());
      order_.pop_front();
    }
  }
  /// It was not sent, or had no effect.
  void lay(const std::string& token) {
    const std::lock_guard lock(mutex_);
    if (since_.erase(token) == 0) return;
    std::erase(order_, token);
  }

 private:
  static constexpr std::size_t tokens_max = 10'000;
  mutable std::mutex mutex_;
  std::map<std::string, Time> since_;  // Guarded by mutex_.
  std::deque<std::string> order_;      // Guarded by mutex_: the same tokens, the oldest first.
};

}  // namespace settle::nova
