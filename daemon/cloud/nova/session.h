// A token that holds: logs in when there is none, and again before it expires or once it is not
// taken any more. Whoever wants it meanwhile waits for the one login under way.
//
// Who logs in is asked at every login, so that new credentials hold without a restart.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/cloud/nova/answers.h"
#include "daemon/cloud/nova/keystone.h"
#include "daemon/http/outbound.h"
#include "daemon/partition/loop.h"

namespace settle::nova {

/// Safe from any thread.
using LoginSource = std::function<Result<Login>()>;

struct Gate {
  std::string auth_url;
  Choice choice;
};

/// Access, or the reply to whoever wanted to make a call with it: it never left.
struct Entry {
  std::optional<Access> access;
  Reply failure;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Entered = std::function<void(const Entry&)>;

  /// The clock outlives whatever is under way. `out` is not kept alive.
  Session(Gate gate, LoginSource login, const std::shared_ptr<http::Outbound>& out,
          const Clock& clock);

  /// Calls back exactly once, on any thread. Safe from any thread.
  void enter(Entered entered);
  /// A service did not take this token: it is given to nobody any more.
  void forget(const std::string& token);

 private:
  void start(http::Call call, http::Outbound::Done done) const;
  void log_in();
  void logged_in(const http::Answer& answer);
  void learn_version(Access access);
  void learned_version(Access access, const http::Answer& answer);
  void finish(const Entry& entry);

  const Gate gate_;
  const LoginSource login_;
  const std::weak_ptr<http::Outbound> out_;  // An answer must not be what keeps it.
  const Clock& clock_;

  std::mutex mutex_;
  std::optional<Access> access_;  // Guarded by mutex_, as all that follows.
  Time renew_at_;
  bool is_entering_ = false;
  std::vector<Entered> waiting_;
};

}  // namespace settle::nova
