// Launches that we have heard of: by token, since when it is in doubt whether one was made. The
// newest ten thousand.
//
// One that an owner before us may have sent has been in doubt since we first heard of it; one that
// began with us is in doubt only from a send of ours until an answer that says that nothing was
// made.
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
  /// Whether it has been heard of.
  [[nodiscard]] bool knows(const std::string& token) const {
    const std::lock_guard lock(mutex_);
    return since_.contains(token);
  }
  /// Since when there is doubt about it; none if there is none.
  [[nodiscard]] std::optional<Time> since(const std::string& token) const {
    const std::lock_guard lock(mutex_);
    const auto found = since_.find(token);
    return found == since_.end() ? std::nullopt : found->second;
  }
  /// There is from now on, counted anew.
  void raise(const std::string& token, Time now) { note(token, now); }
  /// It was not sent, or had no effect.
  void lay(const std::string& token) { note(token, std::nullopt); }

 private:
  void note(const std::string& token, std::optional<Time> since) {
    const std::lock_guard lock(mutex_);
    if (since_.insert_or_assign(token, since).second) order_.push_back(token);
    while (order_.size() > tokens_max) {
      since_.erase(order_.front());
      order_.pop_front();
    }
  }

  static constexpr std::size_t tokens_max = 10'000;
  mutable std::mutex mutex_;
  std::map<std::string, std::optional<Time>> since_;  // Guarded by mutex_.
  std::deque<std::string> order_;  // Guarded by mutex_: the same tokens, the oldest first.
};

}  // namespace settle::nova
