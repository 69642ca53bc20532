#include "reconcilers/steadiness.h"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "reconcilers/history.h"
#include "tests/laws.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

Capacity steadied_to(const Steadiness& setting, Capacity desired, Capacity wanted,
                     std::vector<Proposal> recent, const std::vector<Change>& changes = {}) {
  Agenda agenda(epoch);
  return steadied(setting, {desired, wanted, 0, false}, recent, {changes, changes}, agenda).number;
}

RateRule rule(const char* amount, bool is_percent, int seconds) {
  return {number(amount), is_percent, seconds * second};
}

/// Changes of these sizes so many seconds ago; the numbers between them do not matter.
std::vector<Change> ago(std::initializer_list<std::pair<Capacity, int>> changes) {
  std::vector<Change> result;
  for (const auto& [by, seconds] : changes) result.push_back({epoch - seconds * second, 0, by});
  return result;
}

// Source: cases/hpa.json, rate_policies.
TEST(RateRules, LimitAsTheCasesOfThePodAutoscalerHaveIt) {
  struct Case {
    const char* id;
    Capacity desired;
    Capacity wanted;
    std::vector<RateRule> rules;
    Capacity result;
    std::vector<Change> changes = {};
    RateSelect select = RateSelect::largest;
  };
  const auto recent = ago({{1, 100}, {5, 60}, {9, 20}});
  const auto recent_in = ago({{-1, 100}, {-5, 60}, {-9, 20}});
  const std::vector<Case> cases{
      {"rate_policies-001",
       1,
       1000,
       {rule("2", false, 60), rule("50", true, 60)},
       2,
       {},
       RateSelect::smallest},
      {"rate_policies-008", 3, 1000, {rule("1", true, 60)}, 4},
      {"rate_policies-013", 10, 50, {rule("100", false, 60)}, 50},
      {"rate_policies-015", 10, 50, {rule("30", false, 60)}, 40},
      {"rate_policies-016", 10, 50, {rule("200", true, 60)}, 30},
      {"rate_policies-017", 100, 2, {rule("20", false, 60), rule("1", true, 60)}, 80},
      {"rate_policies-022", 10, 2, {rule("5", false, 60)}, 5},
      {"rate_policies-023", 10, 5, {rule("50", true, 60)}, 5},
      {"rate_policies-026", 100, 500, {rule("5", false, 120)}, 100, recent},
      {"rate_policies-031", 100, 1, {rule("115", false, 120)}, 1, recent_in},
      {"rate_policies-036", 10, 1, {rule("50", true, 180)}, 6, ago({{2, 60}, {-4, 60}})},
      {"a change as old as the period does not count",
       100,
       500,
       {rule("14", false, 60)},
       105,
       recent},
      {"from nothing a percentage lets one through", 0, 5, {rule("50", true, 60)}, 1},
      {"disabled", 10, 50, {}, 10, {}, RateSelect::disabled}};
  for (const Case& c : cases) {
    Steadiness setting;
    setting.out.rules = setting.in.rules = c.rules;
    setting.out.select = setting.in.select = c.select;
    EXPECT_EQ(steadied_to(setting, c.desired, c.wanted, {}, c.changes), c.result) << c.id;
  }
}

TEST(RateRules, AreExactWhereBinaryArithmeticIsNot) {
  Steadiness setting;
  setting.out.rules = {rule("10", true, 60)};
  EXPECT_EQ(steadied_to(setting, 100, 500, {}), 110);
}

// Source: cases/hpa.json, stabilize_*. A number counts for as long as it was wanted, which is
// until the next one: there each was a sample of one moment.
TEST(Windows, HoldAsTheCasesOfThePodAutoscalerHaveIt) {
  struct Case {
    const char* id;
    Capacity desired;
    Capacity wanted;
    int out;
    int in;
    std::vector<std::pair<Capacity, int>> recent;
    Capacity result;
  };
  const std::vector<Case> cases{
      {"stabilize_two_windows-002", 100, 3, 0, 180, {{4, 120}, {5, 60}}, 5},
      {"stabilize_two_windows-005", 1, 3, 0, 300, {{4, 120}, {5, 60}}, 3},
      {"stabilize_two_windows-007", 1, 100, 0, 0, {{10, 600}, {9, 540}}, 100},
      {"stabilize_two_windows-010", 2, 1, 300, 300, {{2, 6000}, {3, 180}}, 2},
      {"stabilize_two_windows-011", 2, 3, 300, 300, {{2, 6000}, {1, 180}}, 2},
      {"whole_loop-020", 4, 2, 0, 300, {{10, 600}, {4, 400}}, 4}};
  for (const Case& c : cases) {
    Steadiness setting;
    setting.out.settle = c.out * second;
    setting.in.settle = c.in * second;
    std::vector<Proposal> recent;
    for (const auto& [wanted, seconds] : c.recent) {
      recent.push_back({epoch - seconds * second, wanted});
    }
    EXPECT_EQ(steadied_to(setting, c.desired, c.wanted, recent), c.result) << c.id;
  }
}

TEST(Windows, LetGoOfANumberOnceItsAgeExceedsTheWindow) {
  Steadiness setting;
  setting.in.settle = 60 * second;
  // Wanted until 59.999 s ago, then until 60 s ago.
  EXPECT_EQ(steadied_to(setting, 9, 3, {{epoch - minute, 9}, {epoch - minute + Duration{1}, 3}}),
            9);
  EXPECT_EQ(steadied_to(setting, 9, 3, {{epoch - 2 * minute, 9}, {epoch - minute, 3}}), 3);
  setting.out.settle = 600 * second;  // For which the 9 is remembered still.
  EXPECT_EQ(steadied_to(setting, 9, 3, {{epoch - 2 * minute, 9}, {epoch - minute, 3}}), 3);
}

TEST(Windows, KeepOneEntryForANumberThatStaysTheSame) {
  std::vector<Proposal> recent;
  for (int i = 0; i < 1'000; ++i) want(recent, epoch + i * second, i < 500 ? 7 : 9, 600 * second);
  EXPECT_EQ(recent, (std::vector<Proposal>{{epoch, 7}, {epoch + 500 * second, 9}}));
  want(recent, epoch + 1'100 * second, 9, 600 * second);
  EXPECT_EQ(recent.size(), 1U);
}

TEST(Windows, StaySmallHoweverRestlessASignalIs) {
  std::vector<Proposal> recent;
  for (int i = 0; i < 10'000; ++i) {
    want(recent, epoch + i * Duration{10}, (i * 7919) % 101, 600 * second);
  }
  EXPECT_LT(recent.size(), 250U);
}

/// What a window says must not depend on how its history is kept.
RC_GTEST_PROP(Windows, SayWhatAWholeHistoryWouldWhereNothingWasDropped, ()) {
  std::vector<Proposal> recent;
  const Duration window = 20 * second;
  Time now = epoch;
  Capacity greatest = 0;
  std::vector<Proposal> whole;
  const int rounds = evenly(1, 40);
  for (int i = 0; i < rounds; ++i) {
    now += evenly(1, 6) * second;
    const Capacity wanted = evenly(0, 6);
    want(recent, now, wanted, window);
    whole.push_back({now, wanted});
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const Time until = i + 1 < whole.size() ? whole[i + 1].at : now;
    if (i + 1 == whole.size() || until + window > now) {
      greatest = std::max(greatest, whole[i].number);
    }
  }
  Steadiness setting;
  setting.in.settle = window;
  Agenda agenda(now);
  const std::vector<Change> none;
  const auto result =
      steadied(setting, {100, whole.back().number, 0, false}, recent, {none, none}, agenda);
  RC_ASSERT(result.number >= greatest);  // Never less than the truth; a little longer is allowed.
}

TEST(Tolerance, BelongsToStayingAtItsEdge) {
  Steadiness setting;
  setting.out.tolerance = setting.in.tolerance = {Decimal(10), true};
  EXPECT_EQ(steadied_to(setting, 20, 22, {}), 20);
  EXPECT_EQ(steadied_to(setting, 20, 23, {}), 23);
  EXPECT_EQ(steadied_to(setting, 20, 18, {}), 20);
  EXPECT_EQ(steadied_to(setting, 20, 17, {}), 17);
  EXPECT_EQ(steadied_to(setting, 0, 1, {}), 1) << "group_value-010";
  setting.out.tolerance = {Decimal(3), false};
  EXPECT_EQ(steadied_to(setting, 20, 23, {}), 20);
  EXPECT_EQ(steadied_to(setting, 20, 24, {}), 24);
}

TEST(Cooldown, OutNeverWaitsAndInWaitsForBoth) {
  Steadiness setting;
  setting.out.cooldown = 300 * second;
  setting.in.cooldown = 100 * second;
  EXPECT_EQ(steadied_to(setting, 10, 12, {}, ago({{-1, 10}, {1, 5}})), 12);
  EXPECT_EQ(steadied_to(setting, 10, 8, {}, ago({{1, 200}})), 10);
  EXPECT_EQ(steadied_to(setting, 10, 8, {}, ago({{1, 300}})), 8);
  EXPECT_EQ(steadied_to(setting, 10, 8, {}, ago({{-1, 99}})), 10);
  EXPECT_EQ(steadied_to(setting, 10, 8, {}, ago({{-1, 100}})), 8);
}

// Source: cases/hpa.json, trajectory-006, -008 and -009, at 15 s ticks.
struct Tick {
  int at;
  Capacity size;
};
std::vector<Tick> trajectory(const Steadiness& setting, Capacity start, int until,
                             const std::vector<Tick>& load) {
  GroupWorld world(start, {1, 10});
  world.policy("load", target("1", true));
  world.spec.steadiness = setting;
  world.sample("load", std::to_string(start).c_str());
  world.now = epoch - 600 * second;
  world.round();
  world.now = epoch;
  std::vector<Tick> sizes;
  for (int at = 0; at <= until; at += 15) {
    Capacity wanted = start;
    for (const Tick& tick : load) {
      if (tick.at <= at) wanted = tick.size;
    }
    world.now = epoch + at * second;
    world.sample("load", std::to_string(wanted).c_str());
    sizes.push_back({at, world.round()});
  }
  return sizes;
}
int reached(const std::vector<Tick>& sizes, Capacity size) {
  for (const Tick& tick : sizes) {
    if (tick.size == size) return tick.at;
  }
  return -1;
}

TEST(Trajectory, ShrinksByAPercentageOfEachPeriodsStart) {
  Steadiness setting;
  setting.in.rules = {rule("25", true, 60)};
  const auto sizes = trajectory(setting, 7, 100, {{0, 1}});
  EXPECT_EQ(reached(sizes, 5), 0);
  EXPECT_EQ(reached(sizes, 3), 60);
}

TEST(Trajectory, WaitsForBothWindows) {
  Steadiness setting;
  setting.out.settle = setting.in.settle = 180 * second;
  const auto sizes = trajectory(setting, 1, 600, {{0, 3}, {300, 2}});
  EXPECT_EQ(reached(sizes, 3), 180);
  EXPECT_EQ(reached(sizes, 2), 480);
}

TEST(Windows, WhatIsWantedNoMoreLeavesWhileOthersGoToAndFro) {
  GroupWorld world(6);
  Steadiness setting;
  setting.out.settle = setting.in.settle = 60 * second;
  world.spec.steadiness = setting;
  world.policy("cpu", target("10", true));
  world.sample("cpu", "60");
  EXPECT_EQ(world.round(), 6);
  for (int i = 0; i < 5; ++i) {
    world.now += 15 * second;
    world.sample("cpu", i % 2 == 0 ? "100" : "140");
    world.round();
  }
  EXPECT_EQ(world.state.desired, 10) << "the 6 was wanted last more than a minute ago";
  world.sample("cpu", "10");
  for (int i = 0; i < 5; ++i) {
    world.now += 15 * second;
    world.sample("cpu", i % 2 == 0 ? "20" : "10");
    world.round();
  }
  EXPECT_EQ(world.state.desired, 2);
}

}  // namespace
}  // namespace settle
