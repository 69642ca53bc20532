// An upgrade as an operator does it, one member after the other, and the way back. There is one
// version to do it with: that others' bytes stay as they are, tests/cluster/formats_test.cc holds.
#include "tests/cluster_daemon/fixture.h"

namespace settle {
namespace {

TEST_F(ClusterDaemon, IsUpgradedAndTakenBackOneMemberAfterTheOtherWithNothingLost) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 3);
  std::size_t wanted = 6;
  int id = 0;
  for (const char* way : {"there", "back"}) {
    for (int n = 0; n < 3; ++n) {
      fleet.signal(n, SIGTERM);
      ASSERT_EQ(fleet.wait(n), 0) << way << ": " << fleet.log(n);
      // What the others take meanwhile is there for whoever comes after them.
      ASSERT_TRUE(add_one(fleet, (n + 1) % 3, id % 6, id));
      ++id;
      ++wanted;
      fleet.start(n);
      ASSERT_TRUE(eventually([&] { return fleet.is_ready(n); }, patience)) << fleet.log(n);
    }
  }
  EXPECT_TRUE(eventually([&] { return fleet.living().size() == wanted; }, patience))
      << fleet.log(0);
  EXPECT_EQ(fleet.launched().size(), wanted);
  expect_nothing_twice(fleet);
}

}  // namespace
}  // namespace settle
