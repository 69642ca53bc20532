#include "daemon/zookeeper/leader_latch.h"

#include <algorithm>
#include <utility>

namespace settle::zk {
namespace {

constexpr Milliseconds try_again{250};
constexpr std::size_t digits = 10;  // Of a sequence number.

std::string sequence_of(const std::string& node) {
  return node.size() < digits ? node : node.substr(node.size() - digits);
}

}  // namespace

LeaderLatch::LeaderLatch(CuratorFramework& client, std::string path, std::string nonce,
                         std::string data)
    : client_(client), path_(std::move(path)), nonce_(std::move(nonce)), data_(std::move(data)) {}

LeaderLatch::~LeaderLatch() {
  client_.unwatch(watch_);
  client_.unwatch(before_watch_);
  client_.remove_listener(listening_);
}

void LeaderLatch::start() {
  is_running_ = true;
  watch_ = client_.watch(path_, [this] { contend(); });
  listening_ = client_.add_listener([this](ConnectionState) {
    if (!client_.is_connected()) lead(false);
  });
  contend();
}

void LeaderLatch::close() {
  is_running_ = false;
  lead(false);
  client_.children(path_, false,
                   [this, alive = std::weak_ptr(alive_)](Code code, const Children& children) {
                     if (alive.expired() || code != Code::ok) return;
                     for (const std::string& node : children.names) {
                       if (node.starts_with(nonce_)) client_.remove_for_certain(path_ + "/" + node);
                     }
                   });
}

void LeaderLatch::contend() {
  if (!is_running_ || !client_.is_connected()) return;
  must_look_ = is_busy_;
  if (std::exchange(is_busy_, true)) return;
  look();
}

/// What is there decides what to do next, whatever was asked or answered before.
void LeaderLatch::look() {
  client_.children(path_, true,
                   [this, alive = std::weak_ptr(alive_)](Code code, const Children& children) {
                     if (alive.expired()) return;
                     if (code == Code::ok || code == Code::no_node) return rank(children);
                     again();
                   });
}

void LeaderLatch::rank(const Children& children) {
  std::vector<std::string> nodes = children.names;
  std::sort(nodes.begin(), nodes.end(), [](const std::string& a, const std::string& b) {
    return sequence_of(a) < sequence_of(b);
  });
  const auto own = std::find_if(nodes.begin(), nodes.end(), [this](const std::string& node) {
    return node.starts_with(nonce_);
  });
  if (own != nodes.end()) return verify(*own, own == nodes.begin() ? "" : *std::prev(own));
  lead(false);
  client_.create_with_parents(path_ + "/" + nonce_ + "-", data_, CreateMode::ephemeral_sequential,
                              [this, alive = std::weak_ptr(alive_)](Code code, const Created&) {
                                if (alive.expired()) return;
                                code == Code::ok ? look() : again();
                              });
}

/// Our node may be of a session that has ended and is about to go: then it counts for nothing.
void LeaderLatch::verify(const std::string& node, const std::string& before) {
  client_.get(path_ + "/" + node, true,
              [this, alive = std::weak_ptr(alive_), node, before](Code code, const Data& found) {
                if (alive.expired()) return;
                if (code != Code::ok) return again();
                if (found.stat.ephemeral_owner != client_.session().id) {
                  client_.remove_for_certain(path_ + "/" + node);
                  return again();
                }
                is_busy_ = false;
                lead(before.empty() && is_running_);
                if (before != before_) {
                  client_.unwatch(before_watch_);
                  before_watch_ = 0;
                  before_ = before;
                  if (!before.empty()) {
                    const std::string path = path_ + "/" + before;
                    before_watch_ = client_.watch(path, [this] { contend(); });
                    client_.exists(path, true, [this, alive](Code there, const Stat&) {
                      if (!alive.expired() && there == Code::no_node) contend();
                    });
                  }
                }
                if (std::exchange(must_look_, false)) contend();
              });
}

void LeaderLatch::lead(bool leads) {
  if (std::exchange(leads_, leads) != leads && listener_) listener_(leads);
}

void LeaderLatch::again() {
  client_.executor().after(try_again, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    is_busy_ = false;
    contend();
  });
}

}  // namespace settle::zk
