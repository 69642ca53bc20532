#include "reconcilers/interlock/quota.h"

#include <gtest/gtest.h>

namespace settle::interlock {
namespace {

using namespace std::chrono_literals;

constexpr Time noon{Duration{1'700'000'000'000}};
constexpr Rate hundred_a_day{100, 0, false, 0, 24h};

TEST(Quota, CountsWhatWasDoneWithinThePeriod) {
  const Rest rest =
      rest_of(hundred_a_day, 0, {{noon - 25h, 90}, {noon - 23h, 30}, {noon - 1h, 20}}, noon);
  EXPECT_EQ(rest.limit, 100);
  EXPECT_EQ(rest.used, 50);
  EXPECT_EQ(rest.allowed, 50);
  EXPECT_EQ(rest.frees_at, noon + 1h);
}

TEST(Quota, AllowsNothingBeyondItsLimit) {
  EXPECT_EQ(rest_of(hundred_a_day, 0, {{noon, 130}}, noon).allowed, 0);
}

TEST(Quota, AClockThatGoesBackGivesNothingAway) {
  EXPECT_EQ(rest_of(hundred_a_day, 0, {{noon, 60}}, noon - 3h).allowed, 40);
}

TEST(Quota, APercentageHasALeast) {
  const Rate rate{2'000, 0, true, 200, 24h};
  EXPECT_EQ(rest_of(rate, 5, {}, noon).limit, 200);
  EXPECT_EQ(rest_of(rate, 50, {}, noon).limit, 1'000);
  EXPECT_EQ(rest_of(rate, 50, {}, noon).frees_at, Time{});
}

}  // namespace
}  // namespace settle::interlock
