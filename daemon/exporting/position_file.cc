#include "daemon/exporting/position_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace settle::exporting {

std::optional<Position> read_position(const std::string& path) {
  std::ifstream in(path);
  Position position;
  if (!(in >> position.sequence >> position.decision >> position.destination)) return std::nullopt;
  return position;
}

Status write_position(const std::string& path, const Position& position) {
  const std::string fresh = path + ".new";
  const std::string text =
      fmt::format("{} {} {}\n", position.sequence, position.decision, position.destination);
  const auto failed = [&] {
    return Error{ErrorCode::unavailable, fmt::format("{}: {}", fresh, std::strerror(errno))};
  };
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failed();
  const bool is_written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file) == 0;
  const Error error = failed();
  ::close(file);
  if (!is_written) return error;
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return failed();
  return std::monostate();
}

}  // namespace settle::exporting
