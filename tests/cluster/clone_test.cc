// A copy of a running machine: two processes with one incarnation and one session.
#include <gtest/gtest.h>

#include "daemon/cluster/layout.h"
#include "tests/cluster/stage.h"

namespace settle::cluster {
namespace {

using std::chrono::seconds;

/// The member node of n1, changed by a process that has everything of n1 but what it drew last.
void write_as_a_copy(Stage& stage, const std::function<void(MemberRecord&)>& change) {
  const std::string path = layout::member("n1");
  stage["n2"].client().get(path, false, [&stage, path, change](zk::Code, const zk::Data& found) {
    MemberRecord record = *decode_member(found.bytes);
    change(record);
    stage["n2"].client().set(path, encode(record), found.stat.version,
                             [](zk::Code, const zk::Stat&) {});
  });
}

MemberRecord record_of(Stage& stage, const std::string& member) {
  const auto members = stage["n2"].node().members();
  const auto found = members.find(member);
  return found == members.end() ? MemberRecord{} : found->second;
}

class Clone : public testing::Test {
 protected:
  Clone() : stage_(options()) {
    stage_.start("n1");
    stage_.start("n2");
    stage_.run_for(seconds(10));
  }
  static StageOptions options() {
    StageOptions options;
    options.draws_names = true;
    return options;
  }
  int acts(const std::string& name) {
    int found = 0;
    for (std::uint32_t number = 0; number < stage_.options().partitions; ++number) {
      found += stage_[name].acts_for(number) ? 1 : 0;
    }
    return found;
  }

  Stage stage_;
};

TEST_F(Clone, ThatWritesUnderOurIncarnationIsToldAndBothEnd) {
  ASSERT_GT(acts("n1"), 0);
  write_as_a_copy(stage_, [](MemberRecord& record) { record.nonce = "drawn by the copy"; });
  stage_.run_for(seconds(1));
  EXPECT_EQ(acts("n1"), 0);
  EXPECT_TRUE(record_of(stage_, "n1").is_cloned);  // For the other to see.
  EXPECT_TRUE(stage_["n1"].troubles().empty());
  stage_.run_for(seconds(6));
  EXPECT_EQ(stage_["n1"].troubles(), std::vector<std::string>{"cloned"});
  EXPECT_EQ(acts("n1"), 0);
}

TEST_F(Clone, ThatHasFoundOutFirstIsHeardAtOnce) {
  write_as_a_copy(stage_, [](MemberRecord& record) {
    record.nonce = "drawn by the copy";
    record.is_cloned = true;
  });
  stage_.run_for(seconds(1));
  EXPECT_EQ(stage_["n1"].troubles(), std::vector<std::string>{"cloned"});
  EXPECT_EQ(acts("n1"), 0);
}

TEST_F(Clone, IsNotSeenInOurOwnWordFromBeforeABrokenConnection) {
  const std::string before = record_of(stage_, "n1").nonce;
  stage_.cut_off("n1");
  stage_.run_for(seconds(1));
  stage_.let_back("n1");
  stage_.run_for(seconds(3));
  EXPECT_NE(record_of(stage_, "n1").nonce, before);
  write_as_a_copy(stage_, [&](MemberRecord& record) { record.nonce = before; });
  stage_.run_for(seconds(10));
  EXPECT_TRUE(stage_["n1"].troubles().empty());
  EXPECT_GT(acts("n1"), 0);
}

}  // namespace
}  // namespace settle::cluster
