// Class A: what is seen is partial, empty or old, and is taken for the truth.
#include <gmock/gmock.h>

#include "daemon/sources/http_events.h"
#include "tests/disasters/stage.h"

namespace settle {
namespace {

using namespace std::chrono_literals;

/// Keeps the first `count` of each complete listing, which still says that it is complete.
std::function<void(Observed&)> first_only(std::size_t count) {
  return [count](Observed& observed) {
    if (!observed.observation || observed.observation->instances.size() <= count) return;
    observed.observation->instances.resize(count);
  };
}

std::vector<GroupSpec> web(Capacity initial, Range limits = {0, 500}) {
  return {a_group("web", limits, initial)};
}

TEST(Disasters, D01_APartialPictureDestroysNobodyAndAPauseOutlivesEveryRestart) {
  Stage stage(web(200));
  stage.has("web", 200);
  stage.runs(5min);
  stage.pauses("web");
  stage.is_succeeded();  // By configuration management, with the default unit file,
  stage.is_reconfigured(web(200));
  stage.listing = first_only(80);  // and most of the picture is missing.
  stage.runs(4min);
  stage.is_succeeded();
  stage.runs(24h);
  EXPECT_TRUE(stage.sent.empty());
  stage.listing = nullptr;
  stage.runs(5min);
  stage.pauses("web", false);
  stage.runs(1h);
  EXPECT_EQ(stage.count(IntentKind::terminate), 0);
  EXPECT_EQ(stage.truth("web").existing, 200);
}

TEST(Disasters, D01_WithoutAPauseMostOfThePictureMissingStopsDestructionAndSaysSo) {
  Stage stage({a_group("web", {10, 500}, 200)});
  stage.has("web", 200);
  stage.runs(5min);
  stage.listing = first_only(80);
  stage.is_succeeded();
  stage.runs(1min);
  stage.tells("web", HoldOrder{40, stage.now + 1h, false, "operator", ""});
  stage.runs(5min);
  EXPECT_EQ(stage.count(IntentKind::terminate), 0);
  EXPECT_TRUE(stage.says("web", Reason::mass_change));
  EXPECT_EQ(stage.truth("web").existing, 200);
}

TEST(Disasters, D02_AnEmptyTargetIsNobodyNeverEverybody) {
  Stage stage(web(10));
  stage.has("web", 10);
  stage.runs(2min);
  for (const char* target : {"", "*", "all", "web", "null"}) {
    stage.tells("web", HealthClaim{{target}, HealthStatus::unhealthy, "probe", ""});
    stage.tells("web", InstanceHint{{target}, "DELETED"});
    stage.tells("web", InstanceOrder{{target}, InstanceVerb::replace, "operator", ""});
  }
  stage.runs(1h);
  EXPECT_TRUE(stage.sent.empty());
  interlock::Batch batch;
  batch.view.is_complete = true;
  batch.view.members = {{"a", true, true, false, false}};
  EXPECT_TRUE(interlock::vet(batch, {}).permits.empty());
  batch.targets = {{"", true, false}};
  EXPECT_EQ(interlock::vet(batch, {}).refusal, interlock::Refusal::target_empty);
  EXPECT_TRUE(interlock::vet(batch, {}).permits.empty()) << "replayed, it says the same";
}

TEST(Disasters, D03_AfterARestartNothingGoesBeforeTwoListingsAgreeAndASilentSourceIsNoData) {
  std::vector<GroupSpec> specs = web(10);
  specs[0].policies = {a_target("cpu", 50)};
  Stage stage(specs);
  stage.has("web", 10);
  stage.runs(2min);
  stage.is_succeeded();
  int listings = 0;
  stage.listing = [&listings](Observed& observed) {
    // Empty, and complete by its own word, until the source has woken up.
    if (observed.observation && ++listings <= 2) observed.observation->instances.clear();
  };
  stage.every(15s, [&] { stage.tells("web", SampleClaim{"cpu", {ReadingKind::no_data, {}}, {}}); });
  stage.runs(30min);
  EXPECT_TRUE(stage.sent.empty());
  EXPECT_EQ(stage.desired("web"), 10);
  EXPECT_TRUE(stage.says("web", Reason::metric_missing));
  EXPECT_EQ(stage.truth("web"), (SimulatedCloud::Truth{10, 10}));
}

TEST(Disasters, D06_WhoIsOnThePageThatWasNotReadIsMissingAndIsNotTerminated) {
  Stage stage(web(45));
  stage.has("web", 45);
  stage.runs(2min);
  stage.listing = first_only(30);
  stage.runs(7min);
  stage.tells("web", ConvergeOrder{"operator"});
  stage.runs(1min);
  EXPECT_TRUE(stage.sent.empty());
  EXPECT_EQ(stage.truth("web").existing, 45);
  stage.listing = nullptr;
  stage.runs(1h);
  EXPECT_TRUE(stage.sent.empty()) << "nor when they are seen again";
}

TEST(Disasters, D01_APartialPictureForHoursDestroysAndLaunchesNobodyWhereTheCloudAnswersById) {
  Stage stage({a_group("web", {10, 220}, 200)});
  stage.has("web", 200);
  stage.runs(5min);
  stage.listing = first_only(80);
  stage.is_succeeded();
  stage.runs(6h);
  EXPECT_TRUE(stage.sent.empty());
  EXPECT_EQ(stage.truth("web").existing, 200);
  stage.listing = nullptr;
  stage.runs(1h);
  EXPECT_TRUE(stage.sent.empty());
  EXPECT_EQ(stage.desired("web"), 200);
}

TEST(Disasters, D06_WhoIsLeftOutOfEveryListingIsFoundByItsIdAndWhoIsGoneIsReplaced) {
  Stage stage(web(45));
  stage.has("web", 45);
  stage.runs(2min);
  stage.listing = first_only(30);
  stage.runs(2h);
  EXPECT_TRUE(stage.sent.empty());
  stage.cloud().remove({"web-0044"}, stage.now);
  stage.runs(30min);
  EXPECT_EQ(stage.count(IntentKind::launch), 1) << "by its id that one is not there";
  EXPECT_EQ(stage.count(IntentKind::terminate), 0);
  EXPECT_EQ(stage.truth("web").existing, 45);
}

TEST(Disasters, D06_WithoutAnAnswerByIdSeveralListingsAreBelieved) {
  Stage stage(web(45));
  stage.tells_by_id = false;  // A cloud that cannot be asked: nothing else is to be had.
  stage.has("web", 45);
  stage.runs(2min);
  stage.listing = [](Observed& observed) {
    if (!observed.observation) return;
    std::erase_if(observed.observation->instances,
                  [](const Instance& one) { return one.id.value == "web-0044"; });
  };
  stage.runs(30min);
  EXPECT_EQ(stage.count(IntentKind::launch), 1);
  EXPECT_EQ(stage.truth("web").existing, 46);
}

TEST(Disasters, D10_AnOwnerThatIsToldThatItIsFencedDoesNothingEverAgain) {
  const GroupSpec spec = a_group("web", {0, 10}, 5);
  PartitionSeat seat;
  seat.epoch = Epoch{10};
  Partition stalled(seat, {}, {});
  Time now{1'795'435'200s};
  stalled.advance(Reconfigured{"r-1", Authority::act, {std::make_shared<const GroupSpec>(spec)}},
                  now);
  stalled.advance(
      Arrived{{{"web"}, {now, "t", "1"}, HoldOrder{5, now + 1h, false, "o", ""}}, Ticket{1}}, now);
  std::uint64_t batch = 0;
  for (const Effect& effect : stalled.finish_turn(now)) {
    if (const auto* commit = std::get_if<Commit>(&effect)) {
      EXPECT_EQ(commit->epoch, Epoch{10}) << "the store has what to compare";
      batch = commit->batch;
    }
  }
  ASSERT_GT(batch, 0U);
  now += 5min;  // Another has taken over meanwhile, and the store says so.
  stalled.advance(Committed{batch, Stored::fenced}, now);
  for (int i = 0; i < 100; ++i, now += 15s) {
    stalled.advance(TimeReached{}, now);
    stalled.advance(Observed{{"web"}, Observation{now, true, {}}, {}}, now);
    EXPECT_TRUE(stalled.finish_turn(now).empty());
  }
}

TEST(Disasters, D12_PoisonIsRefusedAloneAndAnotherGroupDoesNotNotice) {
  const Headers headers{{"content-type", "application/cloudevents+json"}};
  for (const std::string data : {"null", "[]", "{}", "\"\"", "0"}) {
    const std::string body = R"({"specversion":"1.0","id":"1","source":"t","subject":"web",)"
                             R"("type":"io.settle.adjust.v1","data":)" +
                             data + "}";
    const auto read = read_http_events(headers, body, Time{});
    const auto* refused = std::get_if<Refusal>(&read);
    ASSERT_NE(refused, nullptr) << data;
    EXPECT_EQ(refused->status, 400);
  }
  std::vector<GroupSpec> specs = {a_group("good", {1, 10}, 1), a_group("sick", {1, 10}, 1)};
  for (GroupSpec& spec : specs) spec.policies = {a_webhook("more", 1)};
  Stage stage(specs);
  for (int i = 0; i < 500; ++i) {
    stage.tells("sick", AdjustClaim{"no such policy"});
    stage.tells("nowhere", AdjustClaim{""});
  }
  stage.listing = [](Observed& observed) {
    if (observed.group.value == "sick") observed.observation.reset();
  };
  stage.tells("good", AdjustClaim{"more"});
  stage.runs(5min);
  EXPECT_EQ(stage.truth("good").ready, 2);
  EXPECT_EQ(stage.dead_letters.size(), 1'000U) << "each with its reason, none lost";
}

TEST(Disasters, D44_APartitionShorterThanAMinuteTerminatesNobody) {
  for (const Duration length : {1s, 10s, 30s, 60s}) {
    std::vector<GroupSpec> specs = web(20);
    specs[0].policies = {a_target("load", 10, true)};
    Stage stage(specs);
    stage.has("web", 20);
    bool is_cut = false;
    stage.every(10s, [&] {
      if (!is_cut) stage.samples("web", "load", 200);
    });
    stage.runs(5min);
    is_cut = true;
    stage.store_says = Stored::unavailable;
    stage.listing = [](Observed& observed) { observed.observation.reset(); };
    stage.runs(length / 2);
    stage.is_succeeded();  // Somebody else takes over on the other side.
    stage.runs(length / 2);
    is_cut = false;
    stage.listing = nullptr;
    stage.store_says = Stored::stored;
    stage.runs(30min);
    EXPECT_TRUE(stage.sent.empty()) << length.count();
  }
}

}  // namespace
}  // namespace settle
