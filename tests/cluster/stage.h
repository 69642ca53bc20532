// Several members over one ensemble in memory, on one clock that goes only when told: each can be
// killed, stopped in the middle, cut off and restarted. What they do to the world is judged at
// once: two owners that act are a failure the moment the second one acts.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/cluster/node.h"
#include "daemon/zookeeper/fenced_store.h"
#include "daemon/zookeeper/memory_ensemble.h"
#include "tests/zookeeper/manual_executor.h"

namespace settle::cluster {

/// One process's share of the clock: while it is frozen, whatever was to run waits.
class Process final : public zk::Executor {
 public:
  explicit Process(zk::ManualExecutor& world) : world_(world) {}
  void post(Task task) override {
    world_.post([this, task = std::move(task)] { run(task); });
  }
  TimerId after(zk::BootClock::duration delay, Task task) override {
    return world_.after(delay, [this, task = std::move(task)] { run(task); });
  }
  void cancel(TimerId timer) override { world_.cancel(timer); }
  [[nodiscard]] zk::BootTime now() const override { return world_.now(); }

  void freeze() { is_frozen_ = true; }
  void thaw() {
    is_frozen_ = false;
    for (Task& task : std::exchange(held_, {})) world_.post([this, task] { run(task); });
  }
  [[nodiscard]] bool is_frozen() const { return is_frozen_; }

 private:
  void run(const Task& task) {
    if (is_frozen_) {
      held_.push_back(task);
    } else {
      task();
    }
  }
  zk::ManualExecutor& world_;
  bool is_frozen_ = false;
  std::deque<Task> held_;
};

/// Brings what an ensemble says into a process, where it waits while that is frozen.
class Relay final : public zk::Backend {
 public:
  Relay(zk::Executor& process, std::unique_ptr<zk::Backend> inner)
      : process_(process), inner_(std::move(inner)) {}
  void open(Listener listener) override {
    Listener here;
    here.on_session = [this, to = listener.on_session](zk::SessionEvent event, zk::Session of) {
      post([to, event, of] { to(event, of); });
    };
    here.on_watch = [this, to = listener.on_watch](const zk::WatchEvent& event) {
      post([to, event] { to(event); });
    };
    inner_->open(std::move(here));
  }
  void close() override { inner_->close(); }
  void leave_server() override { inner_->leave_server(); }
  void create(const zk::CreateOp& op, zk::Access access, zk::Reply<zk::Created> reply) override {
    inner_->create(op, access, here<zk::Created>(std::move(reply)));
  }
  void remove(const zk::RemoveOp& op, zk::Reply<zk::Stat> reply) override {
    inner_->remove(op, here<zk::Stat>(std::move(reply)));
  }
  void set(const zk::SetOp& op, zk::Reply<zk::Stat> reply) override {
    inner_->set(op, here<zk::Stat>(std::move(reply)));
  }
  void exists(const std::string& path, bool watch, zk::Reply<zk::Stat> reply) override {
    inner_->exists(path, watch, here<zk::Stat>(std::move(reply)));
  }
  void get(const std::string& path, bool watch, zk::Reply<zk::Data> reply) override {
    inner_->get(path, watch, here<zk::Data>(std::move(reply)));
  }
  void children(const std::string& path, bool watch, zk::Reply<zk::Children> reply) override {
    inner_->children(path, watch, here<zk::Children>(std::move(reply)));
  }
  void commit(const zk::Transaction& transaction, zk::Access access,
              zk::Reply<std::vector<zk::OpResult>> reply) override {
    inner_->commit(transaction, access, here<std::vector<zk::OpResult>>(std::move(reply)));
  }
  void sync(const std::string& path, zk::Reply<zk::Stat> reply) override {
    inner_->sync(path, here<zk::Stat>(std::move(reply)));
  }

 private:
  void post(zk::Executor::Task task) {
    process_.post([alive = std::weak_ptr(alive_), task = std::move(task)] {
      if (!alive.expired()) task();
    });
  }
  template <typename Value>
  zk::Reply<Value> here(zk::Reply<Value> reply) {
    return [this, alive = std::weak_ptr(alive_), reply = std::move(reply)](zk::Code code,
                                                                           Value value) {
      if (!alive.expired()) post([reply, code, value = std::move(value)] { reply(code, value); });
    };
  }
  zk::Executor& process_;
  std::unique_ptr<zk::Backend> inner_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// What reaches the cloud, and whether it may.
class World {
 public:
  static constexpr zk::Milliseconds act_takes{2'000};  // At most, and a server may need all of it.

  void act(std::uint32_t partition, std::uint64_t epoch, zk::BootTime now) {
    Seen& seen = seen_[partition];
    ++acts_;
    if (epoch < seen.epoch) fail(partition, epoch, "acts after its successor");
    if (epoch > seen.epoch && seen.epoch != 0 && now < seen.last + act_takes) {
      fail(partition, epoch, "acts while a call of its predecessor may be under way");
    }
    seen.epoch = std::max(seen.epoch, epoch);
    seen.last = now;
  }
  void committed(std::uint32_t partition, std::uint64_t epoch) {
    ++commits_;
    if (epoch < committed_[partition]) fail(partition, epoch, "commits after its successor");
    committed_[partition] = std::max(committed_[partition], epoch);
  }
  /// What the daemons of this stage write below their partitions.
  void look_at(const zk::MemoryEnsemble::Tree& tree, std::uint32_t partitions) {
    for (std::uint32_t number = 0; number < partitions; ++number) {
      const auto node = tree.find("/settle/test/p/00" + std::to_string(number) + "/s");
      const bool is_written = node != tree.end() && !node->second.data.empty();
      if (is_written) committed(number, std::stoull(node->second.data));
    }
  }
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }
  [[nodiscard]] std::size_t acts() const { return acts_; }
  [[nodiscard]] std::size_t commits() const { return commits_; }

 private:
  void fail(std::uint32_t partition, std::uint64_t epoch, const std::string& what) {
    failures_.push_back("epoch " + std::to_string(epoch) + " of partition " +
                        std::to_string(partition) + " " + what);
  }
  struct Seen {
    std::uint64_t epoch = 0;
    zk::BootTime last;
  };
  std::map<std::uint32_t, Seen> seen_;
  std::map<std::uint32_t, std::uint64_t> committed_;
  std::vector<std::string> failures_;
  std::size_t acts_ = 0;
  std::size_t commits_ = 0;
};

/// A rule that the daemons of a stage break on purpose: the oracles are to catch it.
enum class Broken : std::uint8_t {
  nothing,
  gate,    // Acts without asking it.
  title,   // Commits by whatever version the record of ownership has now.
  token,   // A successor makes another token for the intent that it inherits.
  answer,  // Says that an event is taken before the commit that holds it.
  intent,  // Acts upon what is not committed yet.
};

struct StageOptions {
  std::uint64_t seed = 1;
  std::uint32_t partitions = 8;
  zk::Milliseconds session{6'000};
  zk::Milliseconds quarantine{2'500};
  Broken broken = Broken::nothing;
  bool draws_names = false;       // To notice copies of itself.
  std::uint64_t epoch_floor = 0;  // The largest epoch that members remember from before.
};

/// One daemon: its connection, its node, and work for each partition that it owns.
class Daemon {
 public:
  Daemon(zk::ManualExecutor& clock, zk::MemoryEnsemble& ensemble, World& world,
         const StageOptions& options, const std::string& name, int start)
      : process_(clock),
        world_(world),
        options_(options),
        gate_(options.partitions),
        user_(name + "#" + std::to_string(start)) {
    zk::FrameworkOptions connection;
    connection.backend = [this, &ensemble, session = options.session] {
      return std::make_unique<Relay>(process_, ensemble.session(user_, session));
    };
    connection.name_space = "/settle/test";
    connection.server_tick = zk::Milliseconds(1'000);
    connection.operation_timeout = zk::Milliseconds(2'000);
    connection.seed = options.seed + static_cast<std::uint64_t>(start);
    client_ = std::make_unique<zk::CuratorFramework>(process_, std::move(connection));
    NodeOptions of_node;
    of_node.member = name;
    of_node.record.incarnation = name + "-" + std::to_string(start);
    of_node.record.machine = name;
    of_node.meta = {"c-1", options.partitions, "murmur2", 1};
    of_node.quarantine = options.quarantine;
    of_node.epoch_floor = [floor = options.epoch_floor](std::uint32_t) { return floor; };
    if (options.draws_names) {
      of_node.chance = [this] { return user_ + "-" + std::to_string(++names_drawn_); };
    }
    node_ = std::make_unique<Node>(*client_, gate_, std::move(of_node), listening());
    node_->start();
    client_->start();
    work();
  }

  Process& process() { return process_; }
  /// As the ensemble knows it: each start is another.
  [[nodiscard]] const std::string& user() const { return user_; }
  Node& node() { return *node_; }
  zk::CuratorFramework& client() { return *client_; }
  [[nodiscard]] const std::vector<std::string>& troubles() const { return troubles_; }
  /// Owns it, and would send something for it now.
  [[nodiscard]] bool acts_for(std::uint32_t partition) const {
    const auto found = duties_.find(partition);
    return found != duties_.end() && !found->second.is_ending &&
           gate_.is_open(partition, found->second.epoch, process_.now(), margin);
  }

 private:
  static constexpr zk::Milliseconds margin{World::act_takes + zk::Milliseconds(250)};
  struct Duty {
    std::uint64_t epoch = 0;
    bool may_commit = true;
    bool is_ending = false;
    zk::BootTime last_act;
  };

  Node::Listener listening() {
    Node::Listener listener;
    listener.on_joined = [](const ClusterMeta&) {};
    listener.on_refused = [this](const Error& error) { troubles_.push_back(error.message); };
    listener.on_change = [] {};
    listener.on_cloned = [this] { troubles_.push_back("cloned"); };
    Ownership::Listener& of = listener.partitions;
    of.on_claimed = [this](std::uint32_t partition, const Tenure& tenure) {
      duties_[partition] = {tenure.epoch, true, false, {}};
    };
    of.on_suspended = [this](std::uint32_t partition) { duties_[partition].may_commit = false; };
    of.on_confirmed = [this](std::uint32_t partition, const Tenure&) {
      duties_[partition].may_commit = true;
    };
    of.on_unwanted = [this](std::uint32_t partition) { end(partition); };
    of.on_fenced = [this](std::uint32_t partition) { duties_.erase(partition); };
    of.on_trouble = [this](const Error& error) { troubles_.push_back(error.message); };
    return listener;
  }

  /// Lets the last call come to its end before it gives the partition up.
  void end(std::uint32_t partition) {
    Duty& duty = duties_[partition];
    duty.is_ending = true;
    const auto left = duty.last_act + World::act_takes - process_.now();
    process_.after(std::max(left, zk::BootClock::duration(0)),
                   [this, partition, epoch = duty.epoch] {
                     node_->release(partition, epoch, [this, partition, epoch](bool) {
                       const auto found = duties_.find(partition);
                       const bool is_it = found != duties_.end() && found->second.epoch == epoch;
                       if (is_it) duties_.erase(found);
                     });
                   });
  }

  void work() {
    const zk::BootTime now = process_.now();
    for (auto& [partition, duty] : duties_) {
      const bool is_open =
          options_.broken == Broken::gate || gate_.is_open(partition, duty.epoch, now, margin);
      if (is_open && !duty.is_ending) {
        world_.act(partition, duty.epoch, now);
        duty.last_act = now;
      }
      const Tenure* const tenure = node_->tenure(partition);
      if (tenure != nullptr && works_ % 8 == 0) commit(partition, *tenure);
    }
    ++works_;
    process_.after(zk::Milliseconds(97), [this] { work(); });
  }

  void commit(std::uint32_t partition, const Tenure& tenure) {
    const std::string path = "/p/00" + std::to_string(partition);
    zk::Transaction write;
    write.emplace_back(zk::CheckOp{path + "/own", tenure.version});
    write.emplace_back(zk::SetOp{path + "/s", std::to_string(tenure.epoch), zk::any_version});
    client_->commit(std::move(write), [](zk::Code, const std::vector<zk::OpResult>&) {});
  }

  Process process_;
  World& world_;
  const StageOptions options_;
  ActGate gate_;
  const std::string user_;
  int works_ = 0;
  int names_drawn_ = 0;
  std::map<std::uint32_t, Duty> duties_;
  std::vector<std::string> troubles_;
  std::unique_ptr<zk::CuratorFramework> client_;
  std::unique_ptr<Node> node_;
};

/// `Member` is one daemon, `Place` what it acts upon.
template <typename Member, typename Place>
class StageOf {
 public:
  explicit StageOf(StageOptions options = {})
      : options_(options), ensemble_(clock_, options.seed) {}
  ~StageOf() {
    // What a dead process had left to do finds it gone only if it was never freed.
    for (auto& [name, daemon] : daemons_) daemon->process().freeze();
  }

  void start(const std::string& name) {
    daemons_[name] = std::make_unique<Member>(clock_, ensemble_, world_, options_, name, ++starts_);
  }
  /// As SIGKILL: no goodbye, and the session lives on until its timeout.
  void kill(const std::string& name) {
    const auto found = daemons_.find(name);
    if (found == daemons_.end()) return;
    found->second->process().freeze();
    ensemble_.cut_off(found->second->user());
    graves_.push_back(std::move(found->second));
    daemons_.erase(found);
  }
  void freeze(const std::string& name) {
    daemons_.at(name)->process().freeze();
    cut_off(name);
  }
  void cut_off(const std::string& name) { ensemble_.cut_off(daemons_.at(name)->user()); }
  void let_back(const std::string& name) { ensemble_.let_back(daemons_.at(name)->user()); }
  void thaw(const std::string& name) {
    let_back(name);
    daemons_.at(name)->process().thaw();
  }
  void run_for(zk::Milliseconds length) {
    for (zk::Milliseconds done{0}; done < length; done += zk::Milliseconds(50)) {
      clock_.run_for(zk::Milliseconds(50));
      world_.look_at(ensemble_.tree(), options_.partitions);
    }
  }

  Member& operator[](const std::string& name) { return *daemons_.at(name); }
  [[nodiscard]] bool is_up(const std::string& name) const { return daemons_.contains(name); }
  zk::MemoryEnsemble& ensemble() { return ensemble_; }
  Place& world() { return world_; }
  zk::ManualExecutor& clock() { return clock_; }
  [[nodiscard]] const StageOptions& options() const { return options_; }

  /// By partition, how many members would act for it now.
  [[nodiscard]] std::vector<int> actors() const {
    std::vector<int> found(options_.partitions, 0);
    for (const auto& [name, daemon] : daemons_) {
      if (daemon->process().is_frozen()) continue;
      for (std::uint32_t number = 0; number < options_.partitions; ++number) {
        found[number] += daemon->acts_for(number) ? 1 : 0;
      }
    }
    return found;
  }
  [[nodiscard]] bool everything_has_one_actor() const {
    return actors() == std::vector<int>(options_.partitions, 1);
  }
  [[nodiscard]] std::size_t owned(const std::string& name) const {
    const auto found = daemons_.find(name);
    return found == daemons_.end() ? 0 : found->second->node().owned();
  }

 private:
  const StageOptions options_;
  zk::ManualExecutor clock_;
  zk::MemoryEnsemble ensemble_;
  Place world_;
  std::map<std::string, std::unique_ptr<Member>> daemons_;
  std::vector<std::unique_ptr<Member>> graves_;
  int starts_ = 0;
};

using Stage = StageOf<Daemon, World>;

}  // namespace settle::cluster
