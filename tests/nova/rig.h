// The Nova adapter over the fake, with the proxy between them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/cloud/nova/nova_cloud.h"
#include "daemon/runtime/paced_time.h"
#include "tests/cloud/counting_cloud.h"
#include "tests/http/fault_proxy.h"
#include "tests/nova/fake_openstack.h"

namespace settle::nova {

class Rig {
 public:
  static constexpr int page_size = 5;
  /// Of the settings, what a test wants otherwise.
  explicit Rig(Duration settle_after = Duration{60'000});

  CountingCloud& cloud() { return counting_; }
  FakeOpenstack& openstack() { return openstack_; }
  /// Of everything that is not a login.
  http::FaultProxy& proxy() { return proxy_; }
  /// The answer to the next request that makes a server is lost after it made it.
  void lose_next_launch();

  static SpecPointer spec_of(const std::string& group);
  Acted launch(const std::string& token, const std::string& group = "web", std::uint32_t sends = 1);
  Acted launch_from(const GroupSpec& spec, const std::string& token, std::uint32_t sends = 1);
  Acted act(IntentKind kind, const InstanceId& instance, const std::string& group = "web");
  Observed look(const std::string& group = "web", std::vector<InstanceId> missing = {});
  /// What the daemon logs in with, from the next login on.
  void log_in_with(const std::string& secret);

 private:
  Acted wait_for(const Act& act);
  [[nodiscard]] Result<Login> login();

  FakeOpenstack openstack_;
  http::FaultProxy proxy_{openstack_.port()};
  std::mutex mutex_;
  std::string secret_ = "s3cret";  // Guarded by mutex_.
  PacedTime time_;
  NovaCloud nova_;
  CountingCloud counting_{nova_};
};

}  // namespace settle::nova
