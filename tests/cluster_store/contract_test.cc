// The contract over what needs no server: SQLite, and ZooKeeper in memory, also with a local copy.
#include "tests/cluster_store/contract.h"

#include "daemon/cluster/store/zookeeper_store.h"
#include "tests/cluster_store/folder.h"
#include "tests/cluster_store/memory_cluster.h"

namespace settle {
namespace {

class SqlitePlace final : public Place {
 public:
  std::unique_ptr<Store> open() override {
    auto opened = open_sqlite_store(folder_.path() + "/settle.db", partitions, "c-1");
    EXPECT_TRUE(opened);
    return opened ? std::move(opened->store) : nullptr;
  }

 private:
  Folder folder_;
};

class ZookeeperPlace : public Place {
 public:
  std::unique_ptr<Store> open() override { return open_with(nullptr); }

 protected:
  std::unique_ptr<Store> open_with(std::shared_ptr<cluster::CheckpointCache> cache) {
    return std::make_unique<cluster::ZookeeperStore>(
        cluster_.client(), "n", "i-" + std::to_string(++opens_), std::move(cache));
  }

 private:
  cluster::MemoryCluster cluster_{{"c-1", partitions, "murmur2", 1}};
  int opens_ = 0;
};

/// The same with a local copy, which outlives what is opened as a disk does.
class CachedPlace final : public ZookeeperPlace {
 public:
  std::unique_ptr<Store> open() override {
    return open_with(std::make_shared<cluster::CheckpointCache>(
        cluster::CheckpointCacheOptions{folder_.path() + "/cache", [] { return 1; }}));
  }

 private:
  Folder folder_;
};

template <typename Kind>
std::unique_ptr<Place> make() {
  return std::make_unique<Kind>();
}
INSTANTIATE_TEST_SUITE_P(OnSqlite, Stores, testing::Values(&make<SqlitePlace>));
INSTANTIATE_TEST_SUITE_P(InZookeeper, Stores, testing::Values(&make<ZookeeperPlace>));
INSTANTIATE_TEST_SUITE_P(InZookeeperWithACache, Stores, testing::Values(&make<CachedPlace>));

}  // namespace
}  // namespace settle
