// A journal in a folder of its own, and a hand that changes it from outside.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/journal/journal.h"

namespace settle {

class Journals : public testing::Test {
 protected:
  Journals() {
    std::string name = testing::TempDir() + "settle-journal-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/journal.db";
  }
  ~Journals() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<JournalWriter> writer() {
    auto opened = open_journal(path_);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return opened ? std::move(*opened) : nullptr;
  }
  std::unique_ptr<JournalReader> reader() {
    auto opened = read_journal(path_);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return opened ? std::move(*opened) : nullptr;
  }
  std::string refusal() {
    const auto opened = open_journal(path_);
    if (opened) return "accepted";
    EXPECT_EQ(opened.error().message.find('\n'), std::string::npos);
    return opened.error().message;
  }
  /// What verify() finds; empty if nothing.
  std::string damage() {
    const auto report = reader()->verify();
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return report ? report->damage.value_or("") : "";
  }
  void tamper(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
        << message;
    sqlite3_close(database);
  }

  static Time at(std::int64_t second) { return Time(std::chrono::seconds(1'700'000'000 + second)); }

  static JournalEntry decision(const std::string& group, std::uint64_t round) {
    JournalEntry entry;
    entry.record.group.value = group;
    entry.record.round = round;
    entry.record.at = at(static_cast<std::int64_t>(round));
    entry.record.limits = {1, 9};
    entry.context.revision = "r-1";
    entry.context.engine = SETTLE_VERSION;
    entry.context.cluster = "c";
    GroupState before;
    before.round = round - 1;
    entry.before = std::make_shared<GroupState>(before);
    Observation seen;
    seen.at = entry.record.at;
    seen.is_complete = true;
    seen.instances.push_back({{"i-1"}, "ACTIVE", at(0), "z1", "h", "t", false, false});
    entry.seen = std::make_shared<Observation>(seen);
    return entry;
  }
  static ActionEntry action(const std::string& group, std::int64_t second) {
    return {{group}, at(second), "tok", StepOp::launch, {"i-1"}, "done", Reason::below_desired};
  }
  static Journal batch(std::vector<JournalEntry> decisions, std::vector<ActionEntry> actions = {}) {
    Journal journal;
    journal.batch = 1;
    journal.decisions = std::move(decisions);
    journal.actions = std::move(actions);
    return journal;
  }
  /// Entries 1 to 5: decisions 1 to 3 of "web", an action and a dead letter.
  void write_five() {
    const auto journal = writer();
    ASSERT_TRUE(journal->append({batch({decision("web", 1), decision("web", 2)})}, {}));
    const Status more = journal->append({batch({decision("web", 3)}, {action("web", 3)})},
                                        {{0, at(3), "UnknownGroup", "{}"}});
    ASSERT_TRUE(more) << more.error().message;
  }

  /// Runs `work` in a child that ends without destructors, as a crash would.
  template <typename Work>
  static pid_t in_child(const Work& work) {
    const pid_t child = ::fork();
    if (child == 0) {
      work();
      ::_exit(0);
    }
    return child;
  }
  static int status_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }

  std::string folder_;
  std::string path_;
};

}  // namespace settle
