// The Octavia adapter over our fakes: the contract that every cloud keeps, and the one of those
// with a load balancer. The real Octavia needs virtual machines for its amphorae, which are not to
// be had where these tests run.
#include <atomic>
#include <memory>
#include <string>

#include "tests/cloud/balancer_contract.h"
#include "tests/octavia/rig.h"

namespace settle::octavia {
namespace {

class FakedCloud : public CloudUnderTest {
 public:
  CloudWriter& cloud() override { return rig_.cloud(); }
  void pass(Duration /*longest*/) override { rig_.cloud().wait(); }
  bool lose_next_answer() override {
    auto is_lost = std::make_shared<std::atomic<bool>>(false);
    rig_.nova_proxy().set([is_lost](const std::string& request) {
      http::Fault fault;
      const bool is_launch = request.rfind("POST ", 0) == 0;
      if (is_launch && !is_lost->exchange(true)) fault.kind = http::Fault::Kind::lose_answer;
      return fault;
    });
    return true;
  }
  InstanceId foreign_instance() override { return rig_.launch(Rig::group("somebody-else")); }
  int page_size() override { return Rig::page_size; }
  Duration list_lag() override { return Duration::zero(); }
  SpecPointer spec() override { return std::make_shared<const GroupSpec>(Rig::group()); }

 protected:
  Rig rig_;
};

/// Of a group without pools.
class Unbalanced final : public FakedCloud {
 public:
  SpecPointer spec() override {
    GroupSpec spec = Rig::group();
    spec.balancer = {};
    rig_.cloud().know({std::make_shared<const GroupSpec>(spec)});
    return std::make_shared<const GroupSpec>(spec);
  }
};

INSTANTIATE_TEST_SUITE_P(Faked, CloudContract,
                         testing::Values(NamedCloud{"Octavia",
                                                    [] { return std::make_unique<Unbalanced>(); }}),
                         [](const auto& made) { return made.param.name; });
INSTANTIATE_TEST_SUITE_P(Faked, BalancerContract,
                         testing::Values(NamedCloud{"Octavia",
                                                    [] { return std::make_unique<FakedCloud>(); }}),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace settle::octavia
