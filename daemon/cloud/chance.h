// Chance that is the same on every machine: SplitMix64, with whole numbers only. (What the standard
// library's distributions make of an engine differs from one library to the next.)
#pragma once

#include <cstdint>

#include "reconcilers/units.h"

namespace settle {

/// A probability in millionths.
struct Odds {
  std::uint32_t millionths = 0;
  friend bool operator==(const Odds&, const Odds&) = default;
};

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// In [0, limit). REQUIRES: limit > 0.
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  bool happens(Odds odds) { return odds.millionths > 0 && below(1'000'000) < odds.millionths; }
  /// In [0, longest].
  Duration up_to(Duration longest) {
    if (longest <= Duration::zero()) return Duration::zero();
    return Duration(below(static_cast<std::uint64_t>(longest.count()) + 1));
  }

 private:
  std::uint64_t state_;
};

}  // namespace settle
