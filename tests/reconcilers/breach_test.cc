// So many of the last readings must say it: steps and targets alike.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "reconcilers/foresight.h"
#include "tests/laws.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

StepsPolicy over(std::int64_t bound, std::int64_t amount) {
  StepsPolicy steps;
  steps.steps = {{Decimal(bound), {}, add(amount)}};
  return steps;
}

/// One policy called "load", of which so many of the last readings must agree.
struct Watched : GroupWorld {
  Watched(decltype(Policy::kind) kind, int readings, int of, Capacity desired = 10)
      : GroupWorld(desired) {
    policy("load", std::move(kind));
    spec.policies.front().breach = {readings, of};
  }
  /// A minute later, the next reading.
  Capacity reads(const char* value) {
    now += minute;
    sample("load", value);
    return round();
  }
};

TEST(Breach, OfStepsTakesSoManyOfTheLastReadings) {
  Watched world(over(80, 2), 2, 3);
  EXPECT_EQ(world.reads("90"), 10);
  EXPECT_EQ(world.voice("load").reason, Reason::breach_pending);
  EXPECT_EQ(world.reads("70"), 10);
  EXPECT_EQ(world.voice("load").reason, Reason::no_opinion);
  EXPECT_EQ(world.reads("85"), 12);
}

TEST(Breach, IsOverWhenTooFewOfTheLastReadingsAreLeft) {
  Watched world(over(80, 2), 2, 3);
  for (const char* value : {"90", "70", "70", "90", "70", "70", "90"}) {
    EXPECT_EQ(world.reads(value), 10) << value;
  }
}

TEST(Breach, OfSeveralReadingsWithinARoundHasTheLast) {
  Watched world(over(80, 2), 2, 2);
  world.sample("load", "90");
  world.now += second;
  world.sample("load", "90");
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.round(), 10) << "a round without a new reading is no evaluation";
  EXPECT_EQ(world.reads("90"), 12);
}

TEST(Breach, AReadingThatIsMissingTakesItsPlaceAndSaysNothing) {
  Watched world(over(80, 2), 2, 2);
  EXPECT_EQ(world.reads("90"), 10);
  world.now += minute;
  static_cast<void>(world.tell(SampleClaim{"load", {ReadingKind::error, {}}, {}}));
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.reads("90"), 10) << "one of two";
  EXPECT_EQ(world.reads("90"), 12);
}

TEST(Breach, BeginsAnewAfterASilence) {
  Watched world(over(80, 2), 2, 2);
  EXPECT_EQ(world.reads("90"), 10);
  world.now += 2 * minute;
  EXPECT_EQ(world.reads("90"), 10) << "three minutes later";
  EXPECT_EQ(world.reads("90"), 12);
}

TEST(Breach, OfATargetGoesToTheNumberThatEnoughReadingsAskFor) {
  Watched world(target("10", true), 2, 3);
  EXPECT_EQ(world.reads("200"), 10);
  EXPECT_EQ(world.voice("load").reason, Reason::breach_pending);
  EXPECT_EQ(world.reads("130"), 13) << "20 and 13: both ask for 13 or more";
  EXPECT_EQ(world.reads("170"), 17) << "20, 13 and 17";
  EXPECT_EQ(world.reads("50"), 13) << "13, 17 and 5: both 13 and 5 ask for no more";
  EXPECT_EQ(world.reads("90"), 9) << "17, 5 and 9";
}

TEST(Breach, DoesNotGoToAndFroWhereReadingsDisagree) {
  Watched world(target("10", true), 1, 3);
  EXPECT_EQ(world.reads("300"), 30);
  EXPECT_EQ(world.reads("50"), 30) << "one of the last three still asks for 30";
  EXPECT_EQ(world.round(), 30);
  EXPECT_EQ(world.reads("50"), 30);
  EXPECT_EQ(world.reads("70"), 7) << "and now for 7";
}

TEST(Breach, OfATargetWithinItsToleranceStays) {
  TargetPolicy policy = target("10", true);
  Steadiness steadiness;
  steadiness.out.tolerance = {Decimal(20), true};
  GroupWorld world(10);
  world.policy("load", policy, steadiness);
  world.spec.policies.front().breach = {1, 2};
  world.sample("load", "110");
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.voice("load").reason, Reason::within_tolerance);
}

TEST(Breach, MissingNeverShrinksAGroupWhateverWasReadBefore) {
  Watched world(target("10", true), 1, 3);
  EXPECT_EQ(world.reads("100"), 10);
  world.now += minute;
  static_cast<void>(world.tell(SampleClaim{"load", {ReadingKind::no_data, {}}, {}}));
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.voice("load").verdict, Verdict::missing);
}

TEST(Breach, IsLeftOutOfWhatOneReadingWouldTip) {
  Watched world(over(80, 2), 3, 5);
  world.reads("70");
  const auto point =
      tipping_point(world.spec, world.state, world.record.tally, world.now, "load", Way::out, 12);
  ASSERT_TRUE(point);
  EXPECT_EQ(point->reading, Decimal(80));
}

RC_GTEST_PROP(BreachLaw, KeepsNoMoreReadingsThanItIsAskedFor, (std::vector<std::uint8_t> values)) {
  const int of = evenly(1, breach_of_max + 1);
  const int readings = evenly(1, of + 1);
  Watched world(over(80, 1), readings, of);
  for (const std::uint8_t value : values) {
    world.reads(std::to_string(value).c_str());
    for (const VoiceState& voice : world.state.voices) {
      RC_ASSERT(voice.evaluations.size() <= static_cast<std::size_t>(of));
    }
  }
}

RC_GTEST_PROP(BreachLaw, OneOfOneIsNoBreachAtAll, (std::vector<std::uint8_t> values)) {
  Watched plain(target("10"), 1, 1);
  Watched other(target("10"), 1, 1);
  for (const std::uint8_t value : values) {
    const std::string text = std::to_string(value);
    RC_ASSERT(plain.reads(text.c_str()) == other.reads(text.c_str()));
    RC_ASSERT(other.state.voices.empty());
  }
}

}  // namespace
}  // namespace settle
