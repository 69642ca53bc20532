// Checkpoints: what is said to be stored comes back, through lost answers, damage and old owners.
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "daemon/cluster/checkpoints.h"
#include "daemon/cluster/foundation.h"
#include "daemon/cluster/layout.h"
#include "daemon/cluster/pieces.h"
#include "daemon/zookeeper/memory_ensemble.h"
#include "tests/zookeeper/manual_executor.h"

namespace settle::cluster {
namespace {

using std::chrono::seconds;

constexpr const char* space = "/settle/test";

class Desk {
 public:
  explicit Desk(std::uint64_t seed = 1, CheckpointLimits limits = {})
      : ensemble_(clock_, seed), client_(clock_, connection()), limits_(limits) {
    client_.start();
    Foundation foundation(client_, {"c-1", 4, "murmur2", 1});
    foundation.lay([](const Result<ClusterMeta>& meta) { ASSERT_TRUE(meta); });
    clock_.run_for(seconds(5));
    for (std::uint32_t number = 0; number < 4; ++number) claim(number);
    reopen();
  }

  /// Another owner: the epoch goes up, and with it the version that writes check.
  void claim(std::uint32_t partition) {
    const std::uint64_t epoch = ++titles_[partition].epoch;
    bool is_done = false;
    client_.set(layout::own(partition), encode(OwnershipRecord{epoch, "n", "i", 1, false, false}),
                zk::any_version, [&](zk::Code code, const zk::Stat& stat) {
                  ASSERT_EQ(code, zk::Code::ok);
                  titles_[partition].version = stat.version;
                  is_done = true;
                });
    clock_.run_for(seconds(1));
    ASSERT_TRUE(is_done);
  }
  void reopen() { checkpoints_ = std::make_unique<Checkpoints>(client_, limits_); }

  std::vector<Written> commit(std::vector<Checkpoints::Item> items) {
    std::optional<std::vector<Written>> results;
    checkpoints_->commit(std::move(items), [&](std::vector<Written> found) { results = found; });
    clock_.run_for(seconds(120));
    EXPECT_TRUE(results) << "no answer";
    return results.value_or(std::vector<Written>{});
  }
  Written commit(std::uint32_t partition, Rows rows, std::vector<std::string> gone = {}) {
    const auto results =
        commit({{partition, titles_[partition], {std::move(rows), std::move(gone), {}}}});
    return results.empty() ? Written::unavailable : results.front();
  }
  Result<Restored> restore(std::uint32_t partition) {
    std::optional<Result<Restored>> found;
    Checkpoints fresh(client_, limits_);
    fresh.restore(partition, [&](Result<Restored> restored) { found = std::move(restored); });
    clock_.run_for(seconds(60));
    if (!found) return Error{ErrorCode::unavailable, "no answer"};
    return std::move(*found);
  }
  const Title& title(std::uint32_t partition) { return titles_[partition]; }
  /// The nodes of a partition's chunks.
  std::vector<std::string> pieces(std::uint32_t partition) const {
    const std::string prefix = space + layout::chunks(partition) + "/";
    std::vector<std::string> found;
    for (const auto& [path, node] : ensemble_.tree()) {
      if (path.starts_with(prefix)) found.push_back(path.substr(prefix.size()));
    }
    return found;
  }
  void damage(const std::string& path) {
    auto tree = ensemble_.tree();
    std::string& bytes = tree.at(space + path).data;
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    ensemble_.restore(std::move(tree));
  }
  void damage_piece(std::uint32_t partition, const std::string& name) {
    damage(layout::chunks(partition) + "/" + name);
  }
  zk::MemoryEnsemble& ensemble() { return ensemble_; }

 private:
  zk::FrameworkOptions connection() {
    zk::FrameworkOptions options;
    options.backend = [this] { return ensemble_.session("n", zk::Milliseconds(6'000)); };
    options.name_space = space;
    options.server_tick = zk::Milliseconds(1'000);
    options.operation_timeout = zk::Milliseconds(2'000);
    return options;
  }
  zk::ManualExecutor clock_;
  zk::MemoryEnsemble ensemble_;
  zk::CuratorFramework client_;
  const CheckpointLimits limits_;
  std::map<std::uint32_t, Title> titles_;
  std::unique_ptr<Checkpoints> checkpoints_;
};

CheckpointLimits with_changes(std::size_t most) {
  CheckpointLimits limits;
  limits.changes_max = most;
  return limits;
}

void expect_rows(Desk& desk, std::uint32_t partition, const Rows& rows) {
  const auto restored = desk.restore(partition);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->content.rows, rows);
  EXPECT_EQ(restored->damage, "");
}

TEST(Checkpoints, GiveBackWhatWasCommitted) {
  Desk desk;
  expect_rows(desk, 1, {});
  EXPECT_EQ(desk.commit(1, {{"a", "1"}, {"b", "1"}}), Written::stored);
  EXPECT_EQ(desk.commit(1, {{"a", "2"}, {"c", "1"}}, {"b", "absent"}), Written::stored);
  expect_rows(desk, 1, {{"a", "2"}, {"c", "1"}});
  expect_rows(desk, 2, {});
}

TEST(Checkpoints, AreNotCommittedOntoAnOlderCopyOfTheTree) {
  Desk desk;
  ASSERT_EQ(desk.commit(1, {{"a", "1"}}), Written::stored);
  ASSERT_EQ(desk.commit(2, {{"z", "1"}}), Written::stored);
  const auto copy = desk.ensemble().tree();
  ASSERT_EQ(desk.commit(1, {{"b", "1"}}), Written::stored);
  desk.ensemble().restore(copy);
  for (int times = 0; times < 3; ++times) {
    EXPECT_EQ(desk.commit(1, {{"c", "1"}}), Written::unavailable);
  }
  EXPECT_EQ(desk.commit(2, {{"y", "1"}}), Written::stored);  // Nothing of it is missing there.
  expect_rows(desk, 1, {{"a", "1"}});
}

TEST(Checkpoints, KeepOffsetsInTheSameCommit) {
  Desk desk;
  EXPECT_EQ(desk.commit({{1, desk.title(1), {{{"a", "1"}}, {}, {{"kafka/in/1", 7}}}}}),
            std::vector{Written::stored});
  EXPECT_EQ(desk.commit({{1, desk.title(1), {{}, {}, {{"kafka/in/1", 9}, {"other", 1}}}}}),
            std::vector{Written::stored});
  EXPECT_EQ(desk.restore(1)->content.offsets,
            (std::map<std::string, std::int64_t>{{"kafka/in/1", 9}, {"other", 1}}));
}

TEST(Checkpoints, OfSeveralPartitionsShareATransaction) {
  Desk desk;
  const std::uint64_t before = desk.ensemble().writes();
  std::vector<Checkpoints::Item> items;
  for (std::uint32_t number = 0; number < 4; ++number) {
    items.push_back({number, desk.title(number), {{{"g", std::to_string(number)}}, {}, {}}});
  }
  EXPECT_EQ(desk.commit(std::move(items)), std::vector(4, Written::stored));
  EXPECT_EQ(desk.ensemble().writes() - before, 1U);
  expect_rows(desk, 3, {{"g", "3"}});
}

TEST(Checkpoints, FenceAnOldOwnerAndNobodyElseInTheSameTransaction) {
  Desk desk;
  std::vector<Checkpoints::Item> items;
  for (std::uint32_t number = 0; number < 3; ++number) {
    items.push_back({number, desk.title(number), {{{"g", "old"}}, {}, {}}});
  }
  desk.claim(1);
  EXPECT_EQ(desk.commit(std::move(items)),
            (std::vector{Written::stored, Written::fenced, Written::stored}));
  expect_rows(desk, 1, {});
  expect_rows(desk, 2, {{"g", "old"}});
}

TEST(Checkpoints, KeepFewNodesHoweverManyCommitsThereAre) {
  Desk desk(1, with_changes(4));
  Rows rows;
  for (int round = 0; round < 60; ++round) {
    const std::string group = "g" + std::to_string(round % 7);
    rows[group] = std::to_string(round);
    ASSERT_EQ(desk.commit(1, {{group, rows[group]}}), Written::stored);
    EXPECT_LE(desk.pieces(1).size(), 12U) << round;
  }
  expect_rows(desk, 1, rows);
}

TEST(Checkpoints, CutLargeBodiesIntoPiecesThatNoServerRefuses) {
  CheckpointLimits limits = with_changes(3);
  Desk desk(1, limits);
  Rows rows;
  for (int round = 0; round < 9; ++round) {
    const std::string group = "g" + std::to_string(round);
    rows[group] = std::string(100'000, static_cast<char>('a' + round));
    ASSERT_EQ(desk.commit(1, {{group, rows[group]}}), Written::stored);
  }
  for (const auto& [path, node] : desk.ensemble().tree()) {
    EXPECT_LE(node.data.size(), std::size_t{64} * 1024) << path;
  }
  expect_rows(desk, 1, rows);
}

TEST(Checkpoints, WithADamagedBaseAreReadFromTheGenerationBefore) {
  Desk desk(1, with_changes(3));
  Rows rows;
  for (int round = 0; round < 8; ++round) {
    const std::string group = "g" + std::to_string(round % 5);
    rows[group] = std::to_string(round);
    ASSERT_EQ(desk.commit(1, {{group, rows[group]}}), Written::stored);
  }
  const auto intact = desk.restore(1);
  ASSERT_TRUE(intact->manifest.current.base);
  desk.damage_piece(1, piece_names(*intact->manifest.current.base, true).front());
  const auto restored = desk.restore(1);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->content.rows, rows);
  EXPECT_TRUE(restored->is_exact);
  EXPECT_EQ(restored->damage, "000000000006-b- of partition 1 is damaged");
}

TEST(Checkpoints, WithADamagedManifestAreFoundByTheirBodies) {
  Desk desk(1, with_changes(3));
  Rows rows;
  for (int round = 0; round < 8; ++round) {
    const std::string group = "g" + std::to_string(round % 5);
    rows[group] = std::to_string(round);
    ASSERT_EQ(desk.commit(1, {{group, rows[group]}}), Written::stored);
  }
  desk.damage(layout::checkpoint(1));
  const auto restored = desk.restore(1);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->content.rows, rows);
  EXPECT_TRUE(restored->is_exact);
  EXPECT_NE(restored->damage, "");
  desk.reopen();
  EXPECT_EQ(desk.commit(1, {{"after", "x"}}), Written::stored);
  rows["after"] = "x";
  expect_rows(desk, 1, rows);
}

TEST(Checkpoints, WithADamagedChangeSaySoAndStopBeforeIt) {
  Desk desk;
  EXPECT_EQ(desk.commit(1, {{"a", "1"}}), Written::stored);
  EXPECT_EQ(desk.commit(1, {{"a", "2"}}), Written::stored);
  desk.damage_piece(1, "000000000002-d-0");
  const auto restored = desk.restore(1);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->content.rows, (Rows{{"a", "1"}}));
  EXPECT_FALSE(restored->is_exact);
}

// What is committed upon damage must not hang on what is damaged.
TEST(Checkpoints, AreWrittenAnewByTheFirstCommitAfterDamage) {
  Desk desk;
  EXPECT_EQ(desk.commit(1, {{"a", "1"}}), Written::stored);
  EXPECT_EQ(desk.commit(1, {{"a", "2"}}), Written::stored);
  desk.damage_piece(1, "000000000002-d-0");
  desk.reopen();
  EXPECT_EQ(desk.commit(1, {{"b", "3"}}), Written::stored);
  expect_rows(desk, 1, {{"a", "1"}, {"b", "3"}});
  EXPECT_EQ(desk.commit(1, {{"c", "4"}}), Written::stored);
  expect_rows(desk, 1, {{"a", "1"}, {"b", "3"}, {"c", "4"}});
}

TEST(Checkpoints, GoBackToTheOffsetsOfTheStateThatTheyGive) {
  Desk desk;
  EXPECT_EQ(desk.commit({{1, desk.title(1), {{{"a", "1"}}, {}, {{"log", 5}}}}}),
            std::vector{Written::stored});
  EXPECT_EQ(desk.commit({{1, desk.title(1), {{{"a", "2"}}, {}, {{"log", 9}}}}}),
            std::vector{Written::stored});
  desk.damage_piece(1, "000000000002-d-0");
  EXPECT_EQ(desk.restore(1)->content.offsets, (SourceOffsets{{"log", 5}}));
}

TEST(Checkpoints, OfWhichNothingCanBeReadAreRefusedInsteadOfEmpty) {
  Desk desk;
  EXPECT_EQ(desk.commit(1, {{"a", "1"}}), Written::stored);
  desk.damage_piece(1, "000000000001-d-0");
  const auto restored = desk.restore(1);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().message,
            "the checkpoint of partition 1 in ZooKeeper is damaged and no generation of it can be "
            "read (000000000001-d- of partition 1 is damaged): restore a backup");
  desk.damage(layout::checkpoint(1));
  EXPECT_FALSE(desk.restore(1));
}

TEST(Checkpoints, WithoutAManifestStopBeforeTheFirstCommitThatIsMissing) {
  Desk desk;
  for (const char* value : {"1", "2", "3"}) {
    EXPECT_EQ(desk.commit(1, {{"a", value}, {std::string("g") + value, "x"}}), Written::stored);
  }
  desk.damage_piece(1, "000000000002-d-0");
  desk.damage(layout::checkpoint(1));
  const auto restored = desk.restore(1);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->content.rows, (Rows{{"a", "1"}, {"g1", "x"}}));
  EXPECT_FALSE(restored->is_exact);
  desk.reopen();
  EXPECT_EQ(desk.commit(1, {{"b", "4"}}), Written::stored);
  expect_rows(desk, 1, {{"a", "1"}, {"b", "4"}, {"g1", "x"}});
}

// Too large for one request: in pieces, of which some may lie there from an attempt that failed.
TEST(Checkpoints, TakeWhatNoRequestHoldsWhateverAnswersAreLost) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Desk desk(seed, with_changes(2));
    Rows rows;
    for (int round = 0; round < 6; ++round) {
      desk.ensemble().be_faulty({80, 80, 0, 30});
      const std::string value(round % 2 == 0 ? 700'000 : 10, static_cast<char>('a' + round));
      const std::string group = "g" + std::to_string(round % 3);
      for (int attempt = 0; desk.commit(1, {{group, value}}) != Written::stored; ++attempt) {
        ASSERT_LT(attempt, 200) << "seed " << seed;
      }
      rows[group] = value;
      desk.ensemble().be_faulty({});
      expect_rows(desk, 1, rows);
      ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << " round " << round;
    }
    for (const auto& [path, node] : desk.ensemble().tree()) {
      EXPECT_LE(node.data.size(), std::size_t{64} * 1024) << path;
    }
  }
}

// Whatever is said to be stored is there; what is not said may be there or not, whole.
TEST(Checkpoints, SayTheTruthWhateverAnswersAreLost) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Desk desk(seed, with_changes(1 + seed % 5));
    std::mt19937_64 dice(seed);
    Rows rows;
    for (int round = 0; round < 25; ++round) {
      desk.ensemble().be_faulty({60, 60, 0, 30});
      if (dice() % 6 == 0) desk.ensemble().cut_connections();
      if (dice() % 8 == 0) desk.reopen();
      const std::string group = "g" + std::to_string(dice() % 6);
      const std::string value = std::to_string(round);
      for (int attempt = 0; attempt < 40; ++attempt) {
        const Written written = desk.commit(1, {{group, value}});
        ASSERT_NE(written, Written::fenced) << "seed " << seed;
        if (written == Written::stored) break;
        ASSERT_LT(attempt, 39) << "seed " << seed;
      }
      rows[group] = value;
      desk.ensemble().be_faulty({});
      expect_rows(desk, 1, rows);
      ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << " round " << round;
    }
  }
}

}  // namespace
}  // namespace settle::cluster
