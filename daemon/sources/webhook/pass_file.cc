#include "daemon/sources/webhook/pass_file.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/file_lock.h"

namespace settle::webhook {
namespace {

constexpr off_t file_max = 16 << 20;
constexpr mode_t mode = 0644;  // Hashes alone: whoever reads them learns no token.

Error failed(const std::string& path, int why) {
  return {ErrorCode::unavailable,
          fmt::format("{}: {}", path, std::generic_category().message(why))};
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(file) == 0;
}

Status replace(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (file < 0) return failed(fresh, errno);
  const bool is_written = ::fchmod(file, mode) == 0 && write_all(file, text);
  const int why = errno;
  ::close(file);
  if (!is_written || ::rename(fresh.c_str(), path.c_str()) != 0) {
    const int reason = is_written ? errno : why;
    ::unlink(fresh.c_str());
    return failed(path, reason);
  }
  return std::monostate{};
}

}  // namespace

Result<std::vector<Pass>> load_passes(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT) return std::vector<Pass>();
    return failed(path, errno);
  }
  if (!S_ISREG(facts.st_mode) || facts.st_size > file_max) {
    return Error{ErrorCode::invalid, path + ": is no plain file of at most 16 MiB"};
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return failed(path, errno);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  Result<std::vector<Pass>> passes = read_passes(text);
  if (!passes) return Error{passes.error().code, path + ": " + passes.error().message};
  return passes;
}

Result<std::vector<Pass>> change_passes(const std::string& path,
                                        const std::function<void(std::vector<Pass>&)>& change) {
  const Result<FileLock> lock = FileLock::take(path + ".lock");
  if (!lock) return lock.error();
  Result<std::vector<Pass>> passes = load_passes(path);
  if (!passes) return passes;
  change(*passes);
  const Status replaced = replace(path, write_passes(*passes));
  if (!replaced) return replaced.error();
  return passes;
}

Result<const std::map<std::string, Pass>*> PassBook::passes() {
  struct stat facts {};
  Mark mark;
  if (::stat(path_.c_str(), &facts) == 0) {
    mark = {facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec, facts.st_size,
            facts.st_ino};
  }
  if (mark != mark_ || mark.size < 0) {
    const Result<std::vector<Pass>> loaded = load_passes(path_);
    passes_.clear();
    error_ = loaded ? std::string() : loaded.error().message;
    if (loaded) {
      for (const Pass& pass : *loaded) passes_.insert_or_assign(pass.hash, pass);
    }
    mark_ = mark;
  }
  if (!error_.empty()) return Error{ErrorCode::invalid, error_};
  return static_cast<const std::map<std::string, Pass>*>(&passes_);
}

}  // namespace settle::webhook
