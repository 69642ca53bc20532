// Several daemons are one: each case is a fault, or a quiet word, and what the others make of it.
#include "tests/cluster_daemon/fixture.h"
#include "tests/servers/kafka.h"

namespace settle {
namespace {

using testing::HasSubstr;

TEST_F(ClusterDaemon, TakesOverFromAnOwnerThatIsKilledAndLaunchesNothingTwice) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 3);
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, group));
  fleet.signal(2, SIGKILL);
  ASSERT_EQ(fleet.wait(2), -SIGKILL);
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, 100 + group));
  EXPECT_FALSE(owns(fleet.owners(0), "n2"));
  EXPECT_TRUE(eventually([&] { return fleet.living().size() == 18; }, patience)) << fleet.log(0);
  expect_nothing_twice(fleet);
}

TEST_F(ClusterDaemon, HandsOverInOrderWhenItIsTerminated) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 2);
  fleet.signal(1, SIGTERM);
  EXPECT_EQ(fleet.wait(1), 0) << fleet.log(1);
  EXPECT_THAT(fleet.log(1), HasSubstr("partitions-released"));
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, group));
  EXPECT_TRUE(eventually([&] { return fleet.living().size() == 12; }, patience)) << fleet.log(0);
  expect_nothing_twice(fleet);
}

TEST_F(ClusterDaemon, AnyMemberAnswersForAnyGroup) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 2);
  for (int n = 0; n < 2; ++n) {
    for (int group = 0; group < 6; ++group) {
      const std::string path = fmt::format("/v1/groups/g{}", group);
      EXPECT_TRUE(eventually([&] { return fleet.ask(n, "GET", path).status == 200; }, patience));
    }
    const HttpReply paused =
        fleet.ask(n, "POST", fmt::format("/v1/groups/g{}/pause", n), R"({"reason":"a test"})",
                  "Content-Type: application/json\r\n");
    EXPECT_EQ(paused.status, 200) << paused.body;
    const HttpReply all = fleet.ask(n, "GET", "/v1/groups");
    for (int group = 0; group < 6; ++group) {
      EXPECT_THAT(all.body, HasSubstr(fmt::format("\"g{}\"", group)));
    }
  }
}

TEST_F(ClusterDaemon, APauseOfEverythingIsEverywhereAndOutlivesAnOwner) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 3);
  const auto is_each = [&](const std::string& what) {
    for (int group = 0; group < 6; ++group) {
      const HttpReply reply = fleet.ask(0, "GET", fmt::format("/v1/groups/g{}", group));
      if (reply.status != 200 || reply.body.find(what) == std::string::npos) return false;
    }
    return true;
  };
  const HttpReply paused = fleet.ask(1, "POST", "/v1/pause", R"({"reason":"storage","all":true})",
                                     "Content-Type: application/json\r\n");
  ASSERT_EQ(paused.status, 200) << paused.body;
  EXPECT_TRUE(is_each(R"("reason":"storage")"));

  fleet.signal(2, SIGKILL);
  ASSERT_EQ(fleet.wait(2), -SIGKILL);
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, group));
  EXPECT_TRUE(is_each(R"("reason":"storage")"));
  EXPECT_EQ(fleet.living().size(), 6U);

  const HttpReply resumed = fleet.ask(0, "POST", "/v1/resume", R"({"reason":"done","all":true})",
                                      "Content-Type: application/json\r\n");
  ASSERT_EQ(resumed.status, 200) << resumed.body;
  EXPECT_TRUE(eventually([&] { return fleet.living().size() == 12; }, patience)) << fleet.log(0);
  expect_nothing_twice(fleet);
}

TEST_F(ClusterDaemon, APauseOfAllWaitsForTheSuccessorOfAnOwnerThatIsStopped) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 2);
  fleet.signal(1, SIGSTOP);
  EXPECT_TRUE(eventually(
      [&] {
        return fleet
                   .ask(0, "POST", "/v1/pause", R"({"all":true,"reason":"a test"})",
                        "Content-Type: application/json\r\n")
                   .status == 200;
      },
      patience));
  EXPECT_FALSE(owns(fleet.owners(0), "n1"));
  fleet.signal(1, SIGCONT);
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, group));
  EXPECT_EQ(fleet.living().size(), 6U);
}

TEST_F(ClusterDaemon, ASharedBudgetHoldsOverAllMembersTogether) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 2,
        fmt::format("partitions: {}\nbudgets: {{ all: {{ instances: 9 }} }}",
                    FleetOfDaemons::partitions));
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, group));
  EXPECT_TRUE(eventually([&] { return fleet.living().size() == 9; }, patience)) << fleet.log(0);
  for (int group = 3; group < 6; ++group) {
    EXPECT_TRUE(eventually(
        [&] {
          const HttpReply reply = fleet.ask(0, "GET", fmt::format("/v1/groups/g{}", group));
          return reply.body.find("SharedBudgetSpent") != std::string::npos;
        },
        patience));
  }
  EXPECT_EQ(fleet.living().size(), 9U);
}

// Who owns a group, who owns the key of its event and who owns the group that follows the alarm are
// any three members.
TEST_F(ClusterDaemon, AnAlarmOverGroupsOfAllMembersReachesThoseWhoFollowIt) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 3,
        fmt::format("partitions: {}\nalarms: {{ slow: {{ over: {{ signal: ms }}, by: customer, "
                    "window: {{ tumbling: 1s }}, lateness: 2s, compute: max, "
                    "when: {{ at_least: 250 }}, alerts: [g0, g1, g2, g3, g4, g5] }} }}",
                    FleetOfDaemons::partitions));
  std::string batch;
  for (int number = 0; number < 36; ++number) {
    batch += fmt::format(
        R"({}{{"specversion":"1.0","id":"m{}","source":"test","type":"io.settle.sample.v1",)"
        R"("subject":"g{}","customer":"c{}","time":"{}","data":{{"signal":"ms","value":{}}}}})",
        batch.empty() ? "[" : ",", number, number % 6, number / 6, time_text(wall_now()),
        number / 6 == 0 ? 90 : 300);
  }
  const HttpReply reply = fleet.ask(1, "POST", "/v1/events", batch + "]",
                                    "Content-Type: application/cloudevents-batch+json\r\n");
  EXPECT_EQ(reply.status, 200) << reply.body;
  // All but the group that follows the one quick customer grow by two.
  EXPECT_TRUE(eventually([&] { return fleet.living().size() == 16; }, patience)) << fleet.log(0);
  expect_nothing_twice(fleet);
}

TEST_F(ClusterDaemon, RefusesAClusterOfAnotherNumberOfPartitions) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 1);
  fleet.start(1, "partitions: 16");
  EXPECT_EQ(fleet.wait(1), 5) << fleet.log(1);
  EXPECT_THAT(fleet.log(1), HasSubstr("has 8 partitions and our configuration 16"));
}

TEST_F(ClusterDaemon, RefusesASecondProcessOfOneName) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 1);
  fleet.start(1, {}, "n0");
  EXPECT_EQ(fleet.wait(1), 5) << fleet.log(1);
  EXPECT_THAT(fleet.log(1), HasSubstr("another process is the cluster's member"));
  EXPECT_TRUE(fleet.is_ready(0));
}

TEST_F(ClusterDaemon, HoldsWhileTheEnsembleIsGoneAndGoesOnUnderTheSameEpochs) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 2);
  for (std::size_t server = 0; server < ensemble_->size(); ++server) ensemble_->pause(server);
  EXPECT_TRUE(eventually([&] { return !fleet.is_ready(0); }, patience));
  EXPECT_EQ(fleet.ask(0, "GET", "/v1/members").status, 200);
  for (std::size_t server = 0; server < ensemble_->size(); ++server) ensemble_->resume(server);
  ASSERT_TRUE(eventually([&] { return fleet.is_ready(0) && fleet.is_ready(1); }, patience));
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 1, group, group));
  EXPECT_TRUE(eventually([&] { return fleet.living().size() == 12; }, patience)) << fleet.log(0);
  expect_nothing_twice(fleet);
}

TEST_F(ClusterDaemon, AZookeeperLeaderThatDiesCostsNobodyAPartition) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 2);
  const auto before = fleet.owners(0);
  const std::size_t leader = ensemble_->leader();
  ASSERT_LT(leader, ensemble_->size());
  ensemble_->kill(leader);
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, group));
  EXPECT_EQ(fleet.owners(0), before);
  ensemble_->start(leader);
  EXPECT_TRUE(eventually([&] { return ensemble_->is_serving(); }, patience));
  EXPECT_TRUE(eventually([&] { return fleet.living().size() == 12; }, patience)) << fleet.log(0);
}

TEST_F(ClusterDaemon, RemembersByAChangelogWhatAnOwnerThatIsKilledHadTaken) {
  if (!servers::Kafka::is_available()) GTEST_SKIP() << "java or Kafka's jars are missing";
  servers::Kafka kafka;
  kafka.create_topic("records", FleetOfDaemons::partitions, {{"cleanup.policy", "compact"}});
  FleetOfDaemons fleet(*ensemble_);
  fleet.keep_records_in("kafka://" + kafka.brokers() + "/records");
  begin(fleet, 2);
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, group));
  fleet.signal(1, SIGKILL);
  ASSERT_EQ(fleet.wait(1), -SIGKILL);
  // Each was taken before: its successor knows it, and counts it no second time.
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, group));
  for (int group = 0; group < 6; ++group) ASSERT_TRUE(add_one(fleet, 0, group, 100 + group));
  EXPECT_TRUE(eventually([&] { return fleet.living().size() == 18; }, patience)) << fleet.log(0);
  expect_nothing_twice(fleet);
  fleet.keep_records_in({});
  fleet.start(2);
  EXPECT_EQ(fleet.wait(2), 5);
  EXPECT_THAT(fleet.log(2), HasSubstr("keeps its records in the changelog records"));
}

}  // namespace
}  // namespace settle
