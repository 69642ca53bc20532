// What every cloud with a load balancer must do for us beyond tests/cloud/contract.h. A program
// that has one to show includes this file once and instantiates the suite with a way to make one,
// whose spec() names its pools.
#pragma once

#include "tests/cloud/contract.h"

namespace settle {

class BalancerContract : public CloudContract {
 protected:
  void SetUp() override { under_test_->cloud().know({under_test_->spec()}); }

  /// An instance that is up.
  InstanceId serving() {
    const InstanceId instance = launch("t-" + std::to_string(++launched_));
    under_test_->pass(long_enough);
    return instance;
  }
  Acted::Result changed(IntentKind kind, const InstanceId& instance) {
    return act(kind, "m-" + std::to_string(++changes_), instance).result;
  }
  Membership membership_of(const InstanceId& instance) {
    for (const Instance& one : settled_listing().instances) {
      if (one.id == instance) return one.membership;
    }
    return Membership::unknown;
  }

 private:
  int launched_ = 0;
  int changes_ = 0;
};

TEST_P(BalancerContract, WhatIsBornIsInNoPool) {
  EXPECT_EQ(membership_of(serving()), Membership::absent);
}

TEST_P(BalancerContract, JoiningTwiceIsOneMember) {
  const InstanceId instance = serving();
  EXPECT_EQ(changed(IntentKind::join, instance), Acted::Result::done);
  EXPECT_EQ(changed(IntentKind::join, instance), Acted::Result::done);
  EXPECT_EQ(membership_of(instance), Membership::member);
  EXPECT_TRUE(settled_listing().strays.empty());
}

TEST_P(BalancerContract, ADrainKeepsTheMemberAndSendsItNoWork) {
  const InstanceId instance = serving();
  const InstanceId other = serving();
  EXPECT_EQ(changed(IntentKind::join, instance), Acted::Result::done);
  EXPECT_EQ(changed(IntentKind::join, other), Acted::Result::done);
  EXPECT_EQ(changed(IntentKind::drain, instance), Acted::Result::done);
  EXPECT_EQ(changed(IntentKind::drain, instance), Acted::Result::done);
  EXPECT_EQ(membership_of(instance), Membership::drained);
  EXPECT_EQ(membership_of(other), Membership::member);
}

TEST_P(BalancerContract, WhatDrainsJoinsAgain) {
  const InstanceId instance = serving();
  EXPECT_EQ(changed(IntentKind::join, instance), Acted::Result::done);
  EXPECT_EQ(changed(IntentKind::drain, instance), Acted::Result::done);
  EXPECT_EQ(changed(IntentKind::join, instance), Acted::Result::done);
  EXPECT_EQ(membership_of(instance), Membership::member);
  EXPECT_FALSE(settled_listing().instances.at(0).is_draining);
}

TEST_P(BalancerContract, LeavingTwiceIsDoneTwice) {
  const InstanceId instance = serving();
  EXPECT_EQ(changed(IntentKind::join, instance), Acted::Result::done);
  EXPECT_EQ(changed(IntentKind::leave, instance), Acted::Result::done);
  EXPECT_EQ(changed(IntentKind::leave, instance), Acted::Result::done);
  EXPECT_EQ(membership_of(instance), Membership::absent);
}

TEST_P(BalancerContract, ADrainOfWhatIsInNoPoolIsDone) {
  const InstanceId instance = serving();
  EXPECT_EQ(changed(IntentKind::drain, instance), Acted::Result::done);
  EXPECT_EQ(membership_of(instance), Membership::absent);
}

TEST_P(BalancerContract, AMemberWhoseInstanceIsGoneIsAStrayUntilItLeaves) {
  const InstanceId instance = serving();
  EXPECT_EQ(changed(IntentKind::join, instance), Acted::Result::done);
  EXPECT_EQ(changed(IntentKind::terminate, instance), Acted::Result::done);
  settled_listing();  // Nova says once that it is gone.
  EXPECT_EQ(settled_listing().strays, std::vector<InstanceId>{instance});
  EXPECT_EQ(changed(IntentKind::leave, instance), Acted::Result::done);
  EXPECT_TRUE(settled_listing().strays.empty());
}

TEST_P(BalancerContract, EveryPageOfAPoolIsRead) {
  const int count = 2 * under_test_->page_size() + 1;
  for (int n = 0; n < count; ++n) {
    EXPECT_EQ(changed(IntentKind::join, serving()), Acted::Result::done);
  }
  const Observation seen = settled_listing();
  EXPECT_EQ(seen.instances.size(), static_cast<std::size_t>(count));
  for (const Instance& one : seen.instances) EXPECT_EQ(one.membership, Membership::member);
  EXPECT_TRUE(seen.strays.empty());
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BalancerContract);

}  // namespace settle
