// The contract over what needs no server: SQLite, and ZooKeeper in memory.
#include "tests/cluster_store/contract.h"

#include <filesystem>
#include <future>

#include "daemon/cluster/foundation.h"
#include "daemon/cluster/store/zookeeper_store.h"
#include "daemon/zookeeper/event_thread.h"
#include "daemon/zookeeper/memory_ensemble.h"

namespace settle {
namespace {

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

template <typename Kind>
std::unique_ptr<Place> make() {
  return std::make_unique<Kind>();
}
INSTANTIATE_TEST_SUITE_P(OnSqlite, Stores, testing::Values(&make<SqlitePlace>));
INSTANTIATE_TEST_SUITE_P(InZookeeper, Stores, testing::Values(&make<ZookeeperPlace>));

}  // namespace
}  // namespace settle
