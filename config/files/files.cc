#include "config/files/files.h"

#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

namespace settle {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t bytes_max = std::size_t{64} << 20;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

Error cannot_read(const std::string& path, const std::string& why) {
  return {ErrorCode::not_found, "cannot read " + path + ": " + why};
}

/// Matching paths in order. A pattern without any match is no error: groups may come later. What is
/// no pattern names a file, which is to be there.
std::vector<std::string> expand(const std::string& pattern) {
  std::vector<std::string> paths;
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  ::glob_t found{};
  // glob reads the environment only for a tilde, which is not asked for.
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {  // NOLINT(concurrency-mt-unsafe)
    for (std::size_t n = 0; n < found.gl_pathc; ++n) paths.emplace_back(found.gl_pathv[n]);
  }
  ::globfree(&found);
  return paths;
}

class Reader {
 public:
  Status add(const std::string& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      for (const std::string& inside : expand((fs::path(path) / "*.yaml").string())) {
        if (Status added = add_named(inside); !added) return added;
      }
      return std::monostate{};
    }
    return add_named(path);
  }
  std::vector<ConfigFile> take() { return std::move(files_); }

 private:
  Status add_file(const std::string& path) {
    std::error_code error;
    const fs::path same = fs::weakly_canonical(path, error);
    if (!seen_.insert(error ? path : same.string()).second) return std::monostate{};
    Result<std::string> text = read_config_text(path);
    if (!text) return text.error();
    files_.push_back({path, std::move(*text)});
    return std::monostate{};
  }

  /// A file that somebody named may be a main file, and then brings its groups.
  Status add_named(const std::string& path) {
    const std::size_t before = files_.size();
    if (Status added = add_file(path); !added) return added;
    if (files_.size() == before) return std::monostate{};
    const Compiled main = compile_main(files_.back());
    for (const std::string& pattern : main.daemon.groups) {
      const fs::path absolute = fs::path(path).parent_path() / pattern;
      for (const std::string& group_file : expand(absolute.string())) {
        if (Status added = add_file(group_file); !added) return added;
      }
    }
    return std::monostate{};
  }

  std::set<std::string> seen_;
  std::vector<ConfigFile> files_;
};

}  // namespace

Result<std::string> read_config_text(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return cannot_read(path, std::generic_category().message(errno));
  struct ::stat status {};
  if (::fstat(file.number(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return cannot_read(path, "it is a directory");
  }
  std::string text;
  char buffer[65'536];
  for (;;) {
    const ::ssize_t count = ::read(file.number(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read(path, std::generic_category().message(errno));
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > bytes_max) return cannot_read(path, "it is larger than 64 MiB");
  }
}

Result<std::vector<ConfigFile>> read_config_files(const std::vector<std::string>& paths) {
  Reader reader;
  for (const std::string& path : paths) {
    if (const Status added = reader.add(path); !added) return added.error();
  }
  return reader.take();
}

}  // namespace settle
