// When partitions change hands: graces, brakes and flapping, second by second.
#include "daemon/cluster/placement/placement.h"

#include <algorithm>
#include <map>
#include <memory>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/laws.h"

namespace settle::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A controller that looks whenever something happens, and when it was told to.
class Stage {
 public:
  explicit Stage(std::size_t partitions) : owners_(partitions) {}

  void come(const std::string& id) { members_[id] = {id, id + std::to_string(++lives_), 1, {}}; }
  void go(const std::string& id) { members_.erase(id); }
  void mark(const std::string& id, Presence presence) { members_[id].presence = presence; }
  /// Another controller, which remembers nothing.
  void elect() { placement_ = std::make_unique<Placement>(); }

  void look() {
    std::vector<Present> present;
    for (const auto& [id, member] : members_) present.push_back(member);
    const Placement::Plan plan = placement_->plan(owners_, present, now_);
    moved_ += moves_between(owners_, plan.owners);
    owners_ = plan.owners;
    look_again_ = plan.look_again;
    is_braked_ = plan.is_braked;
  }
  void run_for(milliseconds length) {
    look();
    const Moment until = now_ + length;
    while (look_again_ && *look_again_ <= until) {
      ASSERT_GT(*look_again_, now_);
      now_ = *look_again_;
      look();
    }
    now_ = until;
    look();
  }

  std::size_t load(const std::string& id) const {
    return static_cast<std::size_t>(std::count(owners_.begin(), owners_.end(), id));
  }
  const Owners& owners() const { return owners_; }
  bool is_braked() const { return is_braked_; }
  std::size_t moved() const { return moved_; }

 private:
  Owners owners_;
  std::map<std::string, Present> members_;
  std::unique_ptr<Placement> placement_ = std::make_unique<Placement>();
  Moment now_{seconds(100'000)};
  std::optional<Moment> look_again_;
  bool is_braked_ = false;
  std::size_t moved_ = 0;
  int lives_ = 0;
};

Stage settled_stage(std::size_t members, std::size_t partitions = 60) {
  Stage stage(partitions);
  for (std::size_t at = 0; at < members; ++at) stage.come("n" + std::to_string(at));
  stage.run_for(seconds(10));
  return stage;
}

TEST(Placement, WaitsUntilAllOfANewClusterHaveCome) {
  Stage stage(60);
  stage.come("a");
  stage.run_for(milliseconds(1'500));
  EXPECT_EQ(stage.load("a"), 0U);
  stage.come("b");
  stage.run_for(milliseconds(1'500));
  EXPECT_EQ(stage.load("a"), 0U);
  stage.run_for(milliseconds(500));
  EXPECT_EQ(stage.load("a"), 30U);
  EXPECT_EQ(stage.load("b"), 30U);
}

TEST(Placement, PlacesWhatOneLostMemberHadAtOnce) {
  Stage stage = settled_stage(3);
  stage.go("n1");
  stage.look();
  EXPECT_EQ(stage.load("n1"), 0U);
  EXPECT_EQ(stage.load("n0"), 30U);
  EXPECT_EQ(stage.load("n2"), 30U);
}

TEST(Placement, WaitsForTheRestWhenASecondIsLost) {
  Stage stage = settled_stage(10);
  stage.go("n1");
  stage.look();
  stage.run_for(milliseconds(500));
  stage.go("n2");
  stage.run_for(milliseconds(1'900));
  EXPECT_GE(stage.load("n2"), 6U);
  stage.run_for(milliseconds(200));
  EXPECT_EQ(stage.load("n2"), 0U);
}

TEST(Placement, BrakesWhenManyVanishAndGoesOnOnceItIsQuiet) {
  Stage stage = settled_stage(10);
  for (const char* id : {"n1", "n2", "n3", "n4"}) stage.go(id);
  stage.run_for(seconds(9));
  EXPECT_TRUE(stage.is_braked());
  EXPECT_EQ(stage.load("n1"), 6U);
  stage.run_for(seconds(2));
  EXPECT_FALSE(stage.is_braked());
  EXPECT_EQ(stage.load("n1"), 0U);
  EXPECT_EQ(stage.load("n0"), 10U);
}

TEST(Placement, MovesNothingWhenManyVanishAndComeBack) {
  Stage stage = settled_stage(10);
  const Owners before = stage.owners();
  for (const char* id : {"n1", "n2", "n3", "n4"}) stage.go(id);
  stage.run_for(seconds(5));
  for (const char* id : {"n1", "n2", "n3", "n4"}) stage.come(id);
  stage.run_for(seconds(300));
  EXPECT_EQ(stage.owners(), before);
}

TEST(Placement, DoesNotBrakeForEver) {
  Stage stage = settled_stage(10);
  for (const char* id : {"n1", "n2", "n3", "n4"}) stage.go(id);
  for (int round = 0; round < 17; ++round) {
    stage.run_for(seconds(7));
    EXPECT_TRUE(stage.is_braked());
    round % 2 == 0 ? stage.come("x") : stage.go("x");
  }
  stage.run_for(seconds(3));
  EXPECT_FALSE(stage.is_braked());
  EXPECT_EQ(stage.load("n1"), 0U);
}

TEST(Placement, KeepsTheSeatOfOneWhoRestarts) {
  Stage stage = settled_stage(3);
  const Owners before = stage.owners();
  stage.mark("n1", Presence::restarting);
  stage.look();
  stage.go("n1");
  stage.run_for(seconds(59));
  EXPECT_EQ(stage.owners(), before);
  stage.come("n1");
  stage.run_for(seconds(300));
  EXPECT_EQ(stage.owners(), before);
}

TEST(Placement, GivesUpTheSeatOfOneWhoDoesNotComeBack) {
  Stage stage = settled_stage(3);
  stage.mark("n1", Presence::restarting);
  stage.look();
  stage.go("n1");
  stage.run_for(seconds(61));
  EXPECT_EQ(stage.load("n1"), 0U);
}

TEST(Placement, EmptiesOneWhoDrainsAndLosesNothingWhenItGoes) {
  Stage stage = settled_stage(3);
  stage.mark("n1", Presence::draining);
  stage.look();
  EXPECT_EQ(stage.load("n1"), 0U);
  const Owners before = stage.owners();
  stage.go("n1");
  stage.run_for(seconds(60));
  EXPECT_EQ(stage.owners(), before);
}

TEST(Placement, LeavesEverythingWithTheOnlyOneWhoDrains) {
  Stage stage = settled_stage(1);
  stage.mark("n0", Presence::draining);
  stage.run_for(seconds(60));
  EXPECT_EQ(stage.load("n0"), 60U);
}

TEST(Placement, GivesANewMemberItsShareInBatches) {
  Stage stage = settled_stage(2);
  stage.come("n2");
  stage.look();
  EXPECT_EQ(stage.load("n2"), 3U);
  stage.run_for(milliseconds(2'000));
  EXPECT_EQ(stage.load("n2"), 6U);
  stage.run_for(seconds(30));
  EXPECT_EQ(stage.load("n2"), 20U);
  EXPECT_EQ(stage.moved(), 20U);
}

TEST(Placement, LetsOneWhoReturnsWaitAndComeBackSlowly) {
  Stage stage = settled_stage(3);
  stage.go("n1");
  stage.run_for(seconds(30));
  stage.come("n1");
  stage.run_for(seconds(119));
  EXPECT_EQ(stage.load("n1"), 0U);
  stage.run_for(seconds(1));
  EXPECT_EQ(stage.load("n1"), 3U);
  stage.run_for(seconds(59));
  EXPECT_EQ(stage.load("n1"), 3U);
  stage.run_for(seconds(1));
  EXPECT_EQ(stage.load("n1"), 6U);
  stage.run_for(seconds(600));
  EXPECT_EQ(stage.load("n1"), 20U);
}

TEST(Placement, GivesNothingToOneWhoFlaps) {
  Stage stage = settled_stage(3);
  for (int round = 0; round < 3; ++round) {
    stage.go("n1");
    stage.run_for(seconds(20));
    stage.come("n1");
    stage.run_for(seconds(1));
  }
  const std::size_t moved = stage.moved();
  stage.run_for(seconds(200));
  EXPECT_EQ(stage.load("n1"), 0U);
  EXPECT_EQ(stage.moved(), moved) << "nor does anybody else pay for it";
  stage.run_for(seconds(1'200));
  EXPECT_EQ(stage.load("n1"), 20U);
}

TEST(Placement, GivesOneWhoFlapsWhatNobodyElseIsThereToTake) {
  Stage stage = settled_stage(2);
  for (int round = 0; round < 4; ++round) {
    stage.go("n1");
    stage.run_for(seconds(5));
    stage.come("n1");
    stage.run_for(seconds(5));
  }
  stage.go("n0");
  stage.run_for(seconds(60));
  EXPECT_EQ(stage.load("n1"), 60U);
}

TEST(Placement, OfANewControllerMovesNothingButWhatIsLost) {
  Stage stage = settled_stage(4);
  const Owners before = stage.owners();
  stage.elect();
  stage.run_for(seconds(300));
  EXPECT_EQ(stage.owners(), before);
  stage.elect();
  stage.go("n3");
  stage.look();
  EXPECT_EQ(stage.load("n3"), 0U);
  EXPECT_EQ(stage.moved(), 15U);
}

// Whatever happens: once it is quiet, everything is owned by somebody who is there, in balance.
TEST(Placement, ComesToRestInBalanceWhateverHappened) {
  EXPECT_TRUE(rc::check([] {
    Stage stage(evenly<std::size_t>(1, 100));
    stage.come("n0");
    const auto steps = evenly(0, 30);
    std::vector<bool> is_there(5, false);
    is_there[0] = true;
    for (int step = 0; step < steps; ++step) {
      const auto at = evenly<std::size_t>(1, 5);
      const std::string id = "n" + std::to_string(at);
      is_there[at] ? stage.go(id) : stage.come(id);
      is_there[at] = !is_there[at];
      stage.run_for(milliseconds(evenly(1, 40'000)));
    }
    stage.run_for(std::chrono::hours(2));
    std::size_t least = 1'000;
    std::size_t most = 0;
    std::size_t sum = 0;
    for (std::size_t at = 0; at < 5; ++at) {
      if (!is_there[at]) continue;
      const std::size_t load = stage.load("n" + std::to_string(at));
      least = std::min(least, load);
      most = std::max(most, load);
      sum += load;
    }
    RC_ASSERT(sum == stage.owners().size());
    RC_ASSERT(most - least <= 1U);
  }));
}

}  // namespace
}  // namespace settle::cluster
