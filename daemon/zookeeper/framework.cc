#include "daemon/zookeeper/framework.h"

#include <algorithm>
#include <utility>

namespace settle::zk {
namespace {

/// A session is heard of this often in its timeout; a server that is silent as long is left.
constexpr int beats_in_a_timeout = 6;
/// The next gets twice as long, in case it is all of them that are slow, and so on up to this.
constexpr int silent_beats_max = 3;
const RetryPolicy between_sessions = RetryForever{Milliseconds(50), Milliseconds(5'000)};

/// Empty for what lies right below the root.
std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

std::string_view name(ConnectionState state) {
  switch (state) {
    case ConnectionState::latent:
      return "latent";
    case ConnectionState::connected:
      return "connected";
    case ConnectionState::suspended:
      return "suspended";
    case ConnectionState::reconnected:
      return "reconnected";
    case ConnectionState::lost:
      return "lost";
    case ConnectionState::refused:
      return "refused";
    case ConnectionState::closed:
      return "closed";
  }
  return "closed";
}

/// One call, until it is answered: over several attempts, each with a deadline.
template <typename Value>
struct CuratorFramework::Call {
  bool is_read = false;
  Reply<Value> reply;
  std::function<void(Backend&, Reply<Value>)> ask;
  BootTime began;
  int attempts = 0;
};

CuratorFramework::CuratorFramework(Executor& executor, FrameworkOptions options)
    : executor_(executor),
      options_(std::move(options)),
      dice_(static_cast<std::mt19937::result_type>(options_.seed)) {}

CuratorFramework::~CuratorFramework() {
  close();
}

void CuratorFramework::start() {
  open_session();
}

void CuratorFramework::close() {
  if (state_ == ConnectionState::closed) return;
  ++session_number_;
  lease_.end();
  session_ = {};
  if (backend_ != nullptr) backend_->close();
  backend_.reset();
  enter(ConnectionState::closed);
  fail_waiting(Code::closing);
}

void CuratorFramework::open_session() {
  const std::uint64_t number = ++session_number_;
  fail_waiting(Code::connection_loss);
  backend_ = options_.backend();
  Backend::Listener listener;
  // A backend that was given up may still have something to say.
  listener.on_session = [this, number](SessionEvent event, Session session) {
    if (number == session_number_) on_session(event, session);
  };
  listener.on_watch = [this, number](const WatchEvent& event) {
    if (number == session_number_) on_watch(event);
  };
  backend_->open(std::move(listener));
}

void CuratorFramework::on_session(SessionEvent event, Session session) {
  switch (event) {
    case SessionEvent::connected:
      return on_connected(session);
    case SessionEvent::disconnected:
      return note_loss();
    case SessionEvent::expired: {
      lease_.end();
      session_ = {};
      if (state_ != ConnectionState::latent) enter(ConnectionState::lost);
      const std::uint64_t number = session_number_;
      const auto wait =
          wait_before_retry(between_sessions, failed_sessions_++, Milliseconds(0), roll());
      // Not here: this runs within a call from the backend that is to be replaced.
      return after(wait.value_or(Milliseconds(0)), [this, number] {
        if (number == session_number_ && state_ != ConnectionState::closed) open_session();
      });
    }
    case SessionEvent::auth_failed:
      lease_.end();
      session_ = {};
      return enter(ConnectionState::refused);
  }
}

void CuratorFramework::on_connected(Session session) {
  const bool is_new = session.id != session_.id;
  failed_sessions_ = 0;
  session_ = session;
  if (is_new) ++sessions_;
  if (is_new || lease_.length() == Milliseconds(0)) {
    heartbeat_ = session.timeout / beats_in_a_timeout;
    lease_ = SessionLease(session.timeout, options_.server_tick, heartbeat_);
    heard_at_ = executor_.now();
  }
  ++suspensions_;
  enter(state_ == ConnectionState::latent ? ConnectionState::connected
                                          : ConnectionState::reconnected);
  beat(session_number_);
  // What happened while nobody listened is not told: whoever watches looks again.
  std::vector<Watcher> watchers;
  for (const auto& [id, watched] : watched_) watchers.push_back(watched.watcher);
  for (const Watcher& watcher : watchers) watcher();
}

void CuratorFramework::note_loss() {
  if (!is_connected()) return;
  enter(ConnectionState::suspended);
  const std::uint64_t suspension = ++suspensions_;
  const auto left = std::chrono::ceil<Milliseconds>(heard_at_ + session_.timeout - executor_.now());
  after(std::max(left, Milliseconds(0)), [this, suspension] {
    const bool still = suspension == suspensions_ && state_ == ConnectionState::suspended;
    if (!still) return;
    // The library would tell only once a server has told it.
    lease_.end();
    enter(ConnectionState::lost);
    give_session_up();
  });
}

/// Where requests pass and answers do not, each attempt to go on with the old session keeps it
/// alive at the ensemble, with all that it holds there, for whoever cannot use it.
void CuratorFramework::give_session_up() {
  after(session_.timeout, [this, number = session_number_] {
    if (number != session_number_ || state_ != ConnectionState::lost) return;
    session_ = {};
    open_session();
  });
}

void CuratorFramework::on_watch(const WatchEvent& event) {
  std::vector<Watcher> watchers;
  for (const auto& [id, watched] : watched_) {
    if (watched.path == event.path) watchers.push_back(watched.watcher);
  }
  for (const Watcher& watcher : watchers) watcher();
}

void CuratorFramework::enter(ConnectionState state) {
  state_ = state;
  const auto listeners = listeners_;
  for (const auto& [id, listener] : listeners) {
    if (listeners_.contains(id)) listener(state);
  }
}

void CuratorFramework::beat(std::uint64_t session_number) {
  if (session_number != session_number_ || !is_connected() || backend_ == nullptr) return;
  const std::uint64_t connection = suspensions_;
  const BootTime sent = executor_.now();
  backend_->exists("/", false, [this, session_number, sent](Code code, const Stat&) {
    on_beat(session_number, sent, code);
  });
  watch_for_silence(sent);
  after(heartbeat_, [this, session_number, connection] {
    if (connection == suspensions_) beat(session_number);
  });
}

void CuratorFramework::on_beat(std::uint64_t session_number, BootTime sent, Code code) {
  const bool is_answer = code == Code::ok || code == Code::no_node || code == Code::no_auth;
  if (session_number != session_number_ || !is_answer) return;
  heard_at_ = std::max(heard_at_, sent);
  latency_ = std::chrono::duration_cast<Milliseconds>(executor_.now() - sent);
  left_in_a_row_ = 0;
  lease_.renew(sent);
  if (on_lease_) on_lease_();
}

/// A server that takes what it is sent and never answers keeps a client for two thirds of its
/// session's timeout, if nobody else looks.
void CuratorFramework::watch_for_silence(BootTime sent) {
  const int patience = std::min(1 << std::min(left_in_a_row_, silent_beats_max), silent_beats_max);
  after(patience * heartbeat_, [this, sent, connection = suspensions_] {
    if (connection != suspensions_ || !is_connected() || heard_at_ >= sent) return;
    ++servers_left_;
    ++left_in_a_row_;
    backend_->leave_server();
  });
}

template <typename Value>
void CuratorFramework::run(bool is_read, Reply<Value> reply,
                           std::function<void(Backend&, Reply<Value>)> ask) {
  auto call = std::make_shared<Call<Value>>();
  call->is_read = is_read;
  call->reply = std::move(reply);
  call->ask = std::move(ask);
  call->began = executor_.now();
  attempt(std::move(call));
}

template <typename Value>
void CuratorFramework::attempt(std::shared_ptr<Call<Value>> call) {
  const auto conclude = [this, call](Code code, Value value) {
    // Only what certainly had no effect, or has none, is asked again.
    const bool is_harmless = call->is_read || outcome(code) == Outcome::refused;
    if (is_passing(code) && is_harmless && state_ != ConnectionState::closed) {
      const auto elapsed = std::chrono::floor<Milliseconds>(executor_.now() - call->began);
      const auto wait = wait_before_retry(options_.retry, call->attempts++, elapsed, roll());
      if (wait) return after(*wait, [this, call] { attempt(call); });
    }
    call->reply(code, std::move(value));
  };
  if (backend_ == nullptr || !is_connected()) {
    // Nothing was sent, so a write too may be tried again; but its caller knows better when.
    const Code code = state_ == ConnectionState::closed ? Code::closing : Code::connection_loss;
    return post([conclude, code] { conclude(code, Value{}); });
  }
  const std::uint64_t number = ++attempts_;
  const Executor::TimerId deadline =
      executor_.after(options_.operation_timeout, [this, alive = std::weak_ptr(alive_), number] {
        if (alive.expired()) return;
        if (const auto late = waiting_.extract(number)) late.mapped()(Code::operation_timeout);
      });
  waiting_.emplace(number, [conclude](Code code) { conclude(code, Value{}); });
  call->ask(*backend_, [this, number, deadline, conclude](Code code, Value value) {
    if (waiting_.erase(number) == 0) return;  // A late answer finds nobody.
    executor_.cancel(deadline);
    conclude(code, std::move(value));
  });
}

void CuratorFramework::fail_waiting(Code code) {
  for (auto& [number, fail] : std::exchange(waiting_, {})) {
    post([fail = std::move(fail), code] { fail(code); });
  }
}

void CuratorFramework::after(Milliseconds delay, std::function<void()> task) {
  executor_.after(delay, [alive = std::weak_ptr(alive_), task = std::move(task)] {
    if (!alive.expired()) task();
  });
}

void CuratorFramework::post(std::function<void()> task) {
  executor_.post([alive = std::weak_ptr(alive_), task = std::move(task)] {
    if (!alive.expired()) task();
  });
}

std::string CuratorFramework::whole(const std::string& path) const {
  if (options_.name_space.empty()) return path;
  return path == "/" ? options_.name_space : options_.name_space + path;
}

std::string CuratorFramework::stripped(const std::string& path) const {
  const bool is_below = path.starts_with(options_.name_space);
  return is_below ? path.substr(options_.name_space.size()) : path;
}

CuratorFramework::ListenerId CuratorFramework::add_listener(StateListener listener) {
  listeners_.emplace(++last_id_, std::move(listener));
  return last_id_;
}

void CuratorFramework::remove_listener(ListenerId listener) {
  listeners_.erase(listener);
}

CuratorFramework::ListenerId CuratorFramework::watch(const std::string& path, Watcher watcher) {
  const std::string full = whole(path);
  const bool is_over = watched_.size() >= options_.watches_max ||
                       watched_bytes_ + full.size() > options_.watch_bytes_max;
  // Beyond that a reconnecting client would send one request that no server takes.
  if (is_over) return 0;
  watched_bytes_ += full.size();
  watched_.emplace(++last_id_, Watched{full, std::move(watcher)});
  return last_id_;
}

void CuratorFramework::unwatch(ListenerId watcher) {
  const auto found = watched_.find(watcher);
  if (found == watched_.end()) return;
  watched_bytes_ -= found->second.path.size();
  watched_.erase(found);
}

void CuratorFramework::create(const std::string& path, const std::string& data, CreateMode mode,
                              Reply<Created> reply) {
  const CreateOp op{whole(path), data, mode};
  if (weight(op) > options_.request_bytes_max) {
    return post([reply] { reply(Code::too_large, {}); });
  }
  const Reply<Created> strip = [this, reply = std::move(reply)](Code code, Created created) {
    if (code == Code::ok) created.path = stripped(created.path);
    reply(code, std::move(created));
  };
  run<Created>(false, strip, [this, op](Backend& backend, Reply<Created> answer) {
    backend.create(op, options_.access, std::move(answer));
  });
}

void CuratorFramework::make(const std::string& path, std::function<void(Code)> then) {
  if (path.empty()) return then(Code::ok);
  const CreateOp op{path, {}, CreateMode::persistent};
  run<Created>(
      false,
      [this, path, then](Code code, const Created&) {
        if (code == Code::ok || code == Code::node_exists) return then(Code::ok);
        if (code != Code::no_node) return then(code);
        make(parent_of(path), [this, path, then](Code above) {
          above == Code::ok ? make(path, then) : then(above);
        });
      },
      [this, op](Backend& backend, Reply<Created> answer) {
        backend.create(op, options_.access, std::move(answer));
      });
}

void CuratorFramework::create_with_parents(const std::string& path, const std::string& data,
                                           CreateMode mode, Reply<Created> reply) {
  create(path, data, mode, [=, this](Code code, Created created) {
    if (code != Code::no_node) return reply(code, std::move(created));
    make(parent_of(whole(path)), [=, this](Code above) {
      if (above != Code::ok) return reply(above, Created{});
      create(path, data, mode, reply);
    });
  });
}

void CuratorFramework::remove(const std::string& path, std::int32_t version, Reply<Stat> reply) {
  const RemoveOp op{whole(path), version};
  run<Stat>(false, std::move(reply),
            [op](Backend& backend, Reply<Stat> answer) { backend.remove(op, std::move(answer)); });
}

void CuratorFramework::remove_for_certain(const std::string& path) {
  remove(path, any_version, [this, path](Code code, const Stat&) {
    const bool is_gone = code == Code::ok || code == Code::no_node;
    const bool is_futile = outcome(code) == Outcome::refused && code != Code::throttled;
    if (is_gone || is_futile || state_ == ConnectionState::closed) return;
    const auto wait = wait_before_retry(between_sessions, 3, Milliseconds(0), roll());
    after(wait.value_or(Milliseconds(100)), [this, path] { remove_for_certain(path); });
  });
}

void CuratorFramework::set(const std::string& path, const std::string& data, std::int32_t version,
                           Reply<Stat> reply) {
  const SetOp op{whole(path), data, version};
  if (weight(op) > options_.request_bytes_max) {
    return post([reply] { reply(Code::too_large, {}); });
  }
  run<Stat>(false, std::move(reply),
            [op](Backend& backend, Reply<Stat> answer) { backend.set(op, std::move(answer)); });
}

void CuratorFramework::exists(const std::string& path, bool watch, Reply<Stat> reply) {
  run<Stat>(true, std::move(reply),
            [full = whole(path), watch](Backend& backend, Reply<Stat> answer) {
              backend.exists(full, watch, std::move(answer));
            });
}

void CuratorFramework::get(const std::string& path, bool watch, Reply<Data> reply) {
  run<Data>(true, std::move(reply),
            [full = whole(path), watch](Backend& backend, Reply<Data> answer) {
              backend.get(full, watch, std::move(answer));
            });
}

void CuratorFramework::children(const std::string& path, bool watch, Reply<Children> reply) {
  run<Children>(true, std::move(reply),
                [full = whole(path), watch](Backend& backend, Reply<Children> answer) {
                  backend.children(full, watch, std::move(answer));
                });
}

void CuratorFramework::sync(const std::string& path, Reply<Stat> reply) {
  run<Stat>(true, std::move(reply), [full = whole(path)](Backend& backend, Reply<Stat> answer) {
    backend.sync(full, std::move(answer));
  });
}

void CuratorFramework::commit(Transaction transaction, Reply<std::vector<OpResult>> reply) {
  std::size_t bytes = 0;
  for (Op& op : transaction) {
    std::visit([this](auto& one) { one.path = whole(one.path); }, op);
    bytes += weight(op);
  }
  if (bytes > options_.request_bytes_max) {
    return post([reply] { reply(Code::too_large, {}); });
  }
  const Reply<std::vector<OpResult>> strip = [this, reply = std::move(reply)](
                                                 Code code, std::vector<OpResult> results) {
    for (OpResult& result : results) result.path = stripped(result.path);
    reply(code, std::move(results));
  };
  run<std::vector<OpResult>>(false, strip,
                             [this, transaction = std::move(transaction)](
                                 Backend& backend, Reply<std::vector<OpResult>> answer) {
                               backend.commit(transaction, options_.access, std::move(answer));
                             });
}

}  // namespace settle::zk
