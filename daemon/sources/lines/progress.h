// How far a program's events have been acked without a hole. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>

namespace settle::lines {

class Progress {
 public:
  /// The commits hold this position, or none.
  explicit Progress(std::optional<std::int64_t> position) : next_(position) {}

  void emitted(std::int64_t sequence) { open_.insert(sequence); }
  void done(std::int64_t sequence) {
    const auto found = open_.find(sequence);
    if (found != open_.end()) open_.erase(found);
    if (!next_ || sequence + 1 > *next_) next_ = sequence + 1;
  }
  /// Everything below is done; none: nothing has a sequence.
  [[nodiscard]] std::optional<std::int64_t> position() const {
    if (open_.empty()) return next_;
    return next_ ? std::min(*next_, *open_.begin()) : *open_.begin();
  }
  [[nodiscard]] std::size_t open() const { return open_.size(); }

 private:
  std::set<std::int64_t> open_;  // Emitted, and not acked: failed ones stay until they are.
  std::optional<std::int64_t> next_;
};

}  // namespace settle::lines
