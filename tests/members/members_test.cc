// Members as processes over three real servers: what only processes and networks can do to them.
// The history that they leave is judged by journal.h.
#include <gmock/gmock.h>

#include "tests/members/crew.h"

namespace settle::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds patience{60};

class RealMembers : public testing::Test {
 protected:
  void SetUp() override {
    if (!zk::Ensemble::is_available()) GTEST_SKIP() << "zookeeper is not installed";
    crew_ = std::make_unique<Crew>(CrewOptions{});
    for (std::size_t member = 0; member < 3; ++member) crew_->start(member);
    ASSERT_TRUE(comes_alive(true));
  }
  void TearDown() override {
    if (!crew_) return;
    EXPECT_THAT(crew_->contradictions(), testing::IsEmpty());
  }
  bool comes_alive(bool acting) {
    const std::int64_t from = Crew::now();
    return Crew::waits_until(patience, [&] { return crew_->is_alive_since(from, acting); });
  }
  /// Until what `member` had is committed by others.
  bool is_taken_over(std::size_t member, std::int64_t since) {
    return Crew::waits_until(patience, [&] {
      if (!crew_->is_alive_since(since, false)) return false;
      for (const Line& line : crew_->newest("committed")) {
        if (line.name == Crew::name(member)) return false;
      }
      return true;
    });
  }
  std::unique_ptr<Crew> crew_;
};

TEST_F(RealMembers, TakeOverFromAnOwnerThatIsKilled) {
  const std::size_t owner = crew_->busiest();
  const std::int64_t at = Crew::now();
  crew_->kill(owner);
  EXPECT_TRUE(is_taken_over(owner, at));
  crew_->start(owner);
  EXPECT_TRUE(comes_alive(true));
}

TEST_F(RealMembers, TakeOverWhenTheOwnerAndTheLeaderOfTheEnsembleDieTogether) {
  const std::size_t owner = crew_->busiest();
  const std::int64_t at = Crew::now();
  crew_->ensemble().kill(crew_->ensemble().leader());
  crew_->kill(owner);
  EXPECT_TRUE(is_taken_over(owner, at));
  EXPECT_TRUE(comes_alive(true));
}

TEST_F(RealMembers, LetNothingOutOfAnOwnerThatWasStoppedPastItsSession) {
  const std::size_t owner = crew_->busiest();
  const std::int64_t at = Crew::now();
  crew_->pause(owner);
  EXPECT_TRUE(is_taken_over(owner, at));
  crew_->resume(owner);
  EXPECT_TRUE(comes_alive(true));
}

TEST_F(RealMembers, LoseNothingWhileRequestsPassAndAnswersDoNot) {
  const std::size_t owner = crew_->busiest();
  const std::int64_t at = Crew::now();
  crew_->hold(owner, false, true);
  EXPECT_TRUE(is_taken_over(owner, at));
  crew_->cut(owner);
  crew_->hold(owner, false, false);
  EXPECT_TRUE(comes_alive(true));
}

TEST_F(RealMembers, StandStillWithoutAQuorumAndGoOnUnderTheSameEpochs) {
  const std::vector<Line> before = crew_->newest("committed");
  crew_->ensemble().kill(0);
  crew_->ensemble().kill(1);
  Crew::wait(crew_->options().session * 2);
  const std::int64_t at = Crew::now();
  Crew::wait(milliseconds(500));
  for (const Line& line : crew_->newest("act")) EXPECT_LT(line.at, at) << "without a lease";
  crew_->ensemble().start(0);
  crew_->ensemble().start(1);
  EXPECT_TRUE(comes_alive(true));
  for (const Line& line : crew_->newest("committed")) {
    EXPECT_EQ(line.epoch, before[line.partition].epoch);
  }
}

TEST_F(RealMembers, HandOverWhenToldToEnd) {
  const std::size_t owner = crew_->busiest();
  const std::int64_t at = Crew::now();
  crew_->drain(owner);
  EXPECT_TRUE(is_taken_over(owner, at));
  for (const Line& line : crew_->lines()) {
    EXPECT_FALSE(line.at > at && line.kind == "fenced") << line_of(line);
  }
}

}  // namespace
}  // namespace settle::cluster
