// Instances kept ready beyond desired: taken first, refilled after, never counted as ready.
#include <gtest/gtest.h>

#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using Texts = std::vector<std::string>;

struct Pooled : Fleet {
  explicit Pooled(int instances) {
    spec.warm_pool = 2;
    has_many(instances);
    warms_up();
  }
};

TEST(Pool, IsFilledFromWhatIsTooManyInService) {
  Pooled fleet(5);
  fleet.plans(3);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_TRUE(fleet.withheld().empty());
  EXPECT_EQ(fleet.record.tally.ready, 3);
  EXPECT_EQ(fleet.record.tally.standby, 2);
}

TEST(Pool, IsFilledByLaunches) {
  Pooled fleet(3);
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), (Texts{"launch", "launch"}));
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::warm_pool_short);
  fleet.obeys();
  fleet.after(Duration{60'000});
  fleet.plans(3);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_EQ(fleet.record.tally.ready, 3);
  EXPECT_EQ(fleet.record.tally.standby, 2);
}

TEST(Pool, IsTakenFirstWhenTheGroupGrowsAndRefilledAfter) {
  Pooled fleet(5);
  fleet.plans(3);
  fleet.after(Duration{15'000});
  fleet.plans(4);
  EXPECT_EQ(fleet.record.tally.ready, 4);
  EXPECT_EQ(fleet.record.tally.standby, 1);
  EXPECT_EQ(fleet.steps(), Texts{"launch"});
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::warm_pool_short);
}

TEST(Pool, TakesWhatIsTooManyBeforeAnythingIsTerminated) {
  Pooled fleet(5);
  fleet.plans(4);
  fleet.obeys();
  fleet.after(Duration{60'000});
  fleet.plans(4);
  ASSERT_EQ(fleet.record.tally.standby, 2);
  fleet.after(Duration{15'000});
  fleet.plans(3);
  EXPECT_EQ(fleet.steps().size(), 1U);
  EXPECT_EQ(fleet.record.tally.standby, 2);
}

TEST(Pool, ShrinksAsDesiredNearsMax) {
  Pooled fleet(5);
  fleet.spec.limits = {0, 5};
  fleet.plans(3);
  fleet.after(Duration{15'000});
  fleet.plans(5);
  EXPECT_EQ(fleet.record.tally.ready, 5);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_TRUE(fleet.withheld().empty());
}

TEST(Pool, OneThatFailsInItIsReplaced) {
  Pooled fleet(5);
  fleet.plans(3);
  fleet.after(Duration{15'000});
  fleet.at("i04").state = "ERROR";
  fleet.plans(3);
  EXPECT_EQ(fleet.steps(), (Texts{"launch", "terminate i04"}));
  EXPECT_EQ(fleet.record.tally.ready, 3);
}

TEST(Pool, IsGivenUpWithItsKey) {
  Pooled fleet(5);
  fleet.plans(3);
  fleet.after(Duration{15'000});
  fleet.spec.warm_pool = 0;
  fleet.plans(3);
  EXPECT_EQ(fleet.steps().size(), 2U);
  EXPECT_EQ(fleet.record.tally.standby, 0);
}

TEST(Pool, OfOneIsFilled) {
  Fleet fleet;
  fleet.spec.warm_pool = 1;
  fleet.has_many(4);
  fleet.warms_up();
  fleet.plans(3);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_EQ(fleet.record.tally.standby, 1);
}

}  // namespace
}  // namespace settle
