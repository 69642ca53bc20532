#include "reconcilers/interlock/interlock.h"

#include <string_view>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace settle::interlock {
namespace {

using namespace std::chrono_literals;

constexpr Time noon{std::chrono::milliseconds{1'700'000'000'000}};

// Ten of ours in service, looked at ten seconds ago; at least four must stay; one in ten may go.
Batch quiet_batch() {
  Batch batch;
  for (char letter = 'a'; letter < 'k'; ++letter) {
    batch.view.members.push_back({std::string(1, letter), true, true, false, false});
  }
  batch.view.is_complete = true;
  batch.view.at = noon - 10s;
  batch.rules.min = 4;
  batch.rules.desired = 10;
  batch.rules.rate = {20, 0, true, 1, 10min};
  batch.now = noon;
  return batch;
}

Batch batch_of(std::initializer_list<const char*> ids) {
  Batch batch = quiet_batch();
  for (const char* id : ids) batch.targets.push_back({id, true, true});
  return batch;
}

void check_refused(const Batch& batch, Refusal refusal, const std::vector<Count>& counters = {}) {
  const Verdict verdict = vet(batch, counters);
  EXPECT_EQ(name(verdict.refusal), name(refusal));
  EXPECT_TRUE(verdict.permits.empty());
  EXPECT_EQ(verdict.counters, counters) << "a refused batch spends nothing";
}

TEST(Interlock, PermitsASafeBatchAndCountsIt) {
  const Verdict verdict = vet(batch_of({"b", "d"}), {});
  EXPECT_EQ(verdict.refusal, Refusal::none);
  ASSERT_EQ(verdict.permits.size(), 2u);
  EXPECT_TRUE(verdict.permits[0].covers("b"));
  EXPECT_TRUE(verdict.permits[1].covers("d"));
  EXPECT_FALSE(verdict.permits[1].covers("b"));
  EXPECT_FALSE(verdict.permits[1].covers(""));
  EXPECT_THAT(verdict.counters, testing::ElementsAre(Count{noon, 2}));
}

TEST(Interlock, AnEmptyBatchNeedsNoView) {
  Batch batch = quiet_batch();
  batch.view.is_complete = false;
  EXPECT_EQ(vet(batch, {}).refusal, Refusal::none);
}

TEST(Interlock, RefusesAnEmptyId) {
  check_refused(batch_of({""}), Refusal::target_empty);
}

TEST(Interlock, RefusesTheWholeBatchForOneBadTarget) {
  Batch batch = batch_of({"a", "zebra"});
  check_refused(batch, Refusal::target_unseen);
  EXPECT_EQ(vet(batch, {}).culprit, "zebra");
}

TEST(Interlock, RefusesTheSameTargetTwice) {
  check_refused(batch_of({"a", "a"}), Refusal::target_repeated);
}

TEST(Interlock, RefusesWhatIsNotOurs) {
  Batch batch = batch_of({"c"});
  batch.view.members[2].is_ours = false;
  check_refused(batch, Refusal::target_not_ours);
}

TEST(Interlock, RefusesAProtectedTargetUnlessForced) {
  Batch batch = batch_of({"c"});
  batch.view.members[2].is_protected = true;
  check_refused(batch, Refusal::target_protected);
  batch.targets[0].is_voluntary = false;
  EXPECT_EQ(vet(batch, {}).refusal, Refusal::none);
}

TEST(Interlock, RefusesAnIncompleteView) {
  Batch batch = batch_of({"c"});
  batch.view.is_complete = false;
  check_refused(batch, Refusal::view_incomplete);
}

TEST(Interlock, RefusesAViewThatIsTooOld) {
  Batch batch = batch_of({"c"});
  batch.view.at = noon - 90s;
  EXPECT_EQ(vet(batch, {}).refusal, Refusal::none);
  batch.view.at = noon - 90s - 1ms;
  check_refused(batch, Refusal::view_stale);
}

TEST(Interlock, RefusesAViewFromTheFuture) {
  Batch batch = batch_of({"c"});
  batch.view.at = noon + 1ms;
  check_refused(batch, Refusal::view_stale);
}

TEST(Interlock, RefusesAViewFromBeforeOurOwnLastChange) {
  Batch batch = batch_of({"c"});
  batch.view.wrote_at = batch.view.at + 1ms;
  check_refused(batch, Refusal::view_stale);
}

TEST(Interlock, RefusesToLeaveTooFewInService) {
  Batch batch = batch_of({"a", "b"});
  batch.rules.min = 8;
  EXPECT_EQ(vet(batch, {}).refusal, Refusal::none);
  batch.rules.min = 9;
  check_refused(batch, Refusal::below_min);
}

TEST(Interlock, CountsNoneThatLeavesAlreadyAsInService) {
  Batch batch = batch_of({"a"});
  batch.rules.min = 9;
  batch.view.members[5].is_leaving = true;
  check_refused(batch, Refusal::below_min);
}

TEST(Interlock, CountsNoneThatDoesNotServeAsInService) {
  Batch batch = batch_of({"a"});
  batch.rules.min = 9;
  batch.view.members[5].serves = false;
  check_refused(batch, Refusal::below_min);
}

TEST(Interlock, ADrainTakesOutOfServiceAsWell) {
  Batch batch = batch_of({"a"});
  batch.targets[0].is_termination = false;
  batch.rules.min = 10;
  check_refused(batch, Refusal::below_min);
}

TEST(Interlock, LetsAForcedStepGoBelowMin) {
  Batch batch = batch_of({"a"});
  batch.targets[0].is_voluntary = false;
  batch.rules.min = 10;
  EXPECT_EQ(vet(batch, {}).refusal, Refusal::none);
}

TEST(Interlock, AVoluntaryStepThatTakesNoServiceMayHappenBelowMin) {
  Batch batch = batch_of({"a"});
  batch.view.members[0].serves = false;
  batch.rules.min = 10;
  EXPECT_EQ(vet(batch, {}).refusal, Refusal::none);
}

TEST(Interlock, RefusesMoreThanItsOwnCountAllows) {
  check_refused(batch_of({"a", "b", "c"}), Refusal::rate_exceeded);
  check_refused(batch_of({"a", "b"}), Refusal::rate_exceeded, {{noon - 5min, 1}});
}

TEST(Interlock, ForgetsCountsThatHaveLeftThePeriod) {
  const Verdict verdict = vet(batch_of({"a", "b"}), {{noon - 10min, 2}});
  EXPECT_EQ(verdict.refusal, Refusal::none);
  EXPECT_THAT(verdict.counters, testing::ElementsAre(Count{noon, 2}));
}

TEST(Interlock, DrainsAreNotCounted) {
  Batch batch = batch_of({"a", "b", "c"});
  for (Target& target : batch.targets) target.is_termination = false;
  const Verdict verdict = vet(batch, {});
  EXPECT_EQ(verdict.refusal, Refusal::none);
  EXPECT_TRUE(verdict.counters.empty());
}

TEST(Interlock, ASecondLookCountsNothingTwice) {
  Batch batch = batch_of({"a", "b"});
  batch.rules.is_counted = true;
  const std::vector<Count> counters{{noon - 1s, 2}};
  const Verdict verdict = vet(batch, counters);
  EXPECT_EQ(verdict.refusal, Refusal::none);
  EXPECT_EQ(verdict.counters, counters);
}

TEST(Interlock, ASecondLookStillSeesThatTooFewWouldServe) {
  Batch batch = batch_of({"a"});
  batch.rules.is_counted = true;
  batch.view.members[0].is_leaving = true;  // By the very step that is looked at.
  batch.rules.min = 9;
  EXPECT_EQ(vet(batch, {}).refusal, Refusal::none);
  batch.rules.min = 10;
  check_refused(batch, Refusal::below_min);
}

TEST(Interlock, APercentageLetsAtLeastItsMinimumGo) {
  Batch batch = batch_of({"a"});
  batch.rules.rate = {10, 0, true, 1, 10min};
  batch.rules.desired = 0;
  EXPECT_EQ(vet(batch, {}).refusal, Refusal::none);
}

TEST(Interlock, HugeAndFractionalRatesNeitherOverflowNorVanish) {
  Batch batch = batch_of({"a"});
  batch.rules.rate = {999'999'999'999'999'999, 300, true, 0, 10min};
  EXPECT_EQ(vet(batch, {}).refusal, Refusal::none);
  batch.rules.rate = {1, -300, true, 0, 10min};
  EXPECT_EQ(vet(batch, {}).refusal, Refusal::none);
  batch.rules.rate = {0, 0, true, 0, 10min};
  check_refused(batch, Refusal::rate_exceeded);
  batch.rules.rate = {-5, 0, true, 0, 10min};
  check_refused(batch, Refusal::rate_exceeded);
}

TEST(Interlock, NamesItsRulesInWords) {
  const std::pair<Refusal, std::string_view> names[] = {
      {Refusal::none, "none"},
      {Refusal::target_empty, "target empty"},
      {Refusal::target_repeated, "target repeated"},
      {Refusal::target_unseen, "target unseen"},
      {Refusal::target_not_ours, "target not ours"},
      {Refusal::target_protected, "target protected"},
      {Refusal::view_incomplete, "view incomplete"},
      {Refusal::view_stale, "view stale"},
      {Refusal::below_min, "below min"},
      {Refusal::rate_exceeded, "rate exceeded"}};
  for (const auto& [refusal, words] : names) EXPECT_EQ(name(refusal), words);
}

}  // namespace
}  // namespace settle::interlock
