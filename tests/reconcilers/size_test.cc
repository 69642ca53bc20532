// The largest group that `check` admits is two thirds of the one here.
#include <gtest/gtest.h>

#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

TEST(Size, AGroupOfThirtyThousandIsPlannedWithinItsLimits) {
  constexpr int size = 30'000;
  Fleet fleet;
  fleet.spec.limits = {0, size};
  for (int i = 0; i < size - 2; ++i) fleet.has("i" + std::to_string(100'000 + i));
  fleet.warms_up();
  fleet.plans(size);
  EXPECT_EQ(fleet.record.steps.size(), 2u);
  EXPECT_EQ(fleet.record.tally.possible(), size - 2);
  fleet.obeys();
  fleet.after(Duration{15'000});
  fleet.plans(size - 100);
  EXPECT_EQ(fleet.record.steps.size(), 100u);
  EXPECT_TRUE(fleet.record.withheld.empty());
}

}  // namespace
}  // namespace settle
