// Calls to the services of one region, each with a token, a deadline and our microversion.
//
// A call that a service does not take the token of is made once more with a new one: it changed
// nothing. A service that asks for quiet (429, Retry-After) is left alone until then, reads and
// writes apart, as clouds limit them apart. Deliberately absent: any other retry.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/cloud/nova/session.h"

namespace settle::nova {

enum class Service : unsigned char { compute, image, network, balancer };

struct Ask {
  std::string operation;  // For metrics and logs.
  std::string method = "GET";
  Service service = Service::compute;
  std::string path;  // From the service's endpoint on: "/servers".
  std::string body;  // JSON, or nothing.
};

struct Manner {
  http::Urgency urgency = http::Urgency::look;
  Time until;              // Nothing is sent after this, and nothing waits longer for an answer.
  bool is_repeat = false;  // The same was sent before.
};

class Api : public std::enable_shared_from_this<Api> {
 public:
  using Done = std::function<void(const Reply&)>;

  /// The clock outlives whatever is under way. `out` is not kept alive.
  Api(Gate gate, LoginSource login, const std::shared_ptr<http::Outbound>& out, const Clock& clock);

  /// Calls `done` exactly once, on any thread. Safe from any thread.
  void ask(Ask ask, Manner manner, Done done);
  [[nodiscard]] Time now() const { return clock_.now(); }

 private:
  struct Request {
    Ask ask;
    Manner manner;
    Done done;
    bool is_second = false;  // The first was not taken for its token.
  };
  void enter(Request request);
  void send(Request request, const Access& access);
  void answered(Request request, const std::string& token, http::Answer answer);
  void note_quiet(const Request& request, const http::Answer& answer);
  [[nodiscard]] Time quiet_until(const Ask& ask);

  const std::shared_ptr<Session> session_;
  const std::weak_ptr<http::Outbound> out_;  // An answer must not be what keeps it.
  const Clock& clock_;
  std::mutex mutex_;
  std::array<Time, 2> quiet_until_{};  // Of reads, of writes; guarded by mutex_.
};

}  // namespace settle::nova
