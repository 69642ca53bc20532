// Faults of a cluster, one story each: docs/CLUSTER_FAULTS.md has the list that they belong to.
#include <algorithm>

#include <gmock/gmock.h>

#include "daemon/cluster/layout.h"
#include "tests/cluster/stage.h"

namespace settle::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::vector<std::string> names{"n1", "n2", "n3"};

std::string whole(const std::string& path) {
  return "/settle/test" + path;
}

AssignmentRecord assignment(Stage& stage) {
  const auto record = decode_assignment(stage.ensemble().tree().at(whole(layout::assign)).data);
  EXPECT_TRUE(record) << record.error().message;
  return record ? *record : AssignmentRecord{};
}

OwnershipRecord ownership(Stage& stage, std::uint32_t partition) {
  const auto record =
      decode_ownership(stage.ensemble().tree().at(whole(layout::own(partition))).data);
  EXPECT_TRUE(record) << record.error().message;
  return record ? *record : OwnershipRecord{};
}

std::string leader(Stage& stage) {
  for (const std::string& name : names) {
    if (stage.is_up(name) && stage[name].node().leads()) return name;
  }
  return {};
}

void start_all(Stage& stage) {
  for (const std::string& name : names) stage.start(name);
  stage.run_for(seconds(10));
}

void expect_well(Stage& stage) {
  EXPECT_TRUE(stage.everything_has_one_actor()) << testing::PrintToString(stage.actors());
  EXPECT_THAT(stage.world().failures(), testing::IsEmpty());
}

/// Changes the tree behind everybody's back: no watch tells of it.
void rewrite(Stage& stage, const std::string& path, const std::string& bytes) {
  auto tree = stage.ensemble().tree();
  auto& node = tree.at(whole(path));
  node.data = bytes;
  ++node.stat.version;
  stage.ensemble().restore(std::move(tree));
}

TEST(ClusterFaults, AFormerControllerThatWakesUpAssignsNothing) {
  Stage stage;
  start_all(stage);
  const std::string former = leader(stage);
  const std::uint64_t before = *stage[former].node().leads();
  stage.freeze(former);
  stage.run_for(seconds(20));
  ASSERT_NE(leader(stage), "");
  stage.thaw(former);
  for (int moment = 0; moment < 200; ++moment) {
    stage.run_for(milliseconds(50));
    EXPECT_GT(assignment(stage).controller_epoch, before);
  }
  const auto leading = std::count_if(names.begin(), names.end(), [&](const std::string& name) {
    return stage[name].node().leads().has_value();
  });
  EXPECT_EQ(leading, 1);
  stage.run_for(seconds(10));
  expect_well(stage);
}

TEST(ClusterFaults, AnAssignmentIsWholeThoughItsControllerDiesWhileItAssigns) {
  for (int delay = 0; delay < 40; ++delay) {
    Stage stage;
    for (const std::string& name : names) stage.start(name);
    // Somewhere between the election and the first assignment, or in the middle of it.
    stage.run_for(milliseconds(1'500 + delay * 50));
    if (delay % 2 == 0) stage.ensemble().lose_next_reply();
    const std::string dead = leader(stage).empty() ? names.front() : leader(stage);
    stage.kill(dead);
    for (int moment = 0; moment < 20; ++moment) {
      stage.run_for(seconds(1));
      EXPECT_EQ(assignment(stage).owners.size(), 8U);
    }
    expect_well(stage);
  }
}

TEST(ClusterFaults, ManyWhoVanishAtOnceMoveNothingUntilItIsQuiet) {
  Stage stage;
  for (const char* const name : {"n1", "n2", "n3", "n4", "n5"}) stage.start(name);
  stage.run_for(seconds(12));
  const std::string leading = leader(stage);
  std::vector<std::string> victims;
  for (const char* const name : {"n1", "n2", "n3", "n4"}) {
    if (name != leading && victims.size() < 2) victims.emplace_back(name);
  }
  const Owners before = assignment(stage).owners;
  for (const std::string& victim : victims) {
    const std::int64_t session = stage[victim].client().session().id;
    stage.kill(victim);
    stage.ensemble().expire(session);
  }
  // The brake holds for ten seconds of quiet.
  stage.run_for(seconds(8));
  EXPECT_EQ(assignment(stage).owners, before);
  stage.run_for(seconds(15));
  for (const std::string& victim : victims) {
    EXPECT_THAT(assignment(stage).owners, testing::Not(testing::Contains(victim)));
  }
  expect_well(stage);
}

TEST(ClusterFaults, NothingIsClaimedFromAnOlderCopyOfTheTree) {
  StageOptions options;
  options.epoch_floor = 7;
  Stage stage(options);
  stage.start("n1");
  stage.run_for(seconds(20));
  EXPECT_EQ(stage.owned("n1"), 0U);
  EXPECT_EQ(stage.actors(), std::vector<int>(8, 0));
  ASSERT_EQ(stage["n1"].troubles().size(), 8U) << "each partition is told of once";
  EXPECT_EQ(stage["n1"].troubles().front(),
            "partition 0 is at epoch 0 in ZooKeeper and was at 7 here: the ensemble was put back "
            "from an older copy; nothing of it is claimed");
}

TEST(ClusterFaults, AnAssignmentThatNoWatchToldOfIsFound) {
  Stage stage;
  start_all(stage);
  AssignmentRecord record = assignment(stage);
  // Balanced before and after: nobody corrects it.
  const auto mine = std::find(record.owners.begin(), record.owners.end(), "n1");
  const auto others = std::find(record.owners.begin(), record.owners.end(), "n2");
  const auto partition = static_cast<std::uint32_t>(mine - record.owners.begin());
  std::swap(*mine, *others);
  rewrite(stage, layout::assign, encode(record));
  stage.run_for(seconds(1));
  EXPECT_EQ(ownership(stage, partition).owner, "n1") << "nobody was told";
  stage.run_for(seconds(45));
  EXPECT_EQ(ownership(stage, partition).owner, "n2");
  expect_well(stage);
}

TEST(ClusterFaults, ATenureThatAnotherTookIsOverOnceItIsSeen) {
  Stage stage;
  start_all(stage);
  const Owners owners = assignment(stage).owners;
  const OwnershipRecord before = ownership(stage, 0);
  OwnershipRecord stolen = before;
  stolen.epoch = before.epoch + 5;
  stolen.incarnation = "a stranger";
  rewrite(stage, layout::own(0), encode(stolen));
  stage[owners[0]].node().doubt(0);
  stage.run_for(seconds(10));
  // The stranger is no member, so its partition is claimed from it, under an epoch of its own.
  EXPECT_EQ(ownership(stage, 0).epoch, stolen.epoch + 1);
  expect_well(stage);
}

TEST(ClusterFaults, ARecordThatCannotBeReadIsToldOfAndNotClaimed) {
  Stage stage;
  start_all(stage);
  const std::string owner = assignment(stage).owners[3];
  std::string bytes = encode(ownership(stage, 3));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
  rewrite(stage, layout::own(3), bytes);
  stage[owner].node().doubt(3);
  stage.run_for(seconds(2));
  EXPECT_THAT(stage[owner].troubles(), testing::Not(testing::IsEmpty()));
  EXPECT_EQ(stage.ensemble().tree().at(whole(layout::own(3))).data, bytes);
}

TEST(ClusterFaults, AHandOverMayBreakOffAnywhere) {
  for (int delay = 0; delay < 45; ++delay) {
    Stage stage;
    start_all(stage);
    if (delay % 3 == 0) stage.ensemble().be_faulty({50, 50, 0, 20});
    stage["n2"].node().announce(Presence::draining);
    stage.run_for(milliseconds(delay * 75));
    delay % 2 == 0 ? stage.kill("n2") : stage.freeze("n2");
    for (std::uint32_t number = 0; number < 8; ++number) {
      const OwnershipRecord record = ownership(stage, number);
      // Released is not owned; and quiet is said of nothing else.
      EXPECT_TRUE(record.is_released || !record.is_quiet);
    }
    stage.ensemble().be_faulty({});
    stage.run_for(seconds(25));
    expect_well(stage);
    ASSERT_FALSE(testing::Test::HasFailure()) << "after " << delay * 75 << " ms";
  }
}

TEST(ClusterFaults, EventsOfWatchesThatComeTwiceOrLateChangeNothing) {
  Stage stage;
  start_all(stage);
  const Owners before = assignment(stage).owners;
  for (int time = 0; time < 20; ++time) {
    stage.ensemble().cut_connections();  // Whoever watches is told to look again.
    stage.run_for(milliseconds(300));
  }
  EXPECT_EQ(assignment(stage).owners, before);
  stage.run_for(seconds(5));
  expect_well(stage);
}

TEST(ClusterFaults, AMemberThatIsSilentForLessThanItsSessionKeepsItsEpochs) {
  Stage stage;
  start_all(stage);
  const OwnershipRecord before = ownership(stage, 2);
  stage.ensemble().fall_silent(true);
  stage.run_for(milliseconds(1'500));
  stage.ensemble().fall_silent(false);
  stage.run_for(seconds(20));
  EXPECT_EQ(ownership(stage, 2).epoch, before.epoch);
  expect_well(stage);
}

}  // namespace
}  // namespace settle::cluster
