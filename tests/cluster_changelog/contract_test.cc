// The contract of stores over a changelog on a real broker with the ensemble in memory, and what
// only a changelog can do wrong.
#include "tests/cluster_store/contract.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "daemon/cluster/changelog/changelog_store.h"
#include "daemon/codec/binary.h"
#include "tests/cluster_changelog/broker.h"
#include "tests/cluster_store/memory_cluster.h"

namespace settle {
namespace {

using testing::HasSubstr;

class ChangelogPlace final : public Place {
 public:
  std::unique_ptr<Store> open() override { return open_titled(); }
  std::unique_ptr<cluster::ChangelogStore> open_titled(
      std::chrono::milliseconds patience = std::chrono::seconds(15)) {
    auto changelog = open_changelog(topic_, patience);
    EXPECT_TRUE(changelog) << changelog.error().message;
    if (!changelog) return nullptr;
    return std::make_unique<cluster::ChangelogStore>(cluster_.client(), std::move(*changelog), "n",
                                                     "i-" + std::to_string(++opens_));
  }
  [[nodiscard]] const std::string& topic() const { return topic_; }

 private:
  const std::string topic_ = fresh_topic();
  cluster::MemoryCluster cluster_{{"c-1", partitions, "murmur2", 1, topic_}};
  int opens_ = 0;
};

std::unique_ptr<Place> make_place() {
  if (broker() == nullptr) return nullptr;
  return std::make_unique<ChangelogPlace>();
}
INSTANTIATE_TEST_SUITE_P(InAChangelog, Stores, testing::Values(&make_place));

class ChangelogTest : public testing::Test {
 protected:
  void SetUp() override {
    if (broker() == nullptr) GTEST_SKIP() << "java or Kafka's jars are missing";
    place_ = std::make_unique<ChangelogPlace>();
    store_ = place_->open_titled();
    ASSERT_NE(store_, nullptr);
  }
  std::unique_ptr<ChangelogPlace> place_;
  std::unique_ptr<cluster::ChangelogStore> store_;
};

TEST_F(ChangelogTest, TakesNothingFromAnOwnerOfBeforeThatKnowsOfNothing) {
  const Epoch first = *store_->claim(1);
  EXPECT_EQ(store_->commit({{1, commit_of(first, {{"a", 1}})}}), std::vector{Stored::stored});
  // Its successor restores and commits; the former one goes on as if nothing had been.
  const auto successor = place_->open_titled();
  const Epoch second = *successor->claim(1);
  expect_rounds(*successor, 1, {{"a", 1}});
  EXPECT_EQ(successor->commit({{1, commit_of(second, {{"a", 2}})}}), std::vector{Stored::stored});
  EXPECT_EQ(store_->commit({{1, commit_of(first, {{"a", 7}, {"b", 7}})}}),
            std::vector{Stored::fenced});
  expect_rounds(*successor, 1, {{"a", 2}});
  const auto third = place_->open_titled();
  ASSERT_TRUE(third->claim(1));
  expect_rounds(*third, 1, {{"a", 2}});
}

TEST_F(ChangelogTest, ToleratesRecordsThatWereNotCommitted) {
  const Epoch epoch = *store_->claim(1);
  Commit commit = commit_of(epoch, {{"a", 1}});
  commit.offsets = {{"log/1", 5}};
  EXPECT_EQ(store_->commit({{1, commit}}), std::vector{Stored::stored});
  // As if it had been killed between the changelog and the mark.
  auto changelog = open_changelog(place_->topic());
  ASSERT_TRUE(changelog);
  ASSERT_TRUE((*changelog)->take(1));
  ASSERT_TRUE(
      (*changelog)
          ->write(1, {{"a", cluster::encode(cluster::ChangelogRow{1, encode(state_of(2))})}}));
  const auto successor = place_->open_titled();
  const Epoch second = *successor->claim(1);
  expect_rounds(*successor, 1, {{"a", 2}});
  EXPECT_EQ(offsets_of(*successor, 1), (Offsets{{"log/1", 5}}));
  EXPECT_EQ(successor->commit({{1, commit_of(second, {{"a", 3}})}}), std::vector{Stored::stored});
}

TEST_F(ChangelogTest, CommitsManyPartitionsAtOnce) {
  std::vector<Store::PartitionCommit> commits;
  for (std::uint32_t number = 0; number < partitions; ++number) {
    commits.push_back({number, commit_of(*store_->claim(number), {{"g", number}})});
  }
  EXPECT_EQ(store_->commit(commits), std::vector(partitions, Stored::stored));
  for (std::uint32_t number = 0; number < partitions; ++number) {
    expect_rounds(*store_, number, {{"g", number}});
  }
}

TEST_F(ChangelogTest, RefusesToRestoreWhereRecordsAreLost) {
  const Epoch epoch = *store_->claim(2);
  EXPECT_EQ(store_->commit({{2, commit_of(epoch, {{"a", 1}, {"b", 2}})}}),
            std::vector{Stored::stored});
  broker()->delete_topic(place_->topic());
  broker()->create_topic(place_->topic(), partitions, {{"cleanup.policy", "compact"}});
  const auto fresh = place_->open_titled();
  ASSERT_NE(fresh, nullptr);
  // A topic that was just made may have no leader for a moment.
  Result<std::vector<GroupRecord>> restored = fresh->restore(2);
  while (!restored && restored.error().code == ErrorCode::unavailable) restored = fresh->restore(2);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::invalid);
  EXPECT_THAT(restored.error().message, HasSubstr("records are lost"));
}

TEST_F(ChangelogTest, CommitsNothingWhileItsBrokersAreGoneAndGoesOnAfterwards) {
  store_ = place_->open_titled(std::chrono::seconds(2));
  const Epoch epoch = *store_->claim(3);
  EXPECT_EQ(store_->commit({{3, commit_of(epoch, {{"a", 1}})}}), std::vector{Stored::stored});
  broker()->kill();
  EXPECT_EQ(store_->commit({{3, commit_of(epoch, {{"a", 2}})}}), std::vector{Stored::unavailable});
  broker()->start();
  std::vector<Stored> stored;
  for (int tries = 0; tries < 60 && stored != std::vector{Stored::stored}; ++tries) {
    stored = store_->commit({{3, commit_of(epoch, {{"a", 2}})}});
    ASSERT_NE(stored, std::vector{Stored::fenced});
  }
  EXPECT_EQ(stored, std::vector{Stored::stored});
  expect_rounds(*store_, 3, {{"a", 2}});
}

TEST(ChangelogTopic, ThatForgetsOrHasOtherPartitionsIsRefused) {
  if (broker() == nullptr) GTEST_SKIP() << "java or Kafka's jars are missing";
  const auto other = open_changelog(fresh_topic(partitions + 1));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::conflict);
  EXPECT_THAT(other.error().message, HasSubstr("has 5 partitions and the cluster 4"));
  for (const char* policy : {"delete", "compact,delete"}) {
    const auto forgets = open_changelog(fresh_topic(partitions, policy));
    ASSERT_FALSE(forgets) << policy;
    EXPECT_EQ(forgets.error().code, ErrorCode::conflict);
    EXPECT_THAT(forgets.error().message, HasSubstr("forgets groups: set it to compact"));
  }
  const auto absent = open_changelog("no-such-topic");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace settle
