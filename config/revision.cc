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

/// The blocks of a main file that begin at the margin with one of these keys.
std::string blocks_of(std::string_view text, const std::vector<std::string_view>& keys) {
  std::string found;
  bool is_wanted = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
    const std::string_view line = text.substr(at, end + 1 - at);
    at = end + 1;
    const bool is_key = line.find_first_of(" \t\r\n#-}") != 0 && !line.empty();
    if (is_key) {
      const std::string_view key = line.substr(0, line.find(':'));
      is_wanted = std::find(keys.begin(), keys.end(), key) != keys.end();
    }
    if (is_wanted) found += line;
  }
  return found;
}

}  // namespace

std::vector<ConfigFile> shared_part(std::vector<ConfigFile> files) {
  if (files.empty()) return files;
  // Where others hold the groups, the word here is where those lie.
  const bool is_inline = files.size() == 1;
  std::string& text = files.front().text;
  std::string shared = is_inline ? blocks_of(text, {"groups", "budgets", "alarms"})
                                 : blocks_of(text, {"budgets", "alarms"});
  // A file of groups alone, or one in JSON's form, is all of it shared as far as one can tell.
  if (shared.empty() && is_inline) shared = text;
  files.front() = {"settled.yaml", std::move(shared)};
  return files;
}

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
