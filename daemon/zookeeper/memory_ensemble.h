// A ZooKeeper in memory, for tests and simulations: one tree, many sessions, and faults on demand
// or by chance from a seed. It keeps ZooKeeper's promises as its documentation states them: one
// order of writes, one-shot watches delivered before a reply that shows the change, ephemerals
// that go with their session.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "daemon/zookeeper/backend.h"
#include "daemon/zookeeper/executor.h"

namespace settle::zk {

/// Chances in a thousand, for each call.
struct MemoryFaults {
  int lose_request = 0;  // connection_loss without the effect.
  int lose_reply = 0;    // connection_loss after the effect.
  int no_answer = 0;     // The effect, and then silence.
  int throttle = 0;
};

class MemoryBackend;

class MemoryEnsemble {
 public:
  MemoryEnsemble(Executor& executor, std::uint64_t seed);

  /// A session of `user` to be; empty: nobody. The ensemble outlives it.
  [[nodiscard]] std::unique_ptr<Backend> session(std::string user, Milliseconds timeout);

  // Faults, from now on.
  void be_faulty(MemoryFaults faults) { faults_ = faults; }
  /// Nobody is connected, until it is reachable again. Sessions go on aging.
  void become_unreachable();
  void become_reachable();
  /// The same for one user's sessions alone.
  void cut_off(const std::string& user);
  void let_back(const std::string& user);
  /// Cuts every connection once; clients connect again by themselves.
  void cut_connections();
  /// Accepts whatever is asked and answers nothing, until it speaks again.
  void fall_silent(bool silent) { is_silent_ = silent; }
  void expire(std::int64_t session);
  void lose_next_reply() { lose_next_reply_ = true; }

  /// The whole tree, to be put back later: what restoring an old backup does to a cluster.
  struct Node {
    std::string data;
    Stat stat;
    std::string creator;  // Who alone may touch it; empty: anyone.
    std::int64_t sequence = 0;
  };
  using Tree = std::map<std::string, Node>;
  [[nodiscard]] const Tree& tree() const { return tree_; }
  void restore(Tree tree) { tree_ = std::move(tree); }
  [[nodiscard]] std::uint64_t writes() const { return static_cast<std::uint64_t>(zxid_); }

 private:
  friend class MemoryBackend;
  struct Link {
    MemoryBackend* backend = nullptr;  // Null once it has been closed.
    std::string user;
    Milliseconds timeout{};
    bool is_connected = false;
    bool is_expired = false;  // And the client has yet to come back to learn it.
    BootTime heard_at;
    std::set<std::string> data_watches;
    std::set<std::string> child_watches;
  };
  struct Change {
    WatchType type = WatchType::other;
    std::string path;
  };

  std::int64_t join(MemoryBackend& backend, const std::string& user, Milliseconds timeout);
  void quit(std::int64_t session);
  void forget(std::int64_t session);  // The backend is gone; the session is not.
  void reconnect(std::int64_t session);
  void check_age(std::int64_t session);
  [[nodiscard]] bool chance(int in_a_thousand);

  [[nodiscard]] Code allowed(const std::string& path, const std::string& user) const;
  Code apply(Tree& tree, const Op& op, const Link& link, std::int64_t session, Access access,
             OpResult& result, std::vector<Change>& changes);
  Code create(Tree& tree, const CreateOp& op, const Link& link, std::int64_t session, Access access,
              OpResult& result, std::vector<Change>& changes);
  void publish(const std::vector<Change>& changes);
  void remove_ephemerals(std::int64_t session);

  Executor& executor_;
  std::mt19937_64 chance_;
  Tree tree_;
  std::map<std::int64_t, Link> links_;
  std::int64_t zxid_ = 0;
  std::int64_t sessions_ = 0;
  MemoryFaults faults_;
  bool is_reachable_ = true;
  std::set<std::string> cut_off_;  // Users.
  bool is_silent_ = false;
  bool lose_next_reply_ = false;
};

}  // namespace settle::zk
