// The one timer queue of a partition: for each slot at most one time, the earliest at which it
// wants attention. An indexed binary heap, so that moving a time leaves nothing behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "reconcilers/units.h"

namespace settle {

/// What no clock reaches.
inline constexpr Time never = Time::max();

class GroupAgenda {
 public:
  /// `at` replaces the slot's earlier time; `never` takes it off.
  void set(std::uint32_t slot, Time at) {
    if (slot >= place_.size()) {
      if (at == never) return;
      place_.resize(slot + std::size_t{1}, absent);
    }
    const std::uint32_t place = place_[slot];
    if (place == absent) {
      if (at == never) return;
      heap_.push_back({at, slot});
      place_[slot] = static_cast<std::uint32_t>(heap_.size() - 1);
      rise(heap_.size() - 1);
    } else if (at == never) {
      remove(place);
    } else if (heap_[place].at != at) {
      heap_[place].at = at;
      sink(rise(place));
    }
  }

  /// `never` if it is empty.
  [[nodiscard]] Time earliest() const { return heap_.empty() ? never : heap_.front().at; }

  /// Takes off the slot with the earliest time, if that is not after `now`. Of equal times the
  /// lowest slot comes first, so that equal histories give equal orders.
  std::optional<std::uint32_t> take_due(Time now) {
    if (heap_.empty() || heap_.front().at > now) return std::nullopt;
    const std::uint32_t slot = heap_.front().slot;
    remove(0);
    return slot;
  }

 private:
  struct Entry {
    Time at;
    std::uint32_t slot = 0;
    friend bool operator<(const Entry& a, const Entry& b) {
      return a.at != b.at ? a.at < b.at : a.slot < b.slot;
    }
  };
  static constexpr std::uint32_t absent = UINT32_MAX;

  void swap_places(std::size_t a, std::size_t b) {
    std::swap(heap_[a], heap_[b]);
    place_[heap_[a].slot] = static_cast<std::uint32_t>(a);
    place_[heap_[b].slot] = static_cast<std::uint32_t>(b);
  }

  std::size_t rise(std::size_t at) {
    while (at > 0) {
      const std::size_t parent = (at - 1) / 2;
      if (!(heap_[at] < heap_[parent])) break;
      swap_places(at, parent);
      at = parent;
    }
    return at;
  }

  void sink(std::size_t at) {
    for (;;) {
      std::size_t least = at;
      for (std::size_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap_.size(); ++child) {
        if (heap_[child] < heap_[least]) least = child;
      }
      if (least == at) return;
      swap_places(at, least);
      at = least;
    }
  }

  void remove(std::size_t at) {
    const std::size_t last = heap_.size() - 1;
    if (at != last) swap_places(at, last);
    place_[heap_.back().slot] = absent;
    heap_.pop_back();
    if (at < heap_.size()) sink(rise(at));
  }

  std::vector<Entry> heap_;
  std::vector<std::uint32_t> place_;  // Of each slot, its index in heap_.
};

}  // namespace settle
