// By which revision a cluster decides: who may set it, and who is told that he missed a change.
#include "daemon/cluster/agreement.h"

#include <gtest/gtest.h>

#include "tests/cluster/stage.h"

namespace settle::cluster {
namespace {

RevisionRecord record(std::uint64_t number, const std::string& name) {
  return {number, name, {}, {}};
}
RevisionMove move(const std::string& wanted, const RevisionRecord& known,
                  const RevisionRecord& present, bool is_forced = false) {
  return judge({wanted, known, "n1", is_forced}, present);
}

TEST(Agreement, IsMovedOnOnlyByWhoDecidedByWhatIsPresent) {
  const RevisionRecord none;
  EXPECT_EQ(move("A", none, none), RevisionMove::advance);
  EXPECT_EQ(move("A", none, record(1, "A")), RevisionMove::adopt);
  EXPECT_EQ(move("B", record(1, "A"), record(1, "A")), RevisionMove::advance);
  EXPECT_EQ(move("B", record(1, "A"), record(2, "B")), RevisionMove::adopt);
  EXPECT_EQ(move("C", record(1, "A"), record(2, "B")), RevisionMove::refuse);
  EXPECT_EQ(move("C", none, record(2, "B")), RevisionMove::refuse);
  EXPECT_EQ(move("C", none, record(2, "B"), true), RevisionMove::advance);
}

TEST(Agreement, LetsWhoMissedAChangeGoOnAsBefore) {
  EXPECT_EQ(move("A", record(1, "A"), record(2, "B")), RevisionMove::stay_behind);
}

TEST(Agreement, ThatCameBackToAnEarlierTextIsNotTheEarlierOne) {
  // A, B, A: who decided by the first A has missed two changes, and has the right text.
  EXPECT_EQ(move("A", record(1, "A"), record(3, "A")), RevisionMove::adopt);
  EXPECT_EQ(move("C", record(1, "A"), record(3, "A")), RevisionMove::refuse);
}

/// Asks as member `name`, and what came of it: "NUMBER NAME", or the refusal.
std::string ask(Stage& stage, const std::string& name, const std::string& wanted,
                const RevisionRecord& known) {
  std::string answer = "none";
  stage[name].node().agree({wanted, known, {}, false}, [&](const Result<RevisionRecord>& found) {
    answer = found ? std::to_string(found->number) + " " + found->name : found.error().message;
  });
  stage.run_for(std::chrono::seconds(2));
  return answer;
}

TEST(Agreement, OfTwoWhoChangeAtOnceOneIsRefused) {
  Stage stage;
  stage.start("n1");
  stage.start("n2");
  stage.run_for(std::chrono::seconds(5));
  EXPECT_EQ(ask(stage, "n1", "A", {}), "1 A");
  EXPECT_EQ(ask(stage, "n2", "A", {}), "1 A");
  std::string first;
  std::string second;
  const auto into = [](std::string& answer) {
    return [&answer](const Result<RevisionRecord>& found) {
      answer = found ? found->name : found.error().message;
    };
  };
  stage["n1"].node().agree({"B", record(1, "A"), {}, false}, into(first));
  stage["n2"].node().agree({"C", record(1, "A"), {}, false}, into(second));
  stage.run_for(std::chrono::seconds(2));
  const bool is_first = first == "B";
  EXPECT_EQ(is_first ? first : second, is_first ? "B" : "C");
  EXPECT_NE((is_first ? second : first).find("were not made from it"), std::string::npos);
  for (const char* name : {"n1", "n2"}) {
    EXPECT_EQ(stage[name].node().revision().number, 2U);
    EXPECT_EQ(stage[name].node().revision().name, is_first ? "B" : "C");
  }
}

TEST(Agreement, IsAskedForAgainWhileTheEnsembleIsAwayAndThenGivenUp) {
  Stage stage;
  stage.start("n1");
  stage.run_for(std::chrono::seconds(5));
  stage.cut_off("n1");
  std::string answer = "none";
  stage["n1"].node().agree({"A", {}, {}, false}, [&](const Result<RevisionRecord>& found) {
    answer = found ? found->name : found.error().message;
  });
  stage.run_for(std::chrono::seconds(30));
  EXPECT_NE(answer.find("try again"), std::string::npos) << answer;
}

}  // namespace
}  // namespace settle::cluster
