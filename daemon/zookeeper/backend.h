// The seam to ZooKeeper: asynchronous primitives of one session, without retries, deadlines or
// recipes. Two kinds exist, over the C client and in memory, and one contract test holds both.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/zookeeper/types.h"

namespace settle::zk {

enum class SessionEvent : std::uint8_t {
  connected,     // Also after a pause, when the same session goes on.
  disconnected,  // The session may still live; nothing can be asked of it now.
  expired,       // The server said so. This session is over and so is this backend.
  auth_failed,   // Wrong credentials. Over as well, and a new one would fare no better.
};

struct Data {
  std::string bytes;
  Stat stat;
};
struct Children {
  std::vector<std::string> names;  // Without the parent's path, in order.
  Stat stat;
};
struct Created {
  std::string path;
};

template <typename Value>
using Reply = std::function<void(Code, Value)>;

/// One session, from its birth to its end. Everything is called and answered on one executor; a
/// reply is never given from within the call. Each call is answered exactly once, at the latest
/// with `closing` when the backend is closed; how late is up to the server.
class Backend {
 public:
  struct Listener {
    std::function<void(SessionEvent, Session)> on_session;
    std::function<void(WatchEvent)> on_watch;
  };

  virtual ~Backend() = default;
  virtual void open(Listener listener) = 0;
  /// Ends the session, at once if it is connected; otherwise the server ends it at its timeout.
  virtual void close() = 0;
  /// Leaves the server that it is connected to, for another one if there is one.
  virtual void leave_server() = 0;

  virtual void create(const CreateOp& op, Access access, Reply<Created> reply) = 0;
  virtual void remove(const RemoveOp& op, Reply<Stat> reply) = 0;
  virtual void set(const SetOp& op, Reply<Stat> reply) = 0;
  virtual void exists(const std::string& path, bool watch, Reply<Stat> reply) = 0;
  virtual void get(const std::string& path, bool watch, Reply<Data> reply) = 0;
  virtual void children(const std::string& path, bool watch, Reply<Children> reply) = 0;
  virtual void commit(const Transaction& transaction, Access access,
                      Reply<std::vector<OpResult>> reply) = 0;
  /// Answered once the server has caught up with the leader.
  virtual void sync(const std::string& path, Reply<Stat> reply) = 0;
};

/// Makes the backend of a new session, after the last one ended.
using BackendFactory = std::function<std::unique_ptr<Backend>()>;

}  // namespace settle::zk
