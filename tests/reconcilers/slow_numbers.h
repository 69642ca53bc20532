// Exact numbers for the second opinion on the ladder, without the engine's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "reconcilers/spec.h"

namespace settle::slow {

// Numbers in ten-thousandths: what is drawn for these tests has no more places than that.
inline std::int64_t exact(const Decimal& decimal) {
  std::int64_t digits = decimal.digits();
  for (int places = decimal.exponent() + 4; places > 0; --places) digits *= 10;
  return digits;
}

inline Capacity round_up(std::int64_t a, std::int64_t b) {
  return a <= 0 ? 0 : static_cast<Capacity>((a + b - 1) / b);
}

inline Capacity whole(const Decimal& decimal) {
  return static_cast<Capacity>(exact(decimal) / 10'000);
}

/// Truncated toward zero, except that what is not zero moves at least one.
inline Capacity percent(Capacity base, const Decimal& amount) {
  const std::int64_t exactly = base * exact(amount);  // In millionths.
  const auto moves = static_cast<Capacity>(exactly / 1'000'000);
  if (moves != 0 || exactly == 0) return moves;
  return exactly > 0 ? 1 : -1;
}

inline Capacity adjust(Capacity base, const Adjustment& adjustment) {
  if (adjustment.kind == Adjustment::Kind::set) return whole(adjustment.amount);
  Capacity moves = whole(adjustment.amount);
  if (adjustment.kind == Adjustment::Kind::change_percent) {
    moves = percent(base, adjustment.amount);
    const bool removes = adjustment.amount.is_negative();
    if (!adjustment.amount.is_zero() && std::abs(moves) < adjustment.magnitude_min) {
      moves = removes ? -adjustment.magnitude_min : adjustment.magnitude_min;
    }
  }
  return std::max(base + moves, 0);
}

inline Capacity within(Capacity number, const Range& range) {
  return std::min(std::max(number, range.min), range.max);
}

}  // namespace settle::slow
