#include "config/bundle.h"

#include <charconv>
#include <cstddef>

namespace settle {

std::string bundle(const std::vector<ConfigFile>& files) {
  std::string text;
  for (const ConfigFile& file : files) {
    text += file.path + " " + std::to_string(file.text.size()) + "\n" + file.text + "\n";
  }
  return text;
}

std::optional<std::vector<ConfigFile>> unbundle(std::string_view text) {
  std::vector<ConfigFile> files;
  while (!text.empty()) {
    const std::size_t line = text.find('\n');
    if (line == std::string_view::npos) return std::nullopt;
    const std::size_t blank = text.substr(0, line).rfind(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    std::size_t bytes = 0;
    const char* end = text.data() + line;
    const auto read = std::from_chars(text.data() + blank + 1, end, bytes);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    const std::string_view rest = text.substr(line + 1);
    if (bytes >= rest.size() || rest[bytes] != '\n') return std::nullopt;
    files.push_back({std::string(text.substr(0, blank)), std::string(rest.substr(0, bytes))});
    text = rest.substr(bytes + 1);
  }
  return files;
}

}  // namespace settle
