// A configuration as its elements stand once defaults have been merged into every group: what
// settings are read from. Only of files without errors.
#pragma once

#include <optional>
#include <vector>

#include "config/config.h"
#include "config/document.h"

namespace settle {

struct Resolved {
  std::optional<Element> main;  // None where no main file is among them.
  std::vector<Entry> groups;
};

/// None if there is any error.
[[nodiscard]] std::optional<Resolved> resolve(const std::vector<ConfigFile>& files);

}  // namespace settle
