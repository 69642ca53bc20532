#include "daemon/cloud/simulated_cloud.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <type_traits>

#include <gmock/gmock.h>
#include <unistd.h>

#include "daemon/cloud/read_only_cloud.h"
#include "daemon/cloud/simulated_client.h"
#include "daemon/cloud/virtual_time.h"
#include "tests/cloud/acts.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

const GroupId web{"web"};
const Time start{1'400'000'000s};

SpecPointer spec() {
  GroupSpec made;
  made.id = web;
  return std::make_shared<const GroupSpec>(made);
}
Act launch(const std::string& token, const std::string& zone = {}) {
  Intent intent;
  intent.kind = IntentKind::launch;
  intent.token = token;
  intent.zone = zone;
  return act_of(spec(), intent);
}
Act terminate(const InstanceId& instance) {
  Intent intent;
  intent.kind = IntentKind::terminate;
  intent.token = "end-" + instance.value;
  intent.instance = instance;
  return act_of(spec(), intent);
}

/// A model, its chance and a moment.
struct Scene {
  explicit Scene(SimulatedSettings settings = {}) : cloud(settings), chance(settings.seed) {}
  SimulatedCloud cloud;
  Chance chance;
  Time now = start;

  Acted act(const Act& wanted) { return cloud.act(wanted, now, chance); }
  Observed look() { return cloud.observe({web}, now, now, chance); }
  std::vector<std::string> states() {
    std::vector<std::string> found;
    const Observed seen = look();
    for (const Instance& instance : seen.observation.value().instances) {
      found.push_back(instance.state);
    }
    return found;
  }
};

TEST(SimulatedCloud, BootsWithinItsBootTimeAndJitter) {
  SimulatedSettings settings;
  settings.boot_time = 60s;
  settings.boot_jitter = 30s;
  Scene scene(settings);
  for (int n = 0; n < 50; ++n) scene.act(launch("t" + std::to_string(n)));
  scene.now = start + 59s;
  EXPECT_EQ(scene.cloud.truth(web, scene.now), (SimulatedCloud::Truth{50, 0}));
  scene.now = start + 75s;
  const Capacity midway = scene.cloud.truth(web, scene.now).ready;
  EXPECT_GT(midway, 10);
  EXPECT_LT(midway, 40);
  scene.now = start + 90s;
  EXPECT_THAT(scene.states(), testing::Each("ACTIVE"));
}

TEST(SimulatedCloud, ADeletedInstanceHauntsListingsForTheLag) {
  SimulatedSettings settings;
  settings.list_lag = 60s;
  Scene scene(settings);
  std::vector<InstanceId> born;
  for (int n = 0; n < 40; ++n) born.push_back(scene.act(launch(std::to_string(n))).instance);
  EXPECT_LT(scene.states().size(), 40U);
  scene.now += 60s;
  EXPECT_EQ(scene.states().size(), 40U);
  for (const InstanceId& id : born) scene.act(terminate(id));
  EXPECT_GT(scene.states().size(), 0U);
  EXPECT_EQ(scene.cloud.truth(web, scene.now).existing, 0);
  scene.now += 61s;
  EXPECT_EQ(scene.states().size(), 0U);
}

TEST(SimulatedCloud, ALostPageMakesTheListingIncomplete) {
  SimulatedSettings settings;
  settings.page_size = 2;
  settings.page_loss = Odds{500'000};
  Scene scene(settings);
  for (int n = 0; n < 10; ++n) scene.act(launch(std::to_string(n)));
  int incomplete = 0;
  for (int n = 0; n < 100; ++n) {
    const Observation seen = scene.look().observation.value();
    EXPECT_EQ(seen.is_complete, seen.instances.size() == 10U);
    incomplete += seen.is_complete ? 0 : 1;
  }
  EXPECT_GT(incomplete, 50);
  EXPECT_LT(incomplete, 100);
}

TEST(SimulatedCloud, QuotaZonesAndFullZonesRefuseWithTheirReason) {
  SimulatedSettings settings;
  settings.quota = 2;
  settings.zones = {"a", "b", "c"};
  settings.full_zones = {"c"};
  Scene scene(settings);
  EXPECT_EQ(scene.act(launch("1", "nowhere")).why, Reason::launch_config_invalid);
  EXPECT_EQ(scene.act(launch("2", "c")).why, Reason::cloud_no_capacity);
  const InstanceId first = scene.act(launch("3")).instance;
  scene.act(launch("4"));
  const std::vector<Instance> seen = scene.look().observation.value().instances;
  EXPECT_NE(seen[0].zone, seen[1].zone);
  const Acted third = scene.act(launch("5"));
  EXPECT_EQ(third.result, Acted::Result::refused);
  EXPECT_EQ(third.why, Reason::cloud_quota);
  scene.act(terminate(first));
  EXPECT_EQ(scene.act(launch("5")).result, Acted::Result::done);
}

TEST(SimulatedCloud, SomeAreBornInError) {
  SimulatedSettings settings;
  settings.error_at_birth = Odds{500'000};
  Scene scene(settings);
  for (int n = 0; n < 40; ++n) scene.act(launch(std::to_string(n)));
  scene.now += 10min;
  const std::vector<std::string> states = scene.states();
  const auto failed = std::count(states.begin(), states.end(), "ERROR");
  EXPECT_GT(failed, 5);
  EXPECT_LT(failed, 35);
}

TEST(SimulatedCloud, ALostRequestHasNoEffectAndALostReplyHasOne) {
  SimulatedSettings settings;
  settings.lost_request = Odds{1'000'000};
  Scene deaf(settings);
  EXPECT_EQ(deaf.act(launch("1")).result, Acted::Result::unknown);
  EXPECT_EQ(deaf.cloud.truth(web, start).existing, 0);
  settings = {};
  settings.lost_reply = Odds{1'000'000};
  Scene mute(settings);
  const Acted lost = mute.act(launch("1"));
  EXPECT_EQ(lost.result, Acted::Result::unknown);
  EXPECT_EQ(lost.instance, InstanceId{});
  EXPECT_EQ(mute.cloud.truth(web, start).existing, 1);
}

TEST(SimulatedCloud, AFifthOfTheAnswersLostLeavesNoSurplus) {
  SimulatedSettings settings;
  settings.lost_reply = Odds{200'000};
  Scene scene(settings);
  int calls = 0;
  for (int n = 0; n < 1'000; ++n) {
    const Act wanted = launch(std::to_string(n));
    do ++calls;
    while (scene.act(wanted).result != Acted::Result::done);
  }
  EXPECT_GT(calls, 1'200);
  EXPECT_EQ(scene.cloud.truth(web, start).existing, 1'000);
}

TEST(SimulatedCloud, ListingsThatSayTheyAreCompleteLackSomeForAWhileAndByIdTheyAreFound) {
  SimulatedSettings settings;
  settings.omitted = Odds{100'000};
  settings.omitted_for = 20min;
  Scene scene(settings);
  std::vector<InstanceId> all;
  for (int n = 0; n < 200; ++n) all.push_back(scene.act(launch(std::to_string(n))).instance);
  std::set<InstanceId> lacked;
  for (int look = 0; look < 600; ++look, scene.now += 1min) {
    const Observation seen = scene.look().observation.value();
    EXPECT_TRUE(seen.is_complete);
    EXPECT_GT(seen.instances.size(), 140U);
    EXPECT_LT(seen.instances.size(), 200U);
    std::set<InstanceId> missing(all.begin(), all.end());
    for (const Instance& one : seen.instances) missing.erase(one.id);
    lacked.insert(missing.begin(), missing.end());
    const Observed told = scene.cloud.observe({web, {}, {missing.begin(), missing.end()}},
                                              scene.now, scene.now, scene.chance);
    EXPECT_EQ(told.observation->instances.size(), 200U);
    EXPECT_TRUE(told.observation->gone.empty());
  }
  EXPECT_GT(lacked.size(), 150U) << "not always the same";
}

TEST(SimulatedCloud, ThrottlesWithoutAnyEffect) {
  SimulatedSettings settings;
  settings.error_rate = Odds{1'000'000};
  Scene scene(settings);
  EXPECT_EQ(scene.act(launch("1")).result, Acted::Result::not_now);
  EXPECT_EQ(scene.look().observation, std::nullopt);
  EXPECT_EQ(scene.cloud.truth(web, start).existing, 0);
}

TEST(SimulatedCloud, WithoutTokensARepeatedLaunchIsAnotherInstance) {
  SimulatedSettings settings;
  settings.tokens = false;
  Scene scene(settings);
  EXPECT_NE(scene.act(launch("1")).instance, scene.act(launch("1")).instance);
}

TEST(SimulatedCloud, OthersCreateFailAndDelete) {
  Scene scene;
  const InstanceId theirs = scene.cloud.create(web, scene.now, scene.chance);
  const InstanceId ours = scene.act(launch("1")).instance;
  scene.now += 10min;
  scene.cloud.fail(ours, "SHUTOFF");
  EXPECT_THAT(scene.states(), testing::ElementsAre("ACTIVE", "SHUTOFF"));
  scene.cloud.remove(theirs, scene.now);
  EXPECT_THAT(scene.states(), testing::ElementsAre("SHUTOFF"));
}

TEST(SimulatedCloud, InstancesFailAndVanishByThemselves) {
  SimulatedSettings settings;
  settings.failure_every = 1h;
  settings.vanish_every = 10h;
  Scene scene(settings);
  for (int n = 0; n < 10; ++n) scene.act(launch(std::to_string(n)));
  scene.now += 29min;
  EXPECT_THAT(scene.states(), testing::Each("ACTIVE"));
  scene.now += 62min;
  EXPECT_THAT(scene.states(), testing::Each("ERROR"));
  scene.now += 15h;
  EXPECT_EQ(scene.states().size(), 0U);
}

TEST(SimulatedCloud, CountsTheTimeThatInstancesLived) {
  Scene scene;
  const InstanceId first = scene.act(launch("1")).instance;
  scene.now += 1h;
  scene.act(launch("2"));
  scene.act(terminate(first));
  scene.now += 30min;
  (void)scene.look();  // Forgets the first.
  EXPECT_EQ(scene.cloud.lived(web, scene.now), 90min);
  EXPECT_EQ(scene.cloud.lived(GroupId{"other"}, scene.now), 0min);
}

TEST(SimulatedCloud, IsTheSameForTheSameSeed) {
  SimulatedSettings settings;
  settings.list_lag = 30s;
  settings.error_rate = Odds{100'000};
  settings.lost_reply = Odds{100'000};
  settings.seed = 42;
  const auto story = [&settings] {
    Scene scene(settings);
    std::vector<Observed> told;
    for (int n = 0; n < 50; ++n) {
      scene.act(launch(std::to_string(n)));
      scene.now += 5s;
      told.push_back(scene.look());
    }
    return told;
  };
  const auto once = story();
  const auto again = story();
  ASSERT_EQ(once.size(), again.size());
  for (std::size_t n = 0; n < once.size(); ++n) {
    EXPECT_EQ(once[n].observation, again[n].observation);
    EXPECT_EQ(once[n].failure, again[n].failure);
  }
}

TEST(SimulatedClient, KnowsOfALostAnswerOnlyAfterTheTimeout) {
  VirtualTime time(start);
  SimulatedSettings settings;
  settings.call_time = 1s;
  settings.call_jitter = 0s;
  settings.reply_timeout = 30s;
  settings.lost_reply = Odds{1'000'000};
  SimulatedClient client(settings, time, time);
  std::optional<Time> answered_at;
  client.act(launch("1"), [&](const Acted&) { answered_at = time.now(); });
  time.advance(start + 30s);
  EXPECT_EQ(answered_at, std::nullopt);
  time.advance(start + 31s);
  EXPECT_EQ(answered_at, start + 31s);
}

TEST(SimulatedClient, MayGoBeforeItsTimers) {
  VirtualTime time(start);
  bool answered = false;
  {
    SimulatedClient client({}, time, time);
    client.observe({web}, [&](const Observed&) { answered = true; });
  }
  time.advance(start + 1min);
  EXPECT_TRUE(answered);
}

/// A path that is gone when the test is over.
class StateFile {
 public:
  StateFile() : path_(testing::TempDir() + "cloud-" + std::to_string(::getpid()) + ".state") {}
  ~StateFile() { std::filesystem::remove(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }
  void append(const std::string& text) const { std::ofstream(path_, std::ios::app) << text; }

 private:
  std::string path_;
};

std::vector<Instance> instances_of(SimulatedClient& client, Time now) {
  std::vector<Instance> found;
  client.visit([&](SimulatedCloud& cloud, Chance& chance) {
    found = cloud.observe({web}, now, now, chance).observation.value().instances;
  });
  return found;
}

TEST(SimulatedClient, LivesOnInItsStateFile) {
  const StateFile file;
  SimulatedSettings settings;
  settings.state_file = file.path();
  settings.zones = {"a", "b"};
  VirtualTime time(start);
  std::vector<Instance> before;
  InstanceId first;
  {
    const auto client = SimulatedClient::open(settings, time, time);
    ASSERT_TRUE(client.has_value()) << client.error().message;
    for (int n = 0; n < 3; ++n) {
      (*client)->act(launch(std::to_string(n)), [&](const Acted& acted) {
        if (n == 0) first = acted.instance;
      });
      time.advance(time.now() + 1min);
    }
    (*client)->act(terminate(first), [](const Acted&) {});
    time.advance(time.now() + 10min);
    before = instances_of(**client, time.now());
  }
  EXPECT_EQ(before.size(), 2U);
  file.append("web\ti-00000009\tcut where the proc");
  const auto client = SimulatedClient::open(settings, time, time);
  ASSERT_TRUE(client.has_value()) << client.error().message;
  EXPECT_EQ(instances_of(**client, time.now()), before);
  InstanceId again;
  (*client)->act(launch("0"), [&](const Acted& acted) { again = acted.instance; });
  InstanceId fresh;
  (*client)->act(launch("new"), [&](const Acted& acted) { fresh = acted.instance; });
  time.advance(time.now() + 1min);
  EXPECT_EQ(again, first);
  EXPECT_EQ(fresh.value, "i-00000004");
}

TEST(SimulatedClient, RefusesAStateFileThatIsNone) {
  const StateFile file;
  file.append("a shopping list\n");
  VirtualTime time(start);
  SimulatedSettings settings;
  settings.state_file = file.path();
  const auto client = SimulatedClient::open(settings, time, time);
  ASSERT_FALSE(client.has_value());
  EXPECT_NE(client.error().message.find(file.path()), std::string::npos);
}

template <typename T>
concept CanAct = requires(T cloud, Act act, CloudWriter::ActedReply reply) {
  cloud.act(act, reply);
};
static_assert(CanAct<SimulatedClient>);
static_assert(!CanAct<ReadOnlyCloud>);
static_assert(!std::is_convertible_v<ReadOnlyCloud*, CloudWriter*>);

TEST(ReadOnlyCloud, ShowsWhatTheCloudBehindItShows) {
  VirtualTime time(start);
  const auto client = std::make_shared<SimulatedClient>(SimulatedSettings{}, time, time);
  client->visit([&](SimulatedCloud& cloud, Chance& chance) { cloud.create(web, start, chance); });
  ReadOnlyCloud reader(client);
  std::optional<Observed> seen;
  reader.observe({web}, [&](Observed observed) { seen = std::move(observed); });
  time.advance(start + 1min);
  ASSERT_TRUE(seen && seen->observation);
  EXPECT_EQ(seen->observation->instances.size(), 1U);
}

struct BalancedScene : Scene {
  explicit BalancedScene(Odds errors = {}) : Scene(settings(errors)) {}
  static SimulatedSettings settings(Odds errors) {
    SimulatedSettings settings;
    settings.pools = {"web-pool"};
    settings.balancer_errors = errors;
    return settings;
  }
  Acted changes(IntentKind kind, const InstanceId& instance, const std::string& pool = "web-pool") {
    GroupSpec made;
    made.id = web;
    made.balancer.pools = {pool};
    Intent intent;
    intent.kind = kind;
    intent.token = "m";
    intent.instance = instance;
    return act(act_of(std::make_shared<const GroupSpec>(made), intent));
  }
};

TEST(SimulatedBalancer, HasThePoolsThatItsSettingsName) {
  BalancedScene scene;
  const InstanceId id = scene.act(launch("t")).instance;
  EXPECT_EQ(scene.changes(IntentKind::join, id, "another").why, Reason::balancer_refused);
  EXPECT_EQ(scene.changes(IntentKind::join, id).result, Acted::Result::done);
  scene.now += 120s;
  EXPECT_EQ(scene.cloud.truth(web, scene.now).balanced, 1);
  scene.cloud.expel(id);
  EXPECT_EQ(scene.look().observation->instances.at(0).membership, Membership::absent);
}

TEST(SimulatedBalancer, ThatDoesNotAnswerHidesMembersAndNotInstances) {
  BalancedScene scene(Odds{1'000'000});
  const InstanceId id = scene.act(launch("t")).instance;
  EXPECT_EQ(scene.changes(IntentKind::join, id).why, Reason::balancer_unreachable);
  const Observed seen = scene.look();
  ASSERT_EQ(seen.observation->instances.size(), 1U);
  EXPECT_EQ(seen.observation->instances[0].membership, Membership::unknown);
}

TEST(SimulatedBalancer, LivesOnInTheStateFile) {
  SimulatedSettings settings = BalancedScene::settings({});
  settings.state_file = "named";
  SimulatedCloud before(settings);
  Chance chance(1);
  const InstanceId id = before.act(launch("t"), start, chance).instance;
  GroupSpec made;
  made.id = web;
  made.balancer.pools = {"web-pool"};
  Intent join;
  join.kind = IntentKind::join;
  join.token = "m";
  join.instance = id;
  before.act(act_of(std::make_shared<const GroupSpec>(made), join), start, chance);
  SimulatedCloud after(settings);
  for (const std::string& line : before.take_changes()) EXPECT_TRUE(after.recall(line));
  EXPECT_EQ(after.observe({web}, start, start, chance).observation->instances.at(0).membership,
            Membership::member);
}

}  // namespace
}  // namespace settle
