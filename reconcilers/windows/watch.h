// What a user defines as an alarm over many groups: which events it measures, by which key they are
// held together, and who hears of it; and what is kept of one key. Each key has a place of its own
// among the groups of a partition, under a name that no group can have.
//
// Knows nothing of configuration's text, of partitions, or of what an alarm does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/units.h"
#include "reconcilers/windows/windows.h"

namespace settle::windows {

enum class Over : std::uint8_t { samples, adjusts, alarms, health };

/// As the configuration has them.
inline constexpr std::string_view by_group = "group";    // The group that an event is about.
inline constexpr std::string_view by_tenant = "tenant";  // That group's.
inline constexpr std::string_view by_nothing = "all";    // All of them are one.
/// A longer key is measured by nobody.
inline constexpr std::size_t key_bytes_max = 128;

struct Watch {
  std::string name;
  Over over = Over::samples;
  std::string signal;        // Of samples: those of this signal. Every other event counts as one.
  std::string by{by_group};  // One of the above, or the name of an event's attribute.
  Alarm alarm;
  std::vector<std::string> alerts;  // Groups by id, or "tenant:NAME"; none: those the key names.
  friend bool operator==(const Watch&, const Watch&) = default;
};

/// All that is kept of one key.
struct Watched {
  std::string shape;                // shape_of() the watch that it was measured by.
  Memory memory;                    // Of this key alone.
  std::optional<Verdict> untold{};  // What those whom it concerns have not taken yet.
  Time untold_at{};                 // When that was judged, or last said anew.
  friend bool operator==(const Watched&, const Watched&) = default;
};

/// Names what decides how measures are kept: where it differs, they have to begin anew. Thresholds,
/// bounds and hearers are not among it.
[[nodiscard]] std::string shape_of(const Watch& watch);

/// "@alarm/NAME/KEY".
[[nodiscard]] GroupId place_of(std::string_view alarm, std::string_view key);
struct Place {
  std::string_view alarm;
  std::string_view key;
};
/// Views into `place`; none if it is no key's.
[[nodiscard]] std::optional<Place> parse_place(std::string_view place);

}  // namespace settle::windows
