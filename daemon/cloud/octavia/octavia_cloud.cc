#include "daemon/cloud/octavia/octavia_cloud.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "daemon/cloud/listing_desk.h"
#include "daemon/cloud/octavia/memberships.h"
#include "daemon/cloud/octavia/pool_lister.h"

namespace settle::octavia {
namespace {

/// Two looks of one moment, and who waits for both.
struct Joint {
  std::mutex mutex;
  std::optional<Observed> servers;  // Guarded by mutex, as the other.
  std::optional<Observed> members;
  CloudReader::ObservedReply reply;
};

const Instance* find(const std::vector<Instance>& sorted, const InstanceId& id) {
  const auto at =
      std::lower_bound(sorted.begin(), sorted.end(), id,
                       [](const Instance& one, const InstanceId& other) { return one.id < other; });
  return at != sorted.end() && at->id == id ? &*at : nullptr;
}

/// What both looks show. Membership stays unknown where the balancer's is none, or in part.
Observed merged(Observed servers, const Observed& members) {
  if (!servers.observation || !members.observation) return servers;
  Observation& seen = *servers.observation;
  const Observation& balancer = *members.observation;
  seen.at = std::min(seen.at, balancer.at);
  for (Instance& instance : seen.instances) {
    const Instance* const member = find(balancer.instances, instance.id);
    if (member != nullptr) {
      instance.membership = member->membership;
    } else if (balancer.is_complete) {
      instance.membership = Membership::absent;
    }
  }
  if (!balancer.is_complete) return servers;
  std::vector<InstanceId> there;
  there.reserve(seen.instances.size());
  for (const Instance& instance : seen.instances) there.push_back(instance.id);
  std::sort(there.begin(), there.end());
  for (const Instance& member : balancer.instances) {
    if (!std::binary_search(there.begin(), there.end(), member.id)) {
      seen.strays.push_back(member.id);
    }
  }
  return servers;
}

http::Urgency urgency_of(const Intent& intent) {
  if (intent.kind == IntentKind::join) return http::Urgency::out;
  return intent.is_voluntary ? http::Urgency::in : http::Urgency::replace;
}

std::optional<HealthClaim> claim_of(const Instance& member) {
  HealthClaim claim;
  claim.instance = member.id;
  claim.reporter = reporter_name;
  if (member.state == "ERROR") {
    claim.status = HealthStatus::unhealthy;
    claim.reason = "its member is in operating status ERROR";
  } else if (member.state == "ONLINE") {
    claim.status = HealthStatus::healthy;
  } else {
    return std::nullopt;  // Nobody monitors it, or it drains.
  }
  return claim;
}

}  // namespace

struct OctaviaCloud::Shared : std::enable_shared_from_this<Shared> {
  Shared(Settings given, std::shared_ptr<nova::Api> given_api, const Clock& given_clock,
         Timers& given_timers)
      : settings(std::move(given)),
        api(std::move(given_api)),
        clock(given_clock),
        timers(given_timers),
        ids(std::make_shared<PoolIds>(api)),
        memberships(std::make_shared<Memberships>(settings.cluster, api, ids)) {}

  using Pools = std::vector<std::string>;

  const Settings settings;
  const std::shared_ptr<nova::Api> api;
  const Clock& clock;
  Timers& timers;
  const std::shared_ptr<PoolIds> ids;
  const std::shared_ptr<Memberships> memberships;

  std::mutex mutex;
  std::map<GroupId, BalancerSpec> groups;  // That have pools; guarded by mutex, as what follows.
  std::map<Pools, std::shared_ptr<ListingDesk>> desks;
  struct Told {
    std::string state;
    Time at;
  };
  std::map<GroupId, std::map<InstanceId, Told>> told;  // What monitors last said.
  HealthReport report;

  std::optional<BalancerSpec> balancer_of(const GroupId& group) {
    const std::lock_guard lock(mutex);
    const auto found = groups.find(group);
    return found == groups.end() ? std::nullopt : std::optional(found->second);
  }

  std::vector<std::pair<GroupId, BalancerSpec>> groups_with(const Pools& pools) {
    const std::lock_guard lock(mutex);
    std::vector<std::pair<GroupId, BalancerSpec>> found;
    for (const auto& [group, spec] : groups) {
      if (spec.pools == pools) found.emplace_back(group, spec);
    }
    return found;
  }

  std::shared_ptr<ListingDesk> desk_of(const Pools& pools) {
    const std::lock_guard lock(mutex);
    std::shared_ptr<ListingDesk>& desk = desks[pools];
    if (desk != nullptr) return desk;
    ListerSettings lister;
    lister.cluster = settings.cluster;
    lister.look_deadline = settings.look_deadline;
    lister.page_size = settings.page_size;
    const auto with_pools = [weak = weak_from_this(), pools] {
      const auto self = weak.lock();
      return self ? self->groups_with(pools) : std::vector<std::pair<GroupId, BalancerSpec>>();
    };
    const auto walk = std::make_shared<PoolLister>(std::move(lister), pools, with_pools, api, ids);
    desk = std::make_shared<ListingDesk>(
        [walk](std::function<void(Listed)> listed) { walk->list(std::move(listed)); },
        ListingDesk::Seek{}, clock, timers, settings.list_every);
    return desk;
  }

  void learn(const std::vector<SpecPointer>& specs) {
    std::map<Pools, std::shared_ptr<ListingDesk>> unused;  // Goes once the lock is released.
    const std::lock_guard lock(mutex);
    groups.clear();
    for (const SpecPointer& spec : specs) {
      if (!spec->balancer.pools.empty()) groups[spec->id] = spec->balancer;
    }
    unused.swap(desks);
    for (const auto& [group, balancer] : groups) {
      const auto desk = unused.find(balancer.pools);
      if (desk != unused.end() && desk->second) desks[balancer.pools] = desk->second;
    }
    std::erase_if(told, [this](const auto& entry) { return !groups.contains(entry.first); });
  }

  /// A change of what monitors say is a report; what is no member any more is forgotten.
  void tell_changes(const GroupId& group, const Observed& members) {
    if (!members.observation) return;
    std::vector<HealthClaim> news;
    HealthReport to;
    {
      const std::lock_guard lock(mutex);
      to = report;
      if (!to) return;
      const Time now = clock.now();
      std::map<InstanceId, Told>& before = told[group];
      std::map<InstanceId, Told> after;
      for (const Instance& member : members.observation->instances) {
        const auto last = before.find(member.id);
        const bool is_told = last != before.end() && last->second.state == member.state &&
                             now < last->second.at + settings.retell_every;
        after[member.id] = is_told ? last->second : Told{member.state, now};
        if (is_told) continue;
        if (auto claim = claim_of(member)) news.push_back(*std::move(claim));
      }
      before.swap(after);
    }
    for (HealthClaim& claim : news) to(group, std::move(claim));
  }

  void settle_joint(const std::shared_ptr<Joint>& joint) {
    std::optional<Observed> both;
    {
      const std::lock_guard lock(joint->mutex);
      if (!joint->servers || !joint->members) return;
      both = merged(*std::move(joint->servers), *joint->members);
      joint->servers.reset();
    }
    joint->reply(*std::move(both));
  }
};

OctaviaCloud::OctaviaCloud(Settings settings, std::shared_ptr<CloudWriter> servers,
                           std::shared_ptr<nova::Api> api, const Clock& clock, Timers& timers)
    : servers_(std::move(servers)),
      shared_(std::make_shared<Shared>(std::move(settings), std::move(api), clock, timers)) {}
OctaviaCloud::~OctaviaCloud() = default;

void OctaviaCloud::know(const std::vector<SpecPointer>& specs) {
  servers_->know(specs);
  shared_->learn(specs);
}

void OctaviaCloud::on_report(HealthReport report) {
  const std::lock_guard lock(shared_->mutex);
  shared_->report = std::move(report);
}

void OctaviaCloud::observe(const Observe& look, ObservedReply reply) {
  const GroupId& group = look.group;
  const std::optional<BalancerSpec> balancer = shared_->balancer_of(group);
  if (!balancer) return servers_->observe(look, std::move(reply));
  const auto joint = std::make_shared<Joint>();
  joint->reply = std::move(reply);
  servers_->observe(look, [shared = shared_, joint](Observed seen) {
    {
      const std::lock_guard lock(joint->mutex);
      joint->servers = std::move(seen);
    }
    shared->settle_joint(joint);
  });
  shared_->desk_of(balancer->pools)
      ->ask(Observe{group}, [shared = shared_, joint, group](Observed seen) {
        shared->tell_changes(group, seen);
        {
          const std::lock_guard lock(joint->mutex);
          joint->members = std::move(seen);
        }
        shared->settle_joint(joint);
      });
}

void OctaviaCloud::act(const Act& act, ActedReply reply) {
  const IntentKind kind = act.intent.kind;
  const bool is_about_members =
      kind == IntentKind::join || kind == IntentKind::leave || kind == IntentKind::drain;
  std::optional<BalancerSpec> balancer = shared_->balancer_of(act.group);
  if (act.spec && !act.spec->balancer.pools.empty()) balancer = act.spec->balancer;
  if (!is_about_members || !balancer) return servers_->act(act, std::move(reply));
  Memberships::Wanted wanted;
  wanted.group = act.group;
  wanted.instance = act.intent.instance;
  wanted.kind = kind;
  wanted.spec = *std::move(balancer);
  wanted.manner = {urgency_of(act.intent), shared_->clock.now() + shared_->settings.act_deadline,
                   act.intent.sends > 1};
  shared_->memberships->change(
      std::move(wanted),
      [group = act.group, token = act.intent.token, instance = act.intent.instance,
       reply = std::move(reply)](nova::Judgement judgement) {
        reply({group, token, judgement.result, instance, judgement.why});
      });
}

}  // namespace settle::octavia
