// Files as arguments of commands.
#pragma once

#include <string>

#include "daemon/base/result.h"

namespace settle {

/// The whole of a file; "-" is standard input.
[[nodiscard]] Result<std::string> read_file(const std::string& path);

}  // namespace settle
