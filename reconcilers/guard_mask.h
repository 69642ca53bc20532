// Which guards are on: all of them, always, but for the tests that show what each of them is for.
//
// No configuration, no message and no production code can make a mask other than the default.
#pragma once

#include <cstdint>

namespace settle {

/// What can be taken out of the engine one at a time. docs/GUARDS.md says what each is for.
enum class Guard : std::uint8_t {
  observation_gate,
  absence,
  mass_change,
  fleet_change,
  termination_budget,
  launch_budget,
  born_dead,
  missing_holds,
  contradiction,
  grace,
  flapping,
  probe,
  disruption,
  healing_rate,
  contended,
  last_look,
  restraint,
  setback,
  daily_cap,
  spend,
  shared_budget,
  freeze,
  room,
  journal,
  interlock,
  jitter,
  count_,
};

class GuardMask {
 public:
  constexpr GuardMask() = default;
  [[nodiscard]] constexpr bool has(Guard guard) const { return (off_ & bit(guard)) == 0; }
  friend constexpr bool operator==(const GuardMask&, const GuardMask&) = default;

 private:
  friend struct Ablation;  // Defined by tests alone.
  explicit constexpr GuardMask(Guard off) : off_(bit(off)) {}
  static constexpr std::uint32_t bit(Guard guard) { return 1U << static_cast<unsigned>(guard); }
  static_assert(static_cast<unsigned>(Guard::count_) <= 32);

  std::uint32_t off_ = 0;
};

}  // namespace settle
