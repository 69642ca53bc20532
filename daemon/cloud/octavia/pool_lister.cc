#include "daemon/cloud/octavia/pool_lister.h"

#include <algorithm>
#include <set>

#include "daemon/cloud/nova/marks.h"

namespace settle::octavia {
namespace {

/// One instance over all pools.
struct Stand {
  std::size_t in = 0;           // So many pools have it...
  std::size_t as_declared = 0;  // ...so many as its group says...
  std::size_t working = 0;      // ...and so many send it work.
  bool is_failing = false;      // By some monitor.
  bool is_online = false;
};

Membership membership_of(const Stand& stand, std::size_t pools) {
  if (stand.in == 0) return Membership::absent;
  if (stand.working == 0) return Membership::drained;
  return stand.as_declared == pools ? Membership::member : Membership::partial;
}

}  // namespace

std::vector<std::string> tags_of(const std::string& cluster, const GroupId& group) {
  return {nova::tag_of(nova::Mark::cluster, cluster), nova::tag_of(nova::Mark::group, group.value)};
}

bool is_ours(const Member& member, const std::string& cluster, const GroupId& group) {
  const std::vector<std::string> wanted = tags_of(cluster, group);
  return !member.name.empty() &&
         std::all_of(wanted.begin(), wanted.end(), [&member](const std::string& tag) {
           return std::find(member.tags.begin(), member.tags.end(), tag) != member.tags.end();
         });
}

std::vector<Instance> instances_of(const std::string& cluster, const GroupId& group,
                                   const BalancerSpec& spec,
                                   const std::vector<std::vector<Member>>& pools) {
  std::map<std::string, Stand> stands;
  for (const std::vector<Member>& pool : pools) {
    for (const Member& member : pool) {
      if (!is_ours(member, cluster, group) || member.is_going()) continue;
      Stand& stand = stands[member.name];
      ++stand.in;
      const bool is_whole = member.gets_work() && member.provisioning != "ERROR";
      if (is_whole && member.weight == spec.weight && member.port == spec.port) ++stand.as_declared;
      if (member.gets_work()) ++stand.working;
      stand.is_failing = stand.is_failing || member.operating == "ERROR";
      stand.is_online = stand.is_online || member.operating == "ONLINE";
    }
  }
  std::vector<Instance> instances;
  instances.reserve(stands.size());
  for (const auto& [id, stand] : stands) {
    Instance& instance = instances.emplace_back();
    instance.id.value = id;
    instance.membership = membership_of(stand, pools.size());
    instance.state = stand.is_failing ? "ERROR" : stand.is_online ? "ONLINE" : "";
  }
  return instances;
}

struct PoolLister::Walk {
  Done done;
  std::vector<std::vector<Member>> pools;  // In the order of the lister's; the last is being read.
  std::string id;                          // Of the pool that is being read.
  std::set<std::string> seen;              // Members of that pool.
  int pages = 0;
  bool is_complete = true;
};

PoolLister::PoolLister(ListerSettings settings, std::vector<std::string> pools, Groups groups,
                       std::shared_ptr<nova::Api> api, std::shared_ptr<PoolIds> ids)
    : settings_(std::move(settings)),
      pools_(std::move(pools)),
      groups_(std::move(groups)),
      api_(std::move(api)),
      ids_(std::move(ids)) {}

nova::Manner PoolLister::manner() const {
  return {http::Urgency::look, api_->now() + settings_.look_deadline, false};
}

void PoolLister::list(Done done) {
  const auto walk = std::make_shared<Walk>();
  walk->done = std::move(done);
  begin_pool(walk);
}

void PoolLister::begin_pool(const WalkPointer& walk) {
  if (walk->pools.size() == pools_.size()) return finish(walk);
  const std::string& pool = pools_[walk->pools.size()];
  ids_->find(pool, manner(), [self = shared_from_this(), walk](const PoolIds::Found& found) {
    if (found.id.empty()) return walk->done({std::nullopt, found.failure.why});
    walk->pools.emplace_back();
    walk->id = found.id;
    walk->seen.clear();
    self->turn_page(walk);
  });
}

void PoolLister::turn_page(const WalkPointer& walk) {
  const std::vector<Member>& read_so_far = walk->pools.back();
  const std::string marker = read_so_far.empty() ? std::string() : read_so_far.back().id;
  api_->ask(
      list_members(walk->id, settings_.page_size, marker), manner(),
      [self = shared_from_this(), walk](const nova::Reply& reply) { self->read(walk, reply); });
}

void PoolLister::read(const WalkPointer& walk, const nova::Reply& reply) {
  if (reply.answer.is(404)) ids_->forget(pools_[walk->pools.size() - 1]);
  if (!reply.answer.is(200)) return walk->done({std::nullopt, judge_reading(reply).why});
  Result<Page> page = read_members(reply.answer.body);
  if (!page) return walk->done({std::nullopt, Reason::balancer_unreachable});
  bool shows_news = false;
  for (Member& member : page->members) {
    if (!walk->seen.insert(member.id).second) continue;
    shows_news = true;
    walk->pools.back().push_back(std::move(member));
  }
  const bool is_full = static_cast<int>(page->members.size()) >= settings_.page_size;
  const bool may_go_on = page->has_more || is_full;
  if (!may_go_on || page->members.empty()) return begin_pool(walk);
  if (!shows_news || ++walk->pages >= settings_.pages_max) {
    walk->is_complete = false;
    return begin_pool(walk);
  }
  turn_page(walk);
}

void PoolLister::finish(const WalkPointer& walk) const {
  Listing listing;
  listing.is_complete = walk->is_complete;
  for (const auto& [group, spec] : groups_()) {
    listing.groups[group] = instances_of(settings_.cluster, group, spec, walk->pools);
  }
  walk->done({std::move(listing), {}});
}

}  // namespace settle::octavia
