// Changes of one instance's membership in every pool of its group, one pool after the other.
//
// Each is absolute and looks first: a join adjusts the member that is there or makes one, a drain
// sets the weight of what is there to zero, a leave removes it. Only what bears our marks is
// touched; where an address is taken by somebody else's member, the join is refused. It is done
// once every pool has said so, and otherwise made again by the engine from the beginning.
//
// Octavia lets one change at a time be made to a balancer, and answers 409 meanwhile: not now.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/cloud/octavia/pool_ids.h"
#include "reconcilers/spec.h"

namespace settle::octavia {

class Memberships : public std::enable_shared_from_this<Memberships> {
 public:
  using Done = std::function<void(nova::Judgement)>;
  Memberships(std::string cluster, std::shared_ptr<nova::Api> api, std::shared_ptr<PoolIds> ids)
      : cluster_(std::move(cluster)), api_(std::move(api)), ids_(std::move(ids)) {}

  /// What is to be changed: `kind` is join, drain or leave.
  struct Wanted {
    GroupId group;
    InstanceId instance;
    IntentKind kind = IntentKind::join;
    BalancerSpec spec;
    nova::Manner manner;
  };
  /// Calls back exactly once, on any thread. Safe from any thread.
  void change(Wanted wanted, Done done);

 private:
  struct Errand;
  using ErrandPointer = std::shared_ptr<Errand>;
  void looked_at(const ErrandPointer& errand, const nova::Reply& reply);
  void next_pool(const ErrandPointer& errand);
  void look_for_member(const ErrandPointer& errand);
  void found(const ErrandPointer& errand, const nova::Reply& reply);
  void make(const ErrandPointer& errand);
  void made(const ErrandPointer& errand, const nova::Reply& reply);
  void send(const ErrandPointer& errand, const nova::Ask& ask);
  [[nodiscard]] Member wanted_member(const Errand& errand) const;

  const std::string cluster_;
  const std::shared_ptr<nova::Api> api_;
  const std::shared_ptr<PoolIds> ids_;
};

}  // namespace settle::octavia
