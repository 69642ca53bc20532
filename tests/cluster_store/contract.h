// What every store promises, to be held against each kind: a program instantiates Stores with the
// kinds that it can have.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/store/store.h"
#include "tests/store/commits.h"

namespace settle {

/// What outlives a store that is closed and opened again.
class Place {
 public:
  virtual ~Place() = default;
  virtual std::unique_ptr<Store> open() = 0;
};

using MakePlace = std::unique_ptr<Place> (*)();

class Stores : public testing::TestWithParam<MakePlace> {
 protected:
  void SetUp() override {
    place_ = GetParam()();
    if (place_ == nullptr) GTEST_SKIP() << "what it needs is not here";
    store_ = place_->open();
    ASSERT_NE(store_, nullptr);
  }
  ~Stores() override { store_.reset(); }
  void reopen() {
    store_.reset();
    store_ = place_->open();
    ASSERT_NE(store_, nullptr);
  }
  Epoch claim(std::uint32_t partition) {
    const auto epoch = store_->claim(partition);
    EXPECT_TRUE(epoch) << (epoch ? "" : epoch.error().message);
    return epoch ? *epoch : Epoch{};
  }

  std::unique_ptr<Place> place_;
  std::unique_ptr<Store> store_;
};

TEST_P(Stores, GiveBackWhatWasCommittedAlsoWhenOpenedAgain) {
  const Epoch epoch = claim(2);
  EXPECT_EQ(store_->commit({{2, commit_of(epoch, {{"b", 1}, {"a", 2}})}}),
            std::vector{Stored::stored});
  EXPECT_EQ(store_->commit({{2, commit_of(epoch, {{"a", 3}, {"c", 4}}, {"b", "absent"})}}),
            std::vector{Stored::stored});
  expect_rounds(*store_, 2, {{"a", 3}, {"c", 4}});
  reopen();
  expect_rounds(*store_, 2, {{"a", 3}, {"c", 4}});
  expect_rounds(*store_, 3, {});
}

TEST_P(Stores, RaiseTheEpochWithEachClaim) {
  EXPECT_EQ(claim(1), Epoch{1});
  EXPECT_EQ(claim(1), Epoch{2});
  EXPECT_EQ(claim(2), Epoch{1});
  reopen();
  EXPECT_EQ(claim(1), Epoch{3});
}

TEST_P(Stores, RefuseAnEarlierEpochAndTakeTheOthersOfTheSameCommit) {
  const Epoch old = claim(1);
  const Epoch other = claim(2);
  const Epoch fresh = claim(1);
  EXPECT_EQ(store_->commit({{1, commit_of(old, {{"a", 1}})}, {2, commit_of(other, {{"b", 1}})}}),
            (std::vector{Stored::fenced, Stored::stored}));
  expect_rounds(*store_, 1, {});
  expect_rounds(*store_, 2, {{"b", 1}});
  EXPECT_EQ(store_->commit({{1, commit_of(fresh, {{"a", 2}})}}), std::vector{Stored::stored});
}

TEST_P(Stores, TakeManyGroupsInOneCommit) {
  const Epoch epoch = claim(0);
  std::vector<std::pair<std::string, std::uint64_t>> rounds;
  for (std::uint64_t at = 0; at < 5'000; ++at)
    rounds.emplace_back("g" + std::to_string(10'000 + at), at);
  EXPECT_EQ(store_->commit({{0, commit_of(epoch, rounds)}}), std::vector{Stored::stored});
  expect_rounds(*store_, 0, rounds);
  EXPECT_EQ(store_->commit({{0, commit_of(epoch, {}, {"g10000"})}}), std::vector{Stored::stored});
  rounds.erase(rounds.begin());
  expect_rounds(*store_, 0, rounds);
}

TEST_P(Stores, KeepOffsetsOfTheSameCommits) {
  const Epoch epoch = claim(1);
  EXPECT_EQ(offsets_of(*store_, 1), Offsets{});
  Commit first = commit_of(epoch, {{"a", 1}});
  first.offsets = {{"log/0", 7}, {"log/1", 3}};
  EXPECT_EQ(store_->commit({{1, first}}), std::vector{Stored::stored});
  Commit second = commit_of(epoch, {});
  second.offsets = {{"log/0", 9}};
  EXPECT_EQ(store_->commit({{1, second}}), std::vector{Stored::stored});
  const Offsets wanted{{"log/0", 9}, {"log/1", 3}};
  EXPECT_EQ(offsets_of(*store_, 1), wanted);
  claim(1);
  Commit late = commit_of(epoch, {{"a", 2}});
  late.offsets = {{"log/0", 11}};
  EXPECT_EQ(store_->commit({{1, late}}), std::vector{Stored::fenced});
  reopen();
  EXPECT_EQ(offsets_of(*store_, 1), wanted);
  EXPECT_EQ(offsets_of(*store_, 2), Offsets{});
  expect_rounds(*store_, 1, {{"a", 1}});
}

TEST_P(Stores, KeepWhatIsWatchedOfAKey) {
  Commit commit = commit_of(claim(1), {{"@alarm/slow/tenant", 1}});
  windows::Watched watched;
  watched.shape = "as it was measured";
  watched.untold_at = Time(Duration(1'000));
  commit.dirty.front().watched = std::make_shared<const windows::Watched>(watched);
  EXPECT_EQ(store_->commit({{1, commit}}), std::vector{Stored::stored});
  reopen();
  const auto records = store_->restore(1);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 1U);
  ASSERT_NE(records->front().watched, nullptr);
  EXPECT_EQ(*records->front().watched, watched);
}

TEST_P(Stores, TakeARecordThatIsLargerThanARequestMayBe) {
  Commit commit = commit_of(claim(1), {{"large", 1}, {"small", 2}});
  GroupState& large = commit.dirty.front().state;
  large.memory.firings.resize(1);
  large.memory.firings.front().origin = std::string(900'000, 'x');
  EXPECT_EQ(store_->commit({{1, commit}}), std::vector{Stored::stored});
  reopen();
  const auto records = store_->restore(1);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ(records->front().state, large);
  EXPECT_EQ(records->back().state, state_of(2));
}

}  // namespace settle
