// What was done within a day, and how much of each budget is left.
#include "reconcilers/day.h"

#include <gtest/gtest.h>

#include "reconcilers/levels.h"
#include "reconcilers/reversals.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

constexpr Duration hour = 60 * minute;
constexpr Duration day = 24 * hour;

Budget a_day(std::int64_t amount) {
  return {Decimal(amount), false, 1, day};
}

TEST(Day, CountsLaunchesAndTerminationsApart) {
  GroupSpec spec;
  spec.guards.launches_a_day = a_day(10);
  spec.guards.terminations_a_day = a_day(20);
  GroupState state;
  count_day(state, 3, 0, epoch);
  count_day(state, 1, 5, epoch + minute);
  EXPECT_EQ(state.day.size(), 1U) << "within one hour";
  count_day(state, 0, 2, epoch + 2 * hour);
  EXPECT_EQ(state.day.size(), 2U);
  EXPECT_EQ(launches_left(spec, state, epoch + 2 * hour).used, 4);
  EXPECT_EQ(launches_left(spec, state, epoch + 2 * hour).allowed, 6);
  EXPECT_EQ(terminations_left(spec, state, epoch + 2 * hour).used, 7);
  EXPECT_EQ(terminations_left(spec, state, epoch + 2 * hour).allowed, 13);
  EXPECT_EQ(launches_within_a_day(state, epoch + 2 * hour), 4);
  EXPECT_EQ(launches_within_a_day(state, epoch + minute + day), 0);
}

TEST(Day, NothingDoneIsNothingToRemember) {
  GroupState state;
  count_day(state, 0, 0, epoch);
  EXPECT_TRUE(state.day.empty());
  count_day(state, 0, 1, epoch);
  count_day(state, 1, 0, epoch + minute + day);
  ASSERT_EQ(state.day.size(), 1U) << "a day later the first is forgotten";
  EXPECT_EQ(state.day[0].terminations, 0);
}

TEST(Day, ACapOfNothingAllowsNothing) {
  GroupSpec spec;
  spec.guards.launches_a_day = a_day(0);
  EXPECT_EQ(launches_left(spec, {}, epoch).limit, 0);
  spec.guards.launches_a_day = {Decimal(1), true, 7, day};
  EXPECT_EQ(launches_left(spec, {}, epoch).limit, 7) << "a percentage has a least";
}

TEST(Levels, SayWhatIsLeftOfEachBudget) {
  GroupSpec spec;
  spec.limits.max = 50;
  spec.guards.launches = {Decimal(100), true, 4, minute};
  spec.guards.terminations = {Decimal(3), false, 1, 10 * minute};
  spec.guards.launches_a_day = a_day(40);
  spec.guards.terminations_a_day = {Decimal(200), true, 1, day};
  GroupState state;
  state.desired = 10;
  state.launches = {{epoch - minute, 5}, {epoch - minute / 2, 4}};
  state.terminations = {{epoch - minute, 5}};
  count_day(state, 9, 30, epoch - minute);
  const std::vector<GuardLevel> levels = guard_levels(spec, state, epoch);
  ASSERT_EQ(levels.size(), 4U);
  const auto check = [&](std::size_t at, const char* guard, Capacity limit, Capacity remaining) {
    EXPECT_EQ(levels[at].guard, guard);
    EXPECT_EQ(levels[at].limit, limit) << guard;
    EXPECT_EQ(levels[at].remaining, remaining) << guard;
  };
  check(0, "launch budget", 10, 6);
  check(1, "termination budget", 3, 0);
  check(2, "daily launches", 40, 31);
  check(3, "daily terminations", 100, 70);
}

TEST(Levels, OfAGroupThatWantsNothingYetAreTheirLeast) {
  GroupSpec spec;
  spec.guards.launches = {Decimal(100), true, 0, minute};
  EXPECT_EQ(guard_levels(spec, {}, epoch)[0].limit, 0);
}

TEST(Reversals, HoldUntilAllButTwoAreForgotten) {
  std::vector<Time> reversals;
  for (int i = 0; i < 5; ++i) note_reversal(reversals, epoch + i * minute);
  EXPECT_EQ(contended_until(reversals, epoch + 5 * minute), epoch + 2 * minute + reversals_within);
  EXPECT_FALSE(contended_until(reversals, epoch + 2 * minute + reversals_within));
  reversals.resize(2);
  EXPECT_FALSE(contended_until(reversals, epoch + 5 * minute)) << "two are no fight";
}

TEST(Reversals, AreRememberedWithinBounds) {
  std::vector<Time> reversals;
  for (int i = 0; i < 100; ++i) note_reversal(reversals, epoch + i * second);
  EXPECT_EQ(reversals.size(), 64U);
  EXPECT_EQ(reversals.back(), epoch + 99 * second) << "the newest stay";
  EXPECT_EQ(reversals.front(), epoch + 36 * second);
}

}  // namespace
}  // namespace settle
