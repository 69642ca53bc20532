// Requests to other members' APIs, over HTTP on loopback or through a tunnel, each under the seal
// of members. One connection for each request, a deadline for each; never blocks whoever asks.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/admin/http.h"

namespace settle {

class Peers {
 public:
  /// Comes once, on the peers' thread: what was answered, or a 502 or 504 of our own that says why
  /// there is no answer. After a 504 the request may have been carried out.
  using Then = std::function<void(HttpResponse)>;

  /// `key`: as peer_seal.h has it, at the moment of asking. Safe from any thread.
  explicit Peers(std::function<std::string()> key);
  /// Drops what is under way.
  ~Peers();
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  /// `address` is "host:port". Safe from any thread.
  void ask(const std::string& address, const HttpRequest& request, Then then);

 private:
  struct Core;
  const std::function<std::string()> key_;
  std::unique_ptr<Core> core_;
};

}  // namespace settle
