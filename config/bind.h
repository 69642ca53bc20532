// From documents that have been held to the schema to the specs that the daemon works with. What
// is missing or was rejected keeps its default; what the parts mean to each other is checks.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/document.h"
#include "config/findings.h"
#include "config/validate.h"
#include "config/values.h"
#include "reconcilers/spec.h"

namespace settle {

/// Reads `key` of a mapping into `out`, which is left alone if there is nothing usable.
/// Returns whether it has been read.
bool read(const Element& map, std::string_view key, std::string& out);
bool read(const Element& map, std::string_view key, Duration& out);
bool read(const Element& map, std::string_view key, Capacity& out);
bool read(const Element& map, std::string_view key, std::optional<Capacity>& out);
bool read(const Element& map, std::string_view key, Decimal& out);
bool read(const Element& map, std::string_view key, bool& out);
/// A number or a percentage.
bool read(const Element& map, std::string_view key, Decimal& amount, bool& is_percent);
/// A text or a list of texts; empty if there is none.
[[nodiscard]] std::vector<std::string> read_texts(const Element& map, std::string_view key);
/// The mapping under `key`, or an empty one.
[[nodiscard]] const Element& child(const Element& map, std::string_view key);
/// Where the entry stands, or `otherwise`.
[[nodiscard]] Place place_of(const Element& map, std::string_view key, const Place& otherwise);

/// add, remove or set. Reports more than one of them. None if there is none.
[[nodiscard]] std::optional<Adjustment> read_adjustment(const Element& map,
                                                        std::string_view least_key,
                                                        Findings& findings);
[[nodiscard]] bool has_adjustment(const Element& map);

/// from and until, or cron and for. Reports what does not fit together.
[[nodiscard]] std::optional<Window> read_window(const Element& map, const Place& owner,
                                                Findings& findings);

[[nodiscard]] Pace read_pace(const Element& map, const Tolerance& tolerance);
[[nodiscard]] Steadiness read_steadiness(const Element& map);

/// None if too little of it is usable.
[[nodiscard]] std::optional<Policy> bind_policy(const std::string& name, const Entry& entry,
                                                Findings& findings);

/// One step; none if it is not usable, or no step at all.
[[nodiscard]] std::optional<Step> bind_step(const Element& item, Findings& findings);

/// A group, and where in its file everything stands.
struct BoundGroup {
  GroupSpec spec;
  const Entry* entry = nullptr;
  Duration boot_time{60'000};  // For checks alone.
};
[[nodiscard]] BoundGroup bind_group(const Entry& entry, Findings& findings, ZoneShelf& zones);

/// "40 EUR/h", reported if it is none.
[[nodiscard]] std::optional<Money> read_money(const Entry& entry, Findings& findings);

/// In order of name.
[[nodiscard]] std::vector<windows::Watch> read_alarms(const Element& map, Findings& findings);

[[nodiscard]] DaemonConfig bind_main(const Element& root, Findings& findings);

}  // namespace settle
