#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/fleet.h"

namespace settle {
namespace {

using News = FleetLedger::News;

std::shared_ptr<const GroupSpec> group(const std::string& id, const std::string& tenant = "media",
                                       int priority = 0) {
  GroupSpec spec;
  spec.id = {id};
  spec.tenant = tenant;
  spec.priority = priority;
  spec.guards.spend.price = Decimal::of(5, -1);
  return std::make_shared<const GroupSpec>(spec);
}

// A tenant's groups and what each was last told.
class Tenant {
 public:
  explicit Tenant(std::vector<FleetBudget> budgets,
                  std::vector<std::shared_ptr<const GroupSpec>> groups)
      : groups_(std::move(groups)) {
    take(ledger_.configure(std::move(budgets), groups_));
  }

  // The group has heard whatever it was told before, and says what it has and wants.
  void uses(const std::string& id, Capacity holds, Capacity wants = 0, Capacity urgent = 0,
            Capacity launched = 0) {
    GroupUse use;
    use.serial = told.contains(id) ? told[id].serial : 0;
    use.holds = holds;
    use.wants = wants;
    use.urgent = urgent;
    use.launched = launched;
    take(ledger_.hear({id}, use));
  }
  void loses(const std::string& id, Capacity holds, Capacity lost) {
    GroupUse use;
    use.holds = holds;
    use.lost = lost;
    take(ledger_.hear({id}, use));
  }
  [[nodiscard]] Capacity most(const std::string& id) { return told.at(id).instances->most; }

  std::map<std::string, Allowance> told;
  FleetLoss loss;

 private:
  void take(News news) {
    for (auto& [id, allowance] : news.allowances) told[id.value] = std::move(allowance);
    if (news.loss) loss = *news.loss;
  }
  std::vector<std::shared_ptr<const GroupSpec>> groups_;
  FleetLedger ledger_;
};

FleetBudget of_instances(Capacity instances) {
  FleetBudget budget;
  budget.name = "cap";
  budget.tenant = "media";
  budget.instances = instances;
  return budget;
}

TEST(FleetLedger, GivesNothingBeforeItHasHeardEverybody) {
  Tenant tenant({of_instances(10)}, {group("a"), group("b")});
  tenant.uses("a", 4, 2);
  EXPECT_TRUE(tenant.told.empty());
  tenant.uses("b", 4);
  EXPECT_EQ(tenant.most("a"), 6);
  EXPECT_EQ(tenant.most("b"), 4);
}

TEST(FleetLedger, OfSeveralBudgetsTheTightestHolds) {
  Tenant tenant({of_instances(10), of_instances(6)}, {group("a"), group("b")});
  tenant.uses("a", 4, 2);
  tenant.uses("b", 1);
  EXPECT_EQ(tenant.most("a"), 5);
}

TEST(FleetLedger, GivesNoMoreThanThereIsAndSaysWhoHasIt) {
  Tenant tenant({of_instances(10)}, {group("a"), group("b")});
  tenant.uses("a", 7);
  tenant.uses("b", 1, 5);
  EXPECT_EQ(tenant.most("b"), 3);
  EXPECT_TRUE(tenant.told["b"].is_short);
  EXPECT_EQ(tenant.told["b"].instances->budget, "cap");
  EXPECT_EQ(tenant.told["b"].instances->by.value, "a");
  EXPECT_EQ(tenant.told["b"].instances->limit, Decimal(10));
}

TEST(FleetLedger, WhatIsGivenBackIsGivenOnOnceItsOwnerKnows) {
  Tenant tenant({of_instances(10)}, {group("a"), group("b")});
  tenant.uses("a", 6, 3);
  tenant.uses("b", 1, 5);
  EXPECT_EQ(tenant.most("a"), 9);
  EXPECT_EQ(tenant.most("b"), 1);
  tenant.uses("a", 6);
  EXPECT_EQ(tenant.most("a"), 6);
  EXPECT_EQ(tenant.most("b"), 1) << "the larger share may still be acted on";
  tenant.uses("a", 6);
  EXPECT_EQ(tenant.most("b"), 4);
}

TEST(FleetLedger, BelowMinGoesFirstAndThenThePriority) {
  Tenant tenant({of_instances(10)},
                {group("a", "media", 9), group("b"), group("c", "media", 1), group("d")});
  tenant.uses("a", 2, 1);
  tenant.uses("b", 2, 1);
  tenant.uses("c", 2, 1, 1);
  tenant.uses("d", 4);
  EXPECT_EQ(tenant.most("c"), 2);
  tenant.uses("d", 3);
  tenant.uses("d", 3);
  EXPECT_EQ(tenant.most("c"), 3) << "it is below its min";
  EXPECT_EQ(tenant.most("a"), 2);
  tenant.uses("d", 2);
  tenant.uses("d", 2);
  EXPECT_EQ(tenant.most("a"), 3) << "its priority is the larger";
  EXPECT_EQ(tenant.most("b"), 2);
}

TEST(FleetLedger, MoneyIsCountedByEachGroupsPrice) {
  FleetBudget budget;
  budget.name = "money";
  budget.spend = Decimal::of(21, -1);
  budget.unit = "EUR/h";
  Tenant tenant({budget}, {group("a"), group("b")});
  tenant.uses("a", 2);
  tenant.uses("b", 1, 5);
  EXPECT_EQ(tenant.most("b"), 2) << "four at 0.5 are 2.0, five would be 2.5";
  EXPECT_EQ(tenant.told["b"].instances->unit, "EUR/h");
}

TEST(FleetLedger, SaysWhetherItsNumberOrItsMoneyIsShort) {
  FleetBudget budget = of_instances(10);
  budget.spend = Decimal(3);  // Six at a half.
  budget.unit = "EUR/h";
  Tenant tenant({budget}, {group("a")});
  tenant.uses("a", 2, 8);
  EXPECT_EQ(tenant.most("a"), 6);
  EXPECT_EQ(tenant.told["a"].instances->unit, "EUR/h");
  EXPECT_EQ(tenant.told["a"].instances->limit, Decimal(3));

  FleetBudget ample = budget;
  ample.spend = Decimal(100);
  Tenant counted({ample}, {group("a")});
  counted.uses("a", 2, 9);
  EXPECT_EQ(counted.most("a"), 10);
  EXPECT_EQ(counted.told["a"].instances->unit, "instances");
}

TEST(FleetLedger, LaunchesOfADayAreSharedAsWell) {
  FleetBudget budget = of_instances(100);
  budget.launches_a_day = 10;
  Tenant tenant({budget}, {group("a"), group("b")});
  tenant.uses("a", 4, 0, 0, 7);
  tenant.uses("b", 4, 5, 0, 1);
  EXPECT_EQ(tenant.told["b"].launches->most, 3);
  EXPECT_TRUE(tenant.told["b"].is_short);
}

TEST(FleetLedger, WhoIsNotOfTheTenantIsNotAsked) {
  Tenant tenant({of_instances(10)}, {group("a"), group("x", "other")});
  tenant.uses("x", 500, 500);
  tenant.uses("a", 1, 2);
  EXPECT_FALSE(tenant.told.contains("x"));
  EXPECT_EQ(tenant.most("a"), 3);
}

TEST(FleetLedger, ATenthIsNoLargeLoss) {
  Tenant tenant({}, {group("a"), group("b")});
  tenant.loses("a", 60, 0);
  tenant.loses("b", 60, 0);
  tenant.loses("a", 54, 6);
  tenant.loses("b", 54, 6);
  EXPECT_EQ(tenant.loss.lost, 0);
  tenant.loses("b", 53, 7);
  EXPECT_EQ(tenant.loss.lost, 13);
}

TEST(FleetLedger, LossesOfSeveralGroupsAreLookedAtTogether) {
  Tenant tenant({}, {group("a"), group("b"), group("c")});
  tenant.loses("a", 50, 0);
  tenant.loses("b", 50, 0);
  tenant.loses("c", 20, 0);
  tenant.loses("a", 43, 7);
  EXPECT_EQ(tenant.loss.lost, 0) << "what one group loses is its own affair";
  tenant.loses("b", 43, 7);
  EXPECT_EQ(tenant.loss.lost, 14);
  EXPECT_EQ(tenant.loss.of, 120);
  tenant.loses("b", 50, 0);
  EXPECT_EQ(tenant.loss.lost, 0);
}

TEST(FleetLedger, SpendsTheLastOfAMoneyBudget) {
  FleetBudget budget;
  budget.name = "money";
  budget.tenant = "media";
  budget.spend = Decimal(2);  // Four at a half.
  Tenant tenant({budget}, {group("a")});
  tenant.uses("a", 0, 10);
  EXPECT_EQ(tenant.most("a"), 4);
}

TEST(FleetLedger, KnowsAfterAReloadWhatItKnewBefore) {
  FleetLedger ledger;
  const auto a = group("a");
  const auto b = group("b");
  (void)ledger.configure({of_instances(10)}, {a, b});
  GroupUse use;
  use.holds = 4;
  use.lost = 1;
  use.wants = 9;
  (void)ledger.hear({"a"}, use);
  (void)ledger.hear({"b"}, use);
  const News news = ledger.configure({of_instances(20)}, {a, b});
  ASSERT_EQ(news.allowances.size(), 2U);
  Capacity given = 0;
  for (const auto& [id, allowance] : news.allowances) given += allowance.instances->most;
  EXPECT_EQ(given, 20) << "nobody is asked again";
}

TEST(FleetLedger, WeighsLossesAfterAReloadAgainstAllThatThereIs) {
  FleetLedger ledger;
  const auto groups = {group("a"), group("b")};
  (void)ledger.configure({}, groups);
  GroupUse use;
  use.holds = 100;
  (void)ledger.hear({"a"}, use);
  (void)ledger.hear({"b"}, use);
  (void)ledger.configure({}, groups);
  use.lost = 1;
  EXPECT_FALSE(ledger.hear({"a"}, use).loss);
  EXPECT_FALSE(ledger.hear({"b"}, use).loss) << "two of two hundred";
}

TEST(FleetLedger, ABudgetIsOfItsCloudAndItsTenant) {
  GroupSpec spec = *group("a");
  spec.cloud = "helsinki";
  for (const auto& [cloud, tenant, is_its] :
       {std::tuple("", "", true), std::tuple("helsinki", "", true), std::tuple("oulu", "", false),
        std::tuple("", "media", true), std::tuple("helsinki", "other", false)}) {
    FleetBudget budget;
    budget.cloud = cloud;
    budget.tenant = tenant;
    EXPECT_EQ(applies(budget, spec), is_its) << cloud << " " << tenant;
  }
}

TEST(GroupUse, IsWhatMayExistWhatIsMissingAndWhatVanished) {
  GroupState state;
  state.desired = 9;
  state.losses = {{Time{}, 2}, {Time{}, 1}};
  for (const char* id : {"asked", "lost", "unknown"}) {
    InstanceMemory memory;
    memory.id = {id};
    memory.missing_since = Time{};
    if (memory.id.value != "unknown") memory.first_seen = Time{} + Duration{1};
    state.instances.push_back(memory);
  }
  Intent ending;
  ending.kind = IntentKind::terminate;
  ending.instance = {"asked"};
  state.intents.push_back(ending);
  DecisionRecord record;
  record.limits.min = 7;
  record.tally.ready = 3;
  record.tally.building = 1;
  record.tally.in_flight = 1;
  GroupUse use = use_of(state, record);
  EXPECT_EQ(use.holds, 5);
  EXPECT_EQ(use.wants, 4);
  EXPECT_EQ(use.urgent, 2) << "to come up to min";
  EXPECT_EQ(use.lost, 3);
  record.tally.missing = 3;
  EXPECT_EQ(use_of(state, record).lost, 4) << "nobody asked for it, and it was there";
}

}  // namespace
}  // namespace settle
