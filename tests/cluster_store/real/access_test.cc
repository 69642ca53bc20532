// Who may touch a cluster's tree: whoever made it, and nobody else.
#include "daemon/cluster/layout.h"
#include "daemon/cluster/store/resting_zookeeper.h"
#include "tests/cluster_store/real/servers.h"

namespace settle::cluster {
namespace {

constexpr const char* ours = "settle:secret";

class Access : public testing::Test {
 protected:
  void SetUp() override {
    if (real_server() == nullptr) GTEST_SKIP() << "java or zookeeper.jar is missing";
    place_ = fresh_place();
    mine_ = connect(place_, ours);
    ASSERT_TRUE(found(*mine_, 2));
  }
  /// Every node, seen by whoever may.
  void walk(const std::string& path, std::vector<std::string>& paths) {
    const auto below = mine_->children(path);
    ASSERT_TRUE(below) << below.error().message;
    paths.push_back(path);
    for (const std::string& name : below->names) {
      walk((path == "/" ? "" : path) + "/" + name, paths);
    }
  }

  EnsemblePlace place_;
  std::unique_ptr<Connection> mine_;
};

TEST_F(Access, IsRefusedToEverybodyElseAtEachNode) {
  // With a checkpoint in it.
  const auto made = make_zookeeper_store(
      connect({place_.servers, place_.name_space + "-copy"}, ours), {"c-1", 2});
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE((*made)->write(1, {Epoch{3}, {{"web", std::string(100'000, 'x')}}, {}, {}}));
  ASSERT_TRUE((*made)->finish());
  for (const std::string& space : {place_.name_space, place_.name_space + "-copy"}) {
    mine_ = connect({place_.servers, space}, ours);
    std::vector<std::string> paths;
    walk("/", paths);
    EXPECT_GE(paths.size(), 11U);
    for (const char* other : {"", "settle:guessed", "root:secret"}) {
      const auto theirs = connect({place_.servers, space}, other);
      for (const std::string& path : paths) {
        for (const auto& error : {theirs->get(path).error(), theirs->children(path).error(),
                                  theirs->set(path, "x", zk::any_version).error()}) {
          EXPECT_NE(error.message.find("it was made with other credentials"), std::string::npos)
              << path << " as '" << other << "': " << error.message;
        }
      }
    }
  }
}

TEST_F(Access, WithOtherCredentialsIsRefusedInOneSentence) {
  const std::string sentence =
      "ZooKeeper does not let us read the cluster's tree: it was made with other credentials";
  const auto theirs = connect(place_, "settle:guessed");
  const auto refused = found(*theirs, 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, sentence);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
}

TEST_F(Access, ToWhatLiesAboveTheTreeIsNeededToo) {
  const std::string above = place_.name_space.substr(0, place_.name_space.rfind('/'));
  const auto theirs = connect({place_.servers, above + "/another"}, "settle:guessed");
  const auto refused = found(*theirs, 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "ZooKeeper does not let us make the cluster's tree: what lies above it was made with "
            "other credentials");
}

TEST_F(Access, OfTheRightCredentialsGoesOnAfterThem) {
  const auto again = connect(place_, ours);
  const auto meta = found(*again, 2);
  ASSERT_TRUE(meta) << meta.error().message;
  EXPECT_EQ(meta->cluster, "c-1");
}

}  // namespace
}  // namespace settle::cluster
