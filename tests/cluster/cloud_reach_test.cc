// A member whose clouds do not answer it: when it gives up what it owns, and when it comes back.
#include "daemon/cluster/cloud_reach.h"

#include <gtest/gtest.h>

namespace settle::cluster {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const zk::BootTime start{std::chrono::hours(1)};

CloudReach cut_off_at(zk::BootTime now) {
  CloudReach reach;
  for (int n = 0; n < 5; ++n) reach.note(false, now);
  return reach;
}

TEST(CloudReach, IsCutOffAfterFiveInARowAndNotBefore) {
  CloudReach reach;
  for (int n = 0; n < 4; ++n) reach.note(false, start);
  reach.note(true, start);
  for (int n = 0; n < 4; ++n) reach.note(false, start);
  EXPECT_FALSE(reach.is_cut_off());
  reach.note(false, start);
  EXPECT_TRUE(reach.is_cut_off());
  reach.note(true, start);
  EXPECT_FALSE(reach.is_cut_off());
}

TEST(CloudReach, GivesUpOnceItLastsAndAnotherIsFine) {
  CloudReach reach = cut_off_at(start);
  EXPECT_FALSE(reach.gives_up(start + seconds(14), true));
  EXPECT_FALSE(reach.gives_up(start + seconds(60), false));
  EXPECT_TRUE(reach.gives_up(start + seconds(60), true));
  EXPECT_TRUE(reach.is_away());
  EXPECT_FALSE(reach.gives_up(start + seconds(61), true));
}

TEST(CloudReach, IsAwayForTenMinutesWhateverItHearsAndGivesUpNoSooner) {
  CloudReach reach = cut_off_at(start);
  ASSERT_TRUE(reach.gives_up(start + seconds(15), true));
  reach.note(true, start + minutes(1));
  EXPECT_FALSE(reach.comes_back(start + minutes(9)));
  for (int n = 0; n < 5; ++n) reach.note(false, start + minutes(2));
  EXPECT_FALSE(reach.gives_up(start + minutes(9), true));
  EXPECT_TRUE(reach.comes_back(start + seconds(615)));
  EXPECT_FALSE(reach.is_cut_off());
  EXPECT_FALSE(reach.is_away());
}

}  // namespace
}  // namespace settle::cluster
