#include "config/revision.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace settle {
namespace {

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0: no slash, all of it.
}

}  // namespace

std::string revision_of(const std::vector<ConfigFile>& files) {
  std::vector<std::pair<std::string_view, std::string_view>> parts;
  parts.reserve(files.size());
  for (const ConfigFile& file : files) parts.emplace_back(base_name(file.path), file.text);
  std::sort(parts.begin(), parts.end());
  std::string content;
  for (const auto& [name, text] : parts) {
    content += fmt::format("{} {}\n{}{}", name.size(), text.size(), name, text);
  }
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  return fmt::format("r-{:012x}", hash.high64 >> 16U);
}

}  // namespace settle
