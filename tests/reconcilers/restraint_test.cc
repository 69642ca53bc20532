// Pause, observe and only-up: per group, tenant and everything; and the table of what fails which
// way.
#include "reconcilers/restraint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Fleet fleet_of(int count) {
  Fleet fleet;
  fleet.has_many(count);
  fleet.warms_up();
  return fleet;
}

FleetOrder order_for(const std::string& scope, Mode mode) {
  return {mode, scope, "ada", "storage is down", noon};
}

TEST(Restraint, OnlyUpLaunchesAndTakesNothingAway) {
  Fleet fleet = fleet_of(4);
  fleet.spec.mode = Mode::only_up;
  fleet.plans(6);
  EXPECT_THAT(fleet.steps(), ElementsAre("launch", "launch"));
  fleet = fleet_of(4);
  fleet.spec.mode = Mode::only_up;
  fleet.plans(3);
  EXPECT_THAT(fleet.steps(), IsEmpty());
  EXPECT_THAT(fleet.withheld(), ElementsAre("terminate i00 OnlyUp"));
}

TEST(Restraint, OnlyUpReplacesNothingAndLaunchesInItsPlace) {
  Fleet fleet = fleet_of(4);
  fleet.state.memory.pause = {{}, {true, "ada", "look first", Mode::only_up}};
  fleet.at("i01").state = "ERROR";
  fleet.plans(4);
  EXPECT_THAT(fleet.steps(), ElementsAre("launch"));
  EXPECT_THAT(fleet.withheld(), ElementsAre("terminate i01 OnlyUp"));
}

TEST(Restraint, OnlyUpHoldsBackWhatWasDecidedBefore) {
  Fleet fleet = fleet_of(4);
  fleet.plans(3);
  const Intent inherited = fleet.state.intents.front();
  fleet.state.memory.pause = {{}, {true, "ada", "", Mode::only_up}};
  const Clearance clearance =
      may_send(fleet.spec, fleet.state, &fleet.seen, inherited, fleet.now, fleet.context);
  EXPECT_FALSE(clearance.is_cleared);
  EXPECT_EQ(clearance.reason, Reason::only_up);
}

TEST(Restraint, TheStrictestHolds) {
  Fleet fleet = fleet_of(1);
  const auto mode = [&fleet] { return restraint_of(fleet.spec, fleet.state, fleet.context).mode; };
  EXPECT_EQ(mode(), Mode::act);
  fleet.spec.mode = Mode::only_up;
  EXPECT_EQ(mode(), Mode::only_up);
  fleet.context.standing = order_for("tenant/media", Mode::observe);
  EXPECT_EQ(mode(), Mode::observe);
  fleet.state.memory.pause = {{}, {true, "mia", "", Mode::pause}};
  EXPECT_EQ(mode(), Mode::pause);
  fleet.state.memory.pause->order.paused = false;
  EXPECT_EQ(mode(), Mode::observe);
  fleet.context.standing.reset();
  EXPECT_EQ(mode(), Mode::only_up) << "a resumed group is what its configuration says";
}

TEST(Restraint, AnOrderForAllIsToldWithItsScope) {
  Fleet fleet = fleet_of(2);
  fleet.context.standing = order_for("all", Mode::pause);
  fleet.plans(3);
  EXPECT_THAT(fleet.withheld(), ElementsAre("launch Paused"));
  const Facts& facts = fleet.record.withheld.front().facts;
  EXPECT_EQ(facts[0], (Fact{"owner", std::string("ada")}));
  EXPECT_EQ(facts[2], (Fact{"scope", std::string("all")}));
}

// ---- The table of fail directions -------------------------------------------------------------

struct Direction {
  const char* condition;
  void (*befalls)(Fleet& fleet);
  bool launches;
  bool terminates;
};

void stale(Fleet& fleet) {
  fleet.now += 2min;
}
void partial(Fleet& fleet) {
  fleet.seen.is_complete = false;
}
void unread(Fleet& fleet) {
  fleet.state.wrote_at = fleet.now;
  fleet.seen.at = fleet.now - 1s;
}
void cold(Fleet& fleet) {
  fleet.state.good_observations = 0;
  fleet.state.observed_at = fleet.seen.at;
}
void no_quota(Fleet& fleet) {
  fleet.state.setbacks = {{{}, Reason::cloud_quota, fleet.now + 1min, 1}};
}
void no_journal(Fleet& fleet) {
  fleet.context.journal_failed = true;
}
void observes(Fleet& fleet) {
  fleet.context.authority = Authority::observe;
}
void suspect(Fleet& fleet) {
  for (int i = 0; i < 6; ++i) fleet.is_unhealthy("i0" + std::to_string(i));
}
void is_paused(Fleet& fleet) {
  fleet.state.memory.pause = {{}, {true, "ada", "", Mode::pause}};
}
void grows_only(Fleet& fleet) {
  fleet.state.memory.pause = {{}, {true, "ada", "", Mode::only_up}};
}
void fleet_falls(Fleet& fleet) {
  fleet.context.fleet_loss = {20, 100};
}
void group_falls(Fleet& fleet) {
  fleet.spec.guards.mass_change = Decimal(20);
  fleet.state.losses = {{fleet.now, 5}};
}
void is_contended(Fleet& fleet) {
  fleet.state.reversals = {fleet.now, fleet.now, fleet.now};
}
void day_is_spent(Fleet& fleet) {
  fleet.state.day = {{fleet.now, 5'000, 0}};
}

TEST(FailDirection, IsWhatTheTableSays) {
  constexpr Direction table[] = {
      {"all is well", [](Fleet&) {}, true, true},
      {"snapshot stale", stale, false, false},
      {"snapshot incomplete", partial, false, false},
      {"snapshot older than our last call", unread, false, false},
      {"owner not warm", cold, false, false},
      {"quota or stock-out", no_quota, false, true},
      {"journal not writable", no_journal, false, false},
      {"mode observe", observes, false, false},
      {"most reported unhealthy", suspect, true, false},
      {"paused", is_paused, false, false},
      {"only up", grows_only, true, false},
      {"losses over several groups", fleet_falls, true, false},
      {"losses of this group", group_falls, true, false},
      {"contended", is_contended, false, false},
      {"launches of the day spent", day_is_spent, false, true},
  };
  for (const Direction& row : table) {
    Fleet fleet = fleet_of(10);
    row.befalls(fleet);
    Fleet other = fleet;
    fleet.plans(12);
    other.plans(8);
    EXPECT_EQ(!fleet.record.steps.empty(), row.launches) << row.condition << ": launch";
    EXPECT_EQ(!other.record.steps.empty(), row.terminates) << row.condition << ": terminate";
    if (!row.launches) {
      EXPECT_FALSE(fleet.record.withheld.empty()) << row.condition;
    }
    if (!row.terminates) {
      EXPECT_FALSE(other.record.withheld.empty()) << row.condition;
    }
  }
}

}  // namespace
}  // namespace settle
