// One connection to an ensemble that outlives its sessions: the state machine of the connection,
// deadlines, retries, the lease, heartbeats and a watchdog for servers that fall silent. In the
// terms of Apache Curator.
//
// Everything is called and answered on one executor. A write whose outcome is unknown is never
// sent again here: its caller reads back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/zookeeper/backend.h"
#include "daemon/zookeeper/executor.h"
#include "daemon/zookeeper/retry_policy.h"
#include "daemon/zookeeper/session_lease.h"

namespace settle::zk {

enum class ConnectionState : std::uint8_t {
  latent,       // Never connected yet.
  connected,    // For the first time.
  suspended,    // The session may live. Begin nothing that needs it.
  reconnected,  // Again: with the same session after suspended, perhaps another after lost.
  lost,         // The session is over, or as long unheard of as if it were; it is given up
                // once it is unheard of for twice its timeout.
  refused,      // Wrong credentials: nothing more is tried.
  closed,
};
[[nodiscard]] std::string_view name(ConnectionState state);

struct FrameworkOptions {
  BackendFactory backend;
  std::string name_space;          // "/settle/prod": before each path. Empty: none.
  Access access = Access::anyone;  // Of what is created.
  RetryPolicy retry = BoundedExponentialBackoffRetry{};  // Of reads, and of what was throttled.
  Milliseconds operation_timeout{5'000};
  Milliseconds server_tick{2'000};  // As the ensemble's zoo.cfg has it.
  std::size_t request_bytes_max = 512U * 1024U;
  std::size_t watches_max = 1'000;
  std::size_t watch_bytes_max = 128U * 1024U;  // All watched paths: they go into one request.
  std::uint64_t seed = 1;                      // Of jitter.
};

class CuratorFramework {
 public:
  using ListenerId = std::uint64_t;
  using StateListener = std::function<void(ConnectionState)>;
  using Watcher = std::function<void()>;

  CuratorFramework(Executor& executor, FrameworkOptions options);
  ~CuratorFramework();
  CuratorFramework(const CuratorFramework&) = delete;
  CuratorFramework& operator=(const CuratorFramework&) = delete;

  void start();
  /// Ends the session. Whatever waits is answered with `closing`.
  void close();

  [[nodiscard]] ConnectionState state() const { return state_; }
  [[nodiscard]] bool is_connected() const {
    return state_ == ConnectionState::connected || state_ == ConnectionState::reconnected;
  }
  /// Zero while there is none.
  [[nodiscard]] const Session& session() const { return session_; }
  [[nodiscard]] const SessionLease& lease() const { return lease_; }
  /// Between heartbeats, for whoever must add it up.
  [[nodiscard]] Milliseconds heartbeat() const { return heartbeat_; }
  [[nodiscard]] Executor& executor() { return executor_; }
  /// How often a silent server was left.
  [[nodiscard]] std::uint64_t servers_left() const { return servers_left_; }
  /// How long the last heartbeat that was answered was on its way, there and back.
  [[nodiscard]] Milliseconds latency() const { return latency_; }
  /// How many sessions there have been, this one included.
  [[nodiscard]] std::uint64_t sessions() const { return sessions_; }

  /// Called each time that the lease reaches further; what ends it, the state says.
  void on_lease(std::function<void()> listener) { on_lease_ = std::move(listener); }

  ListenerId add_listener(StateListener listener);
  void remove_listener(ListenerId listener);

  /// Calls `watcher` whenever `path` may have changed: on each event of a watch that a read of it
  /// left, and whenever the connection comes back, since what happened meanwhile is not told.
  /// Refused (zero) beyond the caps on watches.
  [[nodiscard]] ListenerId watch(const std::string& path, Watcher watcher);
  void unwatch(ListenerId watcher);

  void create(const std::string& path, const std::string& data, CreateMode mode,
              Reply<Created> reply);
  /// The nodes above it too, persistent and empty, where they are missing.
  void create_with_parents(const std::string& path, const std::string& data, CreateMode mode,
                           Reply<Created> reply);
  void remove(const std::string& path, std::int32_t version, Reply<Stat> reply);
  /// Curator's guaranteed(): goes on in the background until it is gone, across sessions.
  void remove_for_certain(const std::string& path);
  void set(const std::string& path, const std::string& data, std::int32_t version,
           Reply<Stat> reply);
  void exists(const std::string& path, bool watch, Reply<Stat> reply);
  void get(const std::string& path, bool watch, Reply<Data> reply);
  void children(const std::string& path, bool watch, Reply<Children> reply);
  void sync(const std::string& path, Reply<Stat> reply);
  void commit(Transaction transaction, Reply<std::vector<OpResult>> reply);

 private:
  struct Watched {
    std::string path;  // With the name space.
    Watcher watcher;
  };
  template <typename Value>
  struct Call;

  void open_session();
  void on_session(SessionEvent event, Session session);
  void on_connected(Session session);
  void on_watch(const WatchEvent& event);
  void enter(ConnectionState state);
  void note_loss();
  void give_session_up();
  void beat(std::uint64_t session_number);
  void on_beat(std::uint64_t session_number, BootTime sent, Code code);
  void watch_for_silence(BootTime sent);

  template <typename Value>
  void attempt(std::shared_ptr<Call<Value>> call);
  template <typename Value>
  void run(bool is_read, Reply<Value> reply, std::function<void(Backend&, Reply<Value>)> ask);
  void make(const std::string& path, std::function<void(Code)> then);
  void fail_waiting(Code code);
  [[nodiscard]] std::uint32_t roll() { return static_cast<std::uint32_t>(dice_()); }
  void after(Milliseconds delay, std::function<void()> task);
  void post(std::function<void()> task);
  [[nodiscard]] std::string whole(const std::string& path) const;
  [[nodiscard]] std::string stripped(const std::string& path) const;

  Executor& executor_;
  const FrameworkOptions options_;
  std::mt19937 dice_;
  std::unique_ptr<Backend> backend_;
  ConnectionState state_ = ConnectionState::latent;
  Session session_;
  SessionLease lease_;
  std::function<void()> on_lease_;
  Milliseconds heartbeat_{};
  BootTime heard_at_;  // When the last answered heartbeat left.
  Milliseconds latency_{};
  std::uint64_t sessions_ = 0;
  std::uint64_t session_number_ = 0;  // Counts sessions and closes: what is older is void.
  std::uint64_t suspensions_ = 0;
  int failed_sessions_ = 0;  // In a row, without a connection.
  std::uint64_t servers_left_ = 0;
  int left_in_a_row_ = 0;                                       // Without an answer from any since.
  std::map<std::uint64_t, std::function<void(Code)>> waiting_;  // Attempts that were sent.
  std::uint64_t attempts_ = 0;
  std::map<ListenerId, StateListener> listeners_;
  std::map<ListenerId, Watched> watched_;
  std::size_t watched_bytes_ = 0;
  ListenerId last_id_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::zk
