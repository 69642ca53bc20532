#include "daemon/base/file_lock.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace settle {
namespace {

constexpr mode_t private_to_group = 0640;

std::string reason(int error) {
  return std::generic_category().message(error);
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, private_to_group);
  if (descriptor < 0) {
    return Error{ErrorCode::unavailable, fmt::format("cannot open {}: {}", path, reason(errno))};
  }
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return Result<FileLock>(std::move(lock));
  if (errno == EWOULDBLOCK) {
    return Error{ErrorCode::conflict,
                 fmt::format("another process holds {}: stop it, or use another file", path)};
  }
  return Error{ErrorCode::unavailable, fmt::format("cannot lock {}: {}", path, reason(errno))};
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace settle
