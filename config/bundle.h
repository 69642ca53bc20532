// A revision's files as one text, and back: what the journal keeps so that the same specs can be
// compiled again years later.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace settle {

/// Each file as a line "path bytes", its text and a newline.
[[nodiscard]] std::string bundle(const std::vector<ConfigFile>& files);
/// None if it is not a bundle.
[[nodiscard]] std::optional<std::vector<ConfigFile>> unbundle(std::string_view text);

}  // namespace settle
