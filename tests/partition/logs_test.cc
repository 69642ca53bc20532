// A log counts once: its position is committed with what its entries changed, and never before.
#include <algorithm>
#include <chrono>

#include <gtest/gtest.h>

#include "daemon/partition/partition.h"
#include "tests/partition/engine.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

struct Reader {
  Time now{std::chrono::hours(400'000)};
  Partition partition;
  std::vector<Effect> effects;  // Of the last turn.

  explicit Reader(PartitionLimits limits = {}, Offsets positions = {})
      : partition({7, Epoch{3}, "test", "0", "0"}, limits, {}, std::move(positions)) {
    engine::script() = {};
    Reconfigured event{"r1", Authority::observe, {}};
    for (const char* id : {"api", "web"}) {
      GroupSpec spec;
      spec.id = {id};
      spec.limits = {0, 10};
      event.specs.push_back(std::make_shared<const GroupSpec>(std::move(spec)));
    }
    turn({std::move(event)});
    settle();
  }

  void turn(std::vector<Event> events) {
    for (Event& event : events) partition.advance(std::move(event), now);
    effects = partition.finish_turn(now);
  }
  template <typename T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const Effect& effect : effects) {
      if (const T* one = std::get_if<T>(&effect)) found.push_back(*one);
    }
    return found;
  }
  void answer(Stored result = Stored::stored) {
    std::vector<Event> answers;
    for (const Commit& commit : all<Commit>()) answers.push_back(Committed{commit.batch, result});
    for (const Journal& journal : all<Journal>()) answers.push_back(Journaled{journal.batch});
    turn(std::move(answers));
  }
  void settle() {
    while (!all<Commit>().empty() || !all<Journal>().empty()) answer();
  }
  LogPart::Entry push(std::int64_t offset, const std::string& group = "web") const {
    return {offset, {{group}, {now, "log", std::to_string(offset)}, AdjustClaim{"push"}}};
  }
  std::size_t firings(const std::string& group = "web") {
    turn({Asked{Ticket{99}, GroupId{group}}});
    const std::vector<Shown> shown = all<Shown>();
    return shown.at(0).groups.at(0).state.memory.firings.size();
  }
};

TEST(Logs, CommitThePositionWithWhatItsEntriesChanged) {
  Reader reader;
  reader.turn({LogPart{"log/0", {reader.push(3), reader.push(5, "api")}, 6, Ticket{1}}});
  const std::vector<Commit> commits = reader.all<Commit>();
  ASSERT_EQ(commits.size(), 1U);
  EXPECT_EQ(commits[0].dirty.size(), 2U);
  EXPECT_EQ(commits[0].offsets, (Offsets{{"log/0", 6}}));
  EXPECT_TRUE(reader.all<Answered>().empty());
  reader.answer();
  const std::vector<Answered> answered = reader.all<Answered>();
  ASSERT_EQ(answered.size(), 1U);
  EXPECT_EQ(answered[0].ticket, Ticket{1});
  EXPECT_EQ(answered[0].merge, Merge::merged);
}

TEST(Logs, SkipWhatTheInheritedPositionHasBehindIt) {
  Reader reader({}, {{"log/0", 6}});
  reader.turn({LogPart{"log/0", {reader.push(3), reader.push(5), reader.push(6)}, 7, Ticket{1}}});
  EXPECT_EQ(reader.firings(), 1U);
}

TEST(Logs, CountAPartOnceHoweverOftenItComes) {
  Reader reader;
  // Even under other ids: it is the offset that says which entry it is.
  LogPart::Entry renamed = reader.push(3);
  renamed.signal.stamp.id = "another";
  reader.turn({LogPart{"log/0", {reader.push(3)}, 4, Ticket{1}}});
  reader.turn({LogPart{"log/0", {std::move(renamed)}, 4, Ticket{2}}});
  EXPECT_EQ(reader.firings(), 1U);
}

TEST(Logs, KeepThePositionsOfSeveralApart) {
  Reader reader;
  reader.turn({LogPart{"log/0", {reader.push(3)}, 4, {}}, LogPart{"log/1", {}, 9, {}}});
  reader.now += 2s;
  reader.turn({TimeReached{}});
  const std::vector<Commit> commits = reader.all<Commit>();
  ASSERT_EQ(commits.size(), 1U);
  EXPECT_EQ(commits[0].offsets, (Offsets{{"log/0", 4}, {"log/1", 9}}));
}

TEST(Logs, MoveOnPastWhatIsBuried) {
  Reader reader;
  reader.turn({LogPart{"log/0", {reader.push(3, "nobody"), reader.push(4, "@all")}, 5, Ticket{1}}});
  EXPECT_EQ(reader.all<DeadLetter>().size(), 2U);
  const std::vector<Commit> commits = reader.all<Commit>();
  ASSERT_EQ(commits.size(), 1U);
  EXPECT_TRUE(commits[0].dirty.empty());
  EXPECT_EQ(commits[0].offsets, (Offsets{{"log/0", 5}}));
}

TEST(Logs, StopWhereThereIsNoRoomAndGoOnFromThere) {
  Reader reader;
  LogPart::Entry stuck = reader.push(4);
  stuck.signal.stamp.id = engine::no_room;
  reader.turn({LogPart{"log/0", {reader.push(3), stuck, reader.push(5)}, 6, Ticket{1}}});
  ASSERT_EQ(reader.all<Answered>().size(), 1U);
  EXPECT_EQ(reader.all<Answered>()[0].merge, Merge::full);
  reader.now += 2s;
  reader.turn({TimeReached{}});
  ASSERT_EQ(reader.all<Commit>().size(), 1U);
  EXPECT_EQ(reader.all<Commit>()[0].offsets, (Offsets{{"log/0", 4}}));
  reader.settle();
  reader.turn({LogPart{"log/0", {reader.push(3), reader.push(4), reader.push(5)}, 6, Ticket{2}}});
  EXPECT_EQ(reader.firings(), 3U);
}

TEST(Logs, AreNotOvertakenByALaterPartWhileAnEarlierOneFoundNoRoom) {
  Reader reader;
  LogPart::Entry stuck = reader.push(4);
  stuck.signal.stamp.id = engine::no_room;
  reader.turn({LogPart{"log/0", {reader.push(3), stuck}, 5, Ticket{1}},
               LogPart{"log/0", {reader.push(5)}, 6, Ticket{2}}});
  std::vector<Answered> answered = reader.all<Answered>();
  ASSERT_EQ(answered.size(), 2U);
  EXPECT_EQ(answered[1].merge, Merge::full);
  reader.settle();
  EXPECT_EQ(reader.firings(), 1U);
  reader.turn({LogPart{"log/0", {reader.push(4)}, 5, Ticket{3}},
               LogPart{"log/0", {reader.push(5)}, 6, Ticket{4}}});
  EXPECT_EQ(reader.firings(), 3U);
}

TEST(Logs, GoOnBehindAGapThatTheirSourceNames) {
  Reader reader;
  LogPart::Entry stuck = reader.push(4);
  stuck.signal.stamp.id = engine::no_room;
  reader.turn({LogPart{"log/0", {reader.push(3), stuck}, 5, Ticket{1}}});
  reader.settle();
  // What was stuck is gone at the other end.
  reader.turn({LogPart{"log/0", {reader.push(9)}, 10, Ticket{2}, 4}});
  EXPECT_EQ(reader.firings(), 2U);
}

TEST(Logs, WaitForEveryGroupThatDidNotFitIntoTheCommit) {
  PartitionLimits limits;
  limits.commit_groups_max = 1;
  Reader reader(limits);
  reader.turn({LogPart{"log/0", {reader.push(3), reader.push(4, "api")}, 5, Ticket{1}}});
  ASSERT_EQ(reader.all<Commit>().size(), 1U);
  EXPECT_TRUE(reader.all<Commit>()[0].offsets.empty());
  reader.answer();
  ASSERT_EQ(reader.all<Commit>().size(), 1U);
  EXPECT_EQ(reader.all<Commit>()[0].offsets, (Offsets{{"log/0", 5}}));
}

TEST(Logs, SpeakForNoGroupWhoseCommitFailed) {
  PartitionLimits limits;
  limits.commit_groups_max = 1;
  Reader reader(limits);
  reader.turn({LogPart{"log/0", {reader.push(3)}, 4, Ticket{1}}});
  // A later part is merged while the commit of the first is under way, and that commit fails.
  std::vector<Event> events{LogPart{"log/0", {reader.push(4, "api")}, 5, Ticket{2}}};
  for (const Commit& commit : reader.all<Commit>()) {
    events.push_back(Committed{commit.batch, Stored::unavailable});
  }
  for (const Journal& journal : reader.all<Journal>()) events.push_back(Journaled{journal.batch});
  reader.turn(std::move(events));
  std::vector<std::string> stored;
  for (int turns = 0; turns < 10; ++turns) {
    reader.now += 1s;
    for (const Commit& commit : reader.all<Commit>()) {
      for (const GroupRecord& record : commit.dirty) stored.push_back(record.group.value);
      if (commit.offsets.empty()) continue;
      EXPECT_TRUE(std::count(stored.begin(), stored.end(), "web") > 0);
      EXPECT_TRUE(std::count(stored.begin(), stored.end(), "api") > 0);
    }
    if (reader.all<Commit>().empty() && reader.all<Journal>().empty()) {
      reader.turn({TimeReached{}});
    } else {
      reader.answer();
    }
  }
  EXPECT_TRUE(reader.partition.unanswered().empty());
}

TEST(Logs, ArePushedBackOnceThePartitionLeaves) {
  Reader reader;
  reader.turn({Leave{}, LogPart{"log/0", {reader.push(3)}, 4, Ticket{1}}});
  ASSERT_EQ(reader.all<Answered>().size(), 1U);
  EXPECT_EQ(reader.all<Answered>()[0].merge, Merge::full);
}

TEST(Logs, AreKnownAsUnansweredUntilTheirCommit) {
  Reader reader;
  reader.turn({LogPart{"log/0", {reader.push(3)}, 4, Ticket{1}}});
  EXPECT_EQ(reader.partition.unanswered(), std::vector<Ticket>{Ticket{1}});
}

}  // namespace
}  // namespace settle
