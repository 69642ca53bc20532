#include "daemon/zookeeper/memory_ensemble.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace settle::zk {
namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_well_formed(const std::string& path) {
  return !path.empty() && path.front() == '/' && (path == "/" || path.back() != '/') &&
         path.find("//") == std::string::npos && path.find('\0') == std::string::npos;
}

/// The nodes right below `path`, by name.
std::vector<std::string> names_below(const MemoryEnsemble::Tree& tree, const std::string& path) {
  const std::string prefix = path == "/" ? "/" : path + "/";
  std::vector<std::string> names;
  for (auto at = tree.lower_bound(prefix); at != tree.end() && at->first.starts_with(prefix);
       ++at) {
    const std::string rest = at->first.substr(prefix.size());
    if (!rest.empty() && rest.find('/') == std::string::npos) names.push_back(rest);
  }
  return names;
}

}  // namespace

/// The client's end of one session.
class MemoryBackend final : public Backend {
 public:
  MemoryBackend(MemoryEnsemble& ensemble, std::string user, Milliseconds timeout)
      : ensemble_(ensemble), user_(std::move(user)), timeout_(timeout) {}
  ~MemoryBackend() override {
    if (session_ != 0) ensemble_.forget(session_);
  }

  void open(Listener listener) override {
    listener_ = std::move(listener);
    session_ = ensemble_.join(*this, user_, timeout_);
  }
  void close() override {
    if (session_ != 0) ensemble_.quit(session_);
    session_ = 0;
    is_over_ = true;
  }
  void leave_server() override {
    if (session_ != 0 && !is_over_) ensemble_.reconnect(session_);
  }

  void create(const CreateOp& op, Access access, Reply<Created> reply) override {
    write({op}, access, [reply = std::move(reply)](Code code, std::vector<OpResult> results) {
      reply(code, {code == Code::ok ? results.front().path : std::string()});
    });
  }
  void remove(const RemoveOp& op, Reply<Stat> reply) override {
    write({op}, Access::anyone, first_stat(std::move(reply)));
  }
  void set(const SetOp& op, Reply<Stat> reply) override {
    write({op}, Access::anyone, first_stat(std::move(reply)));
  }
  void commit(const Transaction& transaction, Access access,
              Reply<std::vector<OpResult>> reply) override {
    write(transaction, access, std::move(reply));
  }

  void exists(const std::string& path, bool watch, Reply<Stat> reply) override {
    read<Stat>(path, std::move(reply), [this, path, watch](Stat& stat) {
      if (watch) link().data_watches.insert(path);
      const auto node = ensemble_.tree_.find(path);
      if (node == ensemble_.tree_.end()) return Code::no_node;
      stat = node->second.stat;
      return Code::ok;
    });
  }
  void get(const std::string& path, bool watch, Reply<Data> reply) override {
    read<Data>(path, std::move(reply), [this, path, watch](Data& data) {
      const auto node = ensemble_.tree_.find(path);
      if (node == ensemble_.tree_.end()) return Code::no_node;
      if (watch) link().data_watches.insert(path);
      data = {node->second.data, node->second.stat};
      return Code::ok;
    });
  }
  void children(const std::string& path, bool watch, Reply<Children> reply) override {
    read<Children>(path, std::move(reply), [this, path, watch](Children& children) {
      const auto node = ensemble_.tree_.find(path);
      if (node == ensemble_.tree_.end()) return Code::no_node;
      if (watch) link().child_watches.insert(path);
      children = {names_below(ensemble_.tree_, path), node->second.stat};
      return Code::ok;
    });
  }
  void sync(const std::string& path, Reply<Stat> reply) override {
    read<Stat>(path, std::move(reply), [](Stat&) { return Code::ok; });
  }

  void tell(SessionEvent event) {
    if (event == SessionEvent::expired) is_over_ = true;
    post([this, event] { listener_.on_session(event, {session_, timeout_}); });
  }
  void tell(WatchEvent event) {
    post([this, event = std::move(event)] { listener_.on_watch(event); });
  }

 private:
  static Reply<std::vector<OpResult>> first_stat(Reply<Stat> reply) {
    return [reply = std::move(reply)](Code code, std::vector<OpResult> results) {
      reply(code, code == Code::ok ? results.front().stat : Stat{});
    };
  }

  MemoryEnsemble::Link& link() { return ensemble_.links_.at(session_); }

  /// Runs later, if this still exists then.
  void post(Executor::Task task) {
    ensemble_.executor_.post([alive = std::weak_ptr(alive_), task = std::move(task)] {
      if (!alive.expired()) task();
    });
  }

  /// What the state of the connection makes of a call, before anything is done.
  [[nodiscard]] Code state() {
    if (session_ == 0) return Code::closing;
    const auto found = ensemble_.links_.find(session_);
    const bool is_over = found == ensemble_.links_.end() || found->second.is_expired;
    if (is_over) return Code::session_expired;
    return found->second.is_connected ? Code::ok : Code::connection_loss;
  }

  template <typename Value, typename Look>
  void read(const std::string& path, Reply<Value> reply, Look look) {
    Value value{};
    Code code = state();
    if (code == Code::ok && !is_well_formed(path)) code = Code::bad_arguments;
    if (code == Code::ok && ensemble_.chance(ensemble_.faults_.lose_request)) {
      code = Code::connection_loss;
    }
    if (code == Code::ok) code = ensemble_.allowed(path, user_);
    if (code == Code::ok) code = look(value);
    answer(std::move(reply), code, std::move(value));
  }

  void write(const Transaction& transaction, Access access, Reply<std::vector<OpResult>> reply) {
    std::vector<OpResult> results(transaction.size());
    Code code = state();
    const bool is_lost = ensemble_.chance(ensemble_.faults_.lose_request);
    const bool is_throttled = ensemble_.chance(ensemble_.faults_.throttle);
    if (code == Code::ok && is_lost) code = Code::connection_loss;
    if (code == Code::ok && is_throttled) code = Code::throttled;
    if (code == Code::ok && access == Access::creator && user_.empty()) code = Code::no_auth;
    if (code == Code::ok) code = apply(transaction, access, results);
    const bool reply_is_lost = std::exchange(ensemble_.lose_next_reply_, false) ||
                               ensemble_.chance(ensemble_.faults_.lose_reply);
    if (reply_is_lost) code = Code::connection_loss;
    answer(std::move(reply), code, std::move(results));
  }

  Code apply(const Transaction& transaction, Access access, std::vector<OpResult>& results) {
    ++ensemble_.zxid_;
    // One write that fails leaves nothing behind; several are tried on a copy.
    if (transaction.size() == 1) return apply_to(ensemble_.tree_, transaction, access, results);
    MemoryEnsemble::Tree tree = ensemble_.tree_;
    const Code code = apply_to(tree, transaction, access, results);
    if (code == Code::ok) ensemble_.tree_ = std::move(tree);
    return code;
  }

  Code apply_to(MemoryEnsemble::Tree& tree, const Transaction& transaction, Access access,
                std::vector<OpResult>& results) {
    std::vector<MemoryEnsemble::Change> changes;
    for (std::size_t at = 0; at < transaction.size(); ++at) {
      const Code code =
          ensemble_.apply(tree, transaction[at], link(), session_, access, results[at], changes);
      results[at].code = code;
      if (code == Code::ok) continue;
      for (std::size_t other = 0; other < transaction.size(); ++other) {
        if (other != at) results[other] = {Code::rolled_back, {}, {}};
      }
      return code;
    }
    ensemble_.publish(changes);
    return Code::ok;
  }

  template <typename Value>
  void answer(Reply<Value> reply, Code code, Value value) {
    const bool is_unheard = ensemble_.is_silent_ || ensemble_.chance(ensemble_.faults_.no_answer);
    if (is_unheard) {
      unanswered_.push_back([reply = std::move(reply)] { reply(Code::connection_loss, {}); });
      return;
    }
    if (code != Code::connection_loss && code != Code::closing) heard();
    post([reply = std::move(reply), code, value = std::move(value)] { reply(code, value); });
  }

  void heard() {
    const auto found = ensemble_.links_.find(session_);
    if (found != ensemble_.links_.end()) found->second.heard_at = ensemble_.executor_.now();
  }

 public:
  /// The connection broke: whatever waits for an answer learns that it will not come.
  void fail_waiting() {
    for (Executor::Task& task : std::exchange(unanswered_, {})) post(std::move(task));
  }

 private:
  MemoryEnsemble& ensemble_;
  const std::string user_;
  const Milliseconds timeout_;
  Listener listener_;
  std::int64_t session_ = 0;
  bool is_over_ = false;
  std::vector<Executor::Task> unanswered_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

MemoryEnsemble::MemoryEnsemble(Executor& executor, std::uint64_t seed)
    : executor_(executor), chance_(seed) {
  tree_["/"] = {};
}

std::unique_ptr<Backend> MemoryEnsemble::session(std::string user, Milliseconds timeout) {
  return std::make_unique<MemoryBackend>(*this, std::move(user), timeout);
}

void MemoryEnsemble::become_unreachable() {
  is_reachable_ = false;
  cut_connections();
}

void MemoryEnsemble::become_reachable() {
  is_reachable_ = true;
  for (auto& [session, link] : links_) {
    if (link.backend != nullptr && !link.is_connected) reconnect(session);
  }
}

void MemoryEnsemble::cut_off(const std::string& user) {
  cut_off_.insert(user);
  for (auto& [session, link] : links_) {
    if (link.user != user || link.backend == nullptr || !link.is_connected) continue;
    link.is_connected = false;
    link.backend->fail_waiting();
    link.backend->tell(SessionEvent::disconnected);
  }
}

void MemoryEnsemble::let_back(const std::string& user) {
  if (cut_off_.erase(user) == 0 || !is_reachable_) return;
  for (auto& [session, link] : links_) {
    const bool is_out = link.backend != nullptr && !link.is_connected;
    if (link.user == user && is_out) reconnect(session);
  }
}

void MemoryEnsemble::cut_connections() {
  for (auto& [session, link] : links_) {
    if (link.backend == nullptr || !link.is_connected) continue;
    link.is_connected = false;
    link.backend->fail_waiting();
    link.backend->tell(SessionEvent::disconnected);
    if (is_reachable_) reconnect(session);
  }
}

void MemoryEnsemble::expire(std::int64_t session) {
  const auto found = links_.find(session);
  if (found == links_.end() || found->second.is_expired) return;
  Link& link = found->second;
  const bool can_be_told = link.backend != nullptr && link.is_connected && !is_silent_;
  MemoryBackend* const backend = link.backend;
  if (can_be_told || backend == nullptr) {
    links_.erase(found);
  } else {
    // A client that is away learns of it when it comes back.
    link.is_expired = true;
    if (link.is_connected) reconnect(session);
  }
  remove_ephemerals(session);
  if (!can_be_told) return;
  backend->fail_waiting();
  backend->tell(SessionEvent::expired);
}

std::int64_t MemoryEnsemble::join(MemoryBackend& backend, const std::string& user,
                                  Milliseconds timeout) {
  const std::int64_t session = ++sessions_;
  Link link;
  link.backend = &backend;
  link.user = user;
  link.timeout = timeout;
  link.heard_at = executor_.now();
  links_.emplace(session, std::move(link));
  if (is_reachable_) reconnect(session);
  check_age(session);
  return session;
}

void MemoryEnsemble::quit(std::int64_t session) {
  const auto found = links_.find(session);
  if (found == links_.end()) return;
  const bool is_heard = found->second.is_connected && !is_silent_;
  found->second.backend->fail_waiting();
  found->second.backend = nullptr;
  if (!is_heard) return;
  links_.erase(found);
  remove_ephemerals(session);
}

void MemoryEnsemble::forget(std::int64_t session) {
  const auto found = links_.find(session);
  if (found == links_.end()) return;
  found->second.backend = nullptr;
  found->second.is_connected = false;
}

/// The client finds the ensemble again by itself: the same session, if it is still one.
void MemoryEnsemble::reconnect(std::int64_t session) {
  executor_.post([this, session] {
    const auto found = links_.find(session);
    if (!is_reachable_ || found == links_.end() || found->second.backend == nullptr) return;
    Link& link = found->second;
    if (cut_off_.contains(link.user)) return;
    if (link.is_connected) link.backend->fail_waiting();
    if (link.is_expired) {
      link.backend->tell(SessionEvent::expired);
      links_.erase(found);
      return;
    }
    link.is_connected = true;
    link.heard_at = executor_.now();
    link.backend->tell(SessionEvent::connected);
  });
}

/// Servers hear pings while a client is connected; a session that is not heard of ends.
void MemoryEnsemble::check_age(std::int64_t session) {
  const auto found = links_.find(session);
  if (found == links_.end()) return;
  Link& link = found->second;
  if (link.is_expired) return;
  const BootTime now = executor_.now();
  if (link.is_connected && link.backend != nullptr && !is_silent_) link.heard_at = now;
  if (link.heard_at + link.timeout <= now) return expire(session);
  executor_.after(std::max<BootClock::duration>(link.timeout / 4, BootClock::duration(1)),
                  [this, session] { check_age(session); });
}

bool MemoryEnsemble::chance(int in_a_thousand) {
  return in_a_thousand > 0 && std::uniform_int_distribution<int>(0, 999)(chance_) < in_a_thousand;
}

Code MemoryEnsemble::allowed(const std::string& path, const std::string& user) const {
  const auto node = tree_.find(path);
  const bool is_open = node == tree_.end() || node->second.creator.empty();
  return is_open || node->second.creator == user ? Code::ok : Code::no_auth;
}

Code MemoryEnsemble::create(Tree& tree, const CreateOp& op, const Link& link, std::int64_t session,
                            Access access, OpResult& result, std::vector<Change>& changes) {
  if (!is_well_formed(op.path) || op.path == "/") return Code::bad_arguments;
  const auto parent = tree.find(parent_of(op.path));
  if (parent == tree.end()) return Code::no_node;
  if (const Code code = allowed(parent->first, link.user); code != Code::ok) return code;
  // An ephemeral has no children.
  if (parent->second.stat.ephemeral_owner != 0) return Code::bad_arguments;
  std::string path = op.path;
  if (is_sequential(op.mode)) path += fmt::format("{:010}", parent->second.sequence++);
  if (tree.contains(path)) return Code::node_exists;
  Node node;
  node.data = op.data;
  node.stat.czxid = node.stat.mzxid = node.stat.pzxid = zxid_;
  node.stat.created_ms =
      std::chrono::duration_cast<Milliseconds>(executor_.now().time_since_epoch()).count();
  node.stat.data_length = static_cast<std::int32_t>(op.data.size());
  node.stat.ephemeral_owner = is_ephemeral(op.mode) ? session : 0;
  if (access == Access::creator) node.creator = link.user;
  ++parent->second.stat.cversion;
  ++parent->second.stat.children;
  parent->second.stat.pzxid = zxid_;
  changes.push_back({WatchType::created, path});
  changes.push_back({WatchType::children, parent->first});
  result = {Code::ok, path, node.stat};
  tree.emplace(std::move(path), std::move(node));
  return Code::ok;
}

Code MemoryEnsemble::apply(Tree& tree, const Op& op, const Link& link, std::int64_t session,
                           Access access, OpResult& result, std::vector<Change>& changes) {
  if (const auto* fresh = std::get_if<CreateOp>(&op)) {
    return create(tree, *fresh, link, session, access, result, changes);
  }
  const std::string& path = path_of(op);
  const auto node = tree.find(path);
  if (node == tree.end()) return Code::no_node;
  if (const Code code = allowed(path, link.user); code != Code::ok) return code;
  const auto is_other = [&](std::int32_t version) {
    return version != any_version && version != node->second.stat.version;
  };
  result.path = path;
  if (const auto* check = std::get_if<CheckOp>(&op)) {
    return is_other(check->version) ? Code::bad_version : Code::ok;
  }
  if (const auto* set = std::get_if<SetOp>(&op)) {
    if (is_other(set->version)) return Code::bad_version;
    node->second.data = set->data;
    ++node->second.stat.version;
    node->second.stat.mzxid = zxid_;
    node->second.stat.data_length = static_cast<std::int32_t>(set->data.size());
    result.stat = node->second.stat;
    changes.push_back({WatchType::changed, path});
    return Code::ok;
  }
  if (is_other(std::get<RemoveOp>(op).version)) return Code::bad_version;
  if (!names_below(tree, path).empty()) return Code::not_empty;
  Node& parent = tree.at(parent_of(path));
  ++parent.stat.cversion;
  --parent.stat.children;
  parent.stat.pzxid = zxid_;
  changes.push_back({WatchType::deleted, path});
  changes.push_back({WatchType::children, parent_of(path)});
  tree.erase(node);
  return Code::ok;
}

void MemoryEnsemble::publish(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    for (auto& [session, link] : links_) {
      if (link.backend == nullptr) continue;
      const bool is_of_children = change.type == WatchType::children;
      const bool was_watched = is_of_children ? link.child_watches.erase(change.path) > 0
                                              : link.data_watches.erase(change.path) > 0;
      const bool was_parent =
          change.type == WatchType::deleted && link.child_watches.erase(change.path) > 0;
      if ((was_watched || was_parent) && link.is_connected && !is_silent_) {
        link.backend->tell(WatchEvent{change.type, change.path});
      }
    }
  }
}

void MemoryEnsemble::remove_ephemerals(std::int64_t session) {
  std::vector<Change> changes;
  ++zxid_;
  for (auto node = tree_.begin(); node != tree_.end();) {
    if (node->second.stat.ephemeral_owner != session) {
      ++node;
      continue;
    }
    const std::string parent = parent_of(node->first);
    if (const auto above = tree_.find(parent); above != tree_.end()) {
      ++above->second.stat.cversion;
      --above->second.stat.children;
      above->second.stat.pzxid = zxid_;
    }
    changes.push_back({WatchType::deleted, node->first});
    changes.push_back({WatchType::children, parent});
    node = tree_.erase(node);
  }
  publish(changes);
}

}  // namespace settle::zk
