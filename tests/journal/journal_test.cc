#include <string>

#include "daemon/codec/binary.h"
#include "tests/journal/journal_fixture.h"

namespace settle {
namespace {

std::vector<std::uint64_t> rounds(JournalReader& reader, const DecisionQuery& query) {
  std::vector<std::uint64_t> found;
  const auto decisions = reader.decisions(query);
  EXPECT_TRUE(decisions) << (decisions ? "" : decisions.error().message);
  if (decisions) {
    for (const StoredDecision& decision : *decisions) found.push_back(decision.record.round);
  }
  return found;
}

using Rounds = std::vector<std::uint64_t>;

TEST_F(Journals, GiveBackWhatWasAppended) {
  write_five();
  const auto journal = reader();
  const auto decisions = journal->decisions({});
  ASSERT_TRUE(decisions) << decisions.error().message;
  ASSERT_EQ(decisions->size(), 3U);
  const DecisionRecord expected = decision("web", 2).record;
  EXPECT_EQ((*decisions)[1].sequence, 2U);
  EXPECT_EQ((*decisions)[1].record, expected);
  EXPECT_EQ((*decisions)[1].id, decision_id(expected));

  const auto actions = journal->actions({"web"}, 10);
  ASSERT_TRUE(actions);
  ASSERT_EQ(actions->size(), 1U);
  EXPECT_EQ(actions->front().sequence, 4U);
  EXPECT_EQ(actions->front().action.token, "tok");
  EXPECT_EQ(actions->front().action.outcome, "done");

  const auto letters = journal->dead_letters(10);
  ASSERT_TRUE(letters);
  ASSERT_EQ(letters->size(), 1U);
  EXPECT_EQ(letters->front().sequence, 5U);
  EXPECT_EQ(letters->front().reason, "UnknownGroup");
  EXPECT_EQ(letters->front().at, at(3));
}

TEST_F(Journals, SayWhatBecameOfADeadLetter) {
  write_five();
  StoredDeadLetter disposal;
  disposal.at = at(4);
  disposal.reason = "Replayed";
  disposal.event = "ada";
  disposal.settles = 5;
  ASSERT_TRUE(writer()->append({}, {disposal}));
  const auto journal = reader();
  const auto letters = journal->dead_letters(10);
  ASSERT_TRUE(letters);
  ASSERT_EQ(letters->size(), 1U);
  EXPECT_EQ(letters->front().settled, "Replayed");
  const auto letter = journal->dead_letter(5);
  ASSERT_TRUE(letter) << letter.error().message;
  EXPECT_EQ(letter->reason, "UnknownGroup");
  EXPECT_EQ(letter->settled, "Replayed");
  EXPECT_FALSE(journal->dead_letter(6));
  EXPECT_FALSE(journal->dead_letter(99));
  const auto verified = journal->verify();
  ASSERT_TRUE(verified);
  EXPECT_FALSE(verified->damage);
}

TEST_F(Journals, LieInOneFileOnceTheirWriterHasClosed) {
  write_five();
  const auto beside = reader();  // Otherwise SQLite tidies up by itself.
  auto journal = writer();
  ASSERT_TRUE(journal->append({batch({decision("web", 9)})}, {}));
  journal.reset();
  EXPECT_EQ(std::filesystem::file_size(path_ + "-wal"), 0U);
}

TEST_F(Journals, AnswerQueriesInOrderOfSequence) {
  {
    const auto journal = writer();
    for (std::uint64_t round = 1; round <= 10; ++round) {
      const std::string group = round % 2 == 0 ? "even" : "odd";
      ASSERT_TRUE(journal->append({batch({decision(group, round)})}, {}));
    }
  }
  const auto journal = reader();
  DecisionQuery newest;
  newest.newest_max = 3;
  EXPECT_EQ(rounds(*journal, newest), (Rounds{8, 9, 10}));
  DecisionQuery of_group;
  of_group.group = {"even"};
  of_group.newest_max = 2;
  EXPECT_EQ(rounds(*journal, of_group), (Rounds{8, 10}));
  DecisionQuery after;
  after.after = 8;
  EXPECT_EQ(rounds(*journal, after), (Rounds{9, 10}));
  DecisionQuery since;
  since.since = at(9);
  since.group = {"odd"};
  EXPECT_EQ(rounds(*journal, since), (Rounds{9}));
  DecisionQuery by_id;
  by_id.id = decision_id(decision("odd", 5).record).substr(0, 10);
  EXPECT_EQ(rounds(*journal, by_id), (Rounds{5}));
  by_id.id = "d-zzz";
  EXPECT_EQ(rounds(*journal, by_id), Rounds{});
  by_id.id = "d-";
  const auto several = journal->decisions(by_id);
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().code, ErrorCode::conflict);
}

TEST_F(Journals, GiveEveryInputForReplay) {
  write_five();
  std::vector<std::uint64_t> seen;
  const Status walked = reader()->replay([&](const ReplayCase& found) {
    const JournalEntry expected = decision("web", found.stored.sequence);
    EXPECT_EQ(found.stored.record, expected.record);
    EXPECT_EQ(found.record_bytes, encode(expected.record));
    EXPECT_EQ(found.before, *expected.before);
    EXPECT_EQ(found.seen, *expected.seen);
    EXPECT_EQ(found.context, expected.context);
    seen.push_back(found.stored.sequence);
    return seen.size() < 2;
  });
  EXPECT_TRUE(walked) << walked.error().message;
  EXPECT_EQ(seen, (Rounds{1, 2}));
}

TEST_F(Journals, TakeADecisionThatSawNothing) {
  auto entry = decision("web", 1);
  entry.seen.reset();
  entry.before.reset();
  ASSERT_TRUE(writer()->append({batch({entry})}, {}));
  int count = 0;
  ASSERT_TRUE(reader()->replay([&](const ReplayCase& found) {
    EXPECT_EQ(found.seen, Observation());
    EXPECT_EQ(found.before, GroupState());
    ++count;
    return true;
  }));
  EXPECT_EQ(count, 1);
}

TEST_F(Journals, KeepAFleetThatDoesNotChangeOnce) {
  {
    const auto journal = writer();
    std::vector<JournalEntry> many;
    for (std::uint64_t round = 1; round <= 50; ++round) many.push_back(decision("web", round));
    ASSERT_TRUE(journal->append({batch(std::move(many))}, {}));
  }
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
  std::string count;
  sqlite3_exec(
      database, "SELECT count(*) FROM blobs",
      [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) = values[0];
        return 0;
      },
      &count, nullptr);
  sqlite3_close(database);
  EXPECT_EQ(count, "2");  // One observation, one context.
}

TEST_F(Journals, RememberARevisionOnce) {
  {
    const auto journal = writer();
    ASSERT_TRUE(journal->remember({"r-1", "groups: {}"}));
    ASSERT_TRUE(journal->remember({"r-1", "groups: {}"}));
  }
  const auto journal = reader();
  const auto revision = journal->revision("r-1");
  ASSERT_TRUE(revision);
  EXPECT_EQ(revision->text, "groups: {}");
  EXPECT_EQ(journal->verify()->entries, 1U);
  const auto none = journal->revision("r-2");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
}

TEST_F(Journals, CutADeadLetterThatIsTooLong) {
  ASSERT_TRUE(writer()->append({}, {{0, at(1), "Invalid", std::string(100'000, 'x')}}));
  EXPECT_EQ(reader()->dead_letters(1)->front().event.size(), 4'096U);
}

TEST_F(Journals, AreReadWhileTheyAreWritten) {
  const auto journal = writer();
  ASSERT_TRUE(journal->append({batch({decision("web", 1)})}, {}));
  const auto beside = reader();
  EXPECT_EQ(rounds(*beside, {}), (Rounds{1}));
  ASSERT_TRUE(journal->append({batch({decision("web", 2)})}, {}));
  EXPECT_EQ(rounds(*beside, {}), (Rounds{1, 2}));
  EXPECT_EQ(beside->verify()->entries, 2U);
}

TEST_F(Journals, ContinueTheirChainAfterARestart) {
  write_five();
  const std::string head = reader()->verify()->head;
  ASSERT_TRUE(writer()->append({batch({decision("web", 4)})}, {}));
  const auto report = reader()->verify();
  EXPECT_EQ(report->entries, 6U);
  EXPECT_EQ(report->damage, std::nullopt);
  EXPECT_NE(report->head, head);
}

TEST_F(Journals, ForgetWhatIsOldAndStayVerifiable) {
  {
    const auto journal = writer();
    ASSERT_TRUE(journal->remember({"r-0", "unused"}));
    ASSERT_TRUE(journal->remember({"r-1", "used"}));
    ASSERT_TRUE(journal->remember({"r-2", "newest"}));
    for (std::uint64_t round = 1; round <= 6; ++round) {
      ASSERT_TRUE(journal->append({batch({decision("web", round)}, {action("web", 1)})}, {}));
    }
    const Status forgotten = journal->forget_before(at(4));
    ASSERT_TRUE(forgotten) << forgotten.error().message;
    ASSERT_TRUE(journal->append({batch({decision("web", 7)})}, {}));
  }
  const auto journal = reader();
  EXPECT_EQ(rounds(*journal, {}), (Rounds{4, 5, 6, 7}));
  EXPECT_EQ(damage(), "");
  EXPECT_TRUE(journal->revision("r-1"));
  EXPECT_TRUE(journal->revision("r-2"));
  EXPECT_FALSE(journal->revision("r-0"));
  int replayed = 0;
  EXPECT_TRUE(journal->replay([&](const ReplayCase&) { return ++replayed > 0; }));
  EXPECT_EQ(replayed, 4);
  EXPECT_TRUE(writer());
}

TEST_F(Journals, ForgetEverythingAndGoOn) {
  write_five();
  {
    const auto journal = writer();
    ASSERT_TRUE(journal->remember({"r-1", "text"}));
    ASSERT_TRUE(journal->forget_before(at(1'000)));
    ASSERT_TRUE(journal->forget_before(at(1'000)));
    EXPECT_EQ(reader()->verify()->entries, 1U);  // The revision.
    ASSERT_TRUE(journal->append({batch({decision("web", 9)})}, {}));
  }
  EXPECT_EQ(damage(), "");
  EXPECT_EQ(rounds(*reader(), {}), (Rounds{9}));
}

TEST_F(Journals, ForgetNothingThatIsNotOld) {
  write_five();
  const std::string head = reader()->verify()->head;
  ASSERT_TRUE(writer()->forget_before(at(0)));
  EXPECT_EQ(reader()->verify()->head, head);
  EXPECT_EQ(reader()->verify()->entries, 5U);
}

TEST_F(Journals, GivesBackTheLastDecisionOfAGroupAndThoseOfTheLastHours) {
  {
    const auto journal = writer();
    ASSERT_TRUE(journal->remember({"r-0", "older"}));
    ASSERT_TRUE(journal->remember({"r-1", "files"}));
    std::vector<JournalEntry> decisions{decision("web", 1), decision("web", 2), decision("api", 3)};
    for (JournalEntry& one : decisions) one.record.revision = "r-1";
    ASSERT_TRUE(journal->append({batch(std::move(decisions))}, {}));
  }
  const auto journal = reader();
  const auto newest = journal->newest({"web"});
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->stored.record.round, 2U);
  EXPECT_EQ(newest->before.round, 1U);
  EXPECT_EQ(newest->seen.instances.size(), 1U);
  EXPECT_EQ(journal->newest({"nobody"}).error().code, ErrorCode::not_found);
  std::vector<std::uint64_t> rounds;
  ASSERT_TRUE(journal->replay_since(at(2), [&](const ReplayCase& one) {
    rounds.push_back(one.stored.record.round);
    return true;
  }));
  EXPECT_EQ(rounds, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(journal->newest_revision()->text, "files");
}

TEST_F(Journals, WithoutADecisionHoldsTheConfigurationThatWasKeptLast) {
  {
    const auto journal = writer();
    ASSERT_TRUE(journal->remember({"r-1", "files"}));
    ASSERT_TRUE(journal->remember({"r-2", "others"}));
  }
  EXPECT_EQ(reader()->newest_revision()->name, "r-2");
}

}  // namespace
}  // namespace settle
