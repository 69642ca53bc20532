#include "daemon/partition/partition.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/partition/engine.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

SpecPointer spec_of(const std::string& id) {
  GroupSpec spec;
  spec.id = {id};
  spec.limits = {0, 10};
  return std::make_shared<const GroupSpec>(std::move(spec));
}

// A partition with the world's part played by the test.
struct Desk {
  Time now{std::chrono::hours(400'000)};
  Partition partition;
  std::vector<Effect> effects;  // Of the last turn.
  std::uint64_t tickets = 0;

  explicit Desk(PartitionLimits limits = {}, std::vector<GroupRecord> inherited = {})
      : partition({7, Epoch{3}, "test", "0", "0"}, limits, std::move(inherited)) {
    engine::script() = {};
  }

  void turn(std::vector<Event> events) {
    for (Event& event : events) partition.advance(std::move(event), now);
    effects = partition.finish_turn(now);
  }
  void configure(const std::vector<std::string>& groups, Authority authority = Authority::act) {
    Reconfigured event{"r1", authority, {}};
    for (const std::string& id : groups) event.specs.push_back(spec_of(id));
    turn({std::move(event)});
  }
  // Answers every commit and journal write of the last turn, until there are none.
  void settle() {
    while (count<Commit>() + count<Journal>() > 0) {
      std::vector<Event> answers;
      for (const Commit& commit : all<Commit>()) answers.push_back(Committed{commit.batch});
      for (const Journal& journal : all<Journal>()) answers.push_back(Journaled{journal.batch});
      turn(std::move(answers));
    }
  }
  Arrived push(const std::string& group, const std::string& id) {
    return {{{group}, {now, "test", id}, AdjustClaim{"push"}}, Ticket{++tickets}};
  }
  template <typename T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const Effect& effect : effects) {
      if (const T* one = std::get_if<T>(&effect)) found.push_back(*one);
    }
    return found;
  }
  template <typename T>
  std::size_t count() const {
    return all<T>().size();
  }
  template <typename T>
  T only() const {
    const std::vector<T> found = all<T>();
    EXPECT_EQ(found.size(), 1U);
    return found.at(0);
  }
};

Intent open_intent(const std::string& token, IntentStage stage = IntentStage::open) {
  Intent intent;
  intent.token = token;
  intent.stage = stage;
  return intent;
}

TEST(Partition, LeavesOnceWhatItKnowsIsDurable) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1"), Leave{}});
  EXPECT_EQ(desk.count<Left>(), 0U);
  const std::uint64_t batch = desk.only<Commit>().batch;
  desk.turn({Committed{batch}, Journaled{batch}});
  EXPECT_EQ(desk.only<Answered>().merge, Merge::merged);
  desk.settle();
  EXPECT_EQ(desk.count<Left>(), 1U);
  desk.turn({TimeReached{}});
  EXPECT_EQ(desk.count<Left>(), 0U);
}

TEST(Partition, TakesNothingMoreOnceItLeaves) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({Leave{}, desk.push("web", "e1")});
  EXPECT_EQ(desk.only<Answered>().merge, Merge::full);
  EXPECT_EQ(desk.count<Act>(), 0U);
}

TEST(Partition, KnowsWhoIsNotAnsweredYet) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1")});
  ASSERT_EQ(desk.count<Commit>(), 1U);
  EXPECT_EQ(desk.partition.unanswered(), std::vector<Ticket>{Ticket{1}});
}

TEST(Partition, PushesBackBeforeItIsConfigured) {
  Desk desk;
  desk.turn({desk.push("web", "e1")});
  EXPECT_EQ(desk.only<Answered>().merge, Merge::full);
}

TEST(Partition, AnswersOnlyAfterTheCommitThatHoldsTheEvent) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1")});
  const Commit commit = desk.only<Commit>();
  ASSERT_EQ(commit.dirty.size(), 1U);
  EXPECT_EQ(commit.dirty[0].state.memory.firings.size(), 1U);
  EXPECT_EQ(desk.count<Answered>(), 0U);
  desk.turn({Committed{commit.batch}});
  EXPECT_EQ(desk.only<Answered>().merge, Merge::merged);
}

TEST(Partition, ARepeatedEventWaitsForTheSameCommitAsTheFirst) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1"), desk.push("web", "e1")});
  const std::uint64_t batch = desk.only<Commit>().batch;
  desk.turn({desk.push("web", "e1")});
  EXPECT_EQ(desk.count<Answered>(), 0U);
  desk.turn({Committed{batch}});
  EXPECT_EQ(desk.count<Answered>(), 3U);
}

TEST(Partition, ARepeatedEventIsAnsweredAtOnceWhenTheFirstIsDurable) {
  Desk desk;
  desk.configure({"web"});
  desk.now += 1min;
  desk.turn({desk.push("web", "e1")});
  desk.settle();
  desk.now += 1s;  // The sends are committed after a while; nobody waits for them.
  desk.turn({TimeReached{}});
  desk.settle();
  Arrived again = desk.push("web", "e1");
  again.signal.stamp.at = desk.now - 1s;
  desk.turn({std::move(again)});
  EXPECT_EQ(desk.only<Answered>().merge, Merge::repeated);
}

TEST(Partition, WhatChangesNothingIsADeadLetterWithAReason) {
  Desk desk;
  desk.configure({"web"});
  Arrived late = desk.push("web", "e1");
  late.signal.stamp.at = desk.now - 1h;
  desk.turn({desk.push("nobody", "e2"), std::move(late)});
  const auto letters = desk.all<DeadLetter>();
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_EQ(letters[0].reason, "UnknownGroup");
  EXPECT_EQ(letters[1].reason, "LateOrRepeated");
  EXPECT_EQ(desk.count<Answered>(), 2U);
}

TEST(Partition, ShedsMetricsBeforeHealthWhenTooManyWait) {
  PartitionLimits limits;
  limits.unanswered_max = 10;
  Desk desk(limits);
  desk.configure({"web"});
  for (int n = 0; n < 8; ++n) desk.turn({desk.push("web", "e" + std::to_string(n))});
  const Stamp stamp{desk.now, "test", "s"};
  desk.turn({Arrived{{{"web"}, stamp, SampleClaim{"cpu", {}, {}}}, Ticket{100}}});
  EXPECT_EQ(desk.only<Answered>().merge, Merge::full);
  desk.turn({Arrived{{{"web"}, stamp, PauseOrder{}}, Ticket{101}}});
  EXPECT_EQ(desk.count<Answered>(), 0U);
}

TEST(Partition, RunsOneRoundForManyEventsOfATurn) {
  Desk desk;
  desk.configure({"web", "db"});
  engine::script().rounds = 0;
  std::vector<Event> events;
  for (int n = 0; n < 50; ++n) events.push_back(desk.push("web", "e" + std::to_string(n)));
  desk.turn(std::move(events));
  EXPECT_EQ(engine::script().rounds, 1);
}

TEST(Partition, RunsABoundedNumberOfRoundsATurnAndComesBackForTheRest) {
  PartitionLimits limits;
  limits.turn_rounds_max = 2;
  Desk desk(limits);
  desk.configure({"a", "b", "c", "d", "e"});
  EXPECT_EQ(engine::script().rounds, 2);
  EXPECT_EQ(desk.only<WakeAt>().at, desk.now);
  desk.turn({TimeReached{}});
  desk.turn({TimeReached{}});
  EXPECT_EQ(engine::script().rounds, 5);
}

class BothMustCome : public testing::TestWithParam<bool> {};

TEST_P(BothMustCome, BeforeAnythingIsSent) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1")});
  const Event committed = Committed{desk.only<Commit>().batch};
  const Event journaled = Journaled{desk.only<Journal>().batch};
  EXPECT_EQ(desk.only<Journal>().decisions.size(), 1U);
  desk.turn({GetParam() ? committed : journaled});
  EXPECT_EQ(desk.count<Act>(), 0U);
  desk.turn({GetParam() ? journaled : committed});
  EXPECT_EQ(desk.only<Act>().intent.token, "web-0");
  EXPECT_EQ(desk.only<Act>().epoch, Epoch{3});
}
INSTANTIATE_TEST_SUITE_P(Partition, BothMustCome, testing::Bool());

TEST(Partition, JournalsADecisionWithTheStateItFound) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1")});
  const Journal journal = desk.only<Journal>();
  ASSERT_EQ(journal.decisions.size(), 1U);
  EXPECT_EQ(journal.decisions[0].before->memory.firings.size(), 1U);
  EXPECT_TRUE(journal.decisions[0].before->intents.empty());
  EXPECT_EQ(journal.decisions[0].context.epoch, 3U);
  EXPECT_NE(journal.decisions[0].seen, nullptr);
}

TEST(Partition, CommitsFollowEachOtherOneAtATime) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1")});
  const std::uint64_t first = desk.only<Commit>().batch;
  desk.turn({desk.push("web", "e2"), desk.push("web", "e3")});
  EXPECT_EQ(desk.count<Commit>(), 0U);
  desk.turn({Committed{first}, Journaled{first}});
  EXPECT_EQ(desk.count<Answered>(), 1U);
  EXPECT_EQ(desk.only<Commit>().dirty[0].state.memory.firings.size(), 3U);
}

TEST(Partition, CommitsAfterAWhileWhenNobodyWaits) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  Arrived event = desk.push("web", "e1");
  event.signal.claim = SampleClaim{"cpu", {}, {}};
  event.ticket = Ticket{};
  desk.turn({std::move(event)});
  EXPECT_EQ(desk.count<Commit>(), 0U);
  EXPECT_EQ(desk.only<WakeAt>().at, desk.now + 1s);
  desk.now += 1s;
  desk.turn({TimeReached{}});
  EXPECT_EQ(desk.count<Commit>(), 1U);
}

TEST(Partition, ACommitThatFailedIsTriedAgainAndItsWaitersWait) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1")});
  const std::uint64_t batch = desk.only<Commit>().batch;
  desk.turn({Committed{batch, Stored::unavailable}, Journaled{batch}});
  EXPECT_EQ(desk.count<Answered>() + desk.count<Act>(), 0U);
  desk.now = desk.only<WakeAt>().at;
  desk.turn({TimeReached{}});
  const Commit again = desk.only<Commit>();
  EXPECT_EQ(again.dirty.size(), 1U);
  EXPECT_EQ(desk.count<Journal>(), 0U);  // That part had worked.
  desk.turn({Committed{again.batch}});
  EXPECT_EQ(desk.count<Answered>(), 1U);
  EXPECT_EQ(desk.count<Act>(), 1U);
}

TEST(Partition, ALargeCommitIsSplitAndOnlyItsOwnWaitersAreAnswered) {
  PartitionLimits limits;
  limits.commit_groups_max = 2;
  Desk desk(limits);
  desk.configure({"a", "b", "c"});
  desk.settle();
  desk.turn({desk.push("a", "1"), desk.push("b", "2"), desk.push("c", "3")});
  const Commit first = desk.only<Commit>();
  EXPECT_EQ(first.dirty.size(), 2U);
  desk.turn({Committed{first.batch}, Journaled{first.batch}});
  EXPECT_EQ(desk.count<Answered>(), 2U);
  EXPECT_EQ(desk.count<Act>(), 2U);
  EXPECT_FALSE(desk.only<Commit>().dirty.empty());
  desk.settle();
  EXPECT_EQ(desk.tickets, 3U);
}

TEST(Partition, AFencedOwnerIsSilentForGood) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1")});
  const std::uint64_t batch = desk.only<Commit>().batch;
  desk.turn({Journaled{batch}, Committed{batch, Stored::fenced}});
  EXPECT_TRUE(desk.effects.empty());
  desk.now += 1h;
  desk.turn({TimeReached{}, desk.push("web", "e2"), Committed{batch}});
  EXPECT_TRUE(desk.effects.empty());
}

TEST(Partition, WithoutAJournalItDecidesAndCommitsButSendsNothing) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1")});
  std::uint64_t batch = desk.only<Commit>().batch;
  desk.turn({Committed{batch}, Journaled{batch, false}});
  EXPECT_EQ(desk.count<Answered>(), 1U);
  EXPECT_EQ(desk.count<Act>(), 0U);

  desk.turn({desk.push("web", "e2")});
  const Commit commit = desk.only<Commit>();
  EXPECT_EQ(commit.dirty[0].state.intents.size(), 1U);  // None was opened for the second.
  desk.turn({Committed{commit.batch}});
  EXPECT_EQ(desk.count<Answered>(), 1U);

  desk.now += 1min;
  desk.turn({TimeReached{}});
  const Journal retried = desk.only<Journal>();
  EXPECT_FALSE(retried.decisions.empty());
  desk.turn({Journaled{retried.batch}});
  EXPECT_EQ(desk.only<Act>().intent.token, "web-0");
  desk.settle();  // The round that was waiting for the journal has opened the second.
  EXPECT_EQ(desk.only<Act>().intent.token, "web-1");
}

TEST(Partition, SendsInheritedIntentsUnderTheirOwnTokensAfterItsFirstCommit) {
  GroupState state;
  state.intents = {open_intent("old-1"), open_intent("old-2", IntentStage::unknown),
                   open_intent("old-3", IntentStage::accepted)};
  Desk desk({}, {{{"web"}, state}});
  desk.turn({});
  EXPECT_EQ(desk.count<Act>(), 0U);
  desk.configure({"web"});
  EXPECT_EQ(desk.count<Act>(), 0U);
  const Journal journal = desk.only<Journal>();
  EXPECT_EQ(journal.actions.size(), 3U);
  EXPECT_EQ(journal.actions[0].outcome, "inherited");
  desk.turn({Committed{desk.only<Commit>().batch}, Journaled{journal.batch}});
  const auto acts = desk.all<Act>();
  ASSERT_EQ(acts.size(), 2U);
  EXPECT_EQ(acts[0].intent.token, "old-1");
  EXPECT_EQ(acts[1].intent.token, "old-2");
}

TEST(Partition, ForgetsAnAgreementBetweenObservationsOfAnotherOwner) {
  GroupState state;
  state.good_observations = 2;
  Desk desk({}, {{{"web"}, state}});
  desk.configure({"web"});
  desk.turn({Asked{Ticket{1}, GroupId{"web"}}});
  EXPECT_EQ(desk.only<Shown>().groups.at(0).state.good_observations, 0);
}

TEST(Partition, ALostAnswerIsFollowedByTheSameTokenLater) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1")});
  desk.settle();
  const Act first = desk.only<Act>();
  desk.turn({Acted{{"web"}, first.intent.token, Acted::Result::unknown, {}, {}}});
  EXPECT_EQ(desk.count<Act>(), 0U);
  desk.now += 1s;
  desk.turn({TimeReached{}});
  EXPECT_EQ(desk.only<Act>().intent.token, first.intent.token);
}

TEST(Partition, NothingIsSentTwiceWhileTheAnswerIsAwaited) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1")});
  desk.settle();
  ASSERT_EQ(desk.count<Act>(), 1U);
  desk.now += 1h;
  desk.turn({TimeReached{}});
  EXPECT_EQ(desk.count<Act>(), 0U);
}

TEST(Partition, EverySendAndEveryAnswerIsJournaled) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1")});
  desk.settle();
  desk.turn({Acted{{"web"}, "web-0", Acted::Result::refused, {}, Reason::cloud_quota}});
  desk.now += 1s;
  desk.turn({TimeReached{}});
  const auto actions = desk.only<Journal>().actions;
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(actions[0].outcome, "sent");
  EXPECT_EQ(actions[1].outcome, "refused");
  EXPECT_EQ(actions[1].why, Reason::cloud_quota);
}

TEST(Partition, APauseStopsWhatHasNotLeft) {
  Desk desk;
  desk.configure({"web"});
  desk.settle();
  desk.turn({desk.push("web", "e1")});
  const std::uint64_t batch = desk.only<Commit>().batch;
  desk.turn({Arrived{{{"web"}, {desk.now, "op", "p"}, PauseOrder{}}, Ticket{50}}});
  desk.turn({Committed{batch}, Journaled{batch}});
  EXPECT_EQ(desk.count<Act>(), 0U);
  for (const Answered& answer : desk.all<Answered>()) EXPECT_NE(answer.ticket, Ticket{50});
  desk.settle();
  EXPECT_EQ(desk.count<Act>(), 0U);
}

TEST(Partition, AnObserverSendsNothing) {
  GroupState state;
  state.intents = {open_intent("old-1")};
  Desk desk({}, {{{"web"}, state}});
  desk.configure({"web"}, Authority::observe);
  desk.settle();
  EXPECT_EQ(desk.count<Act>(), 0U);
}

TEST(Partition, LooksOnceAtATimeAndKeepsWhatItSawLast) {
  Desk desk;
  desk.configure({"web"});
  EXPECT_EQ(desk.count<Observe>(), 1U);
  desk.now += 1min;
  desk.turn({TimeReached{}});
  EXPECT_EQ(desk.count<Observe>(), 0U);
  Observation seen;
  seen.at = desk.now;
  seen.is_complete = true;
  desk.turn({Observed{{"web"}, seen, {}}});
  desk.now += 15s;
  desk.turn({TimeReached{}});
  EXPECT_EQ(desk.count<Observe>(), 1U);
  desk.turn({Observed{{"web"}, std::nullopt, Reason::cloud_unreachable}});
  desk.turn({Asked{Ticket{1}, {}}});
  EXPECT_EQ(desk.only<Shown>().groups.at(0).seen->at, seen.at);
}

TEST(Partition, LooksLessAndLessOftenWhileNothingChanges) {
  Desk desk;
  desk.configure({"web"});
  engine::script().after = [](GroupState&, Round& round) { round.wants_observation = true; };
  int looks = 0;
  for (int second = 0; second < 150; ++second) {
    looks += static_cast<int>(desk.count<Observe>());
    if (desk.count<Observe>() > 0) {
      desk.turn({Observed{{"web"}, Observation{desk.now, true, {}}, {}}});
    } else {
      desk.turn({TimeReached{}});
    }
    desk.now += 1s;
  }
  EXPECT_GE(looks, 10);
  EXPECT_LE(looks, 20);
}

TEST(Partition, AsksToBeWokenOnlyWhenTheEarliestTimeChanges) {
  Desk desk;
  desk.configure({"a", "b"});
  desk.settle();
  desk.turn({Observed{{"a"}, Observation{desk.now, true, {}}, {}}});
  EXPECT_EQ(desk.count<WakeAt>(), 1U);
  desk.turn({Observed{{"b"}, Observation{desk.now, true, {}}, {}}});
  EXPECT_EQ(desk.count<WakeAt>(), 0U);
}

TEST(Partition, ForgetsAGroupThatIsNoLongerConfigured) {
  Desk desk;
  desk.configure({"a", "b"});
  desk.settle();
  desk.configure({"b"});
  desk.now += 1s;
  desk.turn({TimeReached{}});
  EXPECT_EQ(desk.only<Commit>().forgotten, (std::vector<GroupId>{{"a"}}));
  EXPECT_EQ(desk.count<Act>(), 0U);
  desk.turn({desk.push("a", "e1")});
  EXPECT_EQ(desk.only<DeadLetter>().reason, "UnknownGroup");
}

TEST(Partition, WhatWasToldToAGroupThatGoesBeforeItsCommitIsNotSaidToBeKept) {
  Desk desk;
  desk.configure({"a", "b"});
  desk.settle();
  desk.turn({desk.push("a", "e1")});
  const std::uint64_t batch = desk.only<Commit>().batch;
  desk.configure({"b"});
  EXPECT_EQ(desk.only<Answered>().merge, Merge::unknown_group);
  desk.turn({Committed{batch, Stored::unavailable}, Journaled{batch}});
  desk.now = desk.only<WakeAt>().at;
  desk.turn({TimeReached{}});
  EXPECT_TRUE(desk.only<Commit>().dirty.empty());
  desk.turn({Committed{desk.only<Commit>().batch, Stored::stored}});
  EXPECT_EQ(desk.count<Answered>(), 0U) << "once is enough";
}

TEST(Partition, AGroupThatComesBackBeginsAnew) {
  Desk desk;
  desk.configure({"a", "b"});
  desk.turn({desk.push("a", "e1")});
  desk.configure({"b"});
  desk.configure({"a", "b"});
  desk.settle();
  desk.turn({Asked{Ticket{1}, GroupId{"a"}}});
  const GroupState anew = desk.only<Shown>().groups.at(0).state;
  EXPECT_TRUE(anew.memory.firings.empty());
  // Its tokens are made from this: none is one that it used before.
  EXPECT_GT(anew.generation, 1'000'000U);
}

TEST(Partition, AClockThatGoesBackStopsNothing) {
  Desk desk;
  desk.configure({"web"});
  desk.turn({Observed{{"web"}, Observation{desk.now, true, {}}, {}}});
  desk.settle();
  desk.now -= 1h;
  desk.turn({TimeReached{}});
  EXPECT_GT(desk.count<Observe>() + desk.count<WakeAt>(), 0U);
  desk.turn({TimeReached{}});
  desk.now += 1s;
  const int rounds = engine::script().rounds;
  desk.turn({desk.push("web", "e9")});
  EXPECT_GT(engine::script().rounds, rounds);
}

TEST(Partition, AnObservationFromBeforeTheClockWentBackDoesNotStandForEver) {
  Desk desk;
  desk.configure({"web"});
  desk.turn({Observed{{"web"}, Observation{desk.now, true, {}}, {}}});
  desk.now -= 1h;
  desk.turn({TimeReached{}});
  ASSERT_EQ(desk.count<Observe>(), 1U);
  const Observation newer{desk.now, true, {}};
  desk.turn({Observed{{"web"}, newer, {}}});
  desk.turn({Asked{Ticket{1}, {}}});
  const GroupView view = desk.only<Shown>().groups.at(0);
  EXPECT_EQ(view.seen->at, newer.at);
  EXPECT_EQ(view.state.observed_at, newer.at);
}

}  // namespace
}  // namespace settle
