#include "reconcilers/adjust.h"

#include <cstdint>
#include <cstdlib>

namespace settle {
namespace {

/// The whole instances in `amount`; what is not zero moves at least one.
Capacity instances(const Decimal& amount) {
  return percent_of(100, amount);
}

Capacity change(Capacity base, const Adjustment& adjustment) {
  if (adjustment.kind == Adjustment::Kind::change) return instances(adjustment.amount);
  if (adjustment.amount.is_zero()) return 0;  // Nothing of anything has no least magnitude.
  const Capacity delta = percent_of(base, adjustment.amount);
  if (std::abs(delta) >= adjustment.magnitude_min) return delta;
  return adjustment.amount.is_negative() ? -adjustment.magnitude_min : adjustment.magnitude_min;
}

}  // namespace

Capacity adjusted(Capacity base, const Adjustment& adjustment) {
  const std::int64_t number = adjustment.kind == Adjustment::Kind::set
                                  ? std::int64_t{instances(adjustment.amount)}
                                  : std::int64_t{base} + change(base, adjustment);
  return static_cast<Capacity>(std::clamp<std::int64_t>(number, 0, capacity_limit));
}

bool is_removal(const Adjustment& adjustment, Capacity base) {
  if (adjustment.kind == Adjustment::Kind::set) return adjusted(base, adjustment) < base;
  return adjustment.amount.is_negative();
}

}  // namespace settle
