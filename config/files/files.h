// Which files make up a configuration, and their texts. The only code that opens them; what they
// mean is config/'s to say.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace settle {

/// The whole text of a file of at most 64 MiB.
[[nodiscard]] Result<std::string> read_config_text(const std::string& path);

/// Every file named, every *.yaml of a directory named, and every group file that a main file
/// among them asks for by its `groups` globs; each once, in that order.
[[nodiscard]] Result<std::vector<ConfigFile>> read_config_files(
    const std::vector<std::string>& paths);

}  // namespace settle
