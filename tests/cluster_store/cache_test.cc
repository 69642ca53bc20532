// The local copy of checkpoints: quick where it is right, and never believed where it is not.
#include <fstream>

#include <gmock/gmock.h>

#include "daemon/cluster/layout.h"
#include "daemon/cluster/store/checkpoint_cache.h"
#include "daemon/cluster/store/checkpoint_file.h"
#include "daemon/cluster/store/zookeeper_store.h"
#include "tests/cluster_store/folder.h"
#include "tests/cluster_store/memory_cluster.h"

namespace settle::cluster {
namespace {

using testing::HasSubstr;

constexpr const char* space = "/settle/test";

class CheckpointCaches : public testing::Test {
 protected:
  CheckpointCaches() { open(); }

  [[nodiscard]] std::string file() const { return folder_.path() + "/cache"; }
  [[nodiscard]] std::shared_ptr<CheckpointCache> cache(const std::string& path) {
    CheckpointCacheOptions options{path, [this] { return now_ms_; }};
    options.bytes_max = bytes_max_;
    return std::make_shared<CheckpointCache>(options);
  }
  /// As a restart does; without the cache, as another machine does.
  void open(bool has_cache = true) {
    store_.reset();
    cache_.reset();
    if (has_cache) cache_ = cache(file());
    store_ = std::make_unique<ZookeeperStore>(cluster_->client(), "n", "i", cache_, limits_);
    epoch_ = *store_->claim(1);
  }
  void commit(const std::string& group, std::uint64_t round, Offsets offsets = {}) {
    Commit commit;
    commit.epoch = epoch_;
    GroupState state;
    state.round = round;
    commit.dirty.push_back({{group}, state});
    commit.offsets = std::move(offsets);
    ASSERT_EQ(store_->commit({{1, commit}}), std::vector{Stored::stored});
  }
  /// "a=1 b=2", or why not.
  std::string restored() {
    const auto records = store_->restore(1);
    if (!records) return records.error().message;
    std::string text;
    for (const GroupRecord& record : *records) {
      text +=
          (text.empty() ? "" : " ") + record.group.value + "=" + std::to_string(record.state.round);
    }
    return text;
  }
  /// Makes the pieces in ZooKeeper unreadable, but those whose names hold `kept`: what is restored
  /// then was not read there.
  void spoil_pieces(const std::string& kept = "none") {
    auto tree = cluster_->tree();
    for (auto& [path, node] : tree) {
      const bool is_piece = path.find(space + layout::chunks(1) + "/") != std::string::npos;
      if (is_piece && path.find(kept) == std::string::npos) node.data[2] ^= 1;
    }
    cluster_->put_back(std::move(tree));
  }

  Folder folder_;
  std::int64_t now_ms_ = 1'000'000'000'000;
  std::int64_t bytes_max_ = std::int64_t{1} << 30;
  CheckpointLimits limits_;
  std::unique_ptr<MemoryCluster> cluster_ =
      std::make_unique<MemoryCluster>(ClusterMeta{"c-1", 4, "murmur2", 1});
  std::shared_ptr<CheckpointCache> cache_;
  std::unique_ptr<ZookeeperStore> store_;
  Epoch epoch_{};
};

TEST_F(CheckpointCaches, SpareARestartEverythingButTheManifest) {
  commit("a", 1, {{"log", 4}});
  commit("b", 2);
  spoil_pieces();
  open();
  EXPECT_EQ(restored(), "a=1 b=2");
  EXPECT_EQ(*store_->offsets(1), (Offsets{{"log", 4}}));
  EXPECT_GT(cache_->view().recalled_bytes, 0U);
}

TEST_F(CheckpointCaches, HoldWhatWasReadAsWellAsWhatWasWritten) {
  open(false);
  commit("a", 1);
  open();
  ASSERT_EQ(restored(), "a=1");
  spoil_pieces();
  open();
  EXPECT_EQ(restored(), "a=1");
}

TEST_F(CheckpointCaches, LeaveToBeFetchedWhatTheyHaveMissed) {
  commit("a", 1);
  open(false);
  commit("b", 2);
  spoil_pieces("000000000002-d");
  open();
  EXPECT_EQ(restored(), "a=1 b=2");
  spoil_pieces();
  open();
  EXPECT_EQ(restored(), "a=1 b=2");
}

TEST_F(CheckpointCaches, HideNoDamageOfWhatTheyHaveMissed) {
  commit("a", 1);
  open(false);
  commit("b", 2);
  spoil_pieces("000000000001-d");
  open();
  EXPECT_EQ(restored(), "a=1");
  commit("c", 3);
  open(false);
  EXPECT_EQ(restored(), "a=1 c=3");
}

TEST_F(CheckpointCaches, AreGoneOnFromWhereTheTreeHasLostNodes) {
  commit("a", 1);
  commit("b", 2);
  auto tree = cluster_->tree();
  std::erase_if(tree, [](const auto& node) {
    return node.first.find(layout::chunks(1) + "/") != std::string::npos;
  });
  cluster_->put_back(std::move(tree));
  open();
  EXPECT_EQ(restored(), "a=1 b=2");
  // What follows is written anew: whoever has no copy reads it too.
  commit("c", 3);
  open(false);
  EXPECT_EQ(restored(), "a=1 b=2 c=3");
}

TEST_F(CheckpointCaches, FollowThroughNewBases) {
  limits_.changes_max = 3;
  open();
  for (std::uint64_t round = 0; round < 20; ++round) {
    commit("g" + std::to_string(round % 3), round);
  }
  spoil_pieces();
  open();
  EXPECT_EQ(restored(), "g0=18 g1=19 g2=17");
  store_.reset();
  cache_.reset();
  const auto known = (*CheckpointFile::open(file()))->recall(1);
  ASSERT_TRUE(known);
  EXPECT_LE(known->bodies.size(), 4U);
}

TEST_F(CheckpointCaches, AreNotBelievedAboutAnotherHistory) {
  commit("a", 1);
  const auto before = cluster_->tree();
  commit("a", 2);
  cluster_->put_back(before);
  open(false);
  commit("a", 7);
  commit("c", 7);
  open();
  EXPECT_EQ(restored(), "a=7 c=7");
  commit("d", 8);
  spoil_pieces();
  open();
  EXPECT_EQ(restored(), "a=7 c=7 d=8");
}

TEST_F(CheckpointCaches, LetNobodyGoOnFromAnOlderCopyOfTheTree) {
  commit("a", 1);
  const auto before = cluster_->tree();
  commit("a", 2);
  store_.reset();
  cluster_->put_back(before);
  open();
  EXPECT_THAT(restored(), HasSubstr("is number 1 in ZooKeeper, and 2 was stored: the ensemble was "
                                    "put back from an older copy"));
  EXPECT_THAT(restored(), HasSubstr("put back from an older copy"));
  // Also where that copy was gone on from, under an epoch that came before.
  open(false);
  EXPECT_EQ(restored(), "a=1");
}

TEST_F(CheckpointCaches, OfATreeThatWasMadeAnewSayNothingOfItsAge) {
  for (std::uint64_t round = 1; round < 5; ++round) commit("a", round);
  store_.reset();
  cluster_ = std::make_unique<MemoryCluster>(ClusterMeta{"c-1", 4, "murmur2", 1});
  open();
  EXPECT_EQ(restored(), "");
  commit("b", 1);
  spoil_pieces();
  open();
  EXPECT_EQ(restored(), "b=1");
}

TEST_F(CheckpointCaches, ThatAreNoDatabaseAreMadeAnew) {
  commit("a", 1);
  store_.reset();
  cache_.reset();
  CheckpointFile::remove(file());
  std::ofstream(file()) << std::string(5'000, 'x');
  open();
  EXPECT_EQ(restored(), "a=1");
  EXPECT_FALSE(cache_->view().is_given_up);
  spoil_pieces();
  open();
  EXPECT_EQ(restored(), "a=1");
}

TEST_F(CheckpointCaches, WithFlippedBitsCostAFetchAndNothingElse) {
  for (std::uint64_t round = 1; round < 4; ++round) commit("a", round);
  store_.reset();
  cache_.reset();
  std::ifstream in(file(), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  ASSERT_GT(whole.size(), 4'096U);
  for (std::size_t at = 100; at < whole.size(); at += 97) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    CheckpointFile::remove(file());
    std::ofstream(file(), std::ios::binary) << damaged;
    open();
    ASSERT_EQ(restored(), "a=3") << "a bit of byte " << at;
    store_.reset();
    cache_.reset();
  }
}

TEST_F(CheckpointCaches, InAPlaceThatCannotBeWrittenAreDoneWithout) {
  store_.reset();
  cache_ = cache(folder_.path() + "/there/is/none");
  EXPECT_TRUE(cache_->view().is_given_up);
  store_ = std::make_unique<ZookeeperStore>(cluster_->client(), "n", "i", cache_);
  epoch_ = *store_->claim(1);
  commit("a", 1);
  EXPECT_EQ(restored(), "a=1");
}

TEST_F(CheckpointCaches, ForgetWhatWasNotHeardOfForAWeek) {
  commit("a", 1);
  EXPECT_EQ(cache_->recall(1).bodies.size(), 1U);  // Which waits until it is written.
  now_ms_ += std::int64_t{6} * 24 * 3'600'000;
  open(false);
  open();
  EXPECT_EQ(cache_->recall(1).bodies.size(), 1U);
  store_.reset();
  cache_.reset();
  now_ms_ += std::int64_t{2} * 24 * 3'600'000;
  EXPECT_TRUE(cache(file())->recall(1).bodies.empty());
}

TEST_F(CheckpointCaches, ForgetTheLongestUnheardOfWhereTheyGrowTooLarge) {
  const std::string bytes = encode(Body{2, 1, {{{"x", std::string(10'000, 'x')}}, {}, {}}});
  for (std::uint32_t partition = 2; partition < 4; ++partition) {
    now_ms_ += 1;
    const BodyPlace place = place_of(1, bytes);
    cache_->keep({partition, {1, 1}, {1, 1, {std::nullopt, {place}}, {}}, {{place, bytes}}});
    EXPECT_EQ(cache_->recall(partition).bodies.size(), 1U);
  }
  bytes_max_ = 15'000;
  open();
  EXPECT_TRUE(cache_->recall(2).bodies.empty());
  EXPECT_EQ(cache_->recall(3).bodies.size(), 1U);
}

}  // namespace
}  // namespace settle::cluster
