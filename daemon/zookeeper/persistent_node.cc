#include "daemon/zookeeper/persistent_node.h"

#include <utility>

namespace settle::zk {
namespace {
constexpr Milliseconds try_again{250};
}  // namespace

PersistentNode::PersistentNode(CuratorFramework& client, PersistentNodeOptions options)
    : client_(client), options_(std::move(options)) {}

PersistentNode::~PersistentNode() {
  client_.unwatch(watch_);
  client_.remove_listener(listener_);
}

void PersistentNode::start() {
  is_running_ = true;
  // A connection that comes back calls the watcher as well.
  watch_ = client_.watch(options_.path, [this] { ensure(); });
  listener_ = client_.add_listener([this](ConnectionState) {
    if (!client_.is_connected()) stands_ = false;
  });
  ensure();
}

void PersistentNode::set_data(std::string data) {
  options_.data = std::move(data);
  ensure();
}

void PersistentNode::stop() {
  is_running_ = false;
  stands_ = false;
  client_.unwatch(std::exchange(watch_, 0));
  client_.remove_for_certain(options_.path);
}

/// Looks what stands there, and goes on from that: the same for every way it may have come about,
/// a lost answer to our own create included.
void PersistentNode::ensure() {
  if (!is_running_ || !client_.is_connected()) return;
  if (is_busy_) {
    must_look_ = true;
    return;
  }
  is_busy_ = true;
  look();
}

void PersistentNode::look() {
  client_.get(options_.path, true, [this, alive = std::weak_ptr(alive_)](Code code, Data found) {
    if (alive.expired()) return;
    if (code == Code::ok) return confirm(found);
    if (code != Code::no_node || !is_running_) return again();
    client_.create_with_parents(options_.path, options_.data, CreateMode::ephemeral,
                                [this, alive](Code created, const Created&) {
                                  if (alive.expired()) return;
                                  // Only a look says whose it is, and leaves the watch.
                                  must_look_ = true;
                                  created == Code::ok ? look() : again();
                                });
  });
}

void PersistentNode::confirm(const Data& found) {
  if (found.stat.ephemeral_owner != client_.session().id) return replace_ghost(found);
  if (found.bytes != options_.data && options_.on_other_data) options_.on_other_data(found.bytes);
  if (found.bytes != options_.data) {
    return client_.set(options_.path, options_.data, found.stat.version,
                       [this, alive = std::weak_ptr(alive_)](Code code, const Stat&) {
                         if (alive.expired()) return;
                         code == Code::ok ? look() : again();
                       });
  }
  is_busy_ = false;
  const bool was_standing = std::exchange(stands_, true);
  const bool is_same = std::exchange(created_in_, found.stat.czxid) == found.stat.czxid;
  if (!(was_standing && is_same) && on_created_) on_created_();
  if (std::exchange(must_look_, false)) ensure();
}

void PersistentNode::replace_ghost(const Data& found) {
  stands_ = false;
  if (!options_.is_ghost || !options_.is_ghost(found.bytes)) {
    is_busy_ = false;  // Its removal calls the watcher.
    return;
  }
  // In one transaction, so that nobody ever sees it missing.
  Transaction replacement;
  replacement.emplace_back(RemoveOp{options_.path, found.stat.version});
  replacement.emplace_back(CreateOp{options_.path, options_.data, CreateMode::ephemeral});
  client_.commit(std::move(replacement),
                 [this, alive = std::weak_ptr(alive_)](Code code, const std::vector<OpResult>&) {
                   if (alive.expired()) return;
                   code == Code::ok ? look() : again();
                 });
}

void PersistentNode::again() {
  stands_ = stands_ && client_.is_connected();
  client_.executor().after(try_again, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    is_busy_ = false;
    must_look_ = false;
    ensure();
  });
}

}  // namespace settle::zk
