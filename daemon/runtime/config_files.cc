#include "daemon/runtime/config_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <glob.h>

namespace settle {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t file_bytes_max = 64ULL * 1024 * 1024;

Result<ConfigFile> read_file(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return Error{ErrorCode::invalid, path + " is a directory; name the files in it"};
  }
  const std::uintmax_t size = fs::file_size(path, error);
  if (!error && size > file_bytes_max) {
    return Error{ErrorCode::invalid, path + " is larger than 64 MiB"};
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return Error{ErrorCode::not_found, "cannot read " + path + ": " + std::strerror(errno)};
  }
  return ConfigFile{
      path, std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>())};
}

/// In order of name; a pattern that matches nothing is no error: a group may come later.
std::vector<std::string> expand(const fs::path& folder, const std::string& pattern) {
  const fs::path whole = fs::path(pattern).is_absolute() ? fs::path(pattern) : folder / pattern;
  std::vector<std::string> paths;
  glob_t found{};
  if (::glob(whole.c_str(), GLOB_ERR, nullptr, &found) == 0) {
    for (std::size_t at = 0; at < found.gl_pathc; ++at) paths.emplace_back(found.gl_pathv[at]);
  }
  ::globfree(&found);
  return paths;
}

std::optional<std::string> environment(const std::string& name) {
  // No thread of ours ever changes the environment.
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): see above.
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

Result<LoadedConfig> load_config(const std::vector<std::string>& paths, std::optional<Time> as_of) {
  LoadedConfig loaded;
  std::vector<std::string> waiting = paths;
  for (std::size_t at = 0; at < waiting.size(); ++at) {
    Result<ConfigFile> file = read_file(waiting[at]);
    if (!file) return file.error();
    if (at < paths.size()) {
      const fs::path folder = fs::path(waiting[at]).parent_path();
      for (const std::string& pattern : compile_main(*file).daemon.groups) {
        for (std::string& path : expand(folder, pattern)) {
          if (std::find(waiting.begin(), waiting.end(), path) == waiting.end()) {
            waiting.push_back(std::move(path));
          }
        }
      }
    }
    loaded.files.push_back(std::move(*file));
  }
  loaded.compiled = compile(loaded.files, as_of);
  resolve_environment(loaded.compiled.daemon, environment);
  return loaded;
}

}  // namespace settle
