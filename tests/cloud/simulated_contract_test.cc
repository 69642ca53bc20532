#include "daemon/cloud/simulated_client.h"
#include "daemon/cloud/virtual_time.h"
#include "tests/cloud/balancer_contract.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

/// Loses answers when told to.
class LossyWriter final : public CloudWriter {
 public:
  explicit LossyWriter(CloudWriter& cloud) : cloud_(cloud) {}
  void observe(const Observe& look, ObservedReply reply) override {
    cloud_.observe(look, std::move(reply));
  }
  void act(const Act& act, ActedReply reply) override {
    cloud_.act(act,
               [reply = std::move(reply), lose = std::exchange(lose_next, false)](Acted acted) {
                 if (lose) {
                   acted.result = Acted::Result::unknown;
                   acted.instance = {};
                 }
                 reply(std::move(acted));
               });
  }
  void know(const std::vector<SpecPointer>& specs) override { cloud_.know(specs); }
  bool lose_next = false;

 private:
  CloudWriter& cloud_;
};

class Simulated : public CloudUnderTest {
 public:
  explicit Simulated(SimulatedSettings settings)
      : settings_(settings), client_(settings, time_, time_), writer_(client_) {}

  CloudWriter& cloud() override { return writer_; }
  void pass(Duration longest) override { time_.advance(time_.now() + longest); }
  bool lose_next_answer() override { return writer_.lose_next = true; }
  InstanceId foreign_instance() override {
    InstanceId made;
    client_.visit([&](SimulatedCloud& cloud, Chance& chance) {
      made = cloud.create(GroupId{"somebody-else"}, time_.now(), chance);
    });
    return made;
  }
  int page_size() override { return static_cast<int>(settings_.page_size); }
  Duration list_lag() override { return settings_.list_lag; }
  SpecPointer spec() override {
    GroupSpec spec;
    spec.id = GroupId{"web"};
    return std::make_shared<const GroupSpec>(spec);
  }

 private:
  SimulatedSettings settings_;
  VirtualTime time_{Time{1'400'000'000s}};
  SimulatedClient client_;
  LossyWriter writer_;
};

SimulatedSettings kind() {
  SimulatedSettings settings;
  settings.page_size = 3;
  return settings;
}
SimulatedSettings lagging() {
  SimulatedSettings settings = kind();
  settings.list_lag = 90s;
  settings.zones = {"a", "b"};
  settings.call_jitter = 20s;
  return settings;
}

/// With a load balancer, and a group that uses it.
class Balanced final : public Simulated {
 public:
  explicit Balanced(SimulatedSettings settings) : Simulated(with_pools(std::move(settings))) {}
  SpecPointer spec() override {
    GroupSpec spec = *Simulated::spec();
    spec.balancer.pools = {"web-pool"};
    return std::make_shared<const GroupSpec>(spec);
  }

 private:
  static SimulatedSettings with_pools(SimulatedSettings settings) {
    settings.pools = {"web-pool", "api-pool"};
    return settings;
  }
};

INSTANTIATE_TEST_SUITE_P(
    Clouds, BalancerContract,
    testing::Values(NamedCloud{"Kind", [] { return std::make_unique<Balanced>(kind()); }},
                    NamedCloud{"Lagging", [] { return std::make_unique<Balanced>(lagging()); }}),
    [](const auto& made) { return made.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Clouds, CloudContract,
    testing::Values(NamedCloud{"Kind", [] { return std::make_unique<Simulated>(kind()); }},
                    NamedCloud{"Lagging", [] { return std::make_unique<Simulated>(lagging()); }}),
    [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace settle
