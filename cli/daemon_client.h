// Talks to a running settled: one request, one reply, over its Unix socket or loopback.
// It knows HTTP and nothing of what is said over it.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace settle {

struct Reply {
  long status = 0;
  std::string body;
};

class DaemonClient {
 public:
  /// `address` is "unix:/run/settled/admin.sock" (or a bare path) or "http://127.0.0.1:8470".
  explicit DaemonClient(std::string address);

  /// `path` begins with "/v1/". An error means that no daemon answered: exit code 4.
  [[nodiscard]] Result<Reply> get(std::string_view path) const;
  [[nodiscard]] Result<Reply> post(std::string_view path, std::string_view json) const;

  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  [[nodiscard]] Result<Reply> request(std::string_view path, const std::string* body) const;

  std::string address_;
};

/// Percent-encodes one segment of a path or one value of a query.
[[nodiscard]] std::string url_part(std::string_view text);

}  // namespace settle
