// Connections that break: what the C client leaves to its callers, against real servers.
#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "daemon/zookeeper/c_client.h"
#include "tests/zookeeper/clients.h"
#include "tests/zookeeper/ensemble.h"

namespace settle::zk {
namespace {

using testing::ElementsAre;

class RealFaults : public testing::Test {
 protected:
  void SetUp() override {
    if (!Ensemble::is_available()) GTEST_SKIP() << "zookeeper is not installed";
  }
  FrameworkOptions options(const std::vector<std::string>& servers, Milliseconds timeout) {
    CClientOptions of_client;
    of_client.servers = servers;
    of_client.session_timeout = timeout;
    const auto client = std::make_shared<CClient>(thread_, std::move(of_client));
    FrameworkOptions options;
    options.backend = [client] { return client->session(); };
    options.server_tick = Milliseconds(500);
    return options;
  }

  EventThread thread_;
};

// All of them share one IP address: it is the port that tells them apart, as with tunnels' ends.
TEST_F(RealFaults, ASilentServerIsLeftWhileTheSessionLives) {
  Ensemble ensemble(3);
  ASSERT_TRUE(ensemble.is_serving());
  // The library alone would stay for 16 s.
  Client client(thread_, options(ensemble.servers(), Milliseconds(24'000)));
  ASSERT_TRUE(client.connects());
  const std::int64_t session = client.session();
  const std::size_t at = ensemble.server_of(session);
  ASSERT_LT(at, ensemble.size());
  ensemble.pause(at);
  const auto is_elsewhere = [&] {
    return (*client).servers_left() > 0 && (*client).state() == ConnectionState::reconnected;
  };
  EXPECT_TRUE(comes_true(thread_, is_elsewhere, std::chrono::seconds(15)));
  EXPECT_TRUE(eventually([&] { return client.set("/", "x").first == Code::ok; }));
  EXPECT_EQ(client.session(), session);
  EXPECT_NE(ensemble.server_of(session), at);
}

TEST_F(RealFaults, ASessionIsLostByOurOwnClockWhileNobodyCanSaySo) {
  Ensemble ensemble(1);
  ASSERT_TRUE(ensemble.is_serving());
  Client client(thread_, options(ensemble.servers(), Milliseconds(2'000)));
  ASSERT_TRUE(client.connects());
  ASSERT_EQ(client.create("/mine", "", CreateMode::ephemeral).first, Code::ok);
  const std::int64_t session = client.session();
  ensemble.kill(0);
  ASSERT_TRUE(client.reaches(ConnectionState::suspended));
  EXPECT_EQ(client.set("/mine", "x").first, Code::connection_loss);
  ASSERT_TRUE(client.reaches(ConnectionState::lost));
  thread_.run([&] { EXPECT_FALSE((*client).lease().covers(thread_.now(), Milliseconds(0))); });
  ensemble.start(0);
  ASSERT_TRUE(client.reaches(ConnectionState::reconnected));
  EXPECT_TRUE(eventually([&] {
    return client.exists("/mine").first == Code::no_node || client.session() == session;
  }));
}

TEST_F(RealFaults, ASessionOutlivesTheServerThatLed) {
  Ensemble ensemble(3);
  ASSERT_TRUE(ensemble.is_serving());
  Client client(thread_, options(ensemble.servers(), Milliseconds(24'000)));
  ASSERT_TRUE(client.connects());
  const std::int64_t session = client.session();
  ensemble.kill(ensemble.leader());
  EXPECT_TRUE(eventually([&] { return client.set("/", "after").first == Code::ok; }));
  EXPECT_EQ(client.session(), session);
}

// Of two servers that know nothing of each other, one has not seen what the client has.
TEST_F(RealFaults, AServerThatIsBehindItsClientIsLeftForAnother) {
  Ensemble ahead(1);
  Ensemble behind(1);
  ASSERT_TRUE(ahead.is_serving() && behind.is_serving());
  behind.kill(0);
  Client client(thread_, options({ahead.servers()[0], behind.servers()[0]}, Milliseconds(24'000)));
  ASSERT_TRUE(client.connects());
  const std::int64_t session = client.session();
  ASSERT_EQ(client.create("/seen", "yes").first, Code::ok);
  ahead.kill(0);
  behind.start(0);
  // Asked more than once, and each time the answer is no.
  EXPECT_TRUE(eventually([&] { return behind.connection_requests(0) > 1; }));
  thread_.run([&] { EXPECT_FALSE((*client).is_connected()); });
  ahead.start(0);
  ASSERT_TRUE(client.reaches(ConnectionState::reconnected));
  EXPECT_EQ(client.session(), session);
  EXPECT_EQ(client.get("/seen").second.bytes, "yes");
  EXPECT_EQ(behind.server_of(session), behind.size());
  EXPECT_LT(behind.connection_requests(0), 200);  // With a pause after each round of the list.
}

TEST_F(RealFaults, WaitsForAnEnsembleThatIsNotThereYet) {
  Ensemble ensemble(1);
  ASSERT_TRUE(ensemble.is_serving());
  ensemble.kill(0);
  Client client(thread_, options(ensemble.servers(), Milliseconds(4'000)));
  thread_.run([&] { EXPECT_EQ((*client).state(), ConnectionState::latent); });
  EXPECT_EQ(client.set("/", "x").first, Code::connection_loss);
  ensemble.start(0);
  EXPECT_TRUE(client.connects());
}

TEST_F(RealFaults, ANameThatDoesNotResolveIsAskedForAgainAndBlocksNobody) {
  Client client(thread_, options({"no-such-host.invalid:2181"}, Milliseconds(4'000)));
  EXPECT_EQ(client.get("/").first, Code::connection_loss);
  thread_.run([&] { EXPECT_EQ((*client).state(), ConnectionState::latent); });
}

TEST_F(RealFaults, AThousandWatchesAreTheMostAndSurviveAReconnection) {
  Ensemble ensemble(1);
  ASSERT_TRUE(ensemble.is_serving());
  Client client(thread_, options(ensemble.servers(), Milliseconds(6'000)));
  ASSERT_TRUE(client.connects());
  int told = 0;
  thread_.run([&] {
    for (int at = 0; at < 1'000; ++at) {
      const std::string path = "/watched-" + std::to_string(at);
      EXPECT_NE((*client).watch(path, [&told] { ++told; }), 0U);
      (*client).exists(path, true, [](Code, const Stat&) {});
    }
    EXPECT_EQ((*client).watch("/one-more", [] {}), 0U);
  });
  EXPECT_EQ(client.exists("/").first, Code::ok);
  ensemble.kill(0);
  ASSERT_TRUE(client.reaches(ConnectionState::suspended));
  ensemble.start(0);
  ASSERT_TRUE(client.reaches(ConnectionState::reconnected));
  // Whoever watches is told to look again: what happened meanwhile nobody says.
  EXPECT_TRUE(comes_true(thread_, [&] { return told >= 1'000; }));
  EXPECT_EQ(client.create("/watched-7").first, Code::ok);
}

}  // namespace
}  // namespace settle::zk
