// What would change the answer: the nearest reading at which one policy would ask for a number,
// and the next moment at which desired turns while nothing else happens.
//
// Asked when somebody reads, never in a round: each answer is many trial decisions on copies of
// the group's state. Knows what the ladder's first four rungs would say, and nothing of guards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "reconcilers/decision.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

enum class Way : std::uint8_t { in, out };

/// The reading from which on a policy, by itself and at rest, asks for what is wanted of it.
struct TippingPoint {
  std::string metric;  // Of a policy that has several: the one that is meant.
  Decimal reading;
  bool is_most = false;        // At most so much; else at least.
  bool is_excluded = false;    // The reading itself is not enough: below or above it.
  std::optional<Decimal> now;  // What is read at present; nothing where that is missing.
  friend bool operator==(const TippingPoint&, const TippingPoint&) = default;
};

/// To five significant digits of the present reading, its tolerance included, its windows, rates
/// and waits left out. Of several metrics, the first that can bring it about while the others read
/// what they read now. Nothing where the policy asks for it already, where no reading between none
/// and a hundred times the present one would do, or where it reads instance by instance.
[[nodiscard]] std::optional<TippingPoint> tipping_point(const GroupSpec& spec,
                                                        const GroupState& state, const Tally& tally,
                                                        Time now, const std::string& policy,
                                                        Way way, Capacity number);

struct Turn {
  Time at;
  Capacity from = 0;
  Capacity to = 0;
  friend bool operator==(const Turn&, const Turn&) = default;
};

/// How far ahead anybody is told, and how many trial decisions that may take.
inline constexpr Duration foresight_max{8 * 86'400'000LL};
inline constexpr int foresight_rounds_max = 400;

/// When desired first moves that way, if every signal goes on reading what it reads now and
/// nothing else arrives. A signal that is missing stays missing.
[[nodiscard]] std::optional<Turn> next_turn(const GroupSpec& spec, const GroupState& state,
                                            const Tally& tally, Time now, Way way);

}  // namespace settle
