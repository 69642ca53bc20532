// The contract of stores over a real server, and what only a real one shows.
#include "tests/cluster_store/contract.h"

#include "daemon/cluster/layout.h"
#include "daemon/cluster/store/zookeeper_store.h"
#include "daemon/codec/binary.h"
#include "tests/cluster_store/real/servers.h"

namespace settle {
namespace {

class RealPlace final : public Place {
 public:
  explicit RealPlace(std::uint32_t count = partitions)
      : connection_(cluster::connect(cluster::fresh_place())) {
    EXPECT_TRUE(cluster::found(*connection_, count));
  }
  std::unique_ptr<Store> open() override {
    return std::make_unique<cluster::ZookeeperStore>(connection_->client(), "n",
                                                     "i-" + std::to_string(++opens_));
  }
  cluster::Connection& connection() { return *connection_; }

 private:
  std::unique_ptr<cluster::Connection> connection_;
  int opens_ = 0;
};

std::unique_ptr<Place> make_real() {
  if (cluster::real_server() == nullptr) return nullptr;
  return std::make_unique<RealPlace>();
}
INSTANTIATE_TEST_SUITE_P(OnARealServer, Stores, testing::Values(&make_real));

/// About as large as a group with a target, a window, ten firings and ten instances.
GroupState state_of_size(std::uint64_t round) {
  GroupState state = state_of(round);
  state.memory.firings.resize(1);
  state.memory.firings.front().origin = std::string(700, 'o');
  return state;
}

TEST(RealCheckpoints, HoldTwentyThousandGroupsInPiecesOfSixtyFourKilobytes) {
  if (cluster::real_server() == nullptr) GTEST_SKIP() << "java or zookeeper.jar is missing";
  constexpr std::uint32_t count = 64;
  constexpr std::uint64_t groups = 20'000;
  RealPlace place(count);
  auto store = place.open();
  std::vector<Store::PartitionCommit> commits(count);
  for (std::uint32_t number = 0; number < count; ++number) {
    commits[number].partition = number;
    const auto epoch = store->claim(number);
    ASSERT_TRUE(epoch) << epoch.error().message;
    commits[number].commit.epoch = *epoch;
  }
  for (std::uint64_t at = 0; at < groups; ++at) {
    commits[at % count].commit.dirty.push_back(
        {{"group-" + std::to_string(100'000 + at)}, state_of_size(at)});
  }
  EXPECT_EQ(store->commit(commits), std::vector(count, Stored::stored));
  store.reset();
  store = place.open();
  std::size_t restored = 0;
  for (std::uint32_t number = 0; number < count; ++number) {
    const auto records = store->restore(number);
    ASSERT_TRUE(records) << records.error().message;
    const auto& wanted = commits[number].commit.dirty;
    ASSERT_EQ(records->size(), wanted.size());
    for (std::size_t at = 0; at < wanted.size(); ++at) {
      ASSERT_EQ((*records)[at].group, wanted[at].group);
      ASSERT_EQ((*records)[at].state, wanted[at].state);
    }
    restored += records->size();
    const std::string folder = cluster::layout::chunks(number);
    const auto pieces = place.connection().children(folder);
    ASSERT_TRUE(pieces) << pieces.error().message;
    for (const std::string& name : pieces->names) {
      EXPECT_LE(place.connection().get(folder + "/" + name)->bytes.size(), 64U * 1024U);
    }
  }
  EXPECT_EQ(restored, groups);
}

}  // namespace
}  // namespace settle
