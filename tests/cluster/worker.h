// One daemon of the simulation: the node and the checkpoints of production, and partitions whose
// work is as simple as it can be and still be wrong. An event asks for one instance more or one
// less; what it asks for is committed with it as an intent, then carried out, then its outcome
// committed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/cluster/checkpoints.h"
#include "tests/cluster/fleet.h"

namespace settle::cluster {

class Worker {
 public:
  Worker(zk::ManualExecutor& clock, zk::MemoryEnsemble& ensemble, Fleet& fleet,
         const StageOptions& options, const std::string& name, int start)
      : process_(clock),
        ensemble_(ensemble),
        fleet_(fleet),
        options_(options),
        gate_(options.partitions),
        user_(name + "#" + std::to_string(start)) {
    zk::FrameworkOptions connection;
    connection.backend = [this, session = options.session] {
      return std::make_unique<Relay>(process_, ensemble_.session(user_, session));
    };
    connection.name_space = "/settle/test";
    connection.server_tick = zk::Milliseconds(1'000);
    connection.operation_timeout = zk::Milliseconds(2'000);
    connection.seed = options.seed + static_cast<std::uint64_t>(start);
    client_ = std::make_unique<zk::CuratorFramework>(process_, std::move(connection));
    checkpoints_ = std::make_unique<Checkpoints>(*client_);
    NodeOptions of_node;
    of_node.member = name;
    of_node.record.incarnation = name + "-" + std::to_string(start);
    of_node.record.machine = name;
    of_node.meta = {"c-1", options.partitions, "murmur2", 1};
    of_node.quarantine = options.quarantine;
    node_ = std::make_unique<Node>(*client_, gate_, std::move(of_node), listening());
    node_->start();
    client_->start();
    work();
  }

  Process& process() { return process_; }
  [[nodiscard]] const std::string& user() const { return user_; }
  Node& node() { return *node_; }
  zk::CuratorFramework& client() { return *client_; }
  [[nodiscard]] bool acts_for(std::uint32_t partition) const {
    const auto found = duties_.find(partition);
    return found != duties_.end() && is_active(found->second) &&
           gate_.is_open(partition, found->second.epoch, process_.now(), margin);
  }

  /// An event, told by a source. Taken once the commit that holds it is done.
  void offer(std::uint32_t partition, const std::string& event) {
    const auto found = duties_.find(partition);
    if (found == duties_.end() || !is_active(found->second)) return;
    Duty& duty = found->second;
    if (holds(duty.stored, event)) return fleet_.taken(event);
    if (holds(duty.draft, event)) return;
    duty.draft.events.push_back(event);
    open_intent(duty, event);
    if (options_.broken == Broken::answer) fleet_.taken(event);
  }
  /// What is stored of a partition that this one has; null otherwise.
  [[nodiscard]] const Ledger* stored(std::uint32_t partition) const {
    const auto found = duties_.find(partition);
    return found != duties_.end() && is_active(found->second) ? &found->second.stored : nullptr;
  }

 private:
  static constexpr zk::Milliseconds margin{Fleet::call_takes + zk::Milliseconds(250)};
  struct Duty {
    std::uint64_t epoch = 0;
    bool is_restored = false;
    bool is_ending = false;
    Ledger stored;
    Ledger draft;
    std::map<std::string, zk::BootTime> under_way;  // By intent, when its call left.
    zk::BootTime last_call;
  };

  static bool is_active(const Duty& duty) { return duty.is_restored && !duty.is_ending; }
  static bool holds(const Ledger& ledger, const std::string& event) {
    return std::find(ledger.events.begin(), ledger.events.end(), event) != ledger.events.end();
  }
  Duty* duty_of(std::uint32_t partition, std::uint64_t epoch) {
    const auto found = duties_.find(partition);
    return found != duties_.end() && found->second.epoch == epoch ? &found->second : nullptr;
  }

  void open_intent(Duty& duty, const std::string& event) {
    Intent intent{event, event, {}};
    const bool is_launch = event.back() == '+';
    if (!is_launch) {
      const auto victim =
          std::find_if(duty.draft.instances.begin(), duty.draft.instances.end(),
                       [&](const std::string& instance) { return duty.draft.keeps(instance); });
      if (victim == duty.draft.instances.end()) return;
      intent.victim = *victim;
    }
    if (options_.broken == Broken::token) intent.token += "@" + std::to_string(duty.epoch);
    duty.draft.open[event] = intent;
  }

  Node::Listener listening() {
    Node::Listener listener;
    listener.on_joined = [](const ClusterMeta&) {};
    listener.on_refused = [](const Error&) {};
    listener.on_change = [] {};
    Ownership::Listener& of = listener.partitions;
    of.on_claimed = [this](std::uint32_t partition, const Tenure& tenure) {
      duties_[partition] = {};
      duties_[partition].epoch = tenure.epoch;
      restore(partition, tenure.epoch);
    };
    of.on_suspended = [](std::uint32_t) {};
    of.on_confirmed = [](std::uint32_t, const Tenure&) {};
    of.on_unwanted = [this](std::uint32_t partition) { end(partition); };
    of.on_fenced = [this](std::uint32_t partition) { duties_.erase(partition); };
    of.on_trouble = [](const Error&) {};
    return listener;
  }

  void restore(std::uint32_t partition, std::uint64_t epoch) {
    checkpoints_->restore(partition, [this, partition, epoch](const Result<Restored>& found) {
      Duty* const duty = duty_of(partition, epoch);
      if (duty == nullptr) return;
      if (!found) {
        process_.after(zk::Milliseconds(100), [this, partition, epoch] {
          if (duty_of(partition, epoch) != nullptr) restore(partition, epoch);
        });
        return;
      }
      const auto row = found->content.rows.find("g");
      duty->stored = row == found->content.rows.end() ? Ledger{} : Ledger::of(row->second);
      if (options_.broken == Broken::token) {
        for (auto& [name, intent] : duty->stored.open) intent.token += "@" + std::to_string(epoch);
      }
      duty->draft = duty->stored;
      duty->is_restored = true;
      fleet_.committed(partition, epoch, duty->stored);
    });
  }

  /// Lets the last call come to its end before it gives the partition up.
  void end(std::uint32_t partition) {
    Duty& duty = duties_[partition];
    duty.is_ending = true;
    const auto left = duty.last_call + Fleet::call_takes - process_.now();
    process_.after(std::max(left, zk::BootClock::duration(0)),
                   [this, partition, epoch = duty.epoch] {
                     node_->release(partition, epoch, [this, partition, epoch](bool) {
                       if (duty_of(partition, epoch) != nullptr) duties_.erase(partition);
                     });
                   });
  }

  void work() {
    for (auto& [partition, duty] : duties_) {
      if (is_active(duty)) carry_out(partition, duty);
    }
    // Whoever acts before it commits has the longer to be found out.
    const bool is_due = options_.broken != Broken::intent || works_++ % 16 == 0;
    if (is_due && !is_committing_ && client_->is_connected()) commit();
    process_.after(zk::Milliseconds(97), [this] { work(); });
  }

  void carry_out(std::uint32_t partition, Duty& duty) {
    const zk::BootTime now = process_.now();
    const Ledger& ledger = options_.broken == Broken::intent ? duty.draft : duty.stored;
    for (const auto& [name, intent] : ledger.open) {
      const auto sent = duty.under_way.find(name);
      const bool is_due = sent == duty.under_way.end() || sent->second + Fleet::call_takes <= now;
      const bool is_open =
          options_.broken == Broken::gate || gate_.is_open(partition, duty.epoch, now, margin);
      if (!duty.draft.open.contains(name) || !is_due || !is_open) continue;
      duty.under_way[name] = now;
      duty.last_call = now;
      fleet_.call(partition, duty.epoch, intent,
                  [this, partition, epoch = duty.epoch, intent](const std::string& instance) {
                    process_.post([=, this] { learn(partition, epoch, intent, instance); });
                  });
    }
  }

  void learn(std::uint32_t partition, std::uint64_t epoch, const Intent& intent,
             const std::string& instance) {
    Duty* const duty = duty_of(partition, epoch);
    if (duty == nullptr || duty->draft.open.erase(intent.name) == 0) return;
    if (intent.victim.empty()) {
      duty->draft.instances.insert(instance);
    } else {
      duty->draft.instances.erase(intent.victim);
    }
  }

  /// What makes us the owner; nothing if we are not, or cannot be sure.
  [[nodiscard]] std::optional<Title> title(std::uint32_t partition, const Duty& duty) {
    if (options_.broken == Broken::title) {
      checkpoints_->forget(partition);  // Or the version of the manifest would tell.
      const auto own = ensemble_.tree().find("/settle/test" + layout::own(partition));
      return Title{duty.epoch, own->second.stat.version};
    }
    const Tenure* const tenure = node_->tenure(partition);
    if (tenure == nullptr || tenure->epoch != duty.epoch) return std::nullopt;
    return Title{duty.epoch, tenure->version};
  }

  void commit() {
    std::vector<Checkpoints::Item> items;
    std::map<std::uint32_t, std::pair<std::uint64_t, Ledger>> drafts;
    for (const auto& [partition, duty] : duties_) {
      if (!is_active(duty) || duty.draft == duty.stored) continue;
      const std::optional<Title> held = title(partition, duty);
      if (!held) continue;
      items.push_back({partition, *held, {{{"g", duty.draft.bytes()}}, {}, {}}});
      drafts[partition] = {duty.epoch, duty.draft};
    }
    if (items.empty()) return;
    is_committing_ = true;
    checkpoints_->commit(std::move(items), [this, drafts](const std::vector<Written>& results) {
      is_committing_ = false;
      auto result = results.begin();
      for (const auto& [partition, draft] : drafts) {
        conclude(partition, draft.first, draft.second, *result++);
      }
    });
  }

  void conclude(std::uint32_t partition, std::uint64_t epoch, const Ledger& ledger,
                Written written) {
    if (written == Written::fenced) node_->doubt(partition);
    Duty* const duty = duty_of(partition, epoch);
    if (duty == nullptr || written != Written::stored) return;
    duty->stored = ledger;
    fleet_.committed(partition, epoch, ledger);
    for (const std::string& event : ledger.events) fleet_.taken(event);
  }

  Process process_;
  zk::MemoryEnsemble& ensemble_;
  Fleet& fleet_;
  const StageOptions options_;
  ActGate gate_;
  const std::string user_;
  std::map<std::uint32_t, Duty> duties_;
  bool is_committing_ = false;
  int works_ = 0;
  std::unique_ptr<zk::CuratorFramework> client_;
  std::unique_ptr<Checkpoints> checkpoints_;
  std::unique_ptr<Node> node_;
};

}  // namespace settle::cluster
