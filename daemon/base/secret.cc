#include "daemon/base/secret.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace settle {
namespace {

constexpr std::size_t secret_max = 64U << 10U;
constexpr std::string_view opening = "${secret:";

bool is_name(std::string_view name) {
  if (name.empty() || name.front() == '.' || name.size() > 255) return false;
  for (const char letter : name) {
    const bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                          (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' ||
                          letter == '.';
    if (!is_plain) return false;
  }
  return true;
}

Error refused(const std::string& path, const std::string& why) {
  return {ErrorCode::invalid, fmt::format("secret file {}: {}", path, why)};
}

/// None if there is no such file.
std::optional<Result<std::string>> read_from(const std::string& path, bool is_guarded) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) {
    if (errno == ENOENT) return std::nullopt;
    return refused(path, std::generic_category().message(errno));
  }
  struct stat facts {};
  std::string text;
  std::optional<Error> error;
  if (::fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    error = refused(path, "is no plain file");
  } else if (!is_guarded && (facts.st_mode & 0037) != 0) {
    error = refused(path, fmt::format("mode {:04o} lets others at it; make it 0600 or 0640",
                                      facts.st_mode & 07777));
  }
  std::array<char, 4'096> buffer{};
  while (!error) {
    const ssize_t count = ::read(file, buffer.data(), buffer.size());
    if (count < 0) error = refused(path, std::generic_category().message(errno));
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > secret_max) error = refused(path, "is larger than 64 KiB");
  }
  ::close(file);
  if (error) return *error;
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

SecretFolders secret_folders() {
  SecretFolders folders;
  if (const char* given = std::getenv("CREDENTIALS_DIRECTORY")) folders.credentials = given;
  return folders;
}

Result<std::string> read_secret(std::string_view name, const SecretFolders& folders) {
  if (!is_name(name)) {
    return Error{ErrorCode::invalid, fmt::format("\"{}\" cannot name a secret", name)};
  }
  if (!folders.credentials.empty()) {
    // systemd guards what it puts there.
    if (auto found = read_from(fmt::format("{}/{}", folders.credentials, name), true)) {
      return *found;
    }
  }
  if (auto found = read_from(fmt::format("{}/{}", folders.own, name), false)) return *found;
  return Error{ErrorCode::not_found,
               fmt::format("there is no secret \"{}\": put it into {}/{}, mode 0600, or give it by "
                           "LoadCredential={}",
                           name, folders.own, name, name)};
}

Result<std::string> resolve_secrets(std::string_view text, const SecretFolders& folders) {
  std::string resolved;
  while (true) {
    const auto at = text.find(opening);
    const auto end = at == std::string_view::npos ? at : text.find('}', at);
    if (end == std::string_view::npos) break;
    const auto name_at = at + opening.size();
    const Result<std::string> secret = read_secret(text.substr(name_at, end - name_at), folders);
    if (!secret) return secret.error();
    resolved.append(text.substr(0, at)).append(*secret);
    text.remove_prefix(end + 1);
  }
  return resolved.append(text);
}

}  // namespace settle
