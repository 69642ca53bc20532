#include "daemon/runtime/config_files.h"

#include <cstdlib>
#include <utility>

#include "config/files/files.h"

namespace settle {
namespace {

std::optional<std::string> environment(const std::string& name) {
  // No thread of ours ever changes the environment.
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): see above.
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

Result<LoadedConfig> load_config(const std::vector<std::string>& paths, std::optional<Time> as_of) {
  Result<std::vector<ConfigFile>> files = read_config_files(paths);
  if (!files) return files.error();
  LoadedConfig loaded;
  loaded.files = std::move(*files);
  loaded.compiled = compile(loaded.files, as_of);
  resolve_environment(loaded.compiled.daemon, environment);
  return loaded;
}

}  // namespace settle
