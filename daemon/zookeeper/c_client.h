// Sessions over ZooKeeper's C client (Debian's libzookeeper-mt 3.8). What that library leaves to
// its callers is done here: addresses are resolved on a thread of our own and handed over as
// numbers, handles are closed on another, one context serves every watch, and what a call needs
// until its completion lives as long as the completion does.
//
// The library has neither TLS nor SASL: beyond loopback it wants a tunnel (stunnel).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/zookeeper/backend.h"
#include "daemon/zookeeper/executor.h"

namespace settle::zk {

struct CClientOptions {
  std::vector<std::string> servers;      // "host:port" or "[v6]:port".
  Milliseconds session_timeout{15'000};  // As asked for; the server may choose another.
  std::string digest;                    // "user:password"; empty: nobody.
};

/// Makes sessions. Outlives them all; its destructor waits until the last handle is closed, which
/// the library may take some seconds for.
class CClient {
 public:
  CClient(Executor& executor, CClientOptions options);
  ~CClient();
  CClient(const CClient&) = delete;
  CClient& operator=(const CClient&) = delete;

  [[nodiscard]] std::unique_ptr<Backend> session();

 private:
  class Shared;
  friend class CClientBackend;
  std::shared_ptr<Shared> shared_;
};

}  // namespace settle::zk
