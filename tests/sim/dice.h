// The only source of chance in a simulation: the same seed gives the same throws on every machine.
#pragma once

#include <cstdint>

#include "reconcilers/units.h"

namespace settle::sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  // Source: Sebastiano Vigna, splitmix64 (public domain).
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// REQUIRES: n > 0.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }
  Duration between(Duration low, Duration high) {
    return Duration{between(low.count(), high.count())};
  }
  /// True so many times in a thousand.
  bool chance(unsigned per_mille) { return below(1'000) < per_mille; }

 private:
  std::uint64_t state_;
};

}  // namespace settle::sim
