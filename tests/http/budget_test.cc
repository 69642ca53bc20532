#include <gtest/gtest.h>

#include "daemon/http/breaker.h"
#include "daemon/http/call_budget.h"

namespace settle::http {
namespace {
using namespace std::chrono_literals;
using Verdict = CallBudget::Verdict;

const Time start{1'000'000s};

TEST(CallBudget, LetsASecondsCallsBeginAtOnceAndThenAtItsRate) {
  CallBudget budget({.calls_per_second = 10, .in_flight = 1'000});
  int begun = 0;
  for (Time now = start; now < start + 10s; now += 1ms) {
    while (budget.ask(false, now) == Verdict::go) ++begun;
  }
  EXPECT_GE(begun, 108);  // A burst of ten, and ten a second.
  EXPECT_LE(begun, 110);
}

TEST(CallBudget, SaysWhenTheNextCallMayBegin) {
  CallBudget budget({.calls_per_second = 4, .in_flight = 1'000});
  while (budget.ask(false, start) == Verdict::go) {
  }
  const std::optional<Time> at = budget.again_at(start);
  ASSERT_TRUE(at.has_value());
  EXPECT_EQ(*at, start + 250ms);
  EXPECT_EQ(budget.ask(false, *at - 1ms), Verdict::wait);
  EXPECT_EQ(budget.ask(false, *at), Verdict::go);
}

TEST(CallBudget, BoundsWhatIsInFlight) {
  CallBudget budget({.calls_per_second = 100, .in_flight = 2});
  EXPECT_EQ(budget.ask(false, start), Verdict::go);
  EXPECT_EQ(budget.ask(false, start), Verdict::go);
  EXPECT_EQ(budget.ask(false, start + 1s), Verdict::wait);
  EXPECT_EQ(budget.again_at(start + 1s), std::nullopt);
  budget.ended();
  EXPECT_EQ(budget.ask(false, start + 1s), Verdict::go);
}

TEST(CallBudget, AtMostATenthOfTheLastMinutesCallsAreRepeats) {
  CallBudget budget({.calls_per_second = 1'000, .in_flight = 10'000});
  for (int n = 0; n < 3; ++n) EXPECT_EQ(budget.ask(true, start), Verdict::go);
  EXPECT_EQ(budget.ask(true, start), Verdict::no_more_repeats);
  for (int n = 0; n < 100; ++n) EXPECT_EQ(budget.ask(false, start + 1s), Verdict::go);
  int repeats = 0;
  while (budget.ask(true, start + 2s) == Verdict::go) ++repeats;
  EXPECT_EQ(repeats, 7);
  EXPECT_EQ(budget.ask(true, start + 59s), Verdict::no_more_repeats);
  EXPECT_EQ(budget.ask(true, start + 63s), Verdict::go);
}

TEST(Breaker, OpensAfterFiveFailuresInARowAndTriesWithOneCall) {
  Breaker breaker;
  for (int n = 0; n < 4; ++n) breaker.failed(start, 999);
  EXPECT_TRUE(breaker.admits(start));
  breaker.failed(start, 500);
  EXPECT_FALSE(breaker.admits(start + 499ms));
  EXPECT_TRUE(breaker.admits(start + 500ms));
  EXPECT_FALSE(breaker.admits(start + 500ms));
  breaker.succeeded();
  EXPECT_TRUE(breaker.admits(start + 500ms));
}

TEST(Breaker, PausesGrowToAMinute) {
  Breaker breaker;
  for (int n = 0; n < 4; ++n) breaker.failed(start, 999);
  Time now = start;
  for (const Duration pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    breaker.failed(now, 1'000);
    EXPECT_EQ(breaker.until() - now, pause);
    now = breaker.until();
    EXPECT_TRUE(breaker.admits(now));
  }
}

TEST(Breaker, ATryThatNeverLeftLetsAnotherTry) {
  Breaker breaker;
  for (int n = 0; n < 5; ++n) breaker.failed(start, 0);
  EXPECT_TRUE(breaker.admits(start + 1s));
  breaker.did_not_try();
  EXPECT_TRUE(breaker.admits(start + 1s));
}

}  // namespace
}  // namespace settle::http
