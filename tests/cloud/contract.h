// What every cloud must do for us, ours and real ones alike. A program that has a cloud to show
// includes this file once and instantiates the suite with a way to make one.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/cloud/cloud.h"
#include "reconcilers/census.h"
#include "tests/cloud/acts.h"

namespace settle {

/// A cloud to be held to the contract, with its time in our hands.
class CloudUnderTest {
 public:
  virtual ~CloudUnderTest() = default;
  virtual CloudWriter& cloud() = 0;
  /// Lets time pass until every call that is under way has been answered, or for `longest`.
  virtual void pass(Duration longest) = 0;
  /// The next answer to a call of act() is lost after the call had its effect. False: this cloud
  /// cannot be made to do so.
  virtual bool lose_next_answer() = 0;
  /// An instance in this cloud that bears the marks of another group.
  virtual InstanceId foreign_instance() = 0;
  /// Instances to a page of a listing; small, so that a listing has several.
  virtual int page_size() = 0;
  /// After so long every change shows in listings.
  virtual Duration list_lag() = 0;
  virtual SpecPointer spec() = 0;
};

using MakeCloud = std::function<std::unique_ptr<CloudUnderTest>()>;
struct NamedCloud {
  std::string name;
  MakeCloud make;
};

class CloudContract : public testing::TestWithParam<NamedCloud> {
 protected:
  static constexpr Duration long_enough{600'000};

  Acted act(IntentKind kind, const std::string& token, const InstanceId& instance = {}) {
    Intent intent;
    intent.kind = kind;
    intent.token = token;
    intent.instance = instance;
    const Act wanted = act_of(under_test_->spec(), std::move(intent));
    std::optional<Acted> answer;
    under_test_->cloud().act(wanted, [&answer](Acted acted) { answer = std::move(acted); });
    under_test_->pass(long_enough);
    EXPECT_TRUE(answer.has_value()) << "every call is answered";
    return answer.value_or(Acted{});
  }
  InstanceId launch(const std::string& token) {
    const Acted acted = act(IntentKind::launch, token);
    EXPECT_EQ(acted.result, Acted::Result::done);
    EXPECT_EQ(acted.token, token);
    EXPECT_FALSE(acted.instance.value.empty());
    return acted.instance;
  }
  Acted::Result terminate(const InstanceId& instance, const std::string& token) {
    return act(IntentKind::terminate, token, instance).result;
  }
  Observation listing(const std::vector<InstanceId>& missing = {}) {
    std::optional<Observed> answer;
    under_test_->cloud().observe({GroupId{"web"}, {}, missing},
                                 [&](Observed seen) { answer = std::move(seen); });
    under_test_->pass(long_enough);
    EXPECT_TRUE(answer && answer->observation) << "every look is answered";
    return answer && answer->observation ? *answer->observation : Observation{};
  }
  /// What is there once the lag is over: some clouds go on listing what is dead, and say so.
  Observation settled_listing() {
    under_test_->pass(under_test_->list_lag());
    Observation seen = listing();
    std::erase_if(seen.instances,
                  [](const Instance& one) { return fate(one.state) == Fate::gone; });
    return seen;
  }

  std::unique_ptr<CloudUnderTest> under_test_ = GetParam().make();
};

TEST_P(CloudContract, OneTokenIsOneInstance) {
  const InstanceId first = launch("t-1");
  EXPECT_EQ(launch("t-1"), first);
  EXPECT_NE(launch("t-2"), first);
  EXPECT_EQ(settled_listing().instances.size(), 2U);
}

TEST_P(CloudContract, ALaunchShowsInListingsWithItsTokenOnceTheLagIsOver) {
  const InstanceId born = launch("t-1");
  const Observation seen = settled_listing();
  ASSERT_EQ(seen.instances.size(), 1U);
  EXPECT_TRUE(seen.is_complete);
  EXPECT_EQ(seen.instances[0].id, born);
  EXPECT_EQ(seen.instances[0].token, "t-1");
}

TEST_P(CloudContract, TerminatingTwiceIsDoneTwice) {
  const InstanceId doomed = launch("t-1");
  const InstanceId other = launch("t-2");
  EXPECT_EQ(terminate(doomed, "t-3"), Acted::Result::done);
  EXPECT_EQ(terminate(doomed, "t-3"), Acted::Result::done);
  EXPECT_EQ(terminate(doomed, "t-4"), Acted::Result::done);
  const Observation seen = settled_listing();
  ASSERT_EQ(seen.instances.size(), 1U);
  EXPECT_EQ(seen.instances[0].id, other);
}

TEST_P(CloudContract, ALostAnswerIsUnknownAndItsTokenResolvesIt) {
  if (!under_test_->lose_next_answer()) GTEST_SKIP() << "this cloud's answers cannot be lost";
  EXPECT_EQ(act(IntentKind::launch, "t-1").result, Acted::Result::unknown);
  const Observation seen = settled_listing();
  ASSERT_EQ(seen.instances.size(), 1U);
  EXPECT_EQ(seen.instances[0].token, "t-1");
  EXPECT_EQ(launch("t-1"), seen.instances[0].id);
  EXPECT_EQ(settled_listing().instances.size(), 1U);
}

TEST_P(CloudContract, WhoIsTerminatedIsGoneByItsIdAndWhoLivesIsNot) {
  const InstanceId living = launch("t-1");
  const InstanceId doomed = launch("t-2");
  ASSERT_EQ(terminate(doomed, "t-3"), Acted::Result::done);
  under_test_->pass(under_test_->list_lag());
  const Observation seen = listing({doomed, living});
  EXPECT_TRUE(seen.is_complete);
  EXPECT_TRUE(seen.tells_by_id);
  bool is_gone = std::find(seen.gone.begin(), seen.gone.end(), doomed) != seen.gone.end();
  bool is_living = false;
  for (const Instance& one : seen.instances) {
    is_gone = is_gone || (one.id == doomed && fate(one.state) == Fate::gone);
    is_living = is_living || one.id == living;
  }
  EXPECT_TRUE(is_gone) << "by its id, or by the cloud's own word";
  EXPECT_TRUE(is_living);
  EXPECT_EQ(std::count(seen.gone.begin(), seen.gone.end(), living), 0);
}

TEST_P(CloudContract, RefusesToTouchWhatBearsTheMarksOfAnother) {
  const InstanceId foreign = under_test_->foreign_instance();
  EXPECT_EQ(terminate(foreign, "t-1"), Acted::Result::refused);
  EXPECT_EQ(act(IntentKind::drain, "t-2", foreign).result, Acted::Result::refused);
}

TEST_P(CloudContract, ListsEveryPageInOrderAndNobodyElses) {
  const InstanceId foreign = under_test_->foreign_instance();
  const int count = 3 * under_test_->page_size() + 1;
  for (int n = 0; n < count; ++n) launch("t-" + std::to_string(n));
  const Observation seen = settled_listing();
  EXPECT_TRUE(seen.is_complete);
  EXPECT_EQ(seen.instances.size(), static_cast<std::size_t>(count));
  EXPECT_TRUE(std::is_sorted(seen.instances.begin(), seen.instances.end(),
                             [](const Instance& a, const Instance& b) { return a.id < b.id; }));
  for (const Instance& instance : seen.instances) EXPECT_NE(instance.id, foreign);
}

TEST_P(CloudContract, DrainingAndProtectionShowInListings) {
  const InstanceId instance = launch("t-1");
  ASSERT_EQ(settled_listing().instances.size(), 1U);  // Nova marks nothing that is being built.
  EXPECT_EQ(act(IntentKind::protect, "t-2", instance).result, Acted::Result::done);
  EXPECT_TRUE(settled_listing().instances.at(0).is_protected);
  EXPECT_EQ(act(IntentKind::unprotect, "t-3", instance).result, Acted::Result::done);
  EXPECT_EQ(act(IntentKind::drain, "t-4", instance).result, Acted::Result::done);
  const Observation seen = settled_listing();
  EXPECT_FALSE(seen.instances.at(0).is_protected);
  EXPECT_TRUE(seen.instances.at(0).is_draining);
}

TEST_P(CloudContract, AJoinOrALeaveWhereThereIsNoBalancerIsRefusedAndChangesNothing) {
  const InstanceId instance = launch("t-1");
  ASSERT_EQ(settled_listing().instances.size(), 1U);
  for (const IntentKind kind : {IntentKind::join, IntentKind::leave}) {
    EXPECT_EQ(act(kind, "t-2", instance).result, Acted::Result::refused);
  }
  const Observation seen = settled_listing();
  ASSERT_EQ(seen.instances.size(), 1U);
  EXPECT_EQ(seen.instances[0].id, instance);
  EXPECT_EQ(seen.instances[0].membership, Membership::unknown);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CloudContract);

}  // namespace settle
