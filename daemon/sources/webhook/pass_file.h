// The file in which passes are kept. A command changes it, whole or not at all; a daemon looks at
// it for every call and reads it again when it has changed, so that a revoked pass is none at once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/sources/webhook/pass.h"

namespace settle::webhook {

/// Where both look unless they are told otherwise.
inline constexpr const char* standard_pass_file = "/etc/settled/webhooks";

/// Rewrites the file under a lock, through another one and a rename. A file that is not there has
/// no passes; one that cannot be read is left as it is.
[[nodiscard]] Result<std::vector<Pass>> change_passes(
    const std::string& path, const std::function<void(std::vector<Pass>&)>& change);

[[nodiscard]] Result<std::vector<Pass>> load_passes(const std::string& path);

/// For one thread.
class PassBook {
 public:
  explicit PassBook(std::string path) : path_(std::move(path)) {}
  /// By hash, as the file has them now. An unreadable file opens no door.
  [[nodiscard]] Result<const std::map<std::string, Pass>*> passes();

 private:
  struct Mark {
    std::int64_t changed_at = -1;  // In nanoseconds.
    std::int64_t size = -1;
    std::uint64_t node = 0;
    friend bool operator==(const Mark&, const Mark&) = default;
  };
  const std::string path_;
  Mark mark_;
  std::map<std::string, Pass> passes_;
  std::string error_;
};

}  // namespace settle::webhook
