#include "daemon/zookeeper/curator_cache.h"

#include <utility>
#include <vector>

namespace settle::zk {
namespace {

constexpr Milliseconds try_again{250};

bool same(const CuratorCache::Entries& a, const CuratorCache::Entries& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](const auto& one, const auto& other) {
           return one.first == other.first && one.second.stat == other.second.stat;
         });
}

}  // namespace

struct CuratorCache::Reading {
  Entries entries;
  std::size_t awaited = 0;
  bool has_failed = false;
};

CuratorCache::CuratorCache(CuratorFramework& client, std::string path)
    : client_(client), path_(std::move(path)) {}

CuratorCache::~CuratorCache() {
  client_.unwatch(watch_);
  for (const auto& [child, watch] : child_watches_) client_.unwatch(watch);
}

void CuratorCache::start() {
  watch_ = client_.watch(path_, [this] { read(); });
  read();
  again(reconcile_every);
}

void CuratorCache::read() {
  if (!client_.is_connected()) return;
  if (is_busy_) {
    must_read_ = true;
    return;
  }
  is_busy_ = true;
  client_.children(path_, true,
                   [this, alive = std::weak_ptr(alive_)](Code code, const Children& children) {
                     if (alive.expired()) return;
                     if (code == Code::ok) return read_children(children);
                     if (code == Code::no_node) {
                       // Not there yet: an exists-watch tells when it is.
                       client_.exists(path_, true, [](Code, const Stat&) {});
                       return read_children({});
                     }
                     is_busy_ = false;
                     client_.executor().after(try_again, [this, alive] {
                       if (!alive.expired()) read();
                     });
                   });
}

void CuratorCache::watch_child(const std::string& child) {
  CuratorFramework::ListenerId& watch = child_watches_[child];
  if (watch == 0) watch = client_.watch(path_ + "/" + child, [this] { read(); });
}

void CuratorCache::read_children(const Children& children) {
  auto reading = std::make_shared<Reading>();
  reading->awaited = children.names.size();
  if (reading->awaited == 0) return finish(reading);
  for (const std::string& child : children.names) {
    watch_child(child);
    client_.get(path_ + "/" + child, true,
                [this, alive = std::weak_ptr(alive_), reading, child](Code code, Data data) {
                  if (!alive.expired()) take(reading, child, code, std::move(data));
                });
  }
}

void CuratorCache::take(const std::shared_ptr<Reading>& reading, const std::string& child,
                        Code code, Data data) {
  if (code == Code::ok) reading->entries.emplace(child, std::move(data));
  // One that has gone meanwhile is not there; any other answer says nothing.
  if (code != Code::ok && code != Code::no_node) reading->has_failed = true;
  if (--reading->awaited == 0) finish(reading);
}

void CuratorCache::finish(const std::shared_ptr<Reading>& reading) {
  is_busy_ = false;
  if (reading->has_failed) {
    must_read_ = false;
    client_.executor().after(try_again, [this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) read();
    });
    return;
  }
  std::erase_if(child_watches_, [&](const auto& entry) {
    const bool is_gone = !reading->entries.contains(entry.first);
    if (is_gone) client_.unwatch(entry.second);
    return is_gone;
  });
  const bool is_news = !is_initialized_ || !same(entries_, reading->entries);
  entries_ = std::move(reading->entries);
  is_initialized_ = true;
  if (is_news && listener_) listener_(entries_);
  if (std::exchange(must_read_, false)) read();
}

void CuratorCache::again(Milliseconds delay) {
  client_.executor().after(delay, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    read();
    again(reconcile_every);
  });
}

}  // namespace settle::zk
