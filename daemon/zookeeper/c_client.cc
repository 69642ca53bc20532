#include "daemon/zookeeper/c_client.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>
#include <zookeeper/zookeeper.h>

#include "daemon/zookeeper/resolve.h"
#include "daemon/zookeeper/sockets.h"
#include "daemon/zookeeper/worker.h"

namespace settle::zk {
namespace {

// Long enough for any name that a server gives to a sequential node of ours.
constexpr std::size_t name_bytes_max = 1024;
constexpr Milliseconds resolve_again{5'000};

Code code_of(int rc) {
  switch (rc) {
    case ZOK:
      return Code::ok;
    case ZNONODE:
      return Code::no_node;
    case ZNODEEXISTS:
      return Code::node_exists;
    case ZBADVERSION:
      return Code::bad_version;
    case ZNOTEMPTY:
      return Code::not_empty;
    case ZNOAUTH:
      return Code::no_auth;
    case ZAUTHFAILED:
      return Code::auth_failed;
    case ZSESSIONEXPIRED:
      return Code::session_expired;
    case ZCONNECTIONLOSS:
      return Code::connection_loss;
    case ZOPERATIONTIMEOUT:
      return Code::operation_timeout;
    case -127:  // ZTHROTTLEDOP, which this header has not got.
      return Code::throttled;
    case ZBADARGUMENTS:
    case ZINVALIDACL:
    case ZNOCHILDRENFOREPHEMERALS:
      return Code::bad_arguments;
    case ZRUNTIMEINCONSISTENCY:
      return Code::rolled_back;
    case ZCLOSING:
      return Code::closing;
    case ZINVALIDSTATE:  // The handle is dead: its session has expired or was refused.
      return Code::session_expired;
    default:
      return Code::other;
  }
}

Stat stat_of(const ::Stat* stat) {
  if (stat == nullptr) return {};
  Stat out;
  out.czxid = stat->czxid;
  out.mzxid = stat->mzxid;
  out.pzxid = stat->pzxid;
  out.created_ms = stat->ctime;
  out.version = stat->version;
  out.cversion = stat->cversion;
  out.ephemeral_owner = stat->ephemeralOwner;
  out.data_length = stat->dataLength;
  out.children = stat->numChildren;
  return out;
}

WatchType watch_type_of(int type) {
  if (type == ZOO_CREATED_EVENT) return WatchType::created;
  if (type == ZOO_DELETED_EVENT) return WatchType::deleted;
  if (type == ZOO_CHANGED_EVENT) return WatchType::changed;
  if (type == ZOO_CHILD_EVENT) return WatchType::children;
  return WatchType::other;
}

int flags_of(CreateMode mode) {
  return (is_ephemeral(mode) ? ZOO_EPHEMERAL : 0) | (is_sequential(mode) ? ZOO_SEQUENCE : 0);
}

const ACL_vector* acl_of(Access access) {
  return access == Access::creator ? &ZOO_CREATOR_ALL_ACL : &ZOO_OPEN_ACL_UNSAFE;
}

int size_of(const std::string& bytes) {
  return static_cast<int>(bytes.size());
}

// As the library is given them. After each failure version 3.8 goes on by two places, so of an even
// number it would try every other address only, and never see the end of the list, where it
// pauses: twenty thousand attempts a second. Two servers are such a list, and so are three names
// with two addresses each. The first once more makes it odd.
std::string joined(const std::vector<std::string>& addresses) {
  std::string text;
  for (const std::string& address : addresses) text += (text.empty() ? "" : ",") + address;
  if (addresses.size() % 2 == 0) text += "," + addresses.front();
  return text;
}

// The library would write to stderr, hundreds of lines a second while servers refuse. What matters
// of it arrives as events and codes.
void say_nothing(const char* /*line*/) {}

/// Where the library's threads leave what happened; outlives the handle.
class Mailbox {
 public:
  explicit Mailbox(Executor& executor) : executor_(executor) {}
  /// Runs `task` on the executor unless the backend is gone by then. Safe from any thread.
  void post(Executor::Task task) {
    executor_.post([open = open_, task = std::move(task)] {
      if (*open) task();
    });
  }
  /// On the executor.
  void shut() { *open_ = false; }

 private:
  Executor& executor_;
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);  // On the executor only.
};

/// What one call needs until its completion.
template <typename Value>
struct Waiting {
  std::shared_ptr<Mailbox> mailbox;
  Reply<Value> reply;
  void answer(int rc, Value value) {
    mailbox->post([reply = std::move(reply), code = code_of(rc), value = std::move(value)] {
      reply(code, value);
    });
    delete this;
  }
};

template <typename Value>
Waiting<Value>* waiting(const void* context) {
  return static_cast<Waiting<Value>*>(const_cast<void*>(context));
}

void on_created(int rc, const char* path, const void* context) {
  waiting<Created>(context)->answer(rc, {rc == ZOK && path != nullptr ? path : ""});
}
void on_removed(int rc, const void* context) {
  waiting<Stat>(context)->answer(rc, {});
}
void on_stat(int rc, const ::Stat* stat, const void* context) {
  waiting<Stat>(context)->answer(rc, stat_of(rc == ZOK ? stat : nullptr));
}
void on_synced(int rc, const char* /*path*/, const void* context) {
  waiting<Stat>(context)->answer(rc, {});
}
void on_data(int rc, const char* bytes, int size, const ::Stat* stat, const void* context) {
  Data data;
  if (rc == ZOK) {
    if (bytes != nullptr && size > 0) data.bytes.assign(bytes, static_cast<std::size_t>(size));
    data.stat = stat_of(stat);
  }
  waiting<Data>(context)->answer(rc, std::move(data));
}
void on_children(int rc, const String_vector* names, const ::Stat* stat, const void* context) {
  Children children;
  if (rc == ZOK && names != nullptr) {
    for (int at = 0; at < names->count; ++at) children.names.emplace_back(names->data[at]);
    std::sort(children.names.begin(), children.names.end());
    children.stat = stat_of(stat);
  }
  waiting<Children>(context)->answer(rc, std::move(children));
}

/// A transaction's buffers live until its completion: the library keeps pointers into them.
struct WaitingTransaction {
  std::shared_ptr<Mailbox> mailbox;
  Reply<std::vector<OpResult>> reply;
  Transaction transaction;
  std::vector<zoo_op_t> ops;
  std::vector<zoo_op_result_t> results;
  std::vector<std::array<char, name_bytes_max>> paths;
  std::vector<::Stat> stats;
};

void on_committed(int rc, const void* context) {
  const std::unique_ptr<WaitingTransaction> done(
      static_cast<WaitingTransaction*>(const_cast<void*>(context)));
  std::vector<OpResult> results(done->ops.size());
  Code code = code_of(rc);
  // Of a transaction that fails, the one that made it fail is the code; the library tells the rest
  // ZRUNTIMEINCONSISTENCY. A connection that broke leaves the results as they were: unknown.
  const bool is_told = outcome(code) != Outcome::unknown;
  for (std::size_t at = 0; at < results.size(); ++at) {
    const zoo_op_result_t& result = done->results[at];
    results[at].code = is_told ? code_of(result.err) : code;
    if (code != Code::ok) continue;
    if (std::holds_alternative<CreateOp>(done->transaction[at])) {
      results[at].path = done->paths[at].data();
    } else {
      results[at].path = path_of(done->transaction[at]);
      if (std::holds_alternative<SetOp>(done->transaction[at])) {
        results[at].stat = stat_of(&done->stats[at]);
      }
    }
  }
  if (is_told && code != Code::ok) {
    for (OpResult& result : results) {
      if (result.code == Code::ok) result.code = Code::rolled_back;
    }
  }
  done->mailbox->post([reply = std::move(done->reply), code, results = std::move(results)] {
    reply(code, results);
  });
}

}  // namespace

class CClient::Shared {
 public:
  Shared(Executor& where, CClientOptions how) : executor(where), options(std::move(how)) {}
  Executor& executor;
  const CClientOptions options;
  Worker resolver;
  Worker undertaker;  // zookeeper_close() may block for seconds.
};

class CClientBackend final : public Backend {
 public:
  explicit CClientBackend(std::shared_ptr<CClient::Shared> shared)
      : shared_(std::move(shared)), mailbox_(std::make_shared<Mailbox>(shared_->executor)) {}
  ~CClientBackend() override {
    close();
    mailbox_->shut();
  }

  void open(Listener listener) override {
    listener_ = std::move(listener);
    look_up();
  }

  void close() override {
    is_closed_ = true;
    zhandle_t* const handle = std::exchange(handle_, nullptr);
    if (handle == nullptr) return;
    // The handle's context goes last: the library calls into it until it is closed.
    shared_->undertaker.give([handle, context = std::exchange(context_, nullptr)] {
      zookeeper_close(handle);
      delete context;
    });
  }

  void leave_server() override {
    if (handle_ == nullptr || addresses_.size() < 2) return;
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    auto* const address = reinterpret_cast<sockaddr*>(&peer);
    if (zookeeper_get_connected_host(handle_, address, &size) == nullptr) return;
    // To the library the server has closed: it fails what waits, says so, and goes on to another.
    cut_connections_to(peer);
  }

  void create(const CreateOp& op, Access access, Reply<Created> reply) override {
    ask<Created>(std::move(reply), [&](void* context) {
      return zoo_acreate(handle_, op.path.c_str(), op.data.data(), size_of(op.data), acl_of(access),
                         flags_of(op.mode), on_created, context);
    });
  }
  void remove(const RemoveOp& op, Reply<Stat> reply) override {
    ask<Stat>(std::move(reply), [&](void* context) {
      return zoo_adelete(handle_, op.path.c_str(), op.version, on_removed, context);
    });
  }
  void set(const SetOp& op, Reply<Stat> reply) override {
    ask<Stat>(std::move(reply), [&](void* context) {
      return zoo_aset(handle_, op.path.c_str(), op.data.data(), size_of(op.data), op.version,
                      on_stat, context);
    });
  }
  void exists(const std::string& path, bool watch, Reply<Stat> reply) override {
    ask<Stat>(std::move(reply), [&](void* context) {
      return zoo_aexists(handle_, path.c_str(), watch ? 1 : 0, on_stat, context);
    });
  }
  void get(const std::string& path, bool watch, Reply<Data> reply) override {
    ask<Data>(std::move(reply), [&](void* context) {
      return zoo_aget(handle_, path.c_str(), watch ? 1 : 0, on_data, context);
    });
  }
  void children(const std::string& path, bool watch, Reply<Children> reply) override {
    ask<Children>(std::move(reply), [&](void* context) {
      return zoo_aget_children2(handle_, path.c_str(), watch ? 1 : 0, on_children, context);
    });
  }
  void sync(const std::string& path, Reply<Stat> reply) override {
    ask<Stat>(std::move(reply),
              [&](void* context) { return zoo_async(handle_, path.c_str(), on_synced, context); });
  }
  void commit(const Transaction& transaction, Access access,
              Reply<std::vector<OpResult>> reply) override;

 private:
  /// What the library knows us by: every session event and every watch arrives there.
  struct Context {
    std::shared_ptr<Mailbox> mailbox;
    CClientBackend* backend = nullptr;  // Used on the executor only, while the mailbox is open.
  };

  static void on_event(zhandle_t* handle, int type, int state, const char* path, void* context);
  void look_up();
  void connect(std::vector<std::string> addresses);
  void on_state(int state, Session session);

  template <typename Value, typename Call>
  void ask(Reply<Value> reply, Call call) {
    if (handle_ == nullptr) {
      const Code code = is_closed_ ? Code::closing : Code::connection_loss;
      mailbox_->post([reply = std::move(reply), code] { reply(code, {}); });
      return;
    }
    auto* const context = new Waiting<Value>{mailbox_, std::move(reply)};
    // A call that is refused at once has no completion.
    if (const int rc = call(context); rc != ZOK) context->answer(rc, {});
  }

  std::shared_ptr<CClient::Shared> shared_;
  std::shared_ptr<Mailbox> mailbox_;
  Listener listener_;
  zhandle_t* handle_ = nullptr;
  Context* context_ = nullptr;
  std::vector<std::string> addresses_;
  bool is_closed_ = false;
};

void CClientBackend::commit(const Transaction& transaction, Access access,
                            Reply<std::vector<OpResult>> reply) {
  if (handle_ == nullptr) {
    const Code code = is_closed_ ? Code::closing : Code::connection_loss;
    mailbox_->post([reply = std::move(reply), code, size = transaction.size()] {
      reply(code, std::vector<OpResult>(size, OpResult{code, {}, {}}));
    });
    return;
  }
  auto done = std::make_unique<WaitingTransaction>();
  done->mailbox = mailbox_;
  done->reply = std::move(reply);
  done->transaction = transaction;
  const std::size_t size = transaction.size();
  done->ops.resize(size);
  done->results.resize(size);
  done->paths.resize(size);
  done->stats.resize(size);
  for (std::size_t at = 0; at < size; ++at) {
    const Op& op = done->transaction[at];
    if (const auto* create = std::get_if<CreateOp>(&op)) {
      zoo_create_op_init(&done->ops[at], create->path.c_str(), create->data.data(),
                         size_of(create->data), acl_of(access), flags_of(create->mode),
                         done->paths[at].data(), static_cast<int>(name_bytes_max));
    } else if (const auto* set = std::get_if<SetOp>(&op)) {
      zoo_set_op_init(&done->ops[at], set->path.c_str(), set->data.data(), size_of(set->data),
                      set->version, &done->stats[at]);
    } else if (const auto* remove = std::get_if<RemoveOp>(&op)) {
      zoo_delete_op_init(&done->ops[at], remove->path.c_str(), remove->version);
    } else if (const auto* check = std::get_if<CheckOp>(&op)) {
      zoo_check_op_init(&done->ops[at], check->path.c_str(), check->version);
    }
  }
  WaitingTransaction* const context = done.release();
  const int rc = zoo_amulti(handle_, static_cast<int>(size), context->ops.data(),
                            context->results.data(), on_committed, context);
  if (rc != ZOK) on_committed(rc, context);
}

void CClientBackend::look_up() {
  shared_->resolver.give([shared = shared_.get(), mailbox = mailbox_, this] {
    std::vector<std::string> addresses = resolve(shared->options.servers);
    mailbox->post([this, addresses = std::move(addresses)] { connect(addresses); });
  });
}

void CClientBackend::connect(std::vector<std::string> addresses) {
  if (is_closed_) return;
  if (addresses.empty()) {
    shared_->executor.after(resolve_again,
                            [mailbox = mailbox_, this] { mailbox->post([this] { look_up(); }); });
    return;
  }
  addresses_ = std::move(addresses);
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  context_ = new Context{mailbox_, this};
  handle_ = zookeeper_init2(joined(addresses_).c_str(), on_event,
                            static_cast<int>(shared_->options.session_timeout.count()), nullptr,
                            context_, ZOO_NO_LOG_CLIENTENV, say_nothing);
  if (handle_ == nullptr) {
    delete std::exchange(context_, nullptr);
    listener_.on_session(SessionEvent::expired, {});
    return;
  }
  // Addresses are numbers already: the I/O thread is never to ask a resolver.
  zoo_set_servers_resolution_delay(handle_, -1);
  const std::string& digest = shared_->options.digest;
  if (!digest.empty()) {
    zoo_add_auth(handle_, "digest", digest.data(), size_of(digest), nullptr, nullptr);
  }
}

// On the library's completion thread. Session events go to every watcher there is; with this one
// context for all of them, each arrives once.
void CClientBackend::on_event(zhandle_t* handle, int type, int state, const char* path,
                              void* context) {
  auto* const self = static_cast<Context*>(context);
  if (self == nullptr) return;
  if (type != ZOO_SESSION_EVENT) {
    WatchEvent event{watch_type_of(type), path == nullptr ? "" : path};
    self->mailbox->post([backend = self->backend, event = std::move(event)] {
      backend->listener_.on_watch(event);
    });
    return;
  }
  Session session;
  if (state == ZOO_CONNECTED_STATE) {
    session = {zoo_client_id(handle)->client_id, Milliseconds(zoo_recv_timeout(handle))};
  }
  self->mailbox->post(
      [backend = self->backend, state, session] { backend->on_state(state, session); });
}

void CClientBackend::on_state(int state, Session session) {
  if (is_closed_) return;
  if (state == ZOO_CONNECTED_STATE) return listener_.on_session(SessionEvent::connected, session);
  if (state == ZOO_EXPIRED_SESSION_STATE) return listener_.on_session(SessionEvent::expired, {});
  if (state == ZOO_AUTH_FAILED_STATE) return listener_.on_session(SessionEvent::auth_failed, {});
  listener_.on_session(SessionEvent::disconnected, {});
}

CClient::CClient(Executor& executor, CClientOptions options)
    : shared_(std::make_shared<Shared>(executor, std::move(options))) {}

CClient::~CClient() = default;

std::unique_ptr<Backend> CClient::session() {
  return std::make_unique<CClientBackend>(shared_);
}

}  // namespace settle::zk
