#include "tests/nova/rig.h"

#include <atomic>
#include <optional>
#include <utility>

#include "tests/cloud/acts.h"

namespace settle::nova {
namespace {
using namespace std::chrono_literals;

Settings settings_of(const FakeOpenstack& openstack, Duration settle_after) {
  Settings settings;
  settings.auth_url = openstack.auth_url();
  settings.cluster = "c1";
  settings.list_every = Duration::zero();
  settings.page_size = Rig::page_size;
  settings.act_deadline = 30s;
  settings.settle_after = settle_after;
  return settings;
}

}  // namespace

Rig::Rig(Duration settle_after)
    : nova_(
          settings_of(openstack_, settle_after), [this] { return login(); },
          std::make_shared<http::Outbound>(
              http::OutboundLimits{.budget = {.calls_per_second = 10'000, .in_flight = 100}}),
          time_, time_) {
  openstack_.with([this](auto& world) { world.catalogue_url = proxy_.url(); });
}

void Rig::lose_next_launch() {
  auto is_lost = std::make_shared<std::atomic<bool>>(false);
  proxy_.set([is_lost](const std::string& request) {
    http::Fault fault;
    const bool is_launch = request.rfind("POST ", 0) == 0;
    if (is_launch && !is_lost->exchange(true)) fault.kind = http::Fault::Kind::lose_answer;
    return fault;
  });
}

Result<Login> Rig::login() {
  const std::lock_guard lock(mutex_);
  Login login;
  login.credential_id = "id";
  login.credential_secret = secret_;
  return login;
}

void Rig::log_in_with(const std::string& secret) {
  const std::lock_guard lock(mutex_);
  secret_ = secret;
}

SpecPointer Rig::spec_of(const std::string& group) {
  GroupSpec spec;
  spec.id = GroupId{group};
  spec.launch = {{"image", "img"}, {"flavor", "f1"}, {"networks", "none"}};
  return std::make_shared<const GroupSpec>(spec);
}

Acted Rig::launch(const std::string& token, const std::string& group, std::uint32_t sends) {
  return launch_from(*spec_of(group), token, sends);
}

Acted Rig::launch_from(const GroupSpec& spec, const std::string& token, std::uint32_t sends) {
  Intent intent;
  intent.token = token;
  intent.launch_hash = "abcd";
  intent.sends = sends;
  return wait_for(act_of(std::make_shared<const GroupSpec>(spec), std::move(intent)));
}

Acted Rig::act(IntentKind kind, const InstanceId& instance, const std::string& group) {
  Intent intent;
  intent.kind = kind;
  intent.token = "change";
  intent.instance = instance;
  return wait_for(act_of(spec_of(group), std::move(intent)));
}

Acted Rig::wait_for(const Act& act) {
  std::optional<Acted> answer;
  counting_.act(act, [&answer](Acted acted) { answer = std::move(acted); });
  counting_.wait();
  return answer.value();
}

Observed Rig::look(const std::string& group, std::vector<InstanceId> missing) {
  std::optional<Observed> answer;
  counting_.observe({GroupId{group}, {}, std::move(missing)},
                    [&answer](Observed seen) { answer = std::move(seen); });
  counting_.wait();
  return answer.value();
}

}  // namespace settle::nova
