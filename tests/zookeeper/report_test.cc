// What servers say of themselves is understood, also where they may not say it.
#include <gtest/gtest.h>

#include "daemon/zookeeper/server_report.h"
#include "tests/zookeeper/ensemble.h"

namespace settle::zk {
namespace {

TEST(ServerReports, AreReadFromSrvrAndMntr) {
  ServerReport report;
  read_srvr(
      "Zookeeper version: 3.8.0-UNKNOWN, built on 2023-10-21 05:13 UTC\n"
      "Latency min/avg/max: 0/1.25/80\nReceived: 7\nSent: 6\nConnections: 1\nOutstanding: 3\n"
      "Zxid: 0x2\nMode: follower\nNode count: 5\n",
      report);
  EXPECT_TRUE(report.is_serving);
  EXPECT_EQ(report.version, "3.8.0");
  EXPECT_EQ(report.mode, "follower");
  EXPECT_DOUBLE_EQ(report.latency_average_ms, 1.25);
  EXPECT_DOUBLE_EQ(report.latency_max_ms, 80);
  EXPECT_EQ(report.outstanding, 3U);
  read_mntr("zk_version\t3.8.0\nzk_watch_count\t21\n", report);
  EXPECT_EQ(report.watches, 21U);
}

TEST(ServerReports, TellARefusalFromAServerWithoutQuorum) {
  ServerReport refusing;
  read_srvr("srvr is not executed because it is not in the whitelist.\n", refusing);
  EXPECT_FALSE(refusing.permits_words);
  ServerReport alone;
  read_srvr("This ZooKeeper instance is not currently serving requests\n", alone);
  EXPECT_TRUE(alone.permits_words);
  EXPECT_FALSE(alone.is_serving);
}

TEST(ServerReports, ComeFromARealServer) {
  if (!Ensemble::is_available()) GTEST_SKIP() << "java or zookeeper.jar is missing";
  Ensemble ensemble(1);
  const ServerReport report = ask_server(ensemble.servers().front());
  EXPECT_TRUE(report.is_serving);
  EXPECT_EQ(report.mode, "standalone");
  EXPECT_TRUE(report.watches.has_value());
  EXPECT_TRUE(report.version.starts_with("3.")) << report.version;
  ensemble.kill(0);
  EXPECT_FALSE(ask_server(ensemble.servers().front()).is_tcp_open);
}

TEST(ServerReports, KnowLoopback) {
  for (const char* near : {"127.0.0.1:2181", "127.1.2.3:1", "localhost:2181", "[::1]:2181"}) {
    EXPECT_TRUE(is_loopback(near)) << near;
  }
  for (const char* far : {"10.0.0.1:2181", "zk1:2181", "[fd00::1]:2181", "127.example.org:2181"}) {
    EXPECT_FALSE(is_loopback(far)) << far;
  }
}

}  // namespace
}  // namespace settle::zk
