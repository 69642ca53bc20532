#include <array>
#include <fstream>
#include <string>

#include <signal.h>
#include <sys/resource.h>

#include "tests/journal/journal_fixture.h"

namespace settle {
namespace {

void expect_in(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << '"' << text << "\" lacks " << part;
}

TEST_F(Journals, VerifyWhatNobodyTouched) {
  write_five();
  const auto report = reader()->verify();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->entries, 5U);
  EXPECT_EQ(report->damage, std::nullopt);
  EXPECT_EQ(report->head.size(), 64U);
}

TEST_F(Journals, NameTheEntryWhoseBitWasFlipped) {
  write_five();
  tamper(
      "UPDATE bodies SET bytes = CAST(substr(bytes, 1, 3) || x'58' || substr(bytes, 5) AS BLOB) "
      "WHERE seq = 2");
  expect_in(damage(), "entry 2 (decision d-");
  expect_in(damage(), "was changed after it was written");
  expect_in(refusal(), "keep it as evidence");
}

TEST_F(Journals, NoticeAChangeOfEveryColumn) {
  write_five();
  for (const char* change :
       {"UPDATE entries SET at = at + 1 WHERE seq = 3",
        "UPDATE entries SET grp = 'x' WHERE seq = 3", "UPDATE entries SET id = 'd-x' WHERE seq = 3",
        "UPDATE entries SET kind = 2 WHERE seq = 3",
        "UPDATE entries SET seen_at = seen_at - 1 WHERE seq = 3",
        "UPDATE entries SET seen = context WHERE seq = 3",
        "UPDATE entries SET context = seen WHERE seq = 3",
        "UPDATE entries SET link = zeroblob(32) WHERE seq = 3",
        "UPDATE bodies SET before = x'01' WHERE seq = 3"}) {
    const std::string copy = folder_ + "/copy.db";
    std::filesystem::copy_file(path_, copy);
    tamper(change);
    expect_in(damage(), "entry 3");
    std::filesystem::rename(copy, path_);
    EXPECT_EQ(damage(), "");
  }
}

TEST_F(Journals, NoticeAChangedInput) {
  write_five();
  tamper("UPDATE blobs SET bytes = CAST(bytes || x'00' AS BLOB) WHERE number = 1");
  expect_in(damage(), "entry 1 (decision");
}

TEST_F(Journals, NoticeALostInput) {
  write_five();
  tamper("DELETE FROM blobs WHERE number = 1");
  expect_in(damage(), "has lost an input");
  EXPECT_FALSE(reader()->replay([](const ReplayCase&) { return true; }));
}

TEST_F(Journals, NoticeADeletedEntry) {
  write_five();
  tamper("DELETE FROM entries WHERE seq = 3; DELETE FROM bodies WHERE seq = 3");
  expect_in(damage(), "entry 3 is missing");
}

TEST_F(Journals, NoticeADeletedFirstEntry) {
  write_five();
  tamper("DELETE FROM entries WHERE seq = 1");
  expect_in(damage(), "entry 1 is missing");
}

TEST_F(Journals, NoticeADeletedEnd) {
  write_five();
  tamper("DELETE FROM entries WHERE seq = 5; DELETE FROM bodies WHERE seq = 5");
  expect_in(damage(), "entry 5 is missing");
  expect_in(refusal(), "damaged");
}

TEST_F(Journals, NoticeADeletedBody) {
  write_five();
  tamper("DELETE FROM bodies WHERE seq = 4");
  expect_in(damage(), "entry 4 (action tok");
  expect_in(damage(), "has lost its content");
}

TEST_F(Journals, NoticeTwoEntriesThatChangedPlaces) {
  write_five();
  tamper(
      "UPDATE entries SET seq = -seq WHERE seq IN (2, 3); UPDATE entries SET seq = 5 + seq WHERE "
      "seq < 0; UPDATE bodies SET seq = -seq WHERE seq IN (2, 3); UPDATE bodies SET seq = 5 + seq "
      "WHERE seq < 0");
  expect_in(damage(), "entry 2 (decision");
}

TEST_F(Journals, RefuseAnotherSchema) {
  write_five();
  tamper("PRAGMA user_version = 7");
  expect_in(refusal(), "has format 7, newer than this version's 1");
  const auto reading = read_journal(path_);
  ASSERT_FALSE(reading);
  expect_in(reading.error().message, "newer");
}

TEST_F(Journals, RefuseAFileThatIsNoJournal) {
  EXPECT_FALSE(read_journal(path_));
  std::ofstream(path_) << "not a database, not even a small one";
  expect_in(refusal(), "damaged");
  EXPECT_FALSE(read_journal(path_));
}

TEST_F(Journals, SayWhereATruncatedFileEnds) {
  std::vector<JournalEntry> many;
  for (std::uint64_t round = 1; round <= 300; ++round) many.push_back(decision("web", round));
  ASSERT_TRUE(writer()->append({batch(std::move(many))}, {}));
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) * 2 / 3);
  const auto opened = read_journal(path_);
  if (opened) {
    const auto report = (*opened)->verify();
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->damage.has_value());
    EXPECT_FALSE((*opened)->replay([](const ReplayCase&) { return true; }));
  }
  expect_in(refusal(), "damaged");
}

TEST_F(Journals, TakeNoDamagedByteForSound) {
  write_five();
  std::string whole;
  {
    std::ifstream in(path_, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(in), {});
  }
  // Every 97th byte: whatever it is of, nobody aborts, and what verifies reads as it was written.
  for (std::size_t i = 100; i < whole.size(); i += 97) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << damaged;
    const auto opened = read_journal(path_);
    if (!opened) continue;
    const auto report = (*opened)->verify();
    if (!report || report->damage) continue;
    EXPECT_EQ(report->entries, 5U);
    std::uint64_t next = 1;
    (void)(*opened)->replay([&](const ReplayCase& found) {
      EXPECT_EQ(found.stored.record, decision("web", next).record) << "byte " << i;
      ++next;
      return true;
    });
  }
}

TEST_F(Journals, AreWrittenByOneAtATime) {
  const auto journal = writer();
  expect_in(refusal(), "another process holds");
}

TEST_F(Journals, ReportAFullDiskAndGoOnWhenThereIsRoom) {
  writer().reset();
  const pid_t child = in_child([this] {
    const auto journal = writer();
    if (!journal->append({batch({decision("web", 1)})}, {})) ::_exit(10);
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{128 * 1024, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    JournalEntry large = decision("web", 2);
    GroupState before;
    before.memory.firings.resize(1);
    before.memory.firings[0].origin = std::string(1'000'000, 'x');
    large.before = std::make_shared<GroupState>(before);
    const Status full = journal->append({batch({large})}, {});
    if (full || full.error().message.find("cannot append") == std::string::npos) ::_exit(11);
    if (!journal->append({batch({decision("web", 3)})}, {})) ::_exit(12);
  });
  EXPECT_EQ(status_of(child), 0);
  EXPECT_EQ(damage(), "");
  EXPECT_EQ(reader()->decisions({})->size(), 2U);
}

TEST_F(Journals, LoseNothingAcknowledgedWhenKilled) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = in_child([&] {
    const auto journal = writer();
    for (std::uint64_t round = 1;; ++round) {
      if (!journal->append({batch({decision("web", round)}, {action("web", 1)})}, {})) ::_exit(10);
      if (::write(pipe[1], &round, sizeof round) != sizeof round) ::_exit(11);
    }
  });
  std::uint64_t acknowledged = 0;
  while (acknowledged < 25) {
    ASSERT_EQ(::read(pipe[0], &acknowledged, sizeof acknowledged),
              static_cast<ssize_t>(sizeof acknowledged));
  }
  ::kill(child, SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(status_of(child)));
  ::close(pipe[1]);
  for (std::uint64_t more = 0; ::read(pipe[0], &more, sizeof more) > 0;) acknowledged = more;
  ::close(pipe[0]);

  EXPECT_TRUE(writer());
  EXPECT_EQ(damage(), "");
  DecisionQuery newest;
  newest.newest_max = 1;
  EXPECT_GE(reader()->decisions(newest)->front().record.round, acknowledged);
}

}  // namespace
}  // namespace settle
