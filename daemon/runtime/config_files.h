// Configuration files from the disk: the main file and the group files that it names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "daemon/base/result.h"

namespace settle {

struct LoadedConfig {
  std::vector<ConfigFile> files;
  Compiled compiled;
};

/// Reads the files, and those that a main file among them names by `groups`, and compiles them
/// together. Fails only where a file cannot be read; what is wrong in one is in the findings.
/// ${env:NAME} is replaced from the environment. `as_of` adds warnings about the calendar.
[[nodiscard]] Result<LoadedConfig> load_config(const std::vector<std::string>& paths,
                                               std::optional<Time> as_of = std::nullopt);

}  // namespace settle
