// The one way out: every call that the daemon makes to somebody else's HTTP API, within a budget,
// with a deadline, and never twice. libcurl's multi interface on a thread of its own.
//
// It repeats nothing: whether a call may be made again is known to whoever made it, and the same
// call is then made with the same token. Redirects are not followed, certificates are always
// verified, and plain http goes to this machine's own loopback only (and where a call says so, to
// the metadata service of the machine's cloud). What is logged or counted of a call is its
// operation; its headers and bodies, where secrets are, are seen by nobody.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daemon/base/addresses.h"
#include "daemon/http/breaker.h"
#include "daemon/http/call.h"
#include "daemon/http/call_budget.h"

namespace settle::http {

struct OutboundLimits {
  BudgetLimits budget;
  std::size_t waiting_max = 10'000;  // More are refused as unsent.
  Duration connect_max{5'000};
};

/// How things stand at this moment.
struct OutboundStanding {
  Breaker::State breaker = Breaker::State::closed;  // The worst of all APIs that are called.
  int in_flight = 0;
  std::size_t waiting = 0;
};

/// What one call came to, for metrics.
struct CallNote {
  std::string operation;
  End end = End::unsent;
  int status = 0;
  Duration waited{};  // For its turn.
  Duration took{};    // From then on.
};

class Outbound {
 public:
  using Done = std::function<void(Answer)>;
  /// `noted` is called on the client's own thread; may be empty.
  explicit Outbound(OutboundLimits limits, std::function<void(const CallNote&)> noted = {});
  /// Answers what is still under way as unsent or unanswered, then ends. On any thread.
  ~Outbound();
  Outbound(const Outbound&) = delete;
  Outbound& operator=(const Outbound&) = delete;

  /// Calls `done` exactly once, on the client's own thread, which it must not block (or before it
  /// returns, where too many wait already). Safe from any thread.
  void start(Call call, Done done);
  /// Safe from any thread.
  [[nodiscard]] OutboundStanding standing() const;

 private:
  class Worker;
  std::shared_ptr<Worker> worker_;
};

/// Whether it may be called.
using settle::is_allowed_url;
/// Whether it is plain http to a link-local address at which clouds tell a machine about itself. No
/// address that anybody may write for other purposes leads there.
[[nodiscard]] bool is_metadata_url(const std::string& url);

}  // namespace settle::http
