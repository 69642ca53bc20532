// One member of a cluster as a process of its own, for faults that only processes know: the
// node, the gate and the checkpoints of production over ZooKeeper's C client, and partitions that
// count. What it does it writes to a log that all members share, one line for each thing done:
//
//   BOOTTIME-NS  joined|claimed|restored|act|committed|fenced|released  PARTITION EPOCH COUNT NAME
//
//   settle_member SERVERS NAME LOG SESSION-MS TICK-MS PARTITIONS GROUPS
//
// GROUPS is how many rows each partition has besides its counter. SIGTERM drains.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "daemon/cluster/checkpoints.h"
#include "daemon/cluster/node.h"
#include "daemon/zookeeper/c_client.h"
#include "daemon/zookeeper/event_thread.h"
#include "tests/members/journal.h"

namespace settle::cluster {
namespace {

struct Arguments {
  std::vector<std::string> servers;
  std::string name;
  std::string log;
  zk::Milliseconds session{};
  zk::Milliseconds tick{};
  std::uint32_t partitions = 0;
  int groups = 0;
};

class Member {
 public:
  Member(zk::EventThread& thread, zk::CClient& connections, const Arguments& arguments)
      : thread_(thread),
        arguments_(arguments),
        log_(::open(arguments.log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)),
        gate_(arguments.partitions) {
    zk::FrameworkOptions connection;
    connection.backend = [&connections] { return connections.session(); };
    connection.name_space = "/settle/members";
    connection.server_tick = arguments.tick;
    connection.operation_timeout = arguments.session;
    client_ = std::make_unique<zk::CuratorFramework>(thread_, std::move(connection));
    checkpoints_ = std::make_unique<Checkpoints>(*client_);
    NodeOptions of_node;
    of_node.member = arguments.name;
    of_node.record.incarnation = arguments.name + "-" + std::to_string(std::random_device{}()) +
                                 std::to_string(std::random_device{}());
    of_node.record.machine = arguments.name;
    of_node.meta = {"members", arguments.partitions, "murmur2", 1};
    of_node.quarantine = call_time(arguments.session);
    // A killed member is back within moments, again and again: that is what these tests are for.
    of_node.limits.flap_lives = 1'000'000;
    of_node.limits.stable_for = Moment(2'000);
    of_node.limits.moves_every = Moment(500);
    of_node.limits.new_moves_every = Moment(500);
    of_node.limits.brake_quiet = Moment(1'000);
    node_ = std::make_unique<Node>(*client_, gate_, std::move(of_node), listening());
    node_->start();
    client_->start();
    work();
  }
  ~Member() {
    node_.reset();
    checkpoints_.reset();
    client_->close();
    client_.reset();
    ::close(log_);
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  void drain() { node_->announce(Presence::draining); }
  [[nodiscard]] std::size_t owned() const { return node_->owned(); }
  void leave() { node_->leave(); }

 private:
  struct Duty {
    std::uint64_t epoch = 0;
    bool is_restored = false;
    bool is_ending = false;
    std::int64_t stored = 0;
    zk::BootTime last_act;
  };

  void tell(const char* kind, std::uint32_t partition, std::uint64_t epoch, std::int64_t count,
            zk::BootTime at) {
    const std::string line = line_of(
        {std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count(), kind,
         partition, epoch, count, arguments_.name});
    // One write: lines of several processes do not mix.
    if (::write(log_, line.data(), line.size()) < 0) std::abort();
  }
  void tell(const char* kind, std::uint32_t partition, const Duty& duty) {
    tell(kind, partition, duty.epoch, duty.stored, thread_.now());
  }
  Duty* duty_of(std::uint32_t partition, std::uint64_t epoch) {
    const auto found = duties_.find(partition);
    return found != duties_.end() && found->second.epoch == epoch ? &found->second : nullptr;
  }

  Node::Listener listening() {
    Node::Listener listener;
    listener.on_joined = [this](const ClusterMeta&) { tell("joined", 0, 0, 0, thread_.now()); };
    listener.on_refused = [](const Error& error) {
      std::fprintf(stderr, "%s\n", error.message.c_str());
      std::_Exit(1);
    };
    listener.on_change = [] {};
    Ownership::Listener& of = listener.partitions;
    of.on_claimed = [this](std::uint32_t partition, const Tenure& tenure) {
      Duty& duty = duties_[partition] = {};
      duty.epoch = tenure.epoch;
      tell("claimed", partition, duty);
      restore(partition, tenure.epoch);
    };
    of.on_suspended = [](std::uint32_t) {};
    of.on_confirmed = [](std::uint32_t, const Tenure&) {};
    of.on_unwanted = [this](std::uint32_t partition) { end(partition); };
    of.on_fenced = [this](std::uint32_t partition) {
      tell("fenced", partition, duties_[partition]);
      duties_.erase(partition);
    };
    of.on_trouble = [](const Error& error) { std::fprintf(stderr, "%s\n", error.message.c_str()); };
    return listener;
  }

  void restore(std::uint32_t partition, std::uint64_t epoch) {
    checkpoints_->restore(partition, [this, partition, epoch](const Result<Restored>& found) {
      Duty* const duty = duty_of(partition, epoch);
      if (duty == nullptr) return;
      if (!found) {
        thread_.after(zk::Milliseconds(50), [this, partition, epoch] {
          if (duty_of(partition, epoch) != nullptr) restore(partition, epoch);
        });
        return;
      }
      const auto row = found->content.rows.find("counter");
      duty->stored = row == found->content.rows.end() ? 0 : std::stoll(row->second);
      duty->is_restored = true;
      tell("restored", partition, *duty);
    });
  }

  /// The last call ends first; then the next owner needs no quarantine.
  void end(std::uint32_t partition) {
    Duty& duty = duties_[partition];
    duty.is_ending = true;
    const auto left = duty.last_act + call_time(arguments_.session) - thread_.now();
    thread_.after(std::max(left, zk::BootClock::duration(0)),
                  [this, partition, epoch = duty.epoch] {
                    node_->release(partition, epoch, [this, partition, epoch](bool) {
                      Duty* const ended = duty_of(partition, epoch);
                      if (ended == nullptr) return;
                      tell("released", partition, *ended);
                      duties_.erase(partition);
                    });
                  });
  }

  void work() {
    const zk::BootTime now = thread_.now();
    const zk::Milliseconds margin = call_time(arguments_.session) + zk::Milliseconds(20);
    for (auto& [partition, duty] : duties_) {
      const bool may_act =
          duty.is_restored && !duty.is_ending && gate_.is_open(partition, duty.epoch, now, margin);
      if (!may_act) continue;
      tell("act", partition, duty.epoch, duty.stored, now);
      duty.last_act = now;
    }
    if (!is_committing_ && client_->is_connected()) commit();
    thread_.after(zk::Milliseconds(50), [this] { work(); });
  }

  [[nodiscard]] Rows rows(std::int64_t count) const {
    Rows rows{{"counter", std::to_string(count)}};
    // A group of 300 bytes, as one with a target, a window and ten ids takes; once each.
    for (int group = 0; count == 1 && group < arguments_.groups; ++group) {
      rows["group-" + std::to_string(group)] =
          std::string(300, static_cast<char>('a' + group % 26));
    }
    return rows;
  }

  void commit() {
    std::vector<Checkpoints::Item> items;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> order;
    for (const auto& [partition, duty] : duties_) {
      const Tenure* const tenure = node_->tenure(partition);
      const bool is_held = tenure != nullptr && tenure->epoch == duty.epoch;
      if (!is_held || !duty.is_restored || duty.is_ending) continue;
      items.push_back({partition, {duty.epoch, tenure->version}, {rows(duty.stored + 1), {}, {}}});
      order.emplace_back(partition, duty.epoch);
    }
    if (items.empty()) return;
    is_committing_ = true;
    checkpoints_->commit(std::move(items), [this, order](const std::vector<Written>& results) {
      is_committing_ = false;
      for (std::size_t at = 0; at < order.size(); ++at) {
        conclude(order[at].first, order[at].second, results[at]);
      }
    });
  }

  void conclude(std::uint32_t partition, std::uint64_t epoch, Written written) {
    if (written == Written::fenced) node_->doubt(partition);
    Duty* const duty = duty_of(partition, epoch);
    if (duty == nullptr || written != Written::stored) return;
    ++duty->stored;
    tell("committed", partition, *duty);
  }

  zk::EventThread& thread_;
  const Arguments arguments_;
  const int log_;
  ActGate gate_;
  std::map<std::uint32_t, Duty> duties_;
  bool is_committing_ = false;
  std::unique_ptr<zk::CuratorFramework> client_;
  std::unique_ptr<Checkpoints> checkpoints_;
  std::unique_ptr<Node> node_;
};

int run(const Arguments& arguments) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // In every thread to come.
  zk::EventThread thread;
  zk::CClientOptions options;
  options.servers = arguments.servers;
  options.session_timeout = arguments.session;
  zk::CClient connections(thread, std::move(options));
  std::unique_ptr<Member> member;
  thread.run([&] { member = std::make_unique<Member>(thread, connections, arguments); });
  int signal = 0;
  ::sigwait(&ends, &signal);
  thread.run([&] { member->drain(); });
  const auto until = thread.now() + std::chrono::seconds(30);
  for (std::size_t owned = 1; owned > 0 && thread.now() < until;) {
    const timespec moment{0, 20'000'000};
    (void)::sigtimedwait(&ends, nullptr, &moment);
    thread.run([&] { owned = member->owned(); });
  }
  thread.run([&] {
    member->leave();
    member.reset();
  });
  return 0;
}

}  // namespace
}  // namespace settle::cluster

int main(int count, char** words) {
  if (count != 8) {
    std::fprintf(stderr, "usage: settle_member SERVERS NAME LOG SESSION TICK PARTITIONS GROUPS\n");
    return 64;
  }
  settle::cluster::Arguments arguments;
  std::string servers = words[1];
  for (std::size_t from = 0; from <= servers.size();) {
    const std::size_t comma = std::min(servers.find(',', from), servers.size());
    arguments.servers.push_back(servers.substr(from, comma - from));
    from = comma + 1;
  }
  arguments.name = words[2];
  arguments.log = words[3];
  arguments.session = settle::zk::Milliseconds(std::stoi(words[4]));
  arguments.tick = settle::zk::Milliseconds(std::stoi(words[5]));
  arguments.partitions = static_cast<std::uint32_t>(std::stoul(words[6]));
  arguments.groups = std::stoi(words[7]);
  return settle::cluster::run(arguments);
}
