// What every store promises, held against each kind: on SQLite, and in ZooKeeper.
#include <filesystem>
#include <future>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "daemon/cluster/foundation.h"
#include "daemon/cluster/store/zookeeper_store.h"
#include "daemon/zookeeper/event_thread.h"
#include "daemon/zookeeper/memory_ensemble.h"

namespace settle {
namespace {

constexpr std::uint32_t partitions = 4;

/// What outlives a store that is closed and opened again.
class Place {
 public:
  virtual ~Place() = default;
  virtual std::unique_ptr<Store> open() = 0;
};

class SqlitePlace final : public Place {
 public:
  SqlitePlace() {
    std::string name = testing::TempDir() + "settle-stores-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~SqlitePlace() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<Store> open() override {
    auto opened = open_sqlite_store(folder_ + "/settle.db", partitions, "c-1");
    EXPECT_TRUE(opened);
    return opened ? std::move(opened->store) : nullptr;
  }

 private:
  std::string folder_;
};

class ZookeeperPlace final : public Place {
 public:
  ZookeeperPlace() {
    thread_.run([this] {
      ensemble_ = std::make_unique<zk::MemoryEnsemble>(thread_, 1);
      zk::FrameworkOptions options;
      options.backend = [this] { return ensemble_->session("n", zk::Milliseconds(6'000)); };
      options.name_space = "/settle/test";
      client_ = std::make_unique<zk::CuratorFramework>(thread_, std::move(options));
      client_->start();
      foundation_ = std::make_unique<cluster::Foundation>(
          *client_, cluster::ClusterMeta{"c-1", partitions, "murmur2", 1});
    });
    std::promise<bool> laid;
    thread_.post([&] {
      foundation_->lay(
          [&](const Result<cluster::ClusterMeta>& meta) { laid.set_value(meta.has_value()); });
    });
    EXPECT_TRUE(laid.get_future().get());
  }
  ~ZookeeperPlace() override {
    thread_.run([this] {
      foundation_.reset();
      client_.reset();
      ensemble_.reset();
    });
  }
  std::unique_ptr<Store> open() override {
    return std::make_unique<cluster::ZookeeperStore>(*client_, "n",
                                                     "i-" + std::to_string(++opens_));
  }

 private:
  zk::EventThread thread_;
  std::unique_ptr<zk::MemoryEnsemble> ensemble_;
  std::unique_ptr<zk::CuratorFramework> client_;
  std::unique_ptr<cluster::Foundation> foundation_;
  int opens_ = 0;
};

class Stores : public testing::TestWithParam<bool> {
 protected:
  Stores() {
    if (GetParam()) {
      place_ = std::make_unique<ZookeeperPlace>();
    } else {
      place_ = std::make_unique<SqlitePlace>();
    }
    store_ = place_->open();
  }
  ~Stores() override { store_.reset(); }
  void reopen() {
    store_.reset();
    store_ = place_->open();
  }
  Epoch claim(std::uint32_t partition) {
    const auto epoch = store_->claim(partition);
    EXPECT_TRUE(epoch) << (epoch ? "" : epoch.error().message);
    return epoch ? *epoch : Epoch{};
  }

  std::unique_ptr<Place> place_;
  std::unique_ptr<Store> store_;
};

GroupState state_of(std::uint64_t round) {
  GroupState state;
  state.round = round;
  state.desired = 3;
  return state;
}

Commit commit_of(Epoch epoch, const std::vector<std::pair<std::string, std::uint64_t>>& rounds,
                 const std::vector<std::string>& forgotten = {}) {
  Commit commit;
  commit.epoch = epoch;
  for (const auto& [group, round] : rounds) commit.dirty.push_back({{group}, state_of(round)});
  for (const std::string& group : forgotten) commit.forgotten.push_back({group});
  return commit;
}

void expect_rounds(Store& store, std::uint32_t partition,
                   const std::vector<std::pair<std::string, std::uint64_t>>& rounds) {
  const auto records = store.restore(partition);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), rounds.size());
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    EXPECT_EQ((*records)[i].group.value, rounds[i].first);
    EXPECT_EQ((*records)[i].state, state_of(rounds[i].second));
  }
}

TEST_P(Stores, GiveBackWhatWasCommittedAlsoWhenOpenedAgain) {
  const Epoch epoch = claim(2);
  EXPECT_EQ(store_->commit({{2, commit_of(epoch, {{"b", 1}, {"a", 2}})}}),
            std::vector{Stored::stored});
  EXPECT_EQ(store_->commit({{2, commit_of(epoch, {{"a", 3}, {"c", 4}}, {"b", "absent"})}}),
            std::vector{Stored::stored});
  expect_rounds(*store_, 2, {{"a", 3}, {"c", 4}});
  reopen();
  expect_rounds(*store_, 2, {{"a", 3}, {"c", 4}});
  expect_rounds(*store_, 3, {});
}

TEST_P(Stores, RaiseTheEpochWithEachClaim) {
  EXPECT_EQ(claim(1), Epoch{1});
  EXPECT_EQ(claim(1), Epoch{2});
  EXPECT_EQ(claim(2), Epoch{1});
  reopen();
  EXPECT_EQ(claim(1), Epoch{3});
}

TEST_P(Stores, RefuseAnEarlierEpochAndTakeTheOthersOfTheSameCommit) {
  const Epoch old = claim(1);
  const Epoch other = claim(2);
  const Epoch fresh = claim(1);
  EXPECT_EQ(store_->commit({{1, commit_of(old, {{"a", 1}})}, {2, commit_of(other, {{"b", 1}})}}),
            (std::vector{Stored::fenced, Stored::stored}));
  expect_rounds(*store_, 1, {});
  expect_rounds(*store_, 2, {{"b", 1}});
  EXPECT_EQ(store_->commit({{1, commit_of(fresh, {{"a", 2}})}}), std::vector{Stored::stored});
}

TEST_P(Stores, TakeManyGroupsInOneCommit) {
  const Epoch epoch = claim(0);
  std::vector<std::pair<std::string, std::uint64_t>> rounds;
  for (std::uint64_t at = 0; at < 5'000; ++at)
    rounds.emplace_back("g" + std::to_string(10'000 + at), at);
  EXPECT_EQ(store_->commit({{0, commit_of(epoch, rounds)}}), std::vector{Stored::stored});
  expect_rounds(*store_, 0, rounds);
  EXPECT_EQ(store_->commit({{0, commit_of(epoch, {}, {"g10000"})}}), std::vector{Stored::stored});
  rounds.erase(rounds.begin());
  expect_rounds(*store_, 0, rounds);
}

INSTANTIATE_TEST_SUITE_P(OnSqlite, Stores, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(InZookeeper, Stores, testing::Values(true));

}  // namespace
}  // namespace settle
