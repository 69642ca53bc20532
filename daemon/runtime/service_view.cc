// What the service says of itself: to systemd, to settlectl and to Prometheus.
#include <fmt/core.h>

#include "daemon/runtime/group_gauges.h"
#include "daemon/runtime/service.h"

namespace settle {

// One line for `systemctl status`.
std::string Service::standing() const {
  const TenancyView view = engine_->tenancy().view();
  const std::lock_guard lock(mutex_);
  if (!is_cluster_) {
    return fmt::format("{} groups, {} partitions, {}", roster_.size(), identity_.partitions,
                       revision_);
  }
  return fmt::format("{} groups, {} of {} partitions, {} members, {} leads, ZooKeeper {}, {}{}",
                     roster_.size(), engine_->seated(), identity_.partitions, view.members.size(),
                     view.leader.empty() ? "nobody" : view.leader, view.connection, revision_,
                     view.is_held_back ? ", HOLD" : "");
}

DaemonStatus Service::status() const {
  const std::lock_guard lock(mutex_);
  DaemonStatus status;
  status.version = SETTLE_VERSION;
  status.node = config_.node_name;
  status.cluster = identity_.cluster;
  status.revision = revision_;
  status.mode = config_.mode == Authority::act ? "act" : "observe";
  status.tzdata = tzdata_;
  status.groups = roster_.size();
  status.partitions = identity_.partitions;
  status.started = started_;
  status.store_works = engine_->store_works();
  status.journal_works = engine_->recorder().works();
  status.is_ready = is_ready_ && status.store_works && status.journal_works &&
                    !engine_->is_any_refused() && !engine_->tenancy().view().is_held_back;
  status.reload_error = reload_error_;
  return status;
}

DaemonGauges Service::gauges() const {
  const std::lock_guard lock(mutex_);
  DaemonGauges gauges;
  gauges.partitions_owned = engine_->tenancy().held();
  const TenancyView view = engine_->tenancy().view();
  gauges.members = view.members.size();
  gauges.leads = view.leader == view.self;
  gauges.is_held_back = view.is_held_back;
  gauges.revisions = view.revisions();
  gauges.revision_number = view.revision_number;
  gauges.is_cluster = is_cluster_;
  gauges.sessions = view.link.sessions;
  gauges.servers_left = view.link.servers_left;
  gauges.latency_seconds = view.link.latency_seconds;
  gauges.lease_seconds = view.link.lease_seconds;
  gauges.is_cache_given_up = view.cache.is_given_up;
  gauges.cache_recalled_bytes = view.cache.recalled_bytes;
  gauges.cache_kept_bytes = view.cache.kept_bytes;
  gauges.actions_in_flight = engine_->actions_in_flight();
  gauges.last_reload_ok = !reload_error_;
  gauges.last_reload_success_seconds = unix_seconds(reloaded_);
  gauges.last_commit_seconds = unix_seconds(engine_->last_commit());
  gauges.sources = source_gauges(sources_->standings());
  gauges.clouds = cloud_gauges(cloud_standings(engine_->clouds()));
  return gauges;
}

std::set<GroupId> Service::known_groups() const {
  const std::lock_guard lock(mutex_);
  std::set<GroupId> known;
  for (const auto& [group, spec] : roster_) known.insert(known.end(), group);
  return known;
}

Zone Service::zone_of(const GroupId& group) const {
  const std::lock_guard lock(mutex_);
  const auto found = roster_.find(group);
  return found == roster_.end() ? Zone() : found->second->zone;
}

}  // namespace settle
