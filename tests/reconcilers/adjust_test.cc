#include "reconcilers/adjust.h"

#include <gtest/gtest.h>

#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

// Source: cases/cloud.json, adjust.min_magnitude and adjust.percent.
TEST(Adjusted, CountsAsTheCasesOfOtherCloudsHaveIt) {
  struct Case {
    const char* id;
    Capacity base;
    Adjustment adjustment;
    Capacity result;
  };
  for (const Case& c : {Case{"minmag-02", 10, percent("25", 2), 12},
                        {"minmag-03", 10, percent("-5", 3), 7},
                        {"minmag-04", 1, percent("100", 3), 4},
                        {"minmag-06", 1, percent("325", 2), 4},
                        {"minmag-08", 3, percent("-33", 2), 1},
                        {"minmag-zero-02", 6, percent("0", 2), 6},
                        {"heatcap-mn", 6, add(-2), 4},
                        {"heatcap-e", 2, set_to(4), 4},
                        {"heatcap-mppr", 2, percent("-33"), 1},
                        {"heatcap-pppr", 1, percent("33"), 2},
                        {"heatcap-ppmr", 1, percent("225"), 3},
                        {"senround-03", 10, percent("22"), 12},
                        {"senround-13", 10, percent("1", 0), 11},
                        {"below zero", 2, add(-10), 0}}) {
    EXPECT_EQ(adjusted(c.base, c.adjustment), c.result) << c.id;
  }
}

// Source: cases/cloud.json, adjust.bounded.
TEST(Adjusted, IsClampedToTheLimits) {
  EXPECT_EQ(clamped(adjusted(2, add(8)), {0, 5}), 5) << "heatcap-pnb";
  EXPECT_EQ(clamped(adjusted(2, add(-10)), {1, 5}), 1) << "heatcap-mnb";
  EXPECT_EQ(clamped(adjusted(2, set_to(11)), {0, 5}), 5) << "heatcap-peb";
  EXPECT_EQ(clamped(adjusted(4, percent("100")), {1, 6}), 6) << "heatcap-ppb";
}

}  // namespace
}  // namespace settle
