#include "daemon/cloud/nova/lister.h"

#include <cstddef>
#include <utility>

#include "daemon/cloud/nova/requests.h"

namespace settle::nova {

namespace {

constexpr const char* state_deleted = "DELETED";
// Of those that were never seen in a listing nobody asks; far more than are on their way at once.
constexpr std::size_t let_go_max = 10'000;

}  // namespace

/// One listing on its way.
struct Lister::Walk {
  Done done;
  std::map<InstanceId, Server> seen;
  std::string marker;
  int pages = 0;
  bool is_complete = true;
  std::vector<InstanceId> missing;  // To be looked at; the last is next.
  int looks = 0;
};

Lister::Lister(ListerSettings settings, std::shared_ptr<Api> api)
    : settings_(std::move(settings)), api_(std::move(api)) {}

void Lister::list(Done done) {
  auto walk = std::make_shared<Walk>();
  walk->done = std::move(done);
  turn_page(walk);
}

void Lister::ask(Ask what, const std::shared_ptr<Walk>& walk,
                 void (Lister::*then)(const std::shared_ptr<Walk>&, const Reply&)) {
  const Manner manner{http::Urgency::look, api_->now() + settings_.look_deadline, false};
  api_->ask(std::move(what), manner, [self = shared_from_this(), walk, then](const Reply& reply) {
    (self.get()->*then)(walk, reply);
  });
}

void Lister::let_go(const InstanceId& id) {
  const std::lock_guard lock(mutex_);
  if (let_go_.size() >= let_go_max) let_go_.clear();
  let_go_.insert(id);
}

bool Lister::was_let_go(const InstanceId& id) {
  const std::lock_guard lock(mutex_);
  return let_go_.erase(id) > 0;
}

bool Lister::is_ours(const Server& server) const {
  return server.cluster == settings_.cluster && !server.group.value.empty();
}

void Lister::turn_page(const std::shared_ptr<Walk>& walk) {
  ask(list_ours(settings_.cluster, settings_.page_size, walk->marker), walk, &Lister::read);
}

void Lister::read(const std::shared_ptr<Walk>& walk, const Reply& reply) {
  if (!reply.answer.is(200)) return walk->done({std::nullopt, judge_look(reply).why});
  Result<Page> page = read_page(reply.answer.body);
  if (!page) return walk->done({std::nullopt, Reason::cloud_unreachable});
  ++walk->pages;
  const std::size_t before = walk->seen.size();
  for (Server& server : page->servers) {
    walk->marker = server.instance.id.value;
    walk->seen.emplace(server.instance.id, std::move(server));
  }
  const bool may_go_on =
      page->has_more || page->servers.size() >= static_cast<std::size_t>(settings_.page_size);
  const bool is_new = walk->seen.size() > before;
  // An empty page ends a listing, unless it says that there is more.
  const bool is_circle = may_go_on && !is_new;
  const bool is_endless = may_go_on && walk->pages == settings_.pages_max;
  walk->is_complete = !is_circle && !is_endless;
  if (may_go_on && walk->is_complete) return turn_page(walk);
  for (const auto& [id, server] : known_) {
    if (walk->seen.count(id) == 0) walk->missing.push_back(id);
  }
  look_for_missing(walk);
}

void Lister::look_for_missing(const std::shared_ptr<Walk>& walk) {
  // What an incomplete listing does not show is not missing. Of many at once the rest is looked at
  // after the next listing, and until then nobody is told that they are gone.
  if (!walk->missing.empty() && walk->looks == settings_.looks_max) walk->is_complete = false;
  if (walk->missing.empty() || !walk->is_complete) return finish(walk);
  ++walk->looks;
  ask(look_at(walk->missing.back()), walk, &Lister::looked);
}

void Lister::looked(const std::shared_ptr<Walk>& walk, const Reply& reply) {
  const InstanceId id = walk->missing.back();
  if (reply.answer.is(404)) {
    if (was_let_go(id)) {
      Server gone = known_.at(id);
      gone.instance.state = state_deleted;
      walk->seen.emplace(id, std::move(gone));
    }
    walk->missing.pop_back();
    return look_for_missing(walk);
  }
  Result<Server> server = reply.answer.is(200)
                              ? read_server(reply.answer.body)
                              : Result<Server>(Error{ErrorCode::unavailable, reply.answer.why});
  if (!server || server->instance.id != id) {
    walk->is_complete = false;
    return finish(walk);
  }
  if (server->instance.state == "UNKNOWN") {
    // Its cell does not answer, and whoever asks is shown little more than that it exists.
    Server remembered = known_.at(id);
    remembered.instance.state = server->instance.state;
    server = std::move(remembered);
  }
  // One whose marks were taken off has been let go by somebody.
  walk->seen.emplace(id, *std::move(server));
  walk->missing.pop_back();
  look_for_missing(walk);
}

void Lister::finish(const std::shared_ptr<Walk>& walk) {
  Listed listed;
  listed.listing.emplace().is_complete = walk->is_complete;
  listed.listing->tells_by_id = true;
  std::map<InstanceId, Server> known;
  for (auto& [id, server] : walk->seen) {
    if (!is_ours(server)) continue;
    listed.listing->groups[server.group].push_back(server.instance);
    if (!server.fault.empty()) listed.listing->faults.push_back({id, server.fault});
    if (server.instance.state != state_deleted) known.emplace(id, std::move(server));
  }
  for (const InstanceId& id : walk->missing) known.emplace(id, std::move(known_.at(id)));
  known_ = std::move(known);
  walk->done(std::move(listed));
}

}  // namespace settle::nova
