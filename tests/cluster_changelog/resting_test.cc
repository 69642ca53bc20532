// A cluster's store whose records lie in a changelog, read by whoever is no member: on a real
// broker and a real server of ZooKeeper.
#include <gmock/gmock.h>

#include "daemon/cluster/changelog/changelog_store.h"
#include "daemon/cluster/changelog/resting_changelog.h"
#include "daemon/cluster/store/resting_zookeeper.h"
#include "tests/cluster_changelog/broker.h"
#include "tests/cluster_store/folder.h"
#include "tests/cluster_store/real/servers.h"

namespace settle::cluster {
namespace {

using testing::HasSubstr;

class RestingChangelogTest : public testing::Test {
 protected:
  void SetUp() override {
    if (broker() == nullptr) GTEST_SKIP() << "java or Kafka's jars are missing";
    if (real_server() == nullptr) GTEST_SKIP() << "java or zookeeper.jar is missing";
    place_ = fresh_place();
    topic_ = fresh_topic();
    connection_ = connect(place_);
    ASSERT_NE(connection_, nullptr);
    ASSERT_TRUE(found(*connection_, partitions, topic_));
    auto changelog = open_changelog(topic_);
    ASSERT_TRUE(changelog) << changelog.error().message;
    store_ =
        std::make_unique<ChangelogStore>(connection_->client(), std::move(*changelog), "n", "i");
  }
  void fill() {
    Commit commit = commit_of(*store_->claim(1), {{"a", 1}, {"b", 2}, {"c", 3}});
    commit.offsets = {{"log/1", 5}};
    ASSERT_EQ(store_->commit({{1, commit}}), std::vector{Stored::stored});
    ASSERT_EQ(store_->commit({{1, commit_of(commit.epoch, {{"a", 4}}, {"b"})}}),
              std::vector{Stored::stored});
    ASSERT_TRUE(store_->claim(2));
    ASSERT_TRUE(store_->claim(2));
  }
  Result<std::unique_ptr<RestingStore>> open(const std::string& topic, Rest rest = Rest::ignored) {
    return open_resting_changelog(connect(place_), {broker()->brokers(), topic, {}}, rest);
  }

  EnsemblePlace place_;
  std::string topic_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<ChangelogStore> store_;
};

TEST_F(RestingChangelogTest, IsReadBesideItsOwnerWhoGoesOn) {
  fill();
  const auto resting = open(topic_);
  ASSERT_TRUE(resting) << resting.error().message;
  const auto totals = survey(**resting);
  ASSERT_TRUE(totals) << totals.error().message;
  EXPECT_EQ(totals->groups, 2U);
  EXPECT_EQ(totals->offsets, 1U);
  EXPECT_EQ(totals->partitions_used, 2U);
  EXPECT_EQ(totals->epoch_max, 2U);
  EXPECT_EQ(store_->commit({{1, commit_of(Epoch{1}, {{"d", 1}})}}), std::vector{Stored::stored});
}

TEST_F(RestingChangelogTest, IsCopiedToAStoreOfAnotherKindThatGoesOn) {
  fill();
  const auto resting = open(topic_, Rest::required);
  ASSERT_TRUE(resting) << resting.error().message;
  const Folder folder;
  const std::string file = folder.path() + "/copy.db";
  auto made = make_sqlite_store(file, (*resting)->identity());
  ASSERT_TRUE(made) << made.error().message;
  const auto copied = copy(**resting, **made);
  ASSERT_TRUE(copied) << copied.error().message;
  made->reset();
  auto opened = open_sqlite_store(file, partitions, "never");
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->identity.cluster, "c-1");
  expect_rounds(*opened->store, 1, {{"a", 4}, {"c", 3}});
  EXPECT_EQ(offsets_of(*opened->store, 1), (Offsets{{"log/1", 5}}));
  EXPECT_EQ(*opened->store->claim(2), Epoch{3});
}

TEST_F(RestingChangelogTest, ThatHasLostRecordsIsDamaged) {
  fill();
  broker()->delete_topic(topic_);
  broker()->create_topic(topic_, partitions, {{"cleanup.policy", "compact"}});
  const auto resting = open(topic_);
  ASSERT_TRUE(resting) << resting.error().message;
  // A topic that was just made may have no leader for a moment.
  auto totals = survey(**resting);
  while (!totals && totals.error().code == ErrorCode::unavailable) totals = survey(**resting);
  ASSERT_FALSE(totals);
  EXPECT_EQ(totals.error().code, ErrorCode::invalid);
  EXPECT_THAT(totals.error().message, HasSubstr("records are lost"));
}

TEST_F(RestingChangelogTest, IsNotTakenForAnotherNorForAStoreInZookeeperAlone) {
  const auto bare = open_resting_zookeeper(connect(place_), Rest::ignored);
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().message, "the cluster c-1 keeps its groups' records in the changelog " +
                                      topic_ + ": name it with --changelog kafka://HOST:PORT/" +
                                      topic_);
  const auto other = open(fresh_topic());
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message,
              HasSubstr("keeps its groups' records in the changelog " + topic_ + ", not in"));
}

}  // namespace
}  // namespace settle::cluster
