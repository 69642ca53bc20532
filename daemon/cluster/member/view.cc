// What a member shows of its cluster: made on its thread whenever something changes, read by all.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/cluster/member/member.h"

namespace settle::cluster {
namespace {

double seconds_of(zk::Milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string presence_word(Presence presence) {
  if (presence == Presence::draining) return "draining";
  return presence == Presence::restarting ? "restarting" : "serving";
}

}  // namespace

void Member::note_change() {
  if (std::exchange(is_refreshing_, true)) return;
  thread_.post([this] {
    is_refreshing_ = false;
    if (node_) refresh_view();
  });
}

LinkView Member::link() const {
  LinkView link;
  link.sessions = client_->sessions();
  link.servers_left = client_->servers_left();
  link.latency_seconds = seconds_of(client_->latency());
  return link;
}

void Member::refresh_view() {
  TenancyView view;
  view.self = options_.name;
  view.owners = node_->assigned();
  const std::string& leader = node_->leader();
  const std::string leading = leader.substr(0, leader.find(' '));
  for (const auto& [name, record] : node_->members()) {
    MemberView member;
    member.name = name;
    member.address = record.address;
    member.zone = record.zone;
    member.version = record.version;
    member.revision = record.revision;
    member.presence = presence_word(record.presence);
    member.is_cut_off = record.is_cut_off;
    member.assigned =
        static_cast<std::size_t>(std::count(view.owners.begin(), view.owners.end(), name));
    if (!leading.empty() && record.incarnation == leading) view.leader = name;
    view.members.push_back(std::move(member));
  }
  if (!view.leader.empty()) {
    view.leader_epoch = std::strtoull(leader.c_str() + leading.size(), nullptr, 10);
  }
  for (const Tenure& tenure : tenures_) view.held.push_back(tenure.epoch);
  view.connection = std::string(zk::name(client_->state()));
  view.revision_number = node_->revision().number;
  view.revision = node_->revision().name;
  view.revision_by = node_->revision().member;
  held_ = static_cast<std::size_t>(
      std::count_if(view.held.begin(), view.held.end(), [](auto epoch) { return epoch > 0; }));
  view.link = link();
  const std::lock_guard lock(mutex_);
  const bool is_other = view.revision_number > view_.revision_number &&
                        !memory_.revision().empty() && view.revision != memory_.revision();
  if (is_other) {
    log(LogLevel::warning, "the-cluster-decides-by-another-revision",
        {{"revision", memory_.revision()}, {"cluster", view.revision}, {"by", view.revision_by}});
  }
  peer_key_ = node_->peer_key();
  view_ = std::move(view);
}

std::string Member::elsewhere(std::uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  if (partition >= view_.owners.size() || view_.held[partition] > 0) return {};
  const std::string& owner = view_.owners[partition];
  if (owner.empty() || owner == view_.self) return {};
  const auto found = std::find_if(view_.members.begin(), view_.members.end(),
                                  [&](const MemberView& member) { return member.name == owner; });
  return found == view_.members.end() ? std::string() : found->address;
}

TenancyView Member::view() const {
  TenancyView view;
  {
    const std::lock_guard lock(mutex_);
    view = view_;
  }
  if (cache_) {
    const CheckpointCache::View cache = cache_->view();
    view.cache = {cache.is_given_up, cache.recalled_bytes, cache.kept_bytes};
  }
  view.is_held_back = !gate_.has_lease(thread_.now());
  view.link.lease_seconds = seconds_of(gate_.lease_left(thread_.now()));
  if (view.is_held_back) view.why_held_back = "no lease: ZooKeeper has not answered in time";
  return view;
}

}  // namespace settle::cluster
