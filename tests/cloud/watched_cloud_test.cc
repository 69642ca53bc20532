#include "daemon/cloud/watched_cloud.h"

#include <gtest/gtest.h>

#include "daemon/cloud/simulated_client.h"
#include "daemon/cloud/virtual_time.h"
#include "tests/cloud/acts.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

const Time start{1'400'000'000s};

struct Scene {
  explicit Scene(SimulatedSettings settings = {}) {
    auto client = std::make_shared<SimulatedClient>(std::move(settings), time, time);
    simulated = client;
    watched = std::make_shared<WatchedCloud>(
        WatchedCloud::Parts{"here", "simulated", "north", client, client,
                            [] {
                              return WayOut{"closed", 1, 2};
                            }},
        time);
    auto group = std::make_shared<GroupSpec>();
    group->id = {"web"};
    spec = group;
  }
  void launch(const std::string& token) {
    Intent intent;
    intent.token = token;
    watched->act(act_of(spec, intent), [](const Acted&) {});
    time.advance(time.now() + 1min);
  }
  VirtualTime time{start};
  std::shared_ptr<SimulatedClient> simulated;
  std::shared_ptr<WatchedCloud> watched;
  SpecPointer spec;
};

TEST(WatchedCloud, CountsWhatCameOfEachCallAndHowLongItTook) {
  SimulatedSettings settings;
  settings.quota = 2;
  settings.call_time = 100ms;
  settings.call_jitter = 0ms;
  Scene scene(settings);
  for (const char* token : {"t-1", "t-2", "t-3"}) scene.launch(token);
  scene.watched->observe({{"web"}}, [](const Observed&) {});
  EXPECT_EQ(scene.watched->standing().in_flight, 1);
  scene.time.advance(scene.time.now() + 1min);
  const CloudStanding standing = scene.watched->standing();
  EXPECT_EQ(standing.name, "here");
  EXPECT_EQ(standing.in_flight, 0);
  EXPECT_EQ(standing.way_out.breaker, "closed");
  EXPECT_EQ(standing.complete_at, start + 3min);
  EXPECT_TRUE(standing.quota_at.has_value());
  EXPECT_FALSE(standing.failed_at.has_value());
  EXPECT_EQ(standing.changes.p50, 100ms);
  EXPECT_EQ(standing.changes.p99, 100ms);
  const std::map<std::pair<std::string, std::string>, std::uint64_t> expected{
      {{"launch", "done"}, 2}, {{"launch", "refused"}, 1}, {{"look", "done"}, 1}};
  EXPECT_EQ(standing.calls, expected);
}

TEST(WatchedCloud, KnowsWhenAndWhyALookFailed) {
  SimulatedSettings settings;
  settings.lost_request = Odds{1'000'000};
  Scene scene(settings);
  scene.watched->observe({{"web"}}, [](const Observed&) {});
  scene.time.advance(start + 1min);
  const CloudStanding standing = scene.watched->standing();
  EXPECT_FALSE(standing.complete_at.has_value());
  EXPECT_TRUE(standing.failed_at.has_value());
  EXPECT_EQ(standing.failure, Reason::cloud_unreachable);
  EXPECT_EQ(standing.calls.at({"look", "failed"}), 1U);
}

TEST(WatchedCloud, ListsEveryGroupsInstancesAtOnce) {
  Scene scene;
  scene.launch("t-1");
  std::optional<Listed> all;
  scene.watched->list_all([&all](const Listed& listed) { all = listed; });
  scene.time.advance(scene.time.now() + 1min);
  ASSERT_TRUE(all && all->listing);
  EXPECT_TRUE(all->listing->is_complete);
  EXPECT_EQ(all->listing->groups.at(GroupId{"web"}).size(), 1U);
}

}  // namespace
}  // namespace settle
