#include "daemon/runtime/peer_seal.h"

#include "daemon/sources/webhook/signature.h"

namespace settle {
namespace {

constexpr std::string_view purpose = "peer";  // No signature of a webhook is one of these.

std::string seal_of(const HttpRequest& request, std::string_view key) {
  std::string asked = request.method + "\n" + request.target + "\n";
  for (const char* name : {passed_on, asked_by, ordered_at, "idempotency-key", "content-type"}) {
    const auto found = request.headers.find(name);
    asked += found == request.headers.end() ? std::string("-\n") : "=" + found->second + "\n";
  }
  return webhook::sign(key, purpose, asked, request.body);
}

/// In a time that does not depend on where they differ.
bool are_equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t at = 0; at < a.size(); ++at) {
    difference = static_cast<unsigned char>(difference | (a[at] ^ b[at]));
  }
  return difference == 0;
}

}  // namespace

void seal(HttpRequest& request, std::string_view key) {
  if (!key.empty()) request.headers[seal_header] = seal_of(request, key);
}

bool is_sealed(const HttpRequest& request, std::string_view key) {
  const auto found = request.headers.find(seal_header);
  if (key.empty() || found == request.headers.end()) return false;
  return are_equal(found->second, seal_of(request, key));
}

bool claims_to_be_passed_on(const HttpRequest& request) {
  for (const char* name : {passed_on, asked_by, ordered_at, seal_header}) {
    if (request.headers.contains(name)) return true;
  }
  return false;
}

}  // namespace settle
