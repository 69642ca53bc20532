// What the pools of some groups hold of ours, page by page, as one listing.
//
// A page that could have another after it is followed until one comes that is not full; one that
// shows nothing new leads in a circle and proves nothing. An instance is listed once, however many
// of the pools it is in; its state is what the health monitors say: ERROR where any does, else
// ONLINE where any does, else nothing.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/cloud/listing_desk.h"
#include "daemon/cloud/octavia/pool_ids.h"
#include "reconcilers/spec.h"

namespace settle::octavia {

struct ListerSettings {
  std::string cluster;
  Duration look_deadline{30'000};  // Of one page.
  int page_size = 500;             // Members to a page; a cloud may give fewer.
  int pages_max = 1'000;           // More is a listing that does not end: not complete.
};

/// The groups that have these pools, at the moment of the call.
using Groups = std::function<std::vector<std::pair<GroupId, BalancerSpec>>()>;

class PoolLister : public std::enable_shared_from_this<PoolLister> {
 public:
  using Done = std::function<void(Listed)>;
  PoolLister(ListerSettings settings, std::vector<std::string> pools, Groups groups,
             std::shared_ptr<nova::Api> api, std::shared_ptr<PoolIds> ids);
  /// Calls `done` exactly once, on any thread. REQUIRES: the one before has been answered.
  void list(Done done);

 private:
  struct Walk;
  using WalkPointer = std::shared_ptr<Walk>;
  void begin_pool(const WalkPointer& walk);
  void turn_page(const WalkPointer& walk);
  void read(const WalkPointer& walk, const nova::Reply& reply);
  void finish(const WalkPointer& walk) const;
  [[nodiscard]] nova::Manner manner() const;

  const ListerSettings settings_;
  const std::vector<std::string> pools_;
  const Groups groups_;
  const std::shared_ptr<nova::Api> api_;
  const std::shared_ptr<PoolIds> ids_;
};

/// The instances that all members of a group's pools make, pool after pool, of those that bear the
/// marks of the group and the cluster.
[[nodiscard]] std::vector<Instance> instances_of(const std::string& cluster, const GroupId& group,
                                                 const BalancerSpec& spec,
                                                 const std::vector<std::vector<Member>>& pools);
/// Whether it bears the marks of the group and the cluster.
[[nodiscard]] bool is_ours(const Member& member, const std::string& cluster, const GroupId& group);
/// The marks.
[[nodiscard]] std::vector<std::string> tags_of(const std::string& cluster, const GroupId& group);

}  // namespace settle::octavia
