#include "reconcilers/fleet_division.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace settle {
namespace {

using testing::ElementsAre;

std::shared_ptr<const GroupSpec> group(const std::string& id, Capacity min, Capacity max,
                                       int priority = 0, Decimal price = Decimal(1)) {
  GroupSpec spec;
  spec.id = {id};
  spec.limits = {min, max};
  spec.priority = priority;
  spec.guards.spend.price = price;
  return std::make_shared<const GroupSpec>(spec);
}

FleetBudget of_instances(Capacity most) {
  FleetBudget budget;
  budget.name = "all";
  budget.instances = most;
  return budget;
}

std::vector<Capacity> parts(Capacity most, const SpecsOfFleet& specs) {
  std::vector<Capacity> found;
  for (const auto& [id, budgets] : divided({of_instances(most)}, specs)) {
    found.push_back(budgets.front().instances.value_or(-1));
  }
  return found;
}

TEST(FleetDivision, GivesEachItsMinAndWhatIsLeftByHowFarItMayGrow) {
  EXPECT_THAT(parts(20, {group("a", 2, 12), group("b", 4, 34)}), ElementsAre(6, 14));
  EXPECT_THAT(parts(1'000, {group("a", 2, 12), group("b", 4, 34)}), ElementsAre(12, 34));
  EXPECT_THAT(parts(10, {group("a", 0, 9), group("b", 0, 9), group("c", 0, 9)}),
              ElementsAre(4, 3, 3));
}

TEST(FleetDivision, WhereNotEveryMinFitsThePriorityGoesFirst) {
  EXPECT_THAT(parts(5, {group("a", 4, 10), group("b", 4, 10, 1)}), ElementsAre(1, 4));
  EXPECT_THAT(parts(0, {group("a", 4, 10)}), ElementsAre(0));
}

TEST(FleetDivision, TheSumOfPartsIsNeverMoreThanTheBudget) {
  for (Capacity most = 0; most < 200; most += 7) {
    for (Capacity step = 1; step < 6; ++step) {
      SpecsOfFleet specs;
      for (int n = 0; n < 9; ++n) {
        specs.push_back(
            group("g" + std::to_string(n), n % 3, n % 3 + n * step, n % 2, Decimal::of(3 + n, -1)));
      }
      FleetBudget money;
      money.spend = Decimal(most);
      std::int64_t sum = 0;
      Decimal spend;
      for (const auto& [id, budgets] : divided({of_instances(most), money}, specs)) {
        sum += *budgets[0].instances;
        spend = spend + *budgets[1].spend;
      }
      EXPECT_LE(sum, most);
      EXPECT_LE(spend, Decimal(most));
    }
  }
  const Capacity all = capacity_limit;
  EXPECT_THAT(parts(all, {group("a", 0, all), group("b", 0, all)}), ElementsAre(all / 2, all / 2));
}

TEST(FleetDivision, MoneyBuysWholeInstances) {
  FleetBudget money;
  money.spend = Decimal(10);
  const auto found =
      divided({money}, {group("a", 1, 9, 0, Decimal(3)), group("free", 0, 9, 0, {})});
  EXPECT_EQ(found.at({"a"}).front().spend, Decimal(9));
}

TEST(FleetDivision, WhoeverCannotGrowHasWhatItsMinCosts) {
  FleetBudget money;
  money.spend = Decimal(10);
  const auto found = divided({money}, {group("a", 2, 2), group("b", 3, 3, 0, Decimal(2))});
  EXPECT_EQ(found.at({"a"}).front().spend, Decimal(2));
  EXPECT_EQ(found.at({"b"}).front().spend, Decimal(6));
}

TEST(FleetDivision, WaitsForNobodyElse) {
  FleetDivision division;
  const auto a = group("a", 0, 10);
  const auto b = group("b", 0, 10);
  (void)division.configure({of_instances(10)}, {a, b});
  GroupUse use;
  use.wants = 9;
  const FleetLedger::News news = division.hear({"a"}, use);
  ASSERT_EQ(news.allowances.size(), 1U);
  EXPECT_EQ(news.allowances.front().second.instances->most, 5);
  EXPECT_TRUE(news.allowances.front().second.is_short);
}

TEST(FleetDivision, DividesLaunchesOfADayAsWellAndIsConfiguredAnewByWhatItKnows) {
  FleetDivision division;
  FleetBudget budget = of_instances(10);
  budget.launches_a_day = 4;
  const auto a = group("a", 0, 10);
  const auto b = group("b", 0, 10);
  (void)division.configure({budget}, {a, b});
  GroupUse use;
  use.wants = 9;
  const FleetLedger::News news = division.hear({"a"}, use);
  ASSERT_EQ(news.allowances.size(), 1U);
  EXPECT_EQ(news.allowances.front().second.launches->most, 2);
  EXPECT_TRUE(division.hear({"nobody"}, use).allowances.empty());
  const FleetLedger::News after = division.configure({budget}, {a});
  ASSERT_EQ(after.allowances.size(), 1U) << "it is alone now, and has been heard";
  EXPECT_EQ(after.allowances.front().second.instances->most, 9);
  EXPECT_EQ(after.allowances.front().second.launches->most, 4);
}

}  // namespace
}  // namespace settle
