// The configuration of the demo: what an operator would have written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"

namespace settle {

/// The main file and the groups file; store, journal and socket lie in `folder`. `http` may be
/// empty.
[[nodiscard]] std::vector<ConfigFile> demo_config(const std::string& folder,
                                                  const std::string& http, std::uint64_t seed);

}  // namespace settle
