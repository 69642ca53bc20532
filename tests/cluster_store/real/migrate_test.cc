// Stores are moved between kinds whole, or not at all.
#include <filesystem>

#include "daemon/cluster/layout.h"
#include "daemon/cluster/store/resting_zookeeper.h"
#include "daemon/cluster/store/zookeeper_store.h"
#include "daemon/codec/binary.h"
#include "tests/cluster_store/real/servers.h"

namespace settle::cluster {
namespace {

constexpr std::uint32_t partitions = 5;

class Migration : public testing::Test {
 protected:
  void SetUp() override {
    if (real_server() == nullptr) GTEST_SKIP() << "java or zookeeper.jar is missing";
    std::string name = testing::TempDir() + "settle-migrate-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    place_ = fresh_place();
  }
  ~Migration() override {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }
  /// A store with two partitions in use, of which one has had three epochs.
  void fill(const std::string& path) const {
    auto opened = open_sqlite_store(path, partitions, "c-7");
    ASSERT_TRUE(opened) << opened.error().message;
    Store& store = *opened->store;
    std::vector<Store::PartitionCommit> commits(2);
    for (int claims = 0; claims < 3; ++claims) commits[0].commit.epoch = *store.claim(0);
    commits[1] = {3, {}};
    commits[1].commit.epoch = *store.claim(3);
    for (int at = 0; at < 300; ++at) {
      GroupState state;
      state.round = static_cast<std::uint64_t>(at);
      state.memory.firings.resize(1);
      state.memory.firings.front().origin = std::string(900, 'o');
      commits[at % 2 == 0 ? 0 : 1].commit.dirty.push_back({{"g" + std::to_string(at)}, state});
    }
    commits[1].commit.offsets = {{"log/3", 17}};
    ASSERT_EQ(store.commit(commits), std::vector(2, Stored::stored));
  }
  static StoreTotals moved(RestingStore& from, NewStore& to) {
    const auto totals = copy(from, to);
    EXPECT_TRUE(totals) << (totals ? "" : totals.error().message);
    return totals ? *totals : StoreTotals{};
  }
  static std::unique_ptr<RestingStore> opened(Result<std::unique_ptr<RestingStore>> store) {
    EXPECT_TRUE(store) << (store ? "" : store.error().message);
    return store ? std::move(*store) : nullptr;
  }
  std::unique_ptr<NewStore> new_tree() {
    auto made = make_zookeeper_store(connect(place_), {"c-7", partitions});
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return made ? std::move(*made) : nullptr;
  }
  void move_to_zookeeper() {
    fill(file("a.db"));
    const auto from = opened(open_resting_sqlite(file("a.db"), Rest::required));
    moved(*from, *new_tree());
  }

  std::string folder_;
  EnsemblePlace place_;
};

TEST_F(Migration, ThereAndBackKeepsEveryByteAndEveryEpoch) {
  fill(file("a.db"));
  auto from = opened(open_resting_sqlite(file("a.db"), Rest::required));
  const StoreTotals there = moved(*from, *new_tree());
  EXPECT_EQ(there.groups, 300U);
  EXPECT_EQ(there.partitions_used, 2U);
  EXPECT_EQ(there.epoch_max, 3U);
  auto tree = opened(open_resting_zookeeper(connect(place_), Rest::required));
  EXPECT_EQ(tree->identity().cluster, "c-7");
  EXPECT_EQ(survey(*tree)->digest, there.digest);
  auto back = make_sqlite_store(file("b.db"), tree->identity());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(moved(*tree, **back).digest, there.digest);
  back->reset();
  auto again = open_sqlite_store(file("b.db"), partitions, "never");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->identity.cluster, "c-7");
  EXPECT_EQ(*again->store->claim(0), Epoch{4});
  EXPECT_EQ(again->store->restore(3)->size(), 150U);
  EXPECT_EQ(*again->store->offsets(3), (Offsets{{"log/3", 17}}));
}

TEST_F(Migration, LeavesATreeThatADaemonGoesOnFrom) {
  move_to_zookeeper();
  const auto connection = connect(place_);
  const auto meta = found(*connection, partitions);
  ASSERT_TRUE(meta) << meta.error().message;
  EXPECT_EQ(meta->cluster, "c-7");
  ZookeeperStore store(connection->client(), "n", "i");
  const auto epoch = store.claim(0);
  ASSERT_TRUE(epoch) << epoch.error().message;
  EXPECT_EQ(*epoch, Epoch{4});
  EXPECT_EQ(store.restore(0)->size(), 150U);
  Commit commit;
  commit.epoch = *epoch;
  commit.dirty.push_back({{"new"}, {}});
  EXPECT_EQ(store.commit({{0, commit}}), std::vector{Stored::stored});
  EXPECT_EQ(store.restore(0)->size(), 151U);
}

TEST_F(Migration, OverwritesNothing) {
  move_to_zookeeper();
  const auto into_tree = make_zookeeper_store(connect(place_), {"c-7", partitions});
  ASSERT_FALSE(into_tree);
  EXPECT_EQ(into_tree.error().code, ErrorCode::conflict);
  EXPECT_EQ(into_tree.error().message, "there is the cluster c-7 already at " + to_url(place_) +
                                           ", and nothing is overwritten: name another path");
  const auto into_file = make_sqlite_store(file("a.db"), {"c-7", partitions});
  ASSERT_FALSE(into_file);
  EXPECT_EQ(into_file.error().code, ErrorCode::conflict);
}

TEST_F(Migration, IsRefusedWhileAnybodyOwnsTheStore) {
  move_to_zookeeper();
  auto daemon = open_sqlite_store(file("a.db"), partitions, "c-7");
  const auto held = open_resting_sqlite(file("a.db"), Rest::required);
  ASSERT_FALSE(held);
  EXPECT_NE(held.error().message.find("another process holds"), std::string::npos);
  const auto beside = opened(open_resting_sqlite(file("a.db"), Rest::ignored));
  EXPECT_EQ(*beside->owners(), "another process");

  const auto member = connect(place_);
  const auto resting = opened(open_resting_zookeeper(connect(place_), Rest::required));
  std::promise<zk::Code> joined;
  member->client().executor().post([&] {
    member->client().create(
        layout::member("n1"), "", zk::CreateMode::ephemeral,
        [&joined](zk::Code code, const zk::Created&) { joined.set_value(code); });
  });
  ASSERT_EQ(joined.get_future().get(), zk::Code::ok);
  const auto busy = open_resting_zookeeper(connect(place_), Rest::required);
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().message,
            "members of the cluster c-7 are there (n1): stop them, and wait until their sessions "
            "have ended");
  // One that came after the first look.
  auto target = make_sqlite_store(file("c.db"), resting->identity());
  const auto late = copy(*resting, **target);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().message, "a member has joined the cluster meanwhile");
  target->reset();
  EXPECT_FALSE(std::filesystem::exists(file("c.db")));
}

TEST_F(Migration, ThatDidNotFinishIsNoClusterAndIsBegunAnew) {
  fill(file("a.db"));
  const auto from = opened(open_resting_sqlite(file("a.db"), Rest::required));
  ASSERT_TRUE(new_tree()->write(3, *from->read(3)));
  const auto daemon = connect(place_);
  const auto refused = found(*daemon, partitions);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "the tree of cluster c-7 is not finished: `settlectl store migrate` that makes it is "
            "under way, or has to be run again");
  EXPECT_FALSE(open_resting_zookeeper(connect(place_), Rest::ignored));
  EXPECT_EQ(moved(*from, *new_tree()).groups, 300U);
  EXPECT_TRUE(found(*daemon, partitions));
}

TEST_F(Migration, SaysThatNobodyAnswers) {
  const auto nobody = Connection::open({{"127.0.0.1:1"}, "/settle/test"}, "");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::unavailable);
  EXPECT_EQ(nobody.error().message, "no server of ZooKeeper answers at 127.0.0.1:1 within 10 s");
}

}  // namespace
}  // namespace settle::cluster
