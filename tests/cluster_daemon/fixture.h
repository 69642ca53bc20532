// Tests of real daemons that are one cluster: an ensemble for each program, a fleet for each test.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>

#include "daemon/base/wall_clock.h"
#include "daemon/codec/json.h"
#include "tests/cluster_daemon/fleet_of_daemons.h"

namespace settle {

inline constexpr std::chrono::seconds patience{60};

class ClusterDaemon : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (zk::Ensemble::is_available()) ensemble_ = new zk::Ensemble(3);
  }
  static void TearDownTestSuite() {
    delete ensemble_;
    ensemble_ = nullptr;
  }
  void SetUp() override {
    if (ensemble_ == nullptr) GTEST_SKIP() << "java or Debian's zookeeper is not here";
  }

  static bool owns(const std::vector<std::string>& owners, const std::string& member) {
    return std::find(owners.begin(), owners.end(), member) != owners.end();
  }
  /// Starts so many, and waits until each owns something.
  static void begin(FleetOfDaemons& fleet, int count, const std::string& extra = {}) {
    for (int n = 0; n < count; ++n) fleet.start(n, extra);
    for (int n = 0; n < count; ++n) {
      ASSERT_TRUE(eventually([&] { return fleet.is_ready(n); }, patience)) << fleet.log(n);
    }
    const bool is_spread = eventually(
        [&] {
          const auto owners = fleet.owners(0);
          if (owners.empty() || owns(owners, "")) return false;
          return std::set<std::string>(owners.begin(), owners.end()).size() ==
                 static_cast<std::size_t>(count);
        },
        patience);
    ASSERT_TRUE(is_spread) << fleet.log(0);
    ASSERT_TRUE(eventually([&] { return fleet.living().size() == 6; }, patience)) << fleet.log(0);
  }
  /// An event that adds one to a group: an id counts once.
  static std::string one_more(int group, int id) {
    return fmt::format(
        R"({{"specversion":"1.0","id":"e{}","source":"test","type":"io.settle.adjust.v1",)"
        R"("subject":"g{}","time":"{}","data":{{"policy":"more"}}}})",
        id, group, time_text(wall_now()));
  }
  static HttpReply tell(const FleetOfDaemons& fleet, int n, const std::string& event) {
    return fleet.ask(n, "POST", "/v1/events", event,
                     "Content-Type: application/cloudevents+json\r\n");
  }
  /// One more of a group, asked of member `n` until it takes it: an id counts once.
  static bool add_one(const FleetOfDaemons& fleet, int n, int group, int id) {
    const std::string event = one_more(group, id);
    return eventually([&] { return tell(fleet, n, event).status == 200; }, patience);
  }
  static void expect_nothing_twice(const FleetOfDaemons& fleet) {
    const auto living = fleet.living();
    EXPECT_EQ(std::set<std::string>(living.begin(), living.end()).size(), living.size());
  }

  inline static zk::Ensemble* ensemble_ = nullptr;
};

}  // namespace settle
