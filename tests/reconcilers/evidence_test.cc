// What ends an intent, what calls it off, and what the words for steps are.
#include "reconcilers/evidence.h"

#include <utility>

#include <gtest/gtest.h>

#include "reconcilers/sentry.h"
#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

Intent& opens(Fleet& fleet, IntentKind kind, const std::string& id) {
  Intent intent;
  intent.token = "t-" + std::to_string(fleet.state.intents.size());
  intent.kind = kind;
  intent.instance = {id};
  intent.opened_at = fleet.now;
  fleet.state.intents.push_back(intent);
  return fleet.state.intents.back();
}

std::size_t left(Fleet& fleet, bool is_news = true) {
  end_intents(fleet.state, fleet.counts(), {&fleet.seen, is_news});
  return fleet.state.intents.size();
}

TEST(Evidence, OfProtectionIsThatItShows) {
  for (const bool wanted : {true, false}) {
    Fleet fleet;
    fleet.has_many(2);
    fleet.at("i00").is_protected = !wanted;
    opens(fleet, wanted ? IntentKind::protect : IntentKind::unprotect, "i00");
    EXPECT_EQ(left(fleet), 1U);
    fleet.at("i00").is_protected = wanted;
    EXPECT_EQ(left(fleet), 0U);
  }
}

TEST(Evidence, OfProtectionIsTheCloudsWordToo) {
  for (const IntentKind kind : {IntentKind::protect, IntentKind::unprotect}) {
    for (const Answer answer : {Answer::done, Answer::refused}) {
      Fleet fleet;
      fleet.has("i00");
      const std::string token = opens(fleet, kind, "i00").token;
      Outcome outcome;
      outcome.answer = answer;
      EXPECT_TRUE(note_outcome(fleet.state, token, outcome, fleet.now));
      EXPECT_TRUE(fleet.state.intents.empty());
      EXPECT_TRUE(fleet.state.setbacks.empty()) << "nobody waits because of it";
      EXPECT_FALSE(note_outcome(fleet.state, token, outcome, fleet.now))
          << "there is no such intent";
      EXPECT_FALSE(note_sent(fleet.state, token, fleet.now));
    }
  }
}

TEST(Evidence, ThatAnInstanceIsGoneEndsWhatWasToBeDoneToIt) {
  for (const IntentKind kind : {IntentKind::terminate, IntentKind::drain, IntentKind::protect}) {
    Fleet fleet;
    fleet.has_many(2);
    fleet.warms_up();
    opens(fleet, kind, "i00").sends = 1;
    fleet.counts();
    fleet.at("i00").state = "DELETED";
    EXPECT_EQ(left(fleet), 0U);
    opens(fleet, kind, "nobody").sends = 1;
    EXPECT_EQ(left(fleet, false), 1U) << "what is no news proves nothing";
    EXPECT_EQ(left(fleet), 0U);
  }
}

TEST(Evidence, AnOperatorCallsOffWhatWasNotSent) {
  for (const InstanceVerb verb : {InstanceVerb::standby, InstanceVerb::detach}) {
    Fleet fleet;
    fleet.has_many(2);
    fleet.warms_up();
    opens(fleet, IntentKind::drain, "i00").sends = 1;
    opens(fleet, IntentKind::terminate, "i01").takes_service = true;
    fleet.is_told("i00", verb);
    fleet.is_told("i01", verb);
    EXPECT_EQ(left(fleet), 1U) << "what was sent may have been done";
    EXPECT_EQ(fleet.state.intents[0].instance.value, "i00");
    mark_leaving(fleet.state, fleet.census);
    EXPECT_EQ(fleet.census.instances[0].standing,
              verb == InstanceVerb::detach ? Standing::detached : Standing::draining);
  }
}

TEST(Evidence, WhoeverIsToLeaveLeavesInTheEyesOfTheInterlock) {
  for (const auto& [kind, leaves] :
       {std::pair(IntentKind::terminate, true), std::pair(IntentKind::drain, true),
        std::pair(IntentKind::protect, false), std::pair(IntentKind::launch, false)}) {
    Fleet fleet;
    fleet.has_many(2);
    opens(fleet, kind, "i01");
    const interlock::View view = view_of(fleet.state, fleet.seen);
    EXPECT_FALSE(view.members[0].is_leaving);
    EXPECT_EQ(view.members[1].is_leaving, leaves);
  }
}

TEST(Evidence, WhatIsToBeDoneToThePoolOrToOneWhoIsNotShownIsNotCalledOff) {
  Fleet fleet;
  fleet.spec.warm_pool = 1;
  fleet.has_many(2);
  fleet.warms_up();
  fleet.plans(1);
  ASSERT_EQ(fleet.record.tally.standby, 1);
  fleet.spec.warm_pool = 0;
  opens(fleet, IntentKind::terminate, "i01");
  opens(fleet, IntentKind::terminate, "nobody");
  EXPECT_EQ(left(fleet, false), 2U);
}

TEST(Evidence, WhoWaitsInThePoolDoesNotServeInTheEyesOfTheInterlock) {
  Fleet fleet;
  fleet.spec.warm_pool = 1;
  fleet.has_many(2);
  fleet.warms_up();
  fleet.plans(1);
  ASSERT_EQ(fleet.record.tally.standby, 1);
  const interlock::View view = view_of(fleet.state, fleet.seen);
  EXPECT_EQ(std::count_if(view.members.begin(), view.members.end(),
                          [](const interlock::Member& member) { return member.serves; }),
            1);
}

TEST(StepNames, AreThoseOfRecords) {
  const std::pair<StepOp, std::string_view> names[] = {{StepOp::launch, "launch"},
                                                       {StepOp::terminate, "terminate"},
                                                       {StepOp::drain, "drain"},
                                                       {StepOp::protect, "protect"},
                                                       {StepOp::unprotect, "unprotect"}};
  for (const auto& [op, word] : names) EXPECT_EQ(name(op), word);
  const std::pair<IntentKind, StepOp> kinds[] = {{IntentKind::launch, StepOp::launch},
                                                 {IntentKind::terminate, StepOp::terminate},
                                                 {IntentKind::drain, StepOp::drain},
                                                 {IntentKind::protect, StepOp::protect},
                                                 {IntentKind::unprotect, StepOp::unprotect}};
  for (const auto& [kind, op] : kinds) EXPECT_EQ(op_of(kind), op);
  EXPECT_TRUE(std::is_sorted(fact_names().begin(), fact_names().end()));
}

}  // namespace
}  // namespace settle
