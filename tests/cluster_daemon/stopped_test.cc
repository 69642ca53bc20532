// An owner that stands still at any moment of a call, past its session, and then goes on.
#include <random>

#include "tests/cluster_daemon/fixture.h"

namespace settle {
namespace {

// Between admission and send, and at every other moment: the stop comes by time, soon after events
// that each make a call. The cloud knows no tokens, so a call that goes on late may make an
// instance that there is already; it is found, and one of the two goes.
TEST_F(ClusterDaemon, StoppedAtAnyMomentOfACallComesToRestWithOneInstanceForEachIntent) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 2);
  std::mt19937 dice(7);
  std::size_t wanted = 6;
  for (int round = 0; round < 6; ++round) {
    // Whoever took over last owns everything, and is the next to be stopped.
    const int victim = round % 2 == 0 ? 1 : 0;
    const int other = 1 - victim;
    const std::string name = "n" + std::to_string(victim);
    // The other has only just been let go on, and may still have to hear of it.
    ASSERT_TRUE(eventually([&] { return owns(fleet.owners(other), name); }, patience))
        << fleet.log(victim);
    for (int group = 0; group < 6; ++group) {
      ASSERT_TRUE(add_one(fleet, other, group, 100 * round + group));
    }
    const auto pause = std::chrono::milliseconds(dice() % 20);
    (void)eventually([] { return false; }, pause);
    fleet.signal(victim, SIGSTOP);
    EXPECT_TRUE(eventually([&] { return !owns(fleet.owners(other), name); }, patience))
        << fleet.log(other);
    wanted += 6;
    EXPECT_TRUE(eventually([&] { return fleet.living().size() == wanted; }, patience))
        << fleet.log(other);
    fleet.signal(victim, SIGCONT);
    EXPECT_TRUE(eventually([&] { return fleet.is_ready(victim); }, patience)) << fleet.log(victim);
    EXPECT_TRUE(eventually([&] { return fleet.living().size() == wanted; }, patience))
        << fleet.log(other);
    expect_nothing_twice(fleet);
  }
}

}  // namespace
}  // namespace settle
