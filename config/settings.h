// A configuration as what holds: every setting under its dotted key, whoever wrote it and however.
// Two files that mean the same have the same settings: "90s" is "1m30s", a default that is written
// out is a default, and `defaults:` are merged in. Comments, order and files do not show.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"

namespace settle {

struct SettingChange {
  enum class Kind : std::uint8_t { added, removed, changed };
  Kind kind = Kind::changed;
  std::string key;   // "policies.keep-cpu-at-55.target"; empty: the whole group.
  std::string from;  // As written, or the default that held; empty where there was none.
  std::string to;
  friend bool operator==(const SettingChange&, const SettingChange&) = default;
};

struct GroupChange {
  std::string group;  // Empty: the daemon's own settings.
  SettingChange::Kind kind = SettingChange::Kind::changed;
  std::vector<SettingChange>
      settings;  // In order of key; of a whole group: what it says of limits.
  friend bool operator==(const GroupChange&, const GroupChange&) = default;
};

/// In order of group, the daemon's own first; those are compared only where both have a main file.
/// REQUIRES: both compile without an error.
[[nodiscard]] std::vector<GroupChange> compare(const std::vector<ConfigFile>& base,
                                               const std::vector<ConfigFile>& wanted);

}  // namespace settle
