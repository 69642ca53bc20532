#include "reconcilers/reversals.h"

#include <algorithm>

namespace settle {
namespace {

constexpr std::size_t reversals_kept = 64;

}  // namespace

void note_reversal(std::vector<Time>& reversals, Time now) {
  if (reversals.size() >= reversals_kept) reversals.erase(reversals.begin());
  reversals.push_back(now);
}

void forget_reversals(std::vector<Time>& reversals, Time now) {
  std::erase_if(reversals, [now](Time at) { return at + reversals_within <= now; });
}

std::optional<Time> contended_until(const std::vector<Time>& reversals, Time now) {
  if (reversals.size() <= reversals_max) return {};
  // Once this one is forgotten, few enough are left.
  const Time last_too_many = reversals[reversals.size() - reversals_max - 1];
  const Time until = last_too_many + reversals_within;
  return now < until ? std::optional(until) : std::nullopt;
}

}  // namespace settle
