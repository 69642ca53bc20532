#include "daemon/sources/file/line_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#define XXH_INLINE_ALL
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

namespace settle::file {
namespace {

constexpr std::size_t first_line_max = 4'096;  // So much of it names the file.

Error failed(const std::string& what) {
  const ErrorCode code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable;
  return {code, fmt::format("{}: {}", what, std::generic_category().message(errno))};
}

/// Up to `bytes`, from `offset` on; fewer only at the end.
Result<std::string> read_at(int descriptor, std::int64_t offset, std::size_t bytes) {
  std::string text(bytes, '\0');
  std::size_t have = 0;
  while (have < bytes) {
    const ssize_t count = ::pread(descriptor, text.data() + have, bytes - have,
                                  offset + static_cast<std::int64_t>(have));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("the file cannot be read");
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  text.resize(have);
  return text;
}

std::optional<std::int64_t> size_of(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return std::nullopt;
  return status.st_size;
}

}  // namespace

Result<LineReader> LineReader::open(const std::string& path, std::size_t line_bytes_max) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return failed(path);
  LineReader reader(descriptor, {}, line_bytes_max);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    return Error{ErrorCode::invalid, path + " is no plain file"};
  }
  const Result<std::string> begin = read_at(descriptor, 0, first_line_max);
  if (!begin) return begin.error();
  const std::size_t end = begin->find('\n');
  if (end == std::string::npos && begin->size() < first_line_max) {
    return Error{ErrorCode::not_found, path + " has no whole line yet"};
  }
  const std::size_t length = std::min(end, begin->size());
  reader.name_ = fmt::format("{:016x}", XXH3_64bits(begin->data(), length));
  return reader;
}

LineReader::~LineReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

LineReader::LineReader(LineReader&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      line_bytes_max_(other.line_bytes_max_) {}

LineReader& LineReader::operator=(LineReader&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(name_, other.name_);
  std::swap(line_bytes_max_, other.line_bytes_max_);
  return *this;
}

Result<Chunk> LineReader::read(std::int64_t offset, std::size_t bytes, std::size_t lines_max,
                               std::int64_t known) const {
  const std::optional<std::int64_t> size = size_of(descriptor_);
  if (!size) return failed("the file cannot be looked at");
  if (*size < known) {
    return Error{
        ErrorCode::conflict,
        fmt::format("the file has {} bytes, and {} have been read: it was cut off", *size, known)};
  }
  const Result<std::string> text = read_at(descriptor_, offset, bytes);
  if (!text) return text.error();
  Chunk chunk{{}, offset, *size};
  std::string_view left = *text;
  for (std::size_t end = 0;
       chunk.lines.size() < lines_max && (end = left.find('\n')) != std::string_view::npos;) {
    const bool is_whole = end <= line_bytes_max_;
    chunk.lines.push_back(
        {chunk.next, std::string(left.substr(0, std::min(end, line_bytes_max_))), is_whole});
    chunk.next += static_cast<std::int64_t>(end) + 1;
    left.remove_prefix(end + 1);
  }
  const bool is_long = chunk.lines.empty() && lines_max > 0 && text->size() == bytes;
  return is_long ? skip_line(offset, *size) : chunk;
}

// A line that is longer than what is read at one time.
Result<Chunk> LineReader::skip_line(std::int64_t offset, std::int64_t size) const {
  Chunk chunk{{}, offset, size};
  std::string head;
  constexpr std::size_t step = 65'536;
  for (std::int64_t at = offset; at < size; at += step) {
    const Result<std::string> piece = read_at(descriptor_, at, step);
    if (!piece) return piece.error();
    const std::size_t end = piece->find('\n');
    if (head.size() < line_bytes_max_) {
      head += piece->substr(0, std::min(end, line_bytes_max_ - head.size()));
    }
    if (end == std::string::npos) continue;
    chunk.next = at + static_cast<std::int64_t>(end) + 1;
    const bool is_whole = static_cast<std::size_t>(chunk.next - offset) <= line_bytes_max_ + 1;
    chunk.lines.push_back({offset, std::move(head), is_whole});
    return chunk;
  }
  return chunk;  // It is not ended yet.
}

bool LineReader::is_replaced(const std::string& path) const {
  struct stat ours {};
  struct stat theirs {};
  if (::stat(path.c_str(), &theirs) != 0 || ::fstat(descriptor_, &ours) != 0) return false;
  return ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino;
}

}  // namespace settle::file
