// Laws that every plan keeps, against a cloud that loses answers, lags, fails and forgets.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/laws.h"
#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using namespace std::chrono_literals;

// A group in any state that a listing may show.
Fleet any_fleet() {
  Fleet fleet;
  const char* words[] = {"ACTIVE", "ACTIVE", "ACTIVE", "BUILD", "ERROR", "RESCUE", "UNKNOWN"};
  const int size = evenly(0, 16);
  fleet.spec.limits.min = evenly(0, 6);
  fleet.spec.limits.max = fleet.spec.limits.min + evenly(0, 14);
  fleet.spec.zones = {"a", "b", "c"};
  if (evenly(0, 3) == 0) fleet.spec.drain_timeout = 5min;
  if (evenly(0, 2) == 0) {
    fleet.spec.guards = GuardSpec{};
  }
  for (int i = 0; i < size; ++i) {
    Instance& instance = fleet.has(std::string(1, static_cast<char>('a' + i)), words[evenly(0, 7)],
                                   std::string(1, static_cast<char>('a' + evenly(0, 4))));
    instance.created -= Duration{evenly(0, 1000)};
    instance.is_protected = evenly(0, 5) == 0;
    instance.is_draining = evenly(0, 8) == 0;
    if (evenly(0, 4) == 0) instance.token = "t" + std::to_string(i % 3);
  }
  return fleet;
}

Capacity any_desired(const Fleet& fleet) {
  return evenly(fleet.spec.limits.min, fleet.spec.limits.max + 1);
}

void may_be_unhealthy(Fleet& fleet) {
  const std::vector<Instance> instances = fleet.seen.instances;
  for (const Instance& instance : instances) {
    if (evenly(0, 4) == 0) fleet.is_unhealthy(instance.id.value);
  }
}

std::string story(const Fleet& fleet) {
  std::string text = "limits " + std::to_string(fleet.spec.limits.min) + ".." +
                     std::to_string(fleet.spec.limits.max) + ", desired " +
                     std::to_string(fleet.state.desired.value_or(-1)) + "\n";
  for (const Instance& instance : fleet.seen.instances) {
    text += instance.id.value + " " + instance.state + " " + instance.zone + " " + instance.token +
            (instance.is_protected ? " protected" : "") + (instance.is_draining ? " draining" : "");
    for (const RememberedHealth& report : fleet.state.memory.health) {
      if (report.report.instance == instance.id) {
        text += report.report.status == HealthStatus::unhealthy ? " unhealthy" : " unknown";
      }
    }
    text += "\n";
  }
  for (const std::string& step : fleet.steps()) text += "+ " + step + "\n";
  for (const std::string& step : fleet.withheld()) text += "- " + step + "\n";
  return text;
}

int count_of(const Fleet& fleet, StepOp op) {
  int count = 0;
  for (const TakenStep& step : fleet.record.steps) count += step.op == op ? 1 : 0;
  return count;
}

int leaving(const Fleet& fleet) {
  return count_of(fleet, StepOp::terminate) + count_of(fleet, StepOp::drain);
}

TEST(PlanLaws, PlanningTheSameAgainOpensNothing) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    Fleet fleet = any_fleet();
    may_be_unhealthy(fleet);
    fleet.warms_up();
    const Capacity desired = any_desired(fleet);
    fleet.plans(desired);
    RC_LOG() << story(fleet);
    if (!fleet.planned.opened.empty()) ++telling;
    const GroupState after = fleet.state;
    fleet.plans(desired);
    RC_ASSERT(fleet.planned.opened.empty());
    RC_ASSERT(fleet.state == after);
  }));
  EXPECT_GE(telling, 75) << "plans that open something";
}

TEST(PlanLaws, APlanThatIsCarriedOutLeavesNothingToPlan) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    Fleet fleet = any_fleet();
    fleet.spec.guards = Fleet().spec.guards;
    fleet.spec.drain_timeout = {};
    fleet.warms_up();
    const Capacity desired = any_desired(fleet);
    for (int round = 0; round < 12; ++round) {
      fleet.plans(desired);
      if (round == 0 && !fleet.record.steps.empty()) ++telling;
      fleet.obeys();
      fleet.after(1min);
    }
    fleet.plans(desired);
    RC_ASSERT(fleet.record.steps.empty());
    RC_ASSERT(fleet.state.intents.empty());
  }));
  EXPECT_GE(telling, 75) << "plans that have a step";
}

TEST(PlanLaws, OfASoundFleetOnePlanThatIsCarriedOutIsEnough) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    Fleet fleet;
    fleet.spec.limits = {0, 40};
    fleet.spec.zones = {"a", "b"};
    const int size = evenly(0, 30);
    for (int i = 0; i < size; ++i) {
      const char* const word = evenly(0, 3) == 0 ? "BUILD" : "ACTIVE";
      fleet.has("i" + std::to_string(100 + i), word, *rc::gen::arbitrary<bool>() ? "a" : "b");
    }
    fleet.warms_up();
    const Capacity desired = any_desired(fleet);
    fleet.plans(desired);
    const Tally& tally = fleet.census.tally;
    const auto steps = static_cast<Capacity>(fleet.record.steps.size());
    RC_ASSERT(steps == std::abs(desired - tally.ready - tally.building));
    if (steps > 0) ++telling;
    fleet.obeys();
    fleet.after(15s);
    fleet.plans(desired);
    RC_ASSERT(fleet.record.steps.empty());
    RC_ASSERT(fleet.record.withheld.empty());
    RC_ASSERT(fleet.state.intents.empty());
  }));
  EXPECT_GE(telling, 75) << "plans that have a step";
}

TEST(PlanLaws, NoPlanGoesAboveMaxOrBelowMinOrAgainstProtection) {
  int launching = 0;
  int shrinking = 0;
  EXPECT_TRUE(rc::check([&] {
    Fleet fleet = any_fleet();
    if (evenly(0, 2) == 0) {
      for (Instance& instance : fleet.seen.instances) instance.state = "ACTIVE";
    }
    may_be_unhealthy(fleet);
    fleet.warms_up();
    const Capacity desired = any_desired(fleet);
    fleet.plans(desired);
    const Tally& tally = fleet.census.tally;
    const int launches = count_of(fleet, StepOp::launch);
    RC_ASSERT(launches == 0 || tally.possible() + launches <= fleet.spec.limits.max);
    int serving_leave = 0;
    for (const Intent& intent : fleet.state.intents) {
      if (intent.kind == IntentKind::launch || !intent.is_voluntary) continue;
      const Instance& victim = fleet.at(intent.instance.value);
      RC_ASSERT(!victim.is_protected);
      if (victim.state == "ACTIVE" && !victim.is_draining) ++serving_leave;
    }
    RC_ASSERT(serving_leave == 0 || tally.ready - serving_leave >= fleet.spec.limits.min);
    for (const WithheldStep& step : fleet.record.withheld) {
      RC_ASSERT(step.reason != Reason::interlock_refused);
    }
    if (launches > 0) ++launching;
    if (serving_leave > 0) ++shrinking;
  }));
  EXPECT_GE(launching, 20) << "plans that launch";
  EXPECT_GE(shrinking, 2) << "plans that take service away";
}

TEST(PlanLaws, WhatIsNotShownNeverAddsATermination) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    Fleet fleet = any_fleet();
    for (Instance& instance : fleet.seen.instances) instance.token.clear();
    fleet.warms_up();
    const Capacity desired = any_desired(fleet);
    Fleet less = fleet;
    std::erase_if(less.seen.instances, [](const Instance&) { return evenly(0, 3) == 0; });
    fleet.plans(desired);
    less.plans(desired);
    RC_LOG() << story(fleet) << "\nless:\n" << story(less);
    RC_ASSERT(count_of(less, StepOp::terminate) <= count_of(fleet, StepOp::terminate));
    RC_ASSERT(count_of(less, StepOp::drain) <= count_of(fleet, StepOp::drain));
    const bool is_hidden = less.seen.instances.size() < fleet.seen.instances.size();
    if (is_hidden && leaving(fleet) > 0) ++telling;
  }));
  EXPECT_GE(telling, 50) << "listings that leave out some of a group that is to shrink";
}

TEST(PlanLaws, WhatTheProbeCannotTellNeverAddsATermination) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    Fleet fleet = any_fleet();
    may_be_unhealthy(fleet);
    fleet.warms_up();
    const Capacity desired = any_desired(fleet);
    Fleet less = fleet;
    for (RememberedHealth& report : less.state.memory.health) {
      if (evenly(0, 2) == 0) report.report.status = HealthStatus::unknown;
    }
    fleet.plans(desired);
    less.plans(desired);
    RC_LOG() << story(fleet) << "\nless:\n" << story(less);
    RC_ASSERT(leaving(less) <= leaving(fleet));
    if (!(less.state.memory == fleet.state.memory) && leaving(fleet) > 0) ++telling;
  }));
  EXPECT_GE(telling, 20) << "reports withdrawn of a group in which some are to leave";
}

// A cloud with a will of its own. What exists in it is the truth that promises are held to.
struct Cloud {
  struct Real {
    Instance instance;
    Time shows_at;
    bool is_dead = false;
  };
  std::vector<Real> all;
  int made = 0;

  [[nodiscard]] int living() const {
    return static_cast<int>(
        std::count_if(all.begin(), all.end(), [](const Real& real) { return !real.is_dead; }));
  }
  Real* find(const std::string& token) {
    for (Real& real : all) {
      if (real.instance.token == token) return &real;
    }
    return nullptr;
  }
  void launch(const Intent& intent, Time now, Duration lag) {
    if (find(intent.token) != nullptr) return;
    Real real;
    real.instance = {{"r" + std::to_string(made++)},
                     "BUILD",
                     now,
                     intent.zone,
                     intent.launch_hash,
                     intent.token,
                     false,
                     false};
    real.shows_at = now + lag;
    all.push_back(real);
  }
  void terminate(const InstanceId& id) {
    for (Real& real : all) {
      if (real.instance.id == id) real.is_dead = true;
    }
  }
  [[nodiscard]] Observation listing(Time now, bool is_complete) const {
    Observation seen;
    seen.at = now;
    seen.is_complete = is_complete;
    for (const Real& real : all) {
      if (real.shows_at > now || real.is_dead) continue;
      if (!is_complete && evenly(0, 2) == 0) continue;
      seen.instances.push_back(real.instance);
    }
    std::sort(seen.instances.begin(), seen.instances.end(),
              [](const Instance& a, const Instance& b) { return a.id < b.id; });
    return seen;
  }
};

// Sends what may be sent; each answer, and each effect, may be lost.
void act(Fleet& fleet, Cloud& cloud, bool is_calm) {
  const std::vector<Intent> intents = fleet.state.intents;
  std::vector<Intent> cleared;
  for (const Intent& intent : intents) {
    if (may_send(fleet.spec, fleet.state, &fleet.seen, intent, fleet.now, fleet.context)
            .is_cleared) {
      cleared.push_back(intent);
    }
  }
  for (const Intent& intent : cleared) {
    const int luck = is_calm ? 0 : evenly(0, 5);
    (void)note_sent(fleet.state, intent.token, fleet.now);
    if (luck == 1) continue;  // Lost before it arrived, and we died before we knew.
    if (luck == 2) {
      (void)note_outcome(fleet.state, intent.token, {Answer::not_now, {}, {}}, fleet.now);
      continue;
    }
    Outcome outcome;
    if (intent.kind == IntentKind::launch) {
      cloud.launch(intent, fleet.now, Duration{is_calm ? 0 : evenly(0, 40'000)});
      outcome.instance = cloud.find(intent.token)->instance.id;
      RC_ASSERT(cloud.living() <= fleet.spec.limits.max);
    } else if (intent.kind == IntentKind::terminate) {
      cloud.terminate(intent.instance);
    } else if (intent.kind == IntentKind::drain) {
      for (Cloud::Real& real : cloud.all) {
        if (real.instance.id == intent.instance) real.instance.is_draining = true;
      }
    }
    if (luck == 3) outcome = {Answer::unknown, {}, {}};
    if (luck == 4) continue;  // It happened, and we died before we knew.
    (void)note_outcome(fleet.state, intent.token, outcome, fleet.now);
  }
}

void misfortune(Cloud& cloud) {
  for (Cloud::Real& real : cloud.all) {
    const int luck = evenly(0, 30);
    if (luck == 0) real.is_dead = true;
    if (luck == 1) real.instance.state = "ERROR";
    if (luck > 15 && real.instance.state == "BUILD") real.instance.state = "ACTIVE";
  }
}

TEST(PlanLaws, NeverAboveMaxWhateverBecomesOfCallsAndSettlesOnceTheCloudIsCalm) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    Fleet fleet;
    Cloud cloud;
    fleet.spec.limits = {1, evenly(2, 9)};
    fleet.spec.health.launch_timeout = 10min;
    if (evenly(0, 2) == 0) fleet.spec.drain_timeout = 1min;
    int at_max = 0;
    const int storm = evenly(0, 60);
    Capacity desired = 2;
    for (int round = 0; round < storm; ++round) {
      if (evenly(0, 6) == 0) desired = any_desired(fleet);
      if (evenly(0, 12) == 0) fleet.state.good_observations = 0;  // Another owner.
      fleet.now += Duration{evenly(1'000, 40'000)};
      fleet.seen = cloud.listing(fleet.now, evenly(0, 5) != 0);
      fleet.plans(desired);
      act(fleet, cloud, false);
      if (cloud.living() == fleet.spec.limits.max) ++at_max;
      misfortune(cloud);
    }
    for (int round = 0; round < 240; ++round) {
      fleet.now += 15s;
      for (Cloud::Real& real : cloud.all) {
        if (real.instance.state == "BUILD") real.instance.state = "ACTIVE";
      }
      fleet.seen = cloud.listing(fleet.now, true);
      fleet.plans(desired);
      act(fleet, cloud, true);
    }
    RC_ASSERT(fleet.census.tally.ready == desired);
    RC_ASSERT(cloud.living() == desired);
    RC_ASSERT(fleet.state.intents.empty());
    RC_ASSERT(fleet.record.steps.empty());
    if (at_max > 0) ++telling;
  }));
  EXPECT_GE(telling, 20) << "storms that drive a group to its max";
}

}  // namespace
}  // namespace settle
