// Merging claims into what a group remembers: associative, commutative, idempotent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/signal.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

/// What became of a claim on arrival.
enum class Merge : std::uint8_t {
  merged,            // Memory changed.
  repeated,          // Already there, or superseded by a later claim: memory is as it was.
  late_or_repeated,  // Older than `lateness`: dead letter LateOrRepeated.
  from_the_future,   // More than a minute ahead of us: dead letter FromTheFuture.
  invalid,           // A number that cannot be one, of its kind: dead letter Invalid. A sample is
                     // remembered as invalid all the same, so that an older value does not stand.
  unknown_policy,    // Names no webhook policy of the group: dead letter UnknownPolicy.
  full,              // No room to remember it: push back.
  unknown_group,     // Said by whoever looks the group up: dead letter UnknownGroup.
};

/// Whether it is said of an instance's protection; else it is of its service.
[[nodiscard]] constexpr bool is_about_protection(InstanceVerb verb) {
  return verb == InstanceVerb::protect || verb == InstanceVerb::unprotect;
}

/// Most firings remembered at one time, within `lateness`; beyond it the source must wait.
inline constexpr std::size_t firings_max = 4096;
/// Most samples, alarms and health reports remembered for one group, each.
inline constexpr std::size_t claims_max = 20'000;
/// How far ahead of our clock a claim's time may be.
inline constexpr Duration future_max{60'000};

/// The largest magnitude that a reading can have; what is beyond it is invalid, never a number.
inline constexpr int reading_digits_max = 18;

/// Merges one claim. Only `merged` and `invalid` change `state`, and then only state.memory.
/// Hints and requests for a round are not remembered: `merged` means that a round is due.
/// Any permutation, duplication or batching of the same claims, at the same `now`, gives
/// the same memory.
[[nodiscard]] Merge merge(const GroupSpec& spec, GroupState& state, const Signal& signal, Time now);

/// The same for a claim of a log, whose offset says that it comes once: it is never too late. What
/// fires at a time from before what has been folded already counts at that boundary.
[[nodiscard]] Merge merge_logged(const GroupSpec& spec, GroupState& state, const Signal& signal,
                                 Time now);

/// Folds what is older than `lateness` into the base and forgets what nothing can refer to.
/// Called at the start of each round, so that memory stays bounded.
void compact(const GroupSpec& spec, GroupState& state, Time now);

/// The group's own number: base and firings folded in order of time, each step clamped to the
/// limits of its moment; `initial` where nothing fired yet.
[[nodiscard]] Capacity rest_number(const GroupSpec& spec, const GroupState& state,
                                   Capacity initial);

/// Names what a group was told: equal memories have equal digests (XXH3, 128 bits, hex). How far
/// folding and schedules have been considered is our own doing, and left out.
[[nodiscard]] std::string digest(const Memory& memory);

}  // namespace settle
