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

// i04 is the youngest, and the first to rest where nothing speaks against it.
TEST(Pool, IsOfThoseWhoCouldServeAtOnceAndMayBeSpared) {
  using Spoils = void (*)(Fleet&);
  const Spoils all[] = {
      [](Fleet& fleet) { fleet.at("i04").is_protected = true; },
      [](Fleet& fleet) { fleet.is_unhealthy("i04"); },
      [](Fleet& fleet) { fleet.at("i04").launch_hash = "v0"; },
      [](Fleet& fleet) { fleet.at("i04").state = "UNKNOWN"; },
      [](Fleet& fleet) { fleet.at("i04").token = fleet.at("i03").token = "twice"; },
      [](Fleet& fleet) { fleet.is_told("i04", InstanceVerb::standby); },
      [](Fleet& fleet) {
        fleet.is_told("i04", InstanceVerb::replace);
        fleet.plans(5);
      },
  };
  for (const Spoils& spoils : all) {
    Pooled fleet(5);
    for (const char* id : {"i00", "i01", "i02", "i03"}) fleet.at(id).created -= Duration{60'000};
    spoils(fleet);
    fleet.plans(3);
    EXPECT_FALSE(fleet.state.instances[4].is_pooled) << &spoils - &all[0];
  }
  Pooled fleet(5);
  fleet.at("i04").launch_hash.clear();
  fleet.plans(3);
  EXPECT_TRUE(fleet.state.instances[4].is_pooled) << "its template is not known to be another";
}

TEST(Pool, HoldsNobodyWhoIsGoneOrWasNeverSeen) {
  Pooled fleet(5);
  fleet.plans(3);
  fleet.at("i03").state = "DELETED";
  fleet.loses("i02");
  fleet.after(Duration{15'000});
  fleet.plans(3);
  EXPECT_LE(fleet.record.tally.standby, 2);
}

}  // namespace
}  // namespace settle
