// The Octavia adapter over Nova's adapter, both over fakes of ours, with a proxy before each.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/cloud/nova/nova_cloud.h"
#include "daemon/cloud/octavia/octavia_cloud.h"
#include "daemon/runtime/paced_time.h"
#include "tests/cloud/counting_cloud.h"
#include "tests/http/fault_proxy.h"
#include "tests/nova/fake_openstack.h"
#include "tests/octavia/fake_octavia.h"

namespace settle::octavia {

class Rig {
 public:
  static constexpr int page_size = 5;
  static constexpr const char* web_pool = "aaaaaaaa-0000-4000-8000-000000000001";
  static constexpr const char* api_pool = "aaaaaaaa-0000-4000-8000-000000000002";
  Rig();

  CountingCloud& cloud() { return counting_; }
  nova::FakeOpenstack& openstack() { return openstack_; }
  FakeOctavia& octavia() { return octavia_; }
  /// Of everything that goes to Octavia.
  http::FaultProxy& proxy() { return proxy_; }
  http::FaultProxy& nova_proxy() { return nova_proxy_; }

  static GroupSpec group(const std::string& name = "web");
  InstanceId launch(const GroupSpec& spec = group());
  Acted act(IntentKind kind, const InstanceId& instance, const GroupSpec& spec = group());
  Observation look(const std::string& name = "web");
  Membership membership_of(const InstanceId& instance);
  /// What the monitors were heard to say, in order: "ID unhealthy".
  [[nodiscard]] std::vector<std::string> reports();

 private:
  Acted wait_for(const Act& act);

  std::mutex mutex_;
  std::vector<std::string> reports_;  // Guarded by mutex_.
  nova::FakeOpenstack openstack_;
  FakeOctavia octavia_;
  http::FaultProxy nova_proxy_{openstack_.port()};
  http::FaultProxy proxy_{octavia_.port()};
  PacedTime time_;
  std::shared_ptr<nova::NovaCloud> nova_;
  OctaviaCloud balanced_;
  CountingCloud counting_{balanced_};
  int launched_ = 0;
};

}  // namespace settle::octavia
