// The rarest ways through the core: claims of one stamp, values that only a later version knows,
// what was forgotten meanwhile. docs/COVERAGE.md says what nothing reaches.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "reconcilers/balancer.h"
#include "reconcilers/evidence.h"
#include "reconcilers/fleet_division.h"
#include "reconcilers/history.h"
#include "reconcilers/interlock/interlock.h"
#include "reconcilers/restraint.h"
#include "tests/reconcilers/fleet.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

using Texts = std::vector<std::string>;

// What a later version wrote, or a byte that was turned over.
template <typename Word>
constexpr Word unheard_of() {
  return static_cast<Word>(99);
}

TEST(Edges, WordsOfALaterVersionAreReadAsTheMildest) {
  EXPECT_EQ(name(StepOp::join), "join");
  EXPECT_EQ(name(StepOp::leave), "leave");
  EXPECT_EQ(name(unheard_of<StepOp>()), "step");
  EXPECT_EQ(op_of(unheard_of<IntentKind>()), StepOp::launch);
  EXPECT_EQ(name(Reason::count_), "Unknown");
  EXPECT_EQ(name(unheard_of<Membership>()), "unknown");
  EXPECT_EQ(interlock::name(unheard_of<interlock::Refusal>()), "unknown");
  EXPECT_TRUE(forbids(unheard_of<Mode>(), StepOp::launch)) << "what is not known lets nothing go";
}

TEST(Edges, AnAnswerOfALaterVersionLeavesTheIntentOpen) {
  Fleet fleet;
  Intent intent;
  intent.token = "t";
  fleet.state.intents = {intent};
  Outcome outcome;
  outcome.answer = unheard_of<Answer>();
  EXPECT_TRUE(note_outcome(fleet.state, "t", outcome, fleet.now));
  EXPECT_EQ(fleet.state.intents, std::vector<Intent>{intent});
}

TEST(Edges, AnIntentOfALaterVersionEndsWithItsInstance) {
  Fleet fleet;
  fleet.has_many(1);
  Intent intent;
  intent.token = "t";
  intent.kind = unheard_of<IntentKind>();
  intent.instance = {"i00"};
  fleet.state.intents = {intent};
  end_intents(fleet.state, fleet.counts(), {&fleet.seen, true});
  EXPECT_EQ(fleet.state.intents.size(), 1U);
  fleet.at("i00").state = "DELETED";
  end_intents(fleet.state, fleet.counts(), {&fleet.seen, true});
  EXPECT_TRUE(fleet.state.intents.empty());
}

TEST(Edges, AnOrderOfVictimsOfALaterVersionTakesTheOldest) {
  Fleet fleet;
  fleet.has_many(3);
  fleet.spec.victims = unheard_of<VictimOrder>();
  fleet.at("i02").created -= Duration{60'000};
  fleet.warms_up();
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"terminate i02"});
}

Memory told(const std::vector<Claim>& claims) {
  GroupWorld world;
  for (const Claim& claim : claims) {
    static_cast<void>(
        merge(world.spec, world.state, {world.spec.id, {epoch, "one", "1"}, claim}, epoch));
  }
  return world.state.memory;
}

TEST(Edges, OfClaimsOfOneStampTheSameOneStandsInEitherOrder) {
  const Claim go = LifecycleClaim{{"i00"}, "warm", true};
  const Claim give_up = LifecycleClaim{{"i00"}, "warm", false};
  EXPECT_EQ(told({go, give_up}), told({give_up, go}));
  const Claim standby = InstanceOrder{{"i00"}, InstanceVerb::standby, "ann", ""};
  const Claim detach = InstanceOrder{{"i00"}, InstanceVerb::detach, "bob", ""};
  EXPECT_EQ(told({standby, detach}), told({detach, standby}));
}

TEST(Edges, OfWhatFiresAtOneMomentTheOrderIsByOriginInEveryOrderOfArrival) {
  struct Spoken {
    Claim claim;
    const char* id;
  };
  std::array spoken{Spoken{AdjustClaim{"a"}, "1"}, Spoken{AdjustClaim{"b"}, "2"},
                    Spoken{AdjustClaim{"a"}, "3"},
                    Spoken{HoldOrder{5, epoch + minute, false, "ann", ""}, "4"}};
  std::array order{0, 1, 2, 3};
  std::optional<Memory> first;
  do {
    GroupWorld world;
    world.policy("a", WebhookPolicy{add(3)});
    world.policy("b", WebhookPolicy{set_to(7)});
    for (const int at : order) {
      const Spoken& said = spoken.at(static_cast<std::size_t>(at));
      static_cast<void>(merge(world.spec, world.state,
                              {world.spec.id, {epoch, "one", said.id}, said.claim}, epoch));
    }
    if (!first) first = world.state.memory;
    EXPECT_EQ(world.state.memory, *first);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Edges, AnAlertShowsWhatWasMeasuredAndInWhichEvent) {
  GroupWorld world(8);
  world.policy("page", page());
  static_cast<void>(world.tell(AlarmClaim{"page", AlarmState::firing, number("412")}));
  EXPECT_EQ(world.round(), 10);
  const Facts& facts = world.voice("page").facts;
  EXPECT_NE(std::find(facts.begin(), facts.end(), Fact("value", number("412"))), facts.end());
  EXPECT_NE(std::find(facts.begin(), facts.end(), Fact("id", std::string("0"))), facts.end());
}

TEST(Edges, ALatchWhoseAlarmIsForgottenIsLetGoAfterItsTime) {
  GroupWorld world(8);
  world.policy("page", page());
  static_cast<void>(world.tell(AlarmClaim{"page", AlarmState::firing, {}}));
  EXPECT_EQ(world.round(), 10);
  world.state.memory.alarms.clear();
  EXPECT_EQ(world.after(minute), 10);
  EXPECT_EQ(world.state.voices.at(0).release_at, world.now + 30 * minute);
  EXPECT_EQ(world.after(30 * minute), 8);
}

TEST(Edges, AFiringOfAPolicyThatIsNoMoreStandsForNothing) {
  GroupWorld world(10);
  world.policy("more", WebhookPolicy{add(3)});
  world.policy("most", WebhookPolicy{add(4)});
  world.policy("t", target("100", true));
  world.sample("t", "1000");
  static_cast<void>(world.tell(AdjustClaim{"more"}));
  std::erase_if(world.spec.policies, [](const Policy& policy) { return policy.name == "more"; });
  EXPECT_EQ(world.round(), 10);
}

TEST(Edges, AFailedSourceIsNamed) {
  GroupWorld world(10);
  TargetPolicy policy = target("100", true);
  policy.metric.source = "prom";
  world.policy("t", policy);
  static_cast<void>(world.tell(SampleClaim{"t", {ReadingKind::error, {}}, {}}));
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.voice("t").reason, Reason::metric_error);
  const Facts& facts = world.voice("t").facts;
  EXPECT_NE(std::find(facts.begin(), facts.end(), Fact("source", std::string("prom"))),
            facts.end());
}

TEST(Edges, OnlySoManyChangesAreRemembered) {
  std::vector<Change> changes;
  for (int i = 0; i < 2'000; ++i) changes.push_back({epoch + i * second, i, i + 1});
  forget_changes(changes, epoch);
  EXPECT_EQ(changes.size(), 1'024U);
  EXPECT_EQ(changes.back().to, 2'000);
}

TEST(Edges, NoDayThatIsInNoMonthIsFoundLookingBack) {
  for (const char* text : {"0 0 30 2 *", "*/5 * 30 2 *"}) {
    std::string error;
    const auto cron = Cron::parse(text, error);
    ASSERT_TRUE(cron) << error;
    EXPECT_FALSE(cron->previous(Zone(), epoch)) << text;
    EXPECT_FALSE(cron->next(Zone(), epoch)) << text;
  }
}

TEST(Edges, AMemberLeftOverThatDidNotLeaveIsAskedAgain) {
  Fleet fleet;
  fleet.spec.balancer.pools = {"web-pool"};
  Intent leave;
  leave.token = "t";
  leave.kind = IntentKind::leave;
  leave.stage = IntentStage::accepted;
  leave.instance = {"gone"};
  leave.opened_at = leave.retry_at = fleet.now - Duration{60'000};
  fleet.state.intents = {leave};
  fleet.seen.strays = {{"gone"}};
  end_intents(fleet.state, fleet.counts(), {&fleet.seen, true});
  ASSERT_EQ(fleet.state.intents.size(), 1U);
  EXPECT_EQ(fleet.state.intents[0].stage, IntentStage::open);
}

TEST(Edges, AFleetThatIsNotShortWaitsForItsShare) {
  Fleet fleet;
  fleet.has_many(2);
  fleet.warms_up();
  fleet.spec.budgets = {"media"};
  Allowance allowance;
  allowance.instances = FleetShare{2, "media", Decimal(10), Decimal(2), "instances", {"web"}};
  fleet.context.allowance = allowance;
  fleet.plans(3);
  EXPECT_EQ(fleet.withheld(), Texts{"launch SharedBudgetPending"});
  fleet.context.allowance->is_short = true;
  fleet.plans(3);
  EXPECT_EQ(fleet.withheld(), Texts{"launch SharedBudgetSpent"});
}

TEST(Edges, AReporterThatWasNeverHeardIsMissedBesideOneThatWas) {
  Fleet fleet;
  fleet.spec.health.silent_after = Duration{3'600'000};
  fleet.spec.health.reporters = {{"other", {}, false}, {"probe", {}, false}};
  fleet.spec.health.stop_above = Decimal(100);
  fleet.has_many(3);
  fleet.warms_up();
  for (const auto& [id, reporter] :
       {std::pair("i00", "probe"), std::pair("i01", "other"), std::pair("i01", "probe"),
        std::pair("i02", "other"), std::pair("i02", "probe")}) {
    RememberedHealth report;
    report.stamp.at = fleet.now + Duration{7'000'000};
    report.report = {{id}, HealthStatus::healthy, reporter, ""};
    fleet.state.memory.health.push_back(report);
  }
  fleet.after(Duration{7'200'000});
  fleet.counts();
  EXPECT_EQ(fleet.census.instances[0].standing, Standing::condemned);
  EXPECT_EQ(fleet.census.instances[0].reason, Reason::reports_silent);
}

TEST(Edges, NobodyGivesWayWhileTheOneThatCameInsteadIsUnwell) {
  Fleet fleet;
  fleet.spec.rollout.is_on = true;
  fleet.spec.rollout.batch = {Decimal(2), false, 1, Duration{}};
  fleet.spec.rollout.failures = 5;
  fleet.has_many(10);
  fleet.warms_up();
  fleet.plans(10);
  fleet.after(Duration{15'000});
  fleet.spec.launch_hash = "v2";
  fleet.plans(10);
  ASSERT_EQ(fleet.steps(), (Texts{"launch", "launch"}));
  fleet.obeys();
  fleet.after(Duration{15'000});
  fleet.counts();
  fleet.after(Duration{600'000});
  for (const Instance& instance : fleet.seen.instances) {
    if (instance.launch_hash != "v2") continue;
    fleet.is_unhealthy(instance.id.value);
    break;
  }
  fleet.plans(10);
  const Texts withheld = fleet.withheld();
  EXPECT_NE(std::find(withheld.begin(), withheld.end(), "terminate i00 RolloutUnwell"),
            withheld.end());
}

TEST(Edges, ARestraintIsToldWithWhatIsKnownOfIt) {
  Restraint restraint;
  restraint.mode = Mode::observe;
  restraint.scope = "all";
  restraint.owner = "ada";
  restraint.since = noon;
  EXPECT_EQ(block_of(restraint).reason, Reason::observe_only);
  const Facts known{{"owner", std::string("ada")}, {"scope", std::string("all")}, {"since", noon}};
  EXPECT_EQ(block_of(restraint).facts, known);
  restraint.mode = Mode::only_up;
  EXPECT_EQ(block_of(restraint).reason, Reason::only_up);
  for (const StepOp op : {StepOp::terminate, StepOp::drain, StepOp::leave}) {
    EXPECT_TRUE(forbids(Mode::only_up, op));
    EXPECT_FALSE(forbids(Mode::act, op));
  }
  for (const StepOp op : {StepOp::launch, StepOp::join, StepOp::protect}) {
    EXPECT_FALSE(forbids(Mode::only_up, op));
  }
}

TEST(Edges, AMilderOrderDoesNotSoftenWhatIsConfigured) {
  Fleet fleet;
  fleet.spec.mode = Mode::pause;
  PauseOrder order;
  order.paused = true;
  order.mode = Mode::only_up;
  fleet.state.memory.pause = Remembered<PauseOrder>{{noon, "operator/ann", "1"}, order};
  EXPECT_EQ(restraint_of(fleet.spec, fleet.state, fleet.context).mode, Mode::pause);
  order.paused = false;
  fleet.spec.mode = Mode::act;
  fleet.state.memory.pause->order = order;
  EXPECT_EQ(restraint_of(fleet.spec, fleet.state, fleet.context).mode, Mode::act);
}

TEST(Edges, NothingIsAMultipleOfNothing) {
  EXPECT_EQ(ceil_scaled(1, Decimal(5), Decimal()), 0);
  EXPECT_EQ(ceil_scaled(1, Decimal(), Decimal(5)), 0);
  EXPECT_EQ(ceil_scaled(0, Decimal(5), Decimal(5)), 0);
  EXPECT_EQ(quotient(Decimal(5), Decimal()), Decimal());
  EXPECT_EQ(quotient(Decimal(), Decimal(5)), Decimal());
  EXPECT_EQ(Decimal::parse("1E2"), Decimal(100));
  EXPECT_LT(Decimal(-1), Decimal());
}

TEST(Edges, AnOrderForANumberThatNoGroupCanHaveIsInvalid) {
  GroupWorld world;
  for (const Capacity number : {-1, capacity_limit + 1}) {
    EXPECT_EQ(world.tell(HoldOrder{number, epoch + minute, false, "ann", ""}), Merge::invalid);
  }
}

TEST(Edges, ARollingChangeWaitsForTheFirstNumber) {
  Fleet fleet;
  fleet.spec.rollout.is_on = true;
  fleet.has_many(3);
  fleet.at("i00").launch_hash = "v0";
  fleet.warms_up();
  fleet.counts();
  fleet.state.desired.reset();
  roll(fleet.spec, fleet.state, fleet.census, fleet.now, fleet.record);
  EXPECT_EQ(fleet.census.retiring, 0);
}

TEST(Edges, AnAgeIsCountedFromTheFirstSightWhereTheCloudGivesNone) {
  Fleet fleet;
  fleet.spec.age_max = Duration{7'200'000};
  fleet.has_many(2);
  for (Instance& one : fleet.seen.instances) one.created = {};
  fleet.warms_up();
  fleet.plans(2);
  EXPECT_TRUE(fleet.steps().empty());
  fleet.after(Duration{7'200'000});
  fleet.plans(2);
  EXPECT_EQ(fleet.steps(), Texts{"launch"});
  EXPECT_EQ(fleet.record.steps[0].reason, Reason::instance_too_old);
}

Intent scales_in(std::string instance, Time opened_at) {
  Intent intent;
  intent.token = "t-" + instance;
  intent.kind = IntentKind::terminate;
  intent.instance = {std::move(instance)};
  intent.opened_at = opened_at;
  intent.is_voluntary = intent.takes_service = true;
  return intent;
}

TEST(Edges, OnlyWhatServesAndWasNotSentIsTakenBack) {
  Fleet fleet;
  fleet.has_many(4);
  fleet.at("i01").state = "BUILD";
  fleet.at("i02").token = fleet.at("i03").token = "twice";
  fleet.warms_up();
  const Time before = fleet.now - Duration{60'000};
  fleet.state.intents = {scales_in("i00", before), scales_in("i01", before),
                         scales_in("i02", before), scales_in("i09", before)};
  fleet.state.intents[0].sends = 1;
  fleet.plans(4);
  std::vector<std::string> left;
  for (const Intent& intent : fleet.state.intents) left.push_back(intent.token);
  EXPECT_NE(std::find(left.begin(), left.end(), "t-i00"), left.end()) << "it was sent";
  EXPECT_NE(std::find(left.begin(), left.end(), "t-i02"), left.end()) << "its twin stays";
}

TEST(Edges, WhatABudgetDoesNotReachHasNoPartOfIt) {
  GroupSpec spec;
  spec.id = {"web"};
  spec.limits = {2, 10};
  spec.guards.spend.price = Decimal(1);
  FleetBudget elsewhere;
  elsewhere.name = "elsewhere";
  elsewhere.cloud = "other";
  elsewhere.instances = 5;
  FleetBudget owed;
  owed.name = "owed";
  owed.spend = Decimal(-3);
  const SpecsOfFleet specs{std::make_shared<const GroupSpec>(spec)};
  EXPECT_TRUE(divided({elsewhere}, specs).empty());
  EXPECT_EQ(divided({owed}, specs).at({"web"}).front().spend, Decimal());
  FleetDivision division;
  EXPECT_TRUE(division.configure({elsewhere}, specs).allowances.empty());
}

TEST(Edges, WhatIsBeingBuiltIsProtectedTooAndNoReasonNeedBeGiven) {
  Fleet fleet;
  fleet.has_many(2);
  fleet.has("i02", "BUILD");
  fleet.warms_up();
  Signal signal{fleet.spec.id, {fleet.now, "operator/ann", "1"}, {}};
  signal.claim = InstanceOrder{{"i02"}, InstanceVerb::protect, "ann", ""};
  static_cast<void>(merge(fleet.spec, fleet.state, signal, fleet.now));
  fleet.is_told("i005", InstanceVerb::protect);
  fleet.plans(3);
  ASSERT_EQ(fleet.steps(), Texts{"protect i02"});
  EXPECT_EQ(fleet.record.steps[0].facts, (Facts{{"owner", std::string("ann")}}));
}

TEST(Edges, WhoGivesWayDrainsFirstAndGoesWhenThatIsOver) {
  Fleet fleet;
  fleet.spec.rollout.is_on = true;
  fleet.spec.rollout.batch = {Decimal(1), false, 1, Duration{}};
  fleet.spec.drain_timeout = Duration{60'000};
  fleet.has_many(4);
  fleet.warms_up();
  fleet.plans(4);
  fleet.after(Duration{15'000});
  fleet.spec.launch_hash = "v2";
  fleet.plans(4);
  ASSERT_EQ(fleet.steps(), Texts{"launch"});
  fleet.obeys();
  fleet.after(Duration{15'000});
  fleet.plans(4);
  EXPECT_EQ(fleet.steps(), Texts{"drain i00"});
  fleet.obeys();
  fleet.after(Duration{15'000});
  fleet.plans(3);
  EXPECT_EQ(fleet.withheld().front(), "terminate i00 DrainPending");
  fleet.after(Duration{60'000});
  fleet.plans(4);
  const Texts steps = fleet.steps();
  EXPECT_NE(std::find(steps.begin(), steps.end(), "terminate i00"), steps.end());
}

TEST(Edges, WhoGivesWayIsNoVictimASecondTime) {
  Fleet fleet;
  fleet.spec.rollout.is_on = true;
  fleet.spec.rollout.batch = {Decimal(1), false, 1, Duration{}};
  fleet.has_many(4);
  fleet.warms_up();
  fleet.plans(4);
  fleet.after(Duration{15'000});
  fleet.spec.launch_hash = "v2";
  fleet.plans(4);
  fleet.after(Duration{15'000});
  fleet.plans(2);
  const Texts steps = fleet.steps();
  EXPECT_EQ(std::count(steps.begin(), steps.end(), "terminate i00"), 1);
  EXPECT_EQ(fleet.record.steps.front().reason, Reason::launch_outdated);
}

TEST(Edges, ARowWithoutAnIdIsNobodyAndABirthInTheFutureIsNone) {
  Fleet fleet;
  fleet.has("");
  fleet.has("i00").created = fleet.now + Duration{3'600'000};
  fleet.has("i01", "pending").created = fleet.now + Duration{3'600'000};
  fleet.warms_up();
  fleet.plans(2);
  EXPECT_EQ(fleet.record.tally.possible(), 2);
  EXPECT_TRUE(fleet.steps().empty());
  EXPECT_TRUE(is_birth("pending"));
  EXPECT_TRUE(is_birth("BUILD"));
}

}  // namespace
}  // namespace settle
