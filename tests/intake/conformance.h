// What every source must do for us: the spout's contract as one suite. A program that has a source
// to show includes this file once and instantiates the suite with a way to make its other end.
#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/intake/eventually.h"
#include "tests/intake/other_end.h"

namespace settle {

class SourceConformance : public testing::TestWithParam<NamedOtherEnd> {
 protected:
  void SetUp() override { end_ = GetParam().make(hall_); }
  void TearDown() override { stop(); }

  void start() {
    source_ = end_->open();
    ASSERT_NE(source_, nullptr);
    hall_.attach(*source_);
  }
  void stop() {
    hall_.detach();
    source_.reset();
  }
  /// So many events over all groups, under ids that begin with `prefix`.
  std::vector<Signal> events(const std::string& prefix, std::size_t count) {
    std::vector<Signal> made;
    const std::vector<GroupId> groups = Hall::groups();
    for (std::size_t at = 0; at < count; ++at) {
      const GroupId& group = groups[at % groups.size()];
      made.push_back(hall_.push(group, prefix + std::to_string(at)));
      expected_.insert(group.value + "/" + prefix + std::to_string(at));
    }
    return made;
  }
  bool has_all() {
    return eventually([this] { return hall_.fired() == expected_; });
  }

  Hall hall_;
  std::unique_ptr<OtherEnd> end_;
  std::unique_ptr<Source> source_;
  std::set<std::string> expected_;
};

TEST_P(SourceConformance, DeliversWhatIsThereAndWhatComesLater) {
  end_->write(events("early", 100));
  start();
  EXPECT_TRUE(has_all());
  end_->write(events("late", 100));
  EXPECT_TRUE(has_all());
}

TEST_P(SourceConformance, EmitsAgainWhatFoundNoRoom) {
  hall_.refuse(5);
  end_->write(events("e", 100));
  start();
  EXPECT_TRUE(has_all());
  EXPECT_TRUE(eventually([this] { return source_->report().in_flight == 0; }));
}

TEST_P(SourceConformance, IsHarmlessWhereAnEventIsThereTwice) {
  const std::vector<Signal> once = events("e", 50);
  end_->write(once);
  start();
  EXPECT_TRUE(has_all());
  end_->write(once);
  end_->write(events("after", 8));
  EXPECT_TRUE(has_all());
}

TEST_P(SourceConformance, TakesEventsInAnyOrderOfTheirTimes) {
  std::vector<Signal> made = events("e", 60);
  for (std::size_t at = 0; at < made.size(); ++at) {
    made[at].stamp.at -= Duration(static_cast<std::int64_t>((at * 37) % 60) * 1'000);
  }
  std::rotate(made.begin(), made.begin() + 17, made.end());
  end_->write(made);
  start();
  EXPECT_TRUE(has_all());
}

TEST_P(SourceConformance, BuriesWhatIsNoEventAndGoesOn) {
  end_->write(events("before", 10));
  if (!end_->write_poison("this is no event")) GTEST_SKIP() << "only events can be there";
  end_->write(events("behind", 10));
  start();
  EXPECT_TRUE(has_all());
  ASSERT_TRUE(eventually([this] { return !hall_.buried().empty(); }));
  EXPECT_FALSE(hall_.buried().front().reason.empty());
  EXPECT_NE(hall_.buried().front().text.find("this is no event"), std::string::npos);
}

TEST_P(SourceConformance, LosesNothingInACrashBetweenMergeAndCommit) {
  end_->write(events("kept", 40));
  start();
  EXPECT_TRUE(has_all());
  hall_.hold_commits(true);
  const std::size_t before = hall_.in_memory();
  end_->write(events("merged", 40));
  ASSERT_TRUE(eventually([&] { return hall_.in_memory() > before; }));
  stop();
  hall_.crash();
  EXPECT_LT(hall_.fired().size(), expected_.size());
  start();
  EXPECT_TRUE(has_all());
  EXPECT_TRUE(hall_.buried().empty());
}

TEST_P(SourceConformance, ReadsNoFurtherWhileItIsNotAnswered) {
  hall_.hold_commits(true);
  end_->write(events("e", 3 * end_->in_flight_max()));
  start();
  EXPECT_TRUE(eventually([this] { return hall_.in_memory() > 0; }));
  EXPECT_LE(hall_.unanswered_most(), end_->in_flight_max());
  hall_.hold_commits(false);
  EXPECT_TRUE(has_all());
  EXPECT_LE(hall_.unanswered_most(), end_->in_flight_max());
}

TEST_P(SourceConformance, GoesOnAfterATakeover) {
  end_->write(events("before", 40));
  start();
  EXPECT_TRUE(has_all());
  hall_.hold_commits(true);
  const std::size_t before = hall_.in_memory();
  end_->write(events("between", 40));
  ASSERT_TRUE(eventually([&] { return hall_.in_memory() > before; }));
  for (std::uint32_t number = 0; number < Hall::partitions; ++number) hall_.take_over(number);
  hall_.hold_commits(false);
  end_->write(events("after", 40));
  EXPECT_TRUE(has_all());
}

TEST_P(SourceConformance, ReadsOnFromWhereItWasWhenItStartsAgain) {
  end_->write(events("e", 40));
  start();
  EXPECT_TRUE(has_all());
  stop();
  end_->write(events("meanwhile", 20));
  start();
  EXPECT_TRUE(has_all());
  EXPECT_TRUE(hall_.buried().empty());
}

TEST_P(SourceConformance, SaysSoWhereThereIsAGap) {
  end_->write(events("e", 20));
  start();
  EXPECT_TRUE(has_all());
  if (!end_->lose()) GTEST_SKIP() << "nothing can be missing, or nobody can know it";
  EXPECT_TRUE(eventually([this] {
    return !source_->report().last_error.empty() || !hall_.buried().empty();
  })) << source_->report().state;
}

TEST_P(SourceConformance, EndsWhileEventsAreOnTheirWay) {
  hall_.hold_commits(true);
  end_->write(events("e", 100));
  start();
  EXPECT_TRUE(eventually([this] { return hall_.in_memory() > 0; }));
  stop();
  hall_.hold_commits(false);
  start();
  EXPECT_TRUE(has_all());
}

}  // namespace settle
