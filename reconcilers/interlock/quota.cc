#include "reconcilers/interlock/quota.h"

#include <algorithm>
#include <limits>

namespace settle::interlock {
namespace {

constexpr auto unlimited = std::numeric_limits<std::int64_t>::max();

// amount x 10^exponent, or that percentage of `base`; rounded down, but never from something to
// nothing. Saturates instead of overflowing.
std::int64_t scaled(std::int64_t base, const Rate& rate) {
  constexpr std::int64_t amount_max = 1'000'000'000;
  std::int64_t amount = std::max<std::int64_t>(rate.amount, 0);
  int exponent = rate.is_percent ? rate.exponent - 2 : rate.exponent;
  const std::int64_t of = rate.is_percent ? std::clamp<std::int64_t>(base, 0, amount_max) : 1;
  const bool is_something = amount > 0 && of > 0;
  for (; amount > amount_max; ++exponent) amount /= 10;
  std::int64_t product = amount * of;
  for (; exponent < 0 && product > 0; ++exponent) product /= 10;
  for (; exponent > 0 && product > 0; --exponent) {
    if (product > unlimited / 10) return unlimited;
    product *= 10;
  }
  return is_something ? std::max<std::int64_t>(product, 1) : 0;
}

}  // namespace

std::int64_t limit_of(const Rate& rate, std::int64_t base) {
  return std::max(scaled(base, rate), rate.at_least);
}

Rest rest_of(const Rate& rate, std::int64_t base, const std::vector<Done>& done, Time now) {
  Rest rest;
  rest.limit = limit_of(rate, base);
  for (const Done& entry : done) {
    // What seems to be from the future counts as well: a clock that goes back gives nothing away.
    if (entry.count <= 0 || entry.at + rate.per <= now) continue;
    rest.used += entry.count;
    const Time forgotten_at = entry.at + rate.per;
    rest.frees_at = rest.frees_at == Time{} ? forgotten_at : std::min(rest.frees_at, forgotten_at);
  }
  rest.allowed = std::max<std::int64_t>(rest.limit - rest.used, 0);
  return rest;
}

}  // namespace settle::interlock
