// Daemons on machines of their own, as far as the network goes: a link that is down, a route that
// leads nowhere, a filter that lets requests out and no answer in.
#include "tests/cluster_daemon/namespaces.h"

#include <memory>

#include <fmt/ranges.h>

#include "tests/cluster_daemon/fixture.h"

namespace settle {
namespace {

/// Done to the network of n1: by `breaks` and `mends`, here or inside its namespace.
struct NetworkFault {
  const char* name = "";
  bool is_inside = false;
  std::string breaks;
  std::string mends;
};
void PrintTo(const NetworkFault& fault, std::ostream* out) {
  *out << fault.name;
}

class NetworkOfDaemons : public ClusterDaemon, public testing::WithParamInterface<NetworkFault> {
 protected:
  static void SetUpTestSuite() {
    if (!zk::Ensemble::is_available()) return;
    namespaces_ = new Namespaces(2);
    if (namespaces_->trouble().empty()) ensemble_ = new zk::Ensemble(3, 500, 128, true);
  }
  static void TearDownTestSuite() {
    delete std::exchange(ensemble_, nullptr);
    delete std::exchange(namespaces_, nullptr);
  }
  void SetUp() override {
    if (namespaces_ != nullptr && !namespaces_->trouble().empty()) {
      GTEST_SKIP() << "network namespaces cannot be had here: " << namespaces_->trouble();
    }
    ClusterDaemon::SetUp();
  }

  static std::string apply(const std::string& command) {
    return GetParam().is_inside ? namespaces_->run_inside(1, command) : Namespaces::run(command);
  }
  /// Each in a namespace of its own, and with the ensemble at the other end of its link.
  static void place(FleetOfDaemons& fleet) {
    fleet.use_namespaces([](int n) { return namespaces_->holder(n); });
    fleet.use_servers([](int n) {
      std::vector<std::string> places;
      for (const std::string& server : ensemble_->servers()) {
        places.push_back(Namespaces::gateway(n) + server.substr(server.rfind(':')));
      }
      return fmt::format("{}", fmt::join(places, ","));
    });
  }
  /// Members cannot reach each other here: an event is told to both until its owner takes it.
  static bool add_somewhere(const FleetOfDaemons& fleet, int group, int id) {
    const std::string event = one_more(group, id);
    return eventually(
        [&] {
          return tell(fleet, 0, event).status == 200 ||
                 (fleet.is_ready(1) && tell(fleet, 1, event).status == 200);
        },
        patience);
  }

  inline static Namespaces* namespaces_ = nullptr;
};

TEST_P(NetworkOfDaemons, LosesOneAndGetsItBackWithNothingLaunchedTwiceAndNothingLost) {
  FleetOfDaemons fleet(*ensemble_);
  place(fleet);
  begin(fleet, 2);
  const std::string broken = apply(GetParam().breaks);
  if (!broken.empty()) GTEST_SKIP() << "cannot be done on this kernel: " << broken;
  EXPECT_TRUE(eventually([&] { return !fleet.is_ready(1); }, patience)) << fleet.log(1);
  EXPECT_TRUE(eventually(
      [&] {
        const auto owners = fleet.owners(0);
        return !owners.empty() && !owns(owners, "n1") && !owns(owners, "");
      },
      patience))
      << fleet.log(0);
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_somewhere(fleet, group, group));
  EXPECT_TRUE(eventually([&] { return fleet.living().size() == 12; }, patience)) << fleet.log(0);

  ASSERT_EQ(apply(GetParam().mends), "");
  EXPECT_TRUE(eventually([&] { return fleet.is_ready(1); }, patience)) << fleet.log(1);
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_somewhere(fleet, group, 100 + group));
  EXPECT_TRUE(eventually([&] { return fleet.living().size() == 18; }, patience)) << fleet.log(0);
  EXPECT_EQ(fleet.launched().size(), 18U);
  expect_nothing_twice(fleet);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, NetworkOfDaemons,
    testing::Values(NetworkFault{"LinkDown", false, "ip link set v1 down", "ip link set v1 up"},
                    NetworkFault{"BlackholeRoute", true, "ip route add blackhole 10.77.1.1/32",
                                 "ip route del blackhole 10.77.1.1/32"},
                    NetworkFault{"AnswersFiltered", true, "iptables -A INPUT -i e -j DROP",
                                 "iptables -D INPUT -i e -j DROP"}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace settle
