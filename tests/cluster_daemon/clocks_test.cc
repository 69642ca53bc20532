// A machine whose clocks part: what a process sees when it is resumed from a snapshot, or was
// frozen while it moved. CLOCK_BOOTTIME goes on from where it was, and the wall clock is elsewhere.
#include <filesystem>
#include <fstream>

#include "tests/cluster_daemon/fixture.h"

namespace settle {
namespace {

using testing::HasSubstr;
using testing::Not;

// Debian's libfaketime takes the place of the wall clock, which then follows a file.
constexpr const char* library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

class ClocksOfDaemons : public ClusterDaemon {
 protected:
  void SetUp() override {
    ClusterDaemon::SetUp();
    if (!std::filesystem::exists(library)) GTEST_SKIP() << "libfaketime is not here";
  }
  static void bend(FleetOfDaemons& fleet) {
    step(fleet, "+0");
    fleet.use_environment({fmt::format("LD_PRELOAD={}", library),
                           "FAKETIME_TIMESTAMP_FILE=" + fleet.folder() + "/clock",
                           "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
                           "DONT_FAKE_MONOTONIC=1"});
  }
  /// As much ahead of the true time, from now on; replaced whole.
  static void step(const FleetOfDaemons& fleet, const std::string& offset) {
    const std::string file = fleet.folder() + "/clock";
    std::ofstream(file + ".new") << offset << "\n";
    std::filesystem::rename(file + ".new", file);
  }
};

TEST_F(ClocksOfDaemons, ThatPartHoldThemUntilTheirLeaseIsRenewedUnderTheSameEpochs) {
  FleetOfDaemons fleet(*ensemble_);
  bend(fleet);
  begin(fleet, 2);
  const auto owners = fleet.owners(0);
  EXPECT_THAT(fleet.log(0), Not(HasSubstr("clocks-part")));
  step(fleet, "+40s");
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, group));
  for (int n = 0; n < 2; ++n) {
    const bool is_held = eventually(
        [&] { return fleet.log(n).find("clocks-part-holding") != std::string::npos; }, patience);
    EXPECT_TRUE(is_held) << fleet.log(n);
  }
  EXPECT_TRUE(eventually([&] { return fleet.living().size() == 12; }, patience)) << fleet.log(0);
  EXPECT_TRUE(eventually([&] { return fleet.is_ready(0) && fleet.is_ready(1); }, patience));
  EXPECT_EQ(fleet.launched().size(), 12U);
  expect_nothing_twice(fleet);
  // Ownership knows no wall clock: nobody lost anything for it.
  EXPECT_EQ(fleet.owners(0), owners);
  EXPECT_THAT(fleet.log(0), Not(HasSubstr("partition-lost-to-another-owner")));
}

}  // namespace
}  // namespace settle
