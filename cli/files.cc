#include "cli/files.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace settle {

Result<std::string> read_file(const std::string& path) {
  const auto close = [](std::FILE* file) {
    if (file != stdin) (void)std::fclose(file);
  };
  const std::unique_ptr<std::FILE, decltype(close)> file(
      path == "-" ? stdin : std::fopen(path.c_str(), "rbe"), close);
  if (file == nullptr) {
    return Error{ErrorCode::not_found,
                 "cannot read " + path + ": " + std::generic_category().message(errno)};
  }
  std::string text;
  char buffer[65'536];
  for (;;) {
    const std::size_t count = std::fread(buffer, 1, sizeof buffer, file.get());
    text.append(buffer, count);
    if (count < sizeof buffer) break;
  }
  if (std::ferror(file.get()) != 0) {
    return Error{ErrorCode::unavailable,
                 "cannot read " + path + ": " + std::generic_category().message(errno)};
  }
  return text;
}

}  // namespace settle
