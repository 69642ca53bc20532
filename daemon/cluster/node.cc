#include "daemon/cluster/node.h"

#include <utility>

#include "daemon/cluster/layout.h"

namespace settle::cluster {
namespace {

using zk::Code;

constexpr zk::Milliseconds try_again{250};
constexpr zk::Milliseconds reconcile_every{30'000};
// Long enough for another of our incarnation to be connected once more, and read our mark.
constexpr zk::Milliseconds clone_notice{5'000};

}  // namespace

Node::Node(zk::CuratorFramework& client, ActGate& gate, NodeOptions options, Listener listener)
    : client_(client),
      gate_(gate),
      options_(std::move(options)),
      listener_(std::move(listener)),
      foundation_(client, options_.meta, options_.is_known),
      agreement_(client, [this] { listener_.on_change(); }) {
  if (options_.chance) key_of_peers_ = std::make_unique<PeerKey>(client, options_.chance());
}

Node::~Node() {
  client_.on_lease({});
  client_.remove_listener(state_listener_);
  client_.unwatch(assign_watch_);
  client_.unwatch(leader_watch_);
  gate_.end_lease();
}

void Node::start() {
  client_.on_lease([this] { keep_lease(); });
  state_listener_ = client_.add_listener([this](zk::ConnectionState state) {
    const bool is_over = state == zk::ConnectionState::lost ||
                         state == zk::ConnectionState::refused ||
                         state == zk::ConnectionState::closed;
    if (is_over) {
      gate_.end_lease();
      if (ownership_) ownership_->fall();
    }
    if (state == zk::ConnectionState::refused) {
      listener_.on_refused({ErrorCode::invalid, "ZooKeeper refuses our credentials"});
    }
    if (client_.is_connected()) draw_nonce();
    listener_.on_change();
  });
  foundation_.lay([this](const Result<ClusterMeta>& meta) {
    meta ? join(*meta) : listener_.on_refused(meta.error());
  });
}

void Node::join(const ClusterMeta& meta) {
  if (has_left_) return;
  listener_.on_joined(meta);
  ownership_ = std::make_unique<Ownership>(
      client_,
      OwnershipOptions{options_.member, options_.record.incarnation, meta.partitions,
                       options_.quarantine, options_.epoch_floor},
      listening());
  group_ = std::make_unique<zk::GroupMember>(client_, layout::members, options_.member, standing());
  controller_ = std::make_unique<Controller>(
      client_, ControllerOptions{options_.record.incarnation, meta.partitions, options_.limits},
      [this]() -> const zk::CuratorCache::Entries* {
        return group_ && group_->is_initialized() ? &group_->members() : nullptr;
      });
  group_->on_created([this] { stand(); });
  group_->on_change([this](const zk::CuratorCache::Entries&) {
    controller_->look();
    ownership_->look_at_waiting();
    listener_.on_change();
  });
  assign_watch_ = client_.watch(layout::assign, [this] { read_assignment(); });
  leader_watch_ = client_.watch(layout::controller, [this] { read_leader(); });
  group_->start();
  controller_->start();
  read_assignment();
  read_leader();
  agreement_.start();
  if (key_of_peers_) {
    key_of_peers_->fetch([this](const std::string& key) {
      peer_key_ = key;
      listener_.on_change();
    });
  }
  client_.executor().after(reconcile_every, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) reconcile();
  });
}

zk::PersistentNodeOptions Node::standing() {
  zk::PersistentNodeOptions standing;
  standing.data = encode(options_.record);
  standing.is_ghost = [machine = options_.record.machine](const std::string& bytes) {
    // One lock on one machine keeps one process: another incarnation there is dead.
    const auto found = decode_member(bytes);
    return found && found->machine == machine;
  };
  standing.on_other_data = [this](const std::string& bytes) { look_for_clone(bytes); };
  return standing;
}

// A copy of a running machine has the same session, and so the same node: a name that was drawn
// after the copy is in one of the two processes alone.
void Node::draw_nonce() {
  if (!options_.chance) return;
  options_.record.nonce = options_.chance();
  nonces_.insert(options_.record.nonce);
  if (group_) group_->set_data(encode(options_.record));
}

void Node::look_for_clone(const std::string& bytes) {
  const auto found = decode_member(bytes);
  if (!options_.chance || !found || found->incarnation != options_.record.incarnation) return;
  if (!found->is_cloned && nonces_.contains(found->nonce)) return;
  const bool is_news = !std::exchange(is_cloned_, true);
  gate_.end_lease();
  if (found->is_cloned) return listener_.on_cloned();  // The other one knows.
  if (!is_news) return;
  options_.record.is_cloned = true;
  group_->set_data(encode(options_.record));
  client_.executor().after(clone_notice, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) listener_.on_cloned();
  });
}

/// The same node again, after a broken connection, changes nothing: it has been there all along.
void Node::stand() {
  const bool is_same = std::exchange(stood_in_, group_->created_in()) == group_->created_in();
  is_same && ownership_->stands() ? ownership_->reconcile() : ownership_->stand();
}

Ownership::Listener Node::listening() {
  Ownership::Listener inner = listener_.partitions;
  inner.on_claimed = [this](std::uint32_t partition, const Tenure& tenure) {
    gate_.open(partition, tenure.epoch, tenure.opens_at);
    listener_.partitions.on_claimed(partition, tenure);
    listener_.on_change();
  };
  inner.on_suspended = [this](std::uint32_t partition) {
    gate_.shut(partition);
    listener_.partitions.on_suspended(partition);
  };
  inner.on_confirmed = [this](std::uint32_t partition, const Tenure& tenure) {
    gate_.open(partition, tenure.epoch, tenure.opens_at);
    listener_.partitions.on_confirmed(partition, tenure);
  };
  inner.on_unwanted = [this](std::uint32_t partition) {
    gate_.shut(partition);
    listener_.partitions.on_unwanted(partition);
  };
  inner.on_fenced = [this](std::uint32_t partition) {
    gate_.shut(partition);
    listener_.partitions.on_fenced(partition);
    listener_.on_change();
  };
  inner.on_stale_assignment = [this] { read_assignment(); };
  return inner;
}

void Node::keep_lease() {
  if (is_cloned_) return;
  const zk::SessionLease& lease = client_.lease();
  // A heartbeat that left before the jump says nothing about the time since.
  if (held_since_ && lease.until() < *held_since_ + lease.length()) return;
  held_since_.reset();
  gate_.lease_until(lease.until());
}

void Node::hold() {
  held_since_ = client_.executor().now();
  gate_.end_lease();
}

void Node::read_assignment() {
  must_read_ = is_reading_;
  if (has_left_ || std::exchange(is_reading_, true)) return;
  client_.get(layout::assign, true,
              [this, alive = std::weak_ptr(alive_)](Code code, const zk::Data& found) {
                if (alive.expired()) return;
                is_reading_ = false;
                auto assignment = code == Code::ok
                                      ? decode_assignment(found.bytes)
                                      : Result<AssignmentRecord>(Error{ErrorCode::unavailable, {}});
                if (!assignment) {
                  client_.executor().after(try_again, [this, alive] {
                    if (!alive.expired() && client_.is_connected()) read_assignment();
                  });
                  return;
                }
                assigned_ = std::move(assignment->owners);
                ownership_->assign(assigned_, found.stat.version);
                listener_.on_change();
                if (must_read_) read_assignment();
              });
}

void Node::read_leader() {
  if (has_left_) return;
  client_.get(layout::controller, true,
              [this, alive = std::weak_ptr(alive_)](Code code, const zk::Data& found) {
                if (alive.expired()) return;
                leader_ = code == Code::ok ? found.bytes : std::string();
                // An exists-watch tells when there is one.
                if (code == Code::no_node) {
                  client_.exists(layout::controller, true, [](Code, const zk::Stat&) {});
                }
                listener_.on_change();
              });
}

void Node::reconcile() {
  if (has_left_) return;
  if (client_.is_connected()) {
    read_assignment();
    read_leader();
    ownership_->reconcile();
    controller_->look();
  }
  client_.executor().after(reconcile_every, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) reconcile();
  });
}

void Node::announce(Presence presence) {
  options_.record.presence = presence;
  if (group_) group_->set_data(encode(options_.record));
}

void Node::retire() {
  if (ownership_) ownership_->retire();
  announce(Presence::draining);
}

void Node::announce_revision(const std::string& revision) {
  options_.record.revision = revision;
  if (group_) group_->set_data(encode(options_.record));
}

void Node::announce_reach(bool is_cut_off) {
  options_.record.is_cut_off = is_cut_off;
  if (group_) group_->set_data(encode(options_.record));
}

void Node::agree(RevisionWish wish, Agreement::Done done) {
  wish.member = options_.member;
  agreement_.agree(std::move(wish), std::move(done));
}

void Node::release(std::uint32_t partition, std::uint64_t epoch, std::function<void(bool)> done) {
  if (!ownership_) return done(false);
  ownership_->release(partition, epoch, std::move(done));
}

void Node::doubt(std::uint32_t partition) {
  if (ownership_) ownership_->doubt(partition);
}

void Node::leave() {
  has_left_ = true;
  if (controller_) controller_->stop();
  if (group_) group_->leave();
}

const Tenure* Node::tenure(std::uint32_t partition) const {
  return ownership_ ? ownership_->tenure(partition) : nullptr;
}

std::map<std::string, MemberRecord> Node::members() const {
  std::map<std::string, MemberRecord> found;
  if (!group_) return found;
  for (const auto& [id, node] : group_->members()) {
    auto record = decode_member(node.bytes);
    if (record) found.emplace(id, std::move(*record));
  }
  return found;
}

std::optional<std::uint64_t> Node::leads() const {
  return controller_ ? controller_->epoch() : std::nullopt;
}

}  // namespace settle::cluster
