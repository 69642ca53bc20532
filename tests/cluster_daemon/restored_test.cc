// An ensemble that was put back from an older copy of its disks, under daemons that know better.
#include "tests/cluster_daemon/fixture.h"

namespace settle {
namespace {

TEST_F(ClusterDaemon, ActsOnNothingInAnEnsembleThatWasPutBackFromAnOlderCopy) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 2);
  ensemble_->copy();
  ASSERT_TRUE(eventually([&] { return fleet.is_ready(0) && fleet.is_ready(1); }, patience))
      << fleet.log(0);
  // What the copy does not have: commits of every group, and the end of n1, whose successor is n0.
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, group));
  fleet.signal(1, SIGKILL);
  ASSERT_EQ(fleet.wait(1), -SIGKILL);
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, 100 + group));
  ASSERT_TRUE(eventually([&] { return fleet.living().size() == 18; }, patience)) << fleet.log(0);

  ensemble_->put_back();
  // An event is answered only after its commit: this one never is.
  EXPECT_NE(tell(fleet, 0, one_more(0, 200)).status, 200);
  EXPECT_TRUE(eventually(
      [&] { return fleet.log(0).find("put back from an older copy") != std::string::npos; },
      patience))
      << fleet.log(0);
  EXPECT_NE(tell(fleet, 0, one_more(1, 201)).status, 200);
  EXPECT_EQ(fleet.living().size(), 18U);
  EXPECT_EQ(fleet.launched().size(), 18U);
}

TEST_F(ClusterDaemon, KnowsAnOlderCopyAfterARestartThoughNoEpochIsOlder) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 1);
  ensemble_->copy();
  ASSERT_TRUE(eventually([&] { return fleet.is_ready(0); }, patience)) << fleet.log(0);
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, group));
  ASSERT_TRUE(eventually([&] { return fleet.living().size() == 12; }, patience)) << fleet.log(0);
  fleet.signal(0, SIGKILL);
  ASSERT_EQ(fleet.wait(0), -SIGKILL);

  // The copy has the epochs that the member remembers, and not the commits: those its cache knows.
  ensemble_->put_back();
  fleet.start(0);
  EXPECT_TRUE(eventually(
      [&] {
        return fleet.log(0).find("checkpoint-older-than-what-was-stored") != std::string::npos;
      },
      patience))
      << fleet.log(0);
  EXPECT_THAT(fleet.log(0), testing::HasSubstr("put back from an older copy"));
  EXPECT_NE(tell(fleet, 0, one_more(0, 200)).status, 200);
  EXPECT_TRUE(eventually([&] { return !fleet.is_ready(0); }, patience));
  EXPECT_EQ(fleet.launched().size(), 12U);
}

}  // namespace
}  // namespace settle
