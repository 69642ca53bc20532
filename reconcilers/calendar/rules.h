// One zone's rules as a table of eras, for this room alone: lookups are searches in it and need no
// tz library. It knows nothing of crons and windows.
//
// The one idea: instants only go forward, local time does not. reached(at) is the local time up to
// which everything has happened by `at`, once; instant(local) is the moment at which a local time
// is first reached. Both never decrease, and
//
//   instant(local) <= at   exactly where   local <= reached(at),
//
// so a rule in local time can be evaluated in local time, and gaps and folds take care of
// themselves: what a gap skips is reached at its end, what a fold repeats is reached once.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "reconcilers/units.h"

namespace settle {

using Instant = std::chrono::sys_seconds;
using Local = std::chrono::local_seconds;

/// A time during which a zone's offset does not change.
struct Era {
  Instant from;
  Local local_from;  // The first local time that was not reached before `from`.
  std::chrono::seconds offset{};
  std::array<char, 8> abbreviation{};  // Ends with a zero.
};

struct ZoneRules {
  std::string name;
  std::vector<Era> eras;  // At least one, from the beginning of time, in order.

  [[nodiscard]] std::size_t index_at(Instant at) const {
    const auto after = std::upper_bound(eras.begin() + 1, eras.end(), at,
                                        [](Instant a, const Era& era) { return a < era.from; });
    return static_cast<std::size_t>(after - eras.begin()) - 1;
  }
  /// The era in which `local` is first reached.
  [[nodiscard]] std::size_t index_at(Local local) const {
    const auto after = std::upper_bound(eras.begin() + 1, eras.end(), local,
                                        [](Local a, const Era& era) { return a < era.local_from; });
    return static_cast<std::size_t>(after - eras.begin()) - 1;
  }

  [[nodiscard]] Local reached(Instant at) const {
    const Era& era = eras[index_at(at)];
    return std::max(local_in(era, at), era.local_from - std::chrono::seconds{1});
  }
  [[nodiscard]] Instant instant(Local local) const {
    const Era& era = eras[index_at(local)];
    return std::max(instant_in(era, local), era.from);
  }

  [[nodiscard]] static Local local_in(const Era& era, Instant at) {
    return Local{at.time_since_epoch() + era.offset};
  }
  [[nodiscard]] static Instant instant_in(const Era& era, Local local) {
    return Instant{local.time_since_epoch() - era.offset};
  }
};

/// `at` in whole seconds, held within the years 1 to 9999, so that no arithmetic overflows.
[[nodiscard]] inline Instant bounded(Time at) {
  constexpr Instant first = std::chrono::sys_days{std::chrono::year{1} / 1 / 1};
  constexpr Instant last = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
  return std::clamp(std::chrono::floor<std::chrono::seconds>(at), first, last);
}

/// The same for a civil time; a day that its month does not have counts on into the next.
[[nodiscard]] Local local_seconds_of(const struct LocalTime& local);

}  // namespace settle
