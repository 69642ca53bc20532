#include "daemon/cluster/member/member.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "daemon/base/log.h"
#include "daemon/cluster/store/checkpoint_file.h"
#include "daemon/cluster/store/zookeeper_store.h"

namespace settle::cluster {
namespace {

using namespace std::chrono_literals;

constexpr zk::Milliseconds send_slack{250};
constexpr std::int64_t clocks_part_ms = 1'000;
constexpr std::chrono::milliseconds look_every{100};
constexpr int say_so_each = 100;  // Looks.
constexpr std::chrono::seconds look_at_reach_each{1};
constexpr std::chrono::seconds agree_time{8};  // Less than it takes to be thought dead.

/// 128 bits by chance, as hex: no two starts of a process share them.
std::string made_up_name() {
  std::array<unsigned char, 16> bytes{};
  FILE* source = std::fopen("/dev/urandom", "rbe");
  const bool is_read = source != nullptr && std::fread(bytes.data(), 1, bytes.size(), source) == 16;
  if (source != nullptr) (void)std::fclose(source);
  if (!is_read) std::abort();  // Without chance, two owners could share a name.
  std::string name;
  for (const unsigned char byte : bytes) name += fmt::format("{:02x}", byte);
  return name;
}

/// What no other process has: one lock file, on one running kernel. A machine that was copied, or
/// another one whose folders are called the same, is another.
std::string identity_of(const std::string& state) {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  struct stat lock {};
  if (::stat((state + ".lock").c_str(), &lock) != 0) return boot + ":" + state;
  return fmt::format("{}:{:x}:{:x}", boot, lock.st_dev, lock.st_ino);
}

}  // namespace

zk::Milliseconds call_time(zk::Milliseconds session_timeout) {
  return std::min<zk::Milliseconds>(5'000ms, session_timeout / 3);
}

Member::Member(MemberOptions options, Memory memory)
    : options_(std::move(options)),
      memory_(std::move(memory)),
      act_margin_(call_time(options_.session_timeout) + send_slack),
      incarnation_(made_up_name()),
      gate_(options_.wanted.partitions),
      tenures_(options_.wanted.partitions),
      offset_(clock_offset()),
      reach_(options_.reach) {
  zk::CClientOptions session;
  session.servers = options_.servers;
  session.session_timeout = options_.session_timeout;
  session.digest = options_.digest;
  c_client_ = std::make_unique<zk::CClient>(thread_, std::move(session));
}

Member::~Member() {
  end();
  store_.reset();
  thread_.run([this] {
    node_.reset();
    client_.reset();
  });
}

Result<std::shared_ptr<Member>> Member::join(MemberOptions options,
                                             const std::function<bool()>& gives_up) {
  Result<Memory> memory = Memory::open(options.state);
  if (!memory) return memory.error();
  std::shared_ptr<Member> member(new Member(std::move(options), std::move(*memory)));
  member->open();
  const Status joined = member->wait_until_member(gives_up);
  if (!joined) return joined.error();
  return member;
}

void Member::open() {
  thread_.run([this] {
    zk::FrameworkOptions framework;
    framework.backend = [this] { return c_client_->session(); };
    framework.name_space = options_.name_space;
    framework.access = options_.digest.empty() ? zk::Access::anyone : zk::Access::creator;
    framework.server_tick = options_.server_tick;
    framework.watches_max = 3 * std::size_t{options_.wanted.partitions} + 1'000;
    framework.seed = std::hash<std::string>()(incarnation_);
    client_ = std::make_unique<zk::CuratorFramework>(thread_, std::move(framework));
    NodeOptions node;
    node.member = options_.name;
    node.record.incarnation = incarnation_;
    node.record.machine = identity_of(options_.state);
    node.record.address = options_.address;
    node.record.zone = options_.zone;
    node.record.version = options_.version;
    node.meta = options_.wanted;
    node.is_known = !memory_.cluster().empty();
    if (node.is_known) node.meta.cluster = memory_.cluster();
    node.quarantine = options_.quarantine;
    node.epoch_floor = [this](std::uint32_t partition) { return memory_.floor(partition); };
    node.chance = made_up_name;
    node_ = std::make_unique<Node>(*client_, gate_, std::move(node), listening());
    store_ = make_store();
    client_->start();
    node_->start();
  });
}

std::shared_ptr<TitledStore> Member::make_store() {
  if (options_.make_store) return options_.make_store(*client_, incarnation_);
  if (!options_.cache.empty()) {
    // Whoever joins as a new one remembers nothing: also not that there was a newer checkpoint.
    if (memory_.cluster().empty()) CheckpointFile::remove(options_.cache);
    cache_ =
        std::make_shared<CheckpointCache>(CheckpointCacheOptions{options_.cache, options_.wall_ms});
  }
  return std::make_shared<ZookeeperStore>(*client_, options_.name, incarnation_, cache_);
}

Node::Listener Member::listening() {
  Node::Listener listener;
  listener.on_joined = [this](const ClusterMeta& meta) {
    memory_.note_cluster(meta.cluster);
    const std::lock_guard lock(mutex_);
    meta_ = meta;
  };
  listener.on_refused = [this](const Error& error) {
    if (!std::exchange(refused_, error) && has_begun_ && options_.on_refused) {
      options_.on_refused(error.message);
    }
  };
  listener.on_change = [this] { note_change(); };
  listener.on_cloned = [this] {
    log(LogLevel::error, "another-process-is-a-copy-of-this-one", {{"member", options_.name}});
    if (options_.on_cloned) options_.on_cloned();
  };
  listener.partitions.on_claimed = [this](std::uint32_t partition, const Tenure& tenure) {
    claimed(partition, tenure);
  };
  listener.partitions.on_suspended = [this](std::uint32_t partition) { store_->drop(partition); };
  listener.partitions.on_confirmed = [this](std::uint32_t partition, const Tenure& tenure) {
    tenures_[partition] = tenure;
    store_->hold(partition, {tenure.epoch, tenure.version});
  };
  listener.partitions.on_unwanted = [this](std::uint32_t partition) {
    if (has_begun_) listener_.on_unwanted(partition, Epoch(tenures_[partition].epoch));
  };
  listener.partitions.on_fenced = [this](std::uint32_t partition) {
    store_->drop(partition);
    tenures_[partition] = {};
    log(LogLevel::warning, "partition-lost-to-another-owner", {{"partition", partition}});
    if (has_begun_) listener_.on_fenced(partition);
  };
  listener.partitions.on_trouble = [](const Error& error) {
    log(LogLevel::error, "cluster-trouble", {{"error", error.message}});
  };
  return listener;
}

void Member::claimed(std::uint32_t partition, const Tenure& tenure) {
  tenures_[partition] = tenure;
  memory_.note(partition, tenure.epoch);
  const auto waits = std::max(zk::Milliseconds(0), tenure.opens_at - thread_.now());
  log(LogLevel::info, "partition-claimed",
      {{"partition", partition}, {"epoch", tenure.epoch}, {"quarantine_ms", waits.count()}});
  store_->hold(partition, {tenure.epoch, tenure.version});
  if (has_begun_) listener_.on_claimed(partition, Epoch(tenure.epoch));
}

Member::Trouble Member::trouble() {
  Trouble found;
  thread_.run([&] {
    found.refused = refused_;
    found.is_member = node_->is_member() && !node_->peer_key().empty();
    const auto members = node_->members();
    const auto ours = members.find(options_.name);
    if (ours != members.end() && ours->second.incarnation != incarnation_) {
      found.rival = ours->second.machine;
    }
  });
  return found;
}

Status Member::wait_until_member(const std::function<bool()>& gives_up) {
  zk::BootTime alone_since = thread_.now();
  for (int looks = 1;; ++looks) {
    const Trouble found = trouble();
    if (found.refused) return Error{ErrorCode::conflict, found.refused->message};
    if (found.is_member) return std::monostate{};
    if (found.rival.empty()) alone_since = thread_.now();
    // A former self that died elsewhere is gone with its session; whoever stays longer lives.
    if (thread_.now() - alone_since > 2 * options_.session_timeout + 1s) {
      return Error{ErrorCode::conflict,
                   fmt::format("another process is the cluster's member \"{}\" ({}): give this "
                               "one another node.name",
                               options_.name, found.rival)};
    }
    if (gives_up()) return Error{ErrorCode::unavailable, "told to stop before ZooKeeper answered"};
    if (looks % say_so_each == 0) log(LogLevel::warning, "waiting-for-zookeeper");
    std::this_thread::sleep_for(look_every);
  }
}

ClusterMeta Member::meta() const {
  const std::lock_guard lock(mutex_);
  return meta_.value_or(options_.wanted);
}

Status Member::begin(Listener listener) {
  thread_.run([&] {
    listener_ = std::move(listener);
    has_begun_ = true;
    for (std::uint32_t number = 0; number < tenures_.size(); ++number) {
      if (tenures_[number].epoch > 0) listener_.on_claimed(number, Epoch(tenures_[number].epoch));
    }
    look_at_reach();
  });
  return std::monostate{};
}

std::int64_t Member::clock_offset() const {
  return options_.wall_ms() - thread_.now().time_since_epoch().count();
}

// CLOCK_BOOTTIME measures the lease; where a machine stood still without it, the wall clock tells.
void Member::hold_if_clocks_part() const {
  const std::int64_t offset = clock_offset();
  if (std::abs(offset - offset_.exchange(offset)) <= clocks_part_ms) return;
  log(LogLevel::warning, "clocks-part-holding-until-the-lease-is-renewed");
  gate_.end_lease();
  thread_.post([this] {
    if (node_) node_->hold();
  });
}

bool Member::may_act(std::uint32_t partition, Epoch epoch) const {
  hold_if_clocks_part();
  return gate_.is_open(partition, static_cast<std::uint64_t>(epoch), thread_.now(), act_margin_);
}

void Member::release(std::uint32_t partition, Epoch epoch, std::function<void()> done) {
  thread_.post([this, partition, epoch, done = std::move(done)] {
    if (!node_) return done();
    const auto ended = static_cast<std::uint64_t>(epoch);
    node_->release(partition, ended, [this, partition, ended, done](bool) {
      // Lost meanwhile and claimed again, it is held under a later epoch, which goes on.
      if (tenures_[partition].epoch == ended) {
        store_->drop(partition);
        tenures_[partition] = {};
      }
      note_change();
      done();
    });
  });
}

void Member::doubt(std::uint32_t partition) {
  thread_.post([this, partition] {
    if (node_) node_->doubt(partition);
  });
}

void Member::withdraw() {
  thread_.post([this] {
    is_retired_ = true;
    if (node_) node_->retire();
  });
}

void Member::announce(const std::string& revision) {
  thread_.post([this, revision] {
    if (node_) node_->announce_revision(revision);
  });
}

Status Member::agree(const std::string& revision, bool is_forced) {
  const auto agreed = std::make_shared<std::promise<Result<RevisionRecord>>>();
  std::future<Result<RevisionRecord>> answer = agreed->get_future();
  thread_.post([this, revision, is_forced, agreed] {
    if (!node_) return agreed->set_value(Error{ErrorCode::unavailable, "this node has left"});
    RevisionWish wish;
    wish.wanted = revision;
    wish.known.number = memory_.revision_number();
    wish.known.name = memory_.revision();
    wish.is_forced = is_forced;
    node_->agree(std::move(wish), [this, agreed](const Result<RevisionRecord>& found) {
      if (found) memory_.note_revision(found->number, found->name);
      agreed->set_value(found);
    });
  });
  if (answer.wait_for(agree_time) != std::future_status::ready) {
    return Error{ErrorCode::unavailable,
                 "ZooKeeper does not say now by which revision the cluster decides; try again"};
  }
  const Result<RevisionRecord> found = answer.get();
  if (!found) return found.error();
  log(LogLevel::info, "revision-agreed",
      {{"number", found->number}, {"revision", found->name}, {"by", found->member}});
  return std::monostate{};
}

void Member::note_cloud(bool is_answered) {
  bool is_news = false;
  {
    const std::lock_guard lock(mutex_);
    const bool was_cut_off = reach_.is_cut_off();
    reach_.note(is_answered, thread_.now());
    is_news = reach_.is_cut_off() != was_cut_off;
  }
  if (!is_news) return;
  log(LogLevel::warning, is_answered ? "clouds-answer-again" : "no-cloud-answers");
  thread_.post([this, is_answered] {
    if (node_) node_->announce_reach(!is_answered);
  });
}

bool Member::is_other_fine() const {
  for (const auto& [name, record] : node_->members()) {
    const bool is_fine = !record.is_cut_off && record.presence == Presence::serving;
    if (is_fine && name != options_.name) return true;
  }
  return false;
}

// On the thread, again and again: a cloud that does not answer tells nothing by itself.
void Member::look_at_reach() {
  if (!node_ || !has_begun_) return;
  thread_.after(look_at_reach_each, [this] { look_at_reach(); });
  if (is_retired_) return;
  const bool is_other = is_other_fine();
  bool goes = false;
  bool comes = false;
  {
    const std::lock_guard lock(mutex_);
    view_.link = link();
    goes = reach_.gives_up(thread_.now(), is_other);
    comes = reach_.comes_back(thread_.now());
  }
  if (goes) {
    log(LogLevel::error, "gives-its-partitions-up-no-cloud-answers");
    node_->announce(Presence::draining);
  }
  if (comes) {
    log(LogLevel::info, "takes-partitions-again");
    node_->announce_reach(false);
    node_->announce(Presence::serving);
  }
}

std::string Member::peer_key() const {
  const std::lock_guard lock(mutex_);
  return peer_key_;
}

void Member::end() {
  thread_.run([this] {
    if (!std::exchange(has_begun_, false) && !node_) return;
    listener_ = {};
    if (node_) node_->leave();
    node_.reset();
    client_->close();
  });
}

}  // namespace settle::cluster
