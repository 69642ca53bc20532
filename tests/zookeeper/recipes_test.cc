// Recipes over the ensemble in memory, where faults come on demand and from seeds.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "daemon/zookeeper/epoch_election.h"
#include "daemon/zookeeper/fenced_store.h"
#include "daemon/zookeeper/group_member.h"
#include "daemon/zookeeper/leader_latch.h"
#include "daemon/zookeeper/memory_ensemble.h"
#include "tests/zookeeper/manual_executor.h"

namespace settle::zk {
namespace {

using testing::ElementsAre;
using testing::Key;

constexpr Milliseconds timeout{6'000};

/// One process: a connection and whatever recipe a test gives it.
struct Node {
  Node(ManualExecutor& executor, MemoryEnsemble& ensemble, int number)
      : client(executor, options(ensemble, number)) {
    client.start();
  }
  static FrameworkOptions options(MemoryEnsemble& ensemble, int number) {
    FrameworkOptions options;
    options.backend = [&ensemble] { return ensemble.session("", timeout); };
    options.server_tick = Milliseconds(500);
    options.seed = static_cast<std::uint64_t>(number);
    return options;
  }
  CuratorFramework client;
  std::unique_ptr<EpochElection> election;
  std::unique_ptr<LeaderLatch> latch;
  std::unique_ptr<PersistentNode> persistent;
  std::unique_ptr<GroupMember> member;
};

class Recipes : public testing::Test {
 protected:
  Node& node() {
    nodes.push_back(std::make_unique<Node>(executor, ensemble, static_cast<int>(nodes.size())));
    return *nodes.back();
  }
  EpochElection& election(Node& of, const std::string& incarnation) {
    of.election = std::make_unique<EpochElection>(
        of.client, EpochElectionOptions{"/controller", "/controller_epoch", incarnation});
    of.election->start();
    return *of.election;
  }
  LeaderLatch& latch(Node& of, const std::string& nonce) {
    of.latch = std::make_unique<LeaderLatch>(of.client, "/latch", nonce, "");
    of.latch->start();
    return *of.latch;
  }
  std::int64_t session_of(Node& of) { return of.client.session().id; }

  ManualExecutor executor;
  MemoryEnsemble ensemble{executor, 7};
  std::vector<std::unique_ptr<Node>> nodes;
};

TEST_F(Recipes, APersistentNodeComesBackWithEverySession) {
  Node& one = node();
  one.persistent = std::make_unique<PersistentNode>(
      one.client, PersistentNodeOptions{"/members/one", "here", {}, {}});
  one.persistent->start();
  executor.run_for(Milliseconds(1'000));
  ASSERT_TRUE(one.persistent->stands());
  const std::int64_t first = session_of(one);
  ensemble.expire(first);
  executor.run_for(Milliseconds(10'000));
  ASSERT_TRUE(one.persistent->stands());
  EXPECT_NE(session_of(one), first);
  EXPECT_EQ(ensemble.tree().at("/members/one").stat.ephemeral_owner, session_of(one));
  one.persistent->stop();
  executor.run_for(Milliseconds(1'000));
  EXPECT_FALSE(ensemble.tree().contains("/members/one"));
}

TEST_F(Recipes, APersistentNodeStandsThoughTheAnswerToItsCreationWasLost) {
  Node& one = node();
  one.persistent =
      std::make_unique<PersistentNode>(one.client, PersistentNodeOptions{"/one", "here", {}, {}});
  executor.run_for(Milliseconds(100));
  ensemble.lose_next_reply();
  one.persistent->start();
  executor.run_for(Milliseconds(2'000));
  EXPECT_TRUE(one.persistent->stands());
}

TEST_F(Recipes, AGhostOfAFormerSelfIsRemovedAndAStrangerIsWaitedFor) {
  Node& former = node();
  former.persistent = std::make_unique<PersistentNode>(
      former.client, PersistentNodeOptions{"/members/n1", "n1 first-life", {}, {}});
  former.persistent->start();
  executor.run_for(Milliseconds(1'000));
  Node& next = node();
  const auto is_ghost = [](const std::string& data) { return data.starts_with("n1 first"); };
  next.persistent = std::make_unique<PersistentNode>(
      next.client, PersistentNodeOptions{"/members/n1", "n1 second-life", is_ghost, {}});
  former.client.close();  // It would put its own back, were it alive.
  next.persistent->start();
  executor.run_for(Milliseconds(1'000));
  EXPECT_TRUE(next.persistent->stands());
  Node& stranger = node();
  stranger.persistent = std::make_unique<PersistentNode>(
      stranger.client, PersistentNodeOptions{"/members/n1", "n1 third", is_ghost, {}});
  stranger.persistent->start();
  executor.run_for(Milliseconds(5'000));
  EXPECT_TRUE(next.persistent->stands());
  EXPECT_FALSE(stranger.persistent->stands());
}

TEST_F(Recipes, MembersSeeEachOtherComeAndGo) {
  Node& one = node();
  Node& two = node();
  one.member = std::make_unique<GroupMember>(one.client, "/members", "n1",
                                             PersistentNodeOptions{{}, "a", {}, {}});
  two.member = std::make_unique<GroupMember>(two.client, "/members", "n2",
                                             PersistentNodeOptions{{}, "b", {}, {}});
  one.member->start();
  two.member->start();
  executor.run_for(Milliseconds(2'000));
  EXPECT_THAT(one.member->members(), ElementsAre(Key("n1"), Key("n2")));
  EXPECT_EQ(two.member->members().at("n1").bytes, "a");
  one.member->set_data("changed");
  executor.run_for(Milliseconds(2'000));
  EXPECT_EQ(two.member->members().at("n1").bytes, "changed");
  one.member->leave();
  executor.run_for(Milliseconds(2'000));
  EXPECT_THAT(two.member->members(), ElementsAre(Key("n2")));
}

TEST_F(Recipes, ACacheFindsByItselfWhatNoWatchTold) {
  Node& one = node();
  CuratorCache cache(one.client, "/things");
  cache.start();
  executor.run_for(Milliseconds(1'000));
  ASSERT_TRUE(cache.is_initialized());
  // Behind everybody's back, as after a watch that was never delivered.
  MemoryEnsemble::Tree tree = ensemble.tree();
  tree["/things"] = {};
  tree["/things/one"].data = "1";
  ensemble.restore(tree);
  executor.run_for(Milliseconds(1'000));
  EXPECT_TRUE(cache.entries().empty());
  executor.run_for(CuratorCache::reconcile_every);
  EXPECT_THAT(cache.entries(), ElementsAre(Key("one")));
}

TEST_F(Recipes, OneLatchLeadsAndTheNextFollows) {
  LeaderLatch& first = latch(node(), "aa");
  executor.run_for(Milliseconds(500));
  LeaderLatch& second = latch(node(), "bb");
  executor.run_for(Milliseconds(1'000));
  EXPECT_TRUE(first.has_leadership());
  EXPECT_FALSE(second.has_leadership());
  ensemble.expire(session_of(*nodes[0]));
  executor.run_for(Milliseconds(10'000));
  EXPECT_FALSE(first.has_leadership());
  EXPECT_TRUE(second.has_leadership());
  second.close();
  executor.run_for(Milliseconds(2'000));
  EXPECT_TRUE(first.has_leadership());
}

TEST_F(Recipes, ALatchEndsWithTheConnectionAndNotWithTheSession) {
  Node& one = node();
  LeaderLatch& only = latch(one, "aa");
  executor.run_for(Milliseconds(1'000));
  ASSERT_TRUE(only.has_leadership());
  ensemble.become_unreachable();
  executor.run_for(Milliseconds(100));
  EXPECT_FALSE(only.has_leadership());
  ensemble.become_reachable();
  executor.run_for(Milliseconds(2'000));
  EXPECT_TRUE(only.has_leadership());
}

TEST_F(Recipes, EachElectionHasAnEpochOfItsOwn) {
  EpochElection& first = election(node(), "one");
  executor.run_for(Milliseconds(2'000));
  ASSERT_EQ(first.epoch(), 1U);
  EpochElection& second = election(node(), "two");
  executor.run_for(Milliseconds(2'000));
  EXPECT_EQ(second.epoch(), std::nullopt);
  ensemble.expire(session_of(*nodes[0]));
  executor.run_for(Milliseconds(10'000));
  EXPECT_EQ(first.epoch(), std::nullopt);
  EXPECT_EQ(second.epoch(), 2U);
}

TEST_F(Recipes, AnElectionWhoseAnswerWasLostIsReadBack) {
  Node& one = node();
  executor.run_for(Milliseconds(100));
  ensemble.restore([&] {
    MemoryEnsemble::Tree tree = ensemble.tree();
    tree["/controller_epoch"].data = "4";
    return tree;
  }());
  ensemble.lose_next_reply();
  EpochElection& only = election(one, "one");
  executor.run_for(Milliseconds(2'000));
  EXPECT_EQ(only.epoch(), 5U);
}

TEST_F(Recipes, AFormerLeaderWritesNothing) {
  Node& one = node();
  EpochElection& first = election(one, "one");
  executor.run_for(Milliseconds(2'000));
  const Transaction old = first.guarded({SetOp{"/controller_epoch", "999", any_version}});
  ensemble.expire(session_of(one));
  EpochElection& second = election(node(), "two");
  executor.run_for(Milliseconds(10'000));
  ASSERT_TRUE(second.epoch() || first.epoch());
  Code code = Code::ok;
  one.client.commit(old, [&](Code answer, const auto&) { code = answer; });
  executor.run_for(Milliseconds(1'000));
  EXPECT_EQ(code, Code::bad_version);
  EXPECT_NE(ensemble.tree().at("/controller_epoch").data, "999");
}

TEST_F(Recipes, AFencedStoreKnowsWhenItIsOver) {
  Node& one = node();
  executor.run_for(Milliseconds(100));
  for (const char* path : {"/own", "/ck"}) {
    one.client.create(path, "0", CreateMode::persistent, [](Code, const Created&) {});
  }
  executor.run_for(Milliseconds(100));
  FencedStore store(one.client, "/own", 0);
  std::vector<Commit> commits;
  const auto commit = [&](Transaction writes) {
    store.commit(std::move(writes), [&](Commit what, const auto&) { commits.push_back(what); });
    executor.run_for(Milliseconds(500));
  };
  commit({SetOp{"/ck", "1", 0}});
  commit({SetOp{"/ck", "2", 0}});  // Its version is 1 by now.
  ensemble.lose_next_reply();
  commit({SetOp{"/ck", "2", 1}});
  one.client.set("/own", "taken", 0, [](Code, const Stat&) {});
  executor.run_for(Milliseconds(100));
  commit({SetOp{"/ck", "3", any_version}});
  EXPECT_THAT(commits, ElementsAre(Commit::done, Commit::refused, Commit::unknown, Commit::fenced));
  EXPECT_TRUE(store.is_fenced());
  EXPECT_EQ(ensemble.tree().at("/ck").data, "2");
}

/// Whatever goes wrong: never two leaders in one epoch, and once it is quiet exactly one leads.
TEST(Election, HasOneLeaderAnEpochWhateverGoesWrong) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    ManualExecutor executor;
    MemoryEnsemble ensemble(executor, seed);
    std::mt19937_64 chance(seed);
    std::vector<std::unique_ptr<Node>> nodes;
    std::map<std::uint64_t, std::string> leaders;
    for (int at = 0; at < 3; ++at) {
      auto node = std::make_unique<Node>(executor, ensemble, at);
      const std::string name = "n" + std::to_string(at);
      node->election = std::make_unique<EpochElection>(
          node->client, EpochElectionOptions{"/controller", "/controller_epoch", name});
      node->election->on_change([&leaders, name, seed](std::optional<std::uint64_t> epoch) {
        if (!epoch) return;
        const auto [at_epoch, is_first] = leaders.emplace(*epoch, name);
        EXPECT_EQ(at_epoch->second, name) << "seed " << seed << " epoch " << *epoch;
      });
      node->election->start();
      nodes.push_back(std::move(node));
    }
    ensemble.be_faulty({20, 40, 10, 10});
    for (int step = 0; step < 40; ++step) {
      executor.run_for(Milliseconds(static_cast<int>(chance() % 3'000)));
      switch (chance() % 6) {
        case 0:
          ensemble.expire(nodes[chance() % 3]->client.session().id);
          break;
        case 1:
          ensemble.cut_connections();
          break;
        case 2:
          ensemble.become_unreachable();
          executor.run_for(Milliseconds(static_cast<int>(chance() % 9'000)));
          ensemble.become_reachable();
          break;
        case 3:
          ensemble.fall_silent(true);
          executor.run_for(Milliseconds(static_cast<int>(chance() % 4'000)));
          ensemble.fall_silent(false);
          break;
        default:
          break;
      }
    }
    ensemble.be_faulty({});
    executor.run_for(Milliseconds(60'000));
    int leading = 0;
    for (const auto& node : nodes) leading += node->election->epoch() ? 1 : 0;
    std::string how;
    for (const auto& node : nodes) {
      how += std::string(name(node->client.state())) + " " +
             std::to_string(node->client.session().id) + "; ";
    }
    const auto leader = ensemble.tree().find("/controller");
    if (leader != ensemble.tree().end()) {
      how += leader->second.data + " of " + std::to_string(leader->second.stat.ephemeral_owner);
    }
    ASSERT_EQ(leading, 1) << "seed " << seed << ": " << how;
  }
}

}  // namespace
}  // namespace settle::zk
