#include "daemon/cloud/listing_desk.h"

#include <set>

#include <gtest/gtest.h>

#include "daemon/cloud/virtual_time.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

const Time start{1'400'000'000s};

/// A desk over a listing that takes two seconds.
struct Scene {
  VirtualTime time{start};
  int listings = 0;
  Listed next{Listing{true, {}}, Reason::cloud_unreachable};
  std::vector<Observed> answers;
  ListingDesk desk{[this](std::function<void(Listed)> done) {
                     ++listings;
                     time.after(2s, [this, done] { done(next); });
                   },
                   [this](const InstanceId& id, std::function<void(Sought)> told) {
                     sought.push_back(id.value);
                     time.after(100ms, [this, id, told] { told(by_id[id.value]); });
                   },
                   time, time, 5s};
  std::vector<std::string> sought;
  std::map<std::string, Sought> by_id;

  void ask(const std::string& group, std::vector<InstanceId> missing) {
    desk.ask({GroupId{group}, {}, std::move(missing)},
             [this](Observed seen) { answers.push_back(std::move(seen)); });
  }
  void ask(const std::string& group) {
    desk.ask({GroupId{group}}, [this](Observed seen) { answers.push_back(std::move(seen)); });
  }
};

Instance named(const std::string& id) {
  Instance instance;
  instance.id.value = id;
  return instance;
}

TEST(ListingDesk, AThousandGroupsThatLookEachPeriodCostOneListingAPeriod) {
  Scene scene;
  for (int second = 0; second < 150; ++second) {
    for (int group = 0; group < 1'000; ++group) {
      if (group % 15 == second % 15) scene.ask("g" + std::to_string(group));
    }
    scene.time.advance(start + std::chrono::seconds(second + 1));
  }
  scene.time.advance(start + 160s);
  EXPECT_EQ(scene.answers.size(), 10'000U);
  EXPECT_LE(scene.listings, 31);
}

TEST(ListingDesk, AnswersFromAListingThatBeganAfterTheQuestion) {
  Scene scene;
  scene.ask("early");
  scene.time.advance(start + 1s);  // Under way since the start.
  scene.ask("late");
  scene.time.advance(start + 4s);
  ASSERT_EQ(scene.answers.size(), 1U);
  EXPECT_EQ(scene.answers[0].observation.value().at, start);
  scene.time.advance(start + 7s);
  ASSERT_EQ(scene.answers.size(), 2U);
  EXPECT_EQ(scene.answers[1].observation.value().at, start + 5s);
}

TEST(ListingDesk, GivesEachGroupItsOwnInOrderAndNoneWhereThereIsNone) {
  Scene scene;
  scene.next.listing->groups[GroupId{"a"}] = {named("i-2"), named("i-1")};
  scene.ask("a");
  scene.ask("b");
  scene.time.advance(start + 10s);
  ASSERT_EQ(scene.answers.size(), 2U);
  EXPECT_EQ(scene.answers[0].observation.value().instances,
            (std::vector<Instance>{named("i-1"), named("i-2")}));
  EXPECT_TRUE(scene.answers[1].observation.value().instances.empty());
}

TEST(ListingDesk, AListingThatFailedShowsNothingRatherThanNobody) {
  Scene scene;
  scene.next = {std::nullopt, Reason::cloud_throttled};
  scene.ask("a");
  scene.time.advance(start + 10s);
  ASSERT_EQ(scene.answers.size(), 1U);
  EXPECT_FALSE(scene.answers[0].observation.has_value());
  EXPECT_EQ(scene.answers[0].failure, Reason::cloud_throttled);
}

TEST(ListingDesk, WhoIsMissingIsAskedForByIdAndCountsAsListedOrAsGone) {
  Scene scene;
  scene.next.listing->tells_by_id = true;
  scene.next.listing->groups[GroupId{"a"}] = {named("i-1")};
  scene.by_id["i-0"] = {Sought::What::here, GroupId{"a"}, named("i-0")};
  scene.by_id["i-2"] = {Sought::What::gone};
  scene.ask("a", {{"i-0"}, {"i-1"}, {"i-2"}, {"i-3"}});
  scene.ask("b");
  scene.time.advance(start + 10s);
  EXPECT_EQ(scene.sought, (std::vector<std::string>{"i-0", "i-2", "i-3"}));
  ASSERT_EQ(scene.answers.size(), 2U);
  const Observation& seen = scene.answers[0].observation.value();
  EXPECT_EQ(seen.instances, (std::vector<Instance>{named("i-0"), named("i-1")}));
  EXPECT_EQ(seen.gone, (std::vector<InstanceId>{{"i-2"}})) << "of i-3 nothing is known";
  EXPECT_TRUE(scene.answers[1].observation.value().gone.empty());
}

TEST(ListingDesk, WhoWasFoundByItsIdIsAskedForUntilAListingShowsIt) {
  Scene scene;
  scene.next.listing->tells_by_id = true;
  scene.by_id["i-0"] = {Sought::What::here, GroupId{"a"}, named("i-0")};
  scene.ask("a", {{"i-0"}});
  scene.time.advance(start + 10s);
  for (int n = 2; n < 5; ++n) {
    scene.ask("a");
    scene.time.advance(start + n * 10s);
    EXPECT_EQ(scene.answers.back().observation.value().instances.size(), 1U);
  }
  EXPECT_EQ(scene.sought.size(), 4U);
  scene.next.listing->groups[GroupId{"a"}] = {named("i-0")};
  for (int n = 5; n < 7; ++n) {
    scene.ask("a");
    scene.time.advance(start + n * 10s);
  }
  EXPECT_EQ(scene.sought.size(), 4U);
}

TEST(ListingDesk, NobodyIsAskedForWhereTheListingIsNotCompleteOrTheCloudCannotTell) {
  for (const bool tells : {true, false}) {
    Scene scene;
    scene.next.listing->tells_by_id = tells;
    scene.next.listing->is_complete = !tells;
    scene.ask("a", {{"i-0"}});
    scene.time.advance(start + 10s);
    EXPECT_TRUE(scene.sought.empty());
    ASSERT_EQ(scene.answers.size(), 1U);
    EXPECT_EQ(scene.answers[0].observation.value().tells_by_id, tells);
  }
}

TEST(ListingDesk, OfManyThatAreMissingAFewAreAskedForAfterEachListingAndAllInTurn) {
  Scene scene;
  scene.next.listing->tells_by_id = true;
  std::vector<InstanceId> missing;
  for (int n = 0; n < 90; ++n) missing.push_back({"i-" + std::to_string(n)});
  for (int n = 0; n < 90; ++n) {
    const std::size_t before = scene.sought.size();
    scene.ask("a", missing);
    scene.time.advance(start + (n + 1) * 10s);
    EXPECT_EQ(scene.sought.size() - before, ListingDesk::sought_max);
  }
  EXPECT_EQ(std::set<std::string>(scene.sought.begin(), scene.sought.end()).size(), 90U);
}

TEST(ListingDesk, AnAnswerThatComesAfterItsEndFindsWhoAsked) {
  VirtualTime time{start};
  int answers = 0;
  {
    ListingDesk desk(
        [&](std::function<void(Listed)> done) { time.after(2s, [done] { done({}); }); }, {}, time,
        time, 5s);
    desk.ask({GroupId{"a"}}, [&](const Observed&) { ++answers; });
    time.advance(start + 1s);
  }
  time.advance(start + 3s);
  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace settle
