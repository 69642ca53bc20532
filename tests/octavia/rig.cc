#include "tests/octavia/rig.h"

#include <optional>
#include <utility>

#include "tests/cloud/acts.h"

namespace settle::octavia {
namespace {
using namespace std::chrono_literals;

nova::Settings nova_settings(const nova::FakeOpenstack& openstack) {
  nova::Settings settings;
  settings.auth_url = openstack.auth_url();
  settings.cluster = "c1";
  settings.list_every = Duration::zero();
  settings.page_size = Rig::page_size;
  settings.act_deadline = 30s;
  return settings;
}

Settings settings() {
  Settings settings;
  settings.cluster = "c1";
  settings.list_every = Duration::zero();
  settings.page_size = Rig::page_size;
  settings.act_deadline = 30s;
  return settings;
}

Result<nova::Login> login() {
  nova::Login login;
  login.credential_id = "id";
  login.credential_secret = "s3cret";
  return login;
}

}  // namespace

Rig::Rig()
    : nova_(std::make_shared<nova::NovaCloud>(
          nova_settings(openstack_), &login,
          std::make_shared<http::Outbound>(
              http::OutboundLimits{.budget = {.calls_per_second = 10'000, .in_flight = 100}}),
          time_, time_)),
      balanced_(settings(), nova_, nova_->api(), time_, time_) {
  openstack_.with([this](auto& world) {
    world.catalogue_url = nova_proxy_.url();
    world.balancer_url = proxy_.url() + "load-balancer/v2.0";
  });
  octavia_.with([](auto& world) {
    world.pools[web_pool].name = "web-pool";
    world.pools[api_pool].name = "api-pool";
  });
  balanced_.know({std::make_shared<const GroupSpec>(group())});
  balanced_.on_report([this](const GroupId& group, const HealthClaim& claim) {
    const std::lock_guard lock(mutex_);
    const bool is_ill = claim.status == HealthStatus::unhealthy;
    reports_.push_back(group.value + " " + claim.instance.value + " " + claim.reporter + " " +
                       (is_ill ? "unhealthy" : "healthy"));
  });
}

GroupSpec Rig::group(const std::string& name) {
  GroupSpec spec;
  spec.id = GroupId{name};
  spec.launch = {{"image", "img"}, {"flavor", "f1"}, {"networks", "none"}};
  spec.balancer.pools = {"web-pool", api_pool};
  spec.balancer.port = 8080;
  spec.balancer.weight = 10;
  return spec;
}

InstanceId Rig::launch(const GroupSpec& spec) {
  Intent intent;
  intent.token = "rig-" + std::to_string(++launched_);
  intent.launch_hash = "abcd";
  intent.sends = 1;
  return wait_for(act_of(std::make_shared<const GroupSpec>(spec), std::move(intent))).instance;
}

Acted Rig::act(IntentKind kind, const InstanceId& instance, const GroupSpec& spec) {
  Intent intent;
  intent.kind = kind;
  intent.token = "change";
  intent.instance = instance;
  return wait_for(act_of(std::make_shared<const GroupSpec>(spec), std::move(intent)));
}

Acted Rig::wait_for(const Act& act) {
  std::optional<Acted> answer;
  counting_.act(act, [&answer](Acted acted) { answer = std::move(acted); });
  counting_.wait();
  return answer.value();
}

Observation Rig::look(const std::string& name) {
  std::optional<Observed> answer;
  counting_.observe(Observe{GroupId{name}}, [&answer](Observed seen) { answer = std::move(seen); });
  counting_.wait();
  return answer.value().observation.value();
}

Membership Rig::membership_of(const InstanceId& instance) {
  for (const Instance& one : look().instances) {
    if (one.id == instance) return one.membership;
  }
  return Membership::unknown;
}

std::vector<std::string> Rig::reports() {
  const std::lock_guard lock(mutex_);
  return std::exchange(reports_, {});
}

}  // namespace settle::octavia
