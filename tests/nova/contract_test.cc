// The Nova adapter over our fake, through a proxy that loses answers: the contract that every cloud
// keeps. (The same suite over the real Nova: tests/openstack.)
#include "tests/cloud/contract.h"

#include <memory>
#include <string>

#include "tests/nova/rig.h"

namespace settle::nova {
namespace {

class FakedCloud final : public CloudUnderTest {
 public:
  CloudWriter& cloud() override { return rig_.cloud(); }
  void pass(Duration /*longest*/) override { rig_.cloud().wait(); }
  bool lose_next_answer() override {
    rig_.lose_next_launch();
    return true;
  }
  InstanceId foreign_instance() override {
    return rig_.launch("foreign", "somebody-else").instance;
  }
  int page_size() override { return Rig::page_size; }
  Duration list_lag() override { return Duration::zero(); }
  SpecPointer spec() override { return Rig::spec_of("web"); }

 private:
  Rig rig_;
};

INSTANTIATE_TEST_SUITE_P(Faked, CloudContract,
                         testing::Values(NamedCloud{"Nova",
                                                    [] { return std::make_unique<FakedCloud>(); }}),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace settle::nova
