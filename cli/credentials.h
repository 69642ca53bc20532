// A file with credentials for ZooKeeper's digest scheme.
#pragma once

#include <fstream>
#include <string>

#include <fmt/format.h>

#include "daemon/base/result.h"

namespace settle {

/// The first line of the file, "user:password"; nothing where no file is named.
inline Result<std::string> read_credentials(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path);
  std::string line;
  const bool is_read = static_cast<bool>(std::getline(file, line));
  if (is_read && line.find(':') != std::string::npos) return line;
  return Error{ErrorCode::invalid,
               fmt::format("{} has no line USER:PASSWORD that can be read", path)};
}

}  // namespace settle
