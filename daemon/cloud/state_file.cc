#include "daemon/cloud/state_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace settle {
namespace {

bool write_whole(int file, std::string_view text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ::ssize_t count = ::write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) written += static_cast<std::size_t>(count);
  }
  return true;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

int open_to_append(const std::string& path) {
  return ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

}  // namespace

Result<StateFile> StateFile::open(const std::string& path) {
  StateFile file(path, open_to_append(path));
  if (file.file_ < 0) return file.trouble();
  return file;
}

StateFile::StateFile(StateFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      read_(other.read_),
      cut_(std::move(other.cut_)) {}

StateFile& StateFile::operator=(StateFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  std::swap(read_, other.read_);
  std::swap(cut_, other.cut_);
  return *this;
}

StateFile::~StateFile() {
  if (file_ >= 0) ::close(file_);
}

Error StateFile::trouble() const {
  return {ErrorCode::unavailable, "cannot keep the simulated cloud in " + path_ + ": " +
                                      std::generic_category().message(errno)};
}

void StateFile::lock() const {
  while (::flock(file_, LOCK_EX) != 0 && errno == EINTR) {
  }
}

void StateFile::unlock() const {
  (void)::flock(file_, LOCK_UN);
}

void StateFile::read_on(const std::function<void(std::string_view)>& take) {
  std::array<char, 65'536> part{};
  for (::ssize_t got = 0; (got = ::pread(file_, part.data(), part.size(), read_)) > 0;) {
    read_ += got;
    cut_.append(part.data(), static_cast<std::size_t>(got));
  }
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = cut_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    if (end > begin) take(std::string_view(cut_).substr(begin, end - begin));
  }
  cut_.erase(0, begin);
}

void StateFile::append(const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  std::string text = joined(lines);
  if (!cut_.empty()) text.insert(text.begin(), '\n');
  cut_.clear();
  if (write_whole(file_, text)) read_ += static_cast<std::int64_t>(text.size());
}

Status StateFile::rewrite(const std::vector<std::string>& lines) {
  const std::string fresh = path_ + ".new";
  const std::string text = joined(lines);
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return trouble();
  const bool is_written = write_whole(file, text);
  if (::close(file) != 0 || !is_written || std::rename(fresh.c_str(), path_.c_str()) != 0) {
    return trouble();
  }
  const int again = open_to_append(path_);
  if (again < 0) return trouble();
  ::close(std::exchange(file_, again));
  read_ = static_cast<std::int64_t>(text.size());
  cut_.clear();
  return std::monostate{};
}

}  // namespace settle
