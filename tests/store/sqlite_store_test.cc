#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/codec/binary.h"
#include "daemon/store/resting_store.h"
#include "daemon/store/store.h"
#include "tests/places.h"
#include "tests/store/commits.h"

namespace settle {
namespace {

constexpr std::uint32_t partitions = 8;

class SqliteStores : public testing::Test {
 protected:
  SqliteStores() {
    std::string name = testing::TempDir() + "settle-store-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/settle.db";
  }
  ~SqliteStores() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Store> open() {
    auto opened = open_sqlite_store(path_, partitions, "c-1");
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return opened ? std::move(opened->store) : nullptr;
  }
  std::string refusal() {
    const auto opened = open_sqlite_store(path_, partitions, "c-2");
    if (opened) return "accepted";
    EXPECT_EQ(opened.error().message.find('\n'), std::string::npos);
    return opened.error().message;
  }
  void tamper(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
        << message;
    sqlite3_close(database);
  }

  std::string folder_;
  std::string path_;
};

TEST_F(SqliteStores, RestoreWhatWasCommitted) {
  {
    auto store = open();
    const auto epoch = store->claim(2);
    ASSERT_TRUE(epoch);
    EXPECT_EQ(store->commit({{2, commit_of(*epoch, {{"b", 1}, {"a", 2}})}}),
              std::vector{Stored::stored});
    EXPECT_EQ(store->commit({{2, commit_of(*epoch, {{"a", 3}, {"c", 4}}, {"b", "absent"})}}),
              std::vector{Stored::stored});
    expect_rounds(*store, 2, {{"a", 3}, {"c", 4}});
  }
  auto store = open();
  expect_rounds(*store, 2, {{"a", 3}, {"c", 4}});
  expect_rounds(*store, 3, {});
}

TEST_F(SqliteStores, KeepTheIdentityOfTheirFirstOpening) {
  const auto first = open_sqlite_store(path_, partitions, "c-1");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->identity.cluster, "c-1");
}

TEST_F(SqliteStores, DoNotTakeAnotherIdentityLater) {
  open().reset();
  const auto again = open_sqlite_store(path_, partitions, "c-2");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->identity.cluster, "c-1");
  EXPECT_EQ(again->identity.partitions, partitions);
}

TEST_F(SqliteStores, RaiseTheEpochWithEachClaim) {
  auto store = open();
  EXPECT_EQ(*store->claim(1), Epoch{1});
  EXPECT_EQ(*store->claim(1), Epoch{2});
  EXPECT_EQ(*store->claim(2), Epoch{1});
  store.reset();
  store = open();
  EXPECT_EQ(*store->claim(1), Epoch{3});
}

TEST_F(SqliteStores, FenceAnEarlierEpochAndNobodyElse) {
  auto store = open();
  const Epoch old = *store->claim(1);
  const Epoch now = *store->claim(1);
  const Epoch other = *store->claim(2);
  EXPECT_EQ(store->commit({{1, commit_of(old, {{"a", 1}})},
                           {2, commit_of(other, {{"b", 1}})},
                           {1, commit_of(now, {{"c", 1}})},
                           {3, commit_of(Epoch{1}, {{"d", 1}})}}),
            (std::vector{Stored::fenced, Stored::stored, Stored::stored, Stored::fenced}));
  expect_rounds(*store, 1, {{"c", 1}});
  expect_rounds(*store, 2, {{"b", 1}});
  expect_rounds(*store, 3, {});
}

TEST_F(SqliteStores, AreOpenedByOneDaemonAtATime) {
  auto store = open();
  EXPECT_NE(refusal().find("another process holds"), std::string::npos);
}

TEST_F(SqliteStores, RefuseAnotherNumberOfPartitions) {
  open().reset();
  const auto opened = open_sqlite_store(path_, partitions + 1, "c-1");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("has 8 partitions and the configuration 9"),
            std::string::npos)
      << opened.error().message;
}

TEST_F(SqliteStores, RefuseANewerFormat) {
  open().reset();
  tamper("PRAGMA user_version=3");
  EXPECT_NE(refusal().find("has format 3, newer than this version's 2"), std::string::npos);
}

// Written by the version of format 1, and kept.
TEST_F(SqliteStores, ReadTheFormatBeforeAndGoOnInTheirOwn) {
  std::filesystem::copy_file(source_folder() + "/tests/store/golden/format_1.db", path_);
  const auto resting = open_resting_sqlite(path_, Rest::ignored);
  ASSERT_TRUE(resting) << resting.error().message;
  const auto before = survey(**resting);
  ASSERT_TRUE(before) << before.error().message;
  EXPECT_EQ(before->groups, 3U);
  auto opened = open_sqlite_store(path_, 4, "c-1");
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->identity.cluster, "fa3265dd");
  const auto records = opened->store->restore(2);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().group.value, "batch");
  EXPECT_EQ(records->front().state.desired, 1);
  Commit commit = commit_of(*opened->store->claim(2), {{"batch", 9}});
  commit.offsets = {{"log/2", 5}};
  EXPECT_EQ(opened->store->commit({{2, commit}}), std::vector{Stored::stored});
  EXPECT_EQ(*opened->store->offsets(2), (Offsets{{"log/2", 5}}));
}

TEST_F(SqliteStores, RefuseAFileOfAnotherApplication) {
  tamper("CREATE TABLE t(x)");
  EXPECT_NE(refusal().find("not a store of ours"), std::string::npos);
}

TEST_F(SqliteStores, RefuseAFileThatIsNoDatabase) {
  std::ofstream(path_) << std::string(10'000, 'x');
  const std::string why = refusal();
  EXPECT_NE(why.find("damaged"), std::string::npos) << why;
  EXPECT_NE(why.find("restore it from a backup"), std::string::npos) << why;
}

TEST_F(SqliteStores, RefuseATruncatedFile) {
  {
    auto store = open();
    const Epoch epoch = *store->claim(1);
    std::vector<std::pair<std::string, std::uint64_t>> many;
    for (std::uint64_t i = 0; i < 500; ++i) many.emplace_back("group-" + std::to_string(i), i);
    ASSERT_EQ(store->commit({{1, commit_of(epoch, many)}}), std::vector{Stored::stored});
  }
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
  const std::string why = refusal();
  EXPECT_NE(why.find("damaged"), std::string::npos) << why;
}

TEST_F(SqliteStores, NameTheGroupWhoseRecordWasChanged) {
  {
    auto store = open();
    const Epoch epoch = *store->claim(1);
    ASSERT_EQ(store->commit({{1, commit_of(epoch, {{"a", 1}, {"b", 1}})}}),
              std::vector{Stored::stored});
  }
  // Still a state that can be read: only the hash tells.
  const std::string other = encode(state_of(99));
  std::string hex;
  for (const char c : other) {
    std::array<char, 3> two{};
    (void)std::snprintf(two.data(), two.size(), "%02x", static_cast<unsigned char>(c));
    hex += two.data();
  }
  tamper("UPDATE groups SET bytes = x'" + hex + "' WHERE grp = 'b'");
  auto store = open();
  const auto records = store->restore(1);
  ASSERT_FALSE(records);
  EXPECT_NE(records.error().message.find("group b of partition 1"), std::string::npos)
      << records.error().message;
}

TEST_F(SqliteStores, NoticeARecordInThePlaceOfAnother) {
  {
    auto store = open();
    const Epoch epoch = *store->claim(1);
    ASSERT_EQ(store->commit({{1, commit_of(epoch, {{"a", 1}})}}), std::vector{Stored::stored});
  }
  tamper("UPDATE groups SET grp = 'b'");
  EXPECT_FALSE(open()->restore(1));
}

TEST_F(SqliteStores, RefuseARecordOfANewerVersionAndDropNone) {
  {
    auto store = open();
    const Epoch epoch = *store->claim(1);
    ASSERT_EQ(store->commit({{1, commit_of(epoch, {{"a", 1}})}}), std::vector{Stored::stored});
  }
  tamper("UPDATE groups SET bytes = x'02', hash = 0");
  EXPECT_FALSE(open()->restore(1));
}

/// Runs `work` in a child that ends without destructors, as a crash would.
template <typename Work>
pid_t in_child(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  return child;
}

int status_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST_F(SqliteStores, SayUnavailableOnAFullDiskAndKeepWhatWasStored) {
  open().reset();
  const pid_t child = in_child([this] {
    auto store = open();
    const Epoch epoch = *store->claim(1);
    if (store->commit({{1, commit_of(epoch, {{"a", 1}})}}).front() != Stored::stored) ::_exit(10);
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{256 * 1024, 256 * 1024};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    GroupState large = state_of(2);
    large.memory.firings.resize(5'000);
    Commit commit;
    commit.epoch = epoch;
    commit.dirty.push_back({{"a"}, large});
    commit.dirty.back().state.memory.firings.front().origin = std::string(1'000'000, 'x');
    if (store->commit({{1, commit}}).front() != Stored::unavailable) ::_exit(11);
    if (store->commit({{1, commit_of(epoch, {{"a", 3}})}}).front() != Stored::stored) ::_exit(12);
  });
  EXPECT_EQ(status_of(child), 0);
  auto store = open();
  expect_rounds(*store, 1, {{"a", 3}});
}

TEST_F(SqliteStores, LoseNothingAcknowledgedWhenKilled) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = in_child([&] {
    auto store = open();
    const Epoch epoch = *store->claim(1);
    for (std::uint64_t round = 1;; ++round) {
      const auto results = store->commit({{1, commit_of(epoch, {{"a", round}, {"b", round}})}});
      if (results.front() != Stored::stored) ::_exit(10);
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

  auto store = open();
  const auto records = store->restore(1);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 2U);
  EXPECT_GE((*records)[0].state.round, acknowledged);
  EXPECT_EQ((*records)[0].state.round, (*records)[1].state.round);
}

}  // namespace
}  // namespace settle
