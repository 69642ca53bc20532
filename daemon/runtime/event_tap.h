// What comes in, for somebody who watches: the last events, kept only while anybody asks for them.
// Closed, it costs one look at a flag for each hand-over.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/admin/render.h"

namespace settle {

/// Safe from any thread.
class EventTap {
 public:
  using Seen = WatchedEvent;

  void show(const std::string& through, const std::vector<Signal>& signals) {
    if (is_open_) keep(through, signals, [](const Signal& signal) { return &signal; });
  }
  void show(const std::string& through, const std::vector<LogPart::Entry>& entries) {
    if (is_open_) {
      keep(through, entries, [](const LogPart::Entry& entry) { return &entry.signal; });
    }
  }

  /// Opens it, and gives what has come since `after`; at most `most`, the oldest of them.
  [[nodiscard]] std::vector<Seen> look(std::uint64_t after, const std::optional<GroupId>& group,
                                       std::size_t most, Time now);
  /// Closes it if nobody has looked for `shut_after`.
  void shut_if_left_alone(Time now);
  /// The sequence of the last event that it has kept.
  [[nodiscard]] std::uint64_t last() const;

  static constexpr Duration shut_after{60'000};
  static constexpr std::size_t kept_max = 1'000;  // Older ones are let go.

 private:
  template <typename Items, typename Of>
  void keep(const std::string& through, const Items& items, Of of) {
    const std::lock_guard lock(mutex_);
    for (const auto& item : items) {
      kept_.push_back({++last_, through, *of(item)});
      if (kept_.size() > kept_max) kept_.pop_front();
    }
  }

  std::atomic<bool> is_open_{false};
  mutable std::mutex mutex_;
  std::deque<Seen> kept_;  // Guarded by mutex_, as are the others.
  std::uint64_t last_ = 0;
  Time looked_;
};

}  // namespace settle
