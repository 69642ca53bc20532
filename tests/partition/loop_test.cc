#include "daemon/partition/loop.h"

#include <thread>

#include <gtest/gtest.h>

#include "tests/partition/engine.h"

namespace settle {
namespace {

struct StillClock final : Clock {
  Time at{Duration{1'000'000}};
  [[nodiscard]] Time now() const override { return at; }
};

struct RecordingWorld final : World {
  std::vector<Effect> started;
  void start(std::vector<Effect> effects) override {
    for (Effect& effect : effects) started.push_back(std::move(effect));
  }
};

Event arrival(std::uint64_t n) {
  return Arrived{
      {{"nobody"}, {Time{Duration{1'000'000}}, "test", std::to_string(n)}, AdjustClaim{}},
      Ticket{n}};
}

struct Fixture {
  StillClock clock;
  RecordingWorld world;
  Loop loop;
  explicit Fixture(Loop::Limits limits)
      : loop(limits, Partition({0, Epoch{1}, "test", "0", "0"}, {}, {}), clock, world) {
    engine::script() = {};
  }
};

TEST(Loop, RefusesArrivalsWhenItIsFullButNeverAnswers) {
  Fixture f({2, 10});
  EXPECT_TRUE(f.loop.offer(arrival(1)));
  EXPECT_TRUE(f.loop.offer(arrival(2)));
  EXPECT_FALSE(f.loop.offer(arrival(3)));
  EXPECT_TRUE(f.loop.offer(Event{Committed{}}));
  EXPECT_TRUE(f.loop.offer(Event{TimeReached{}}));
}

TEST(Loop, TakesABatchWholeOrNotAtAll) {
  Fixture f({3, 10});
  EXPECT_TRUE(f.loop.offer(arrival(1)));
  EXPECT_FALSE(f.loop.offer(std::vector<Event>{arrival(2), arrival(3), arrival(4)}));
  EXPECT_TRUE(f.loop.offer(std::vector<Event>{arrival(2), arrival(3)}));
}

TEST(Loop, HandlesABoundedNumberOfEventsATurn) {
  Fixture f({100, 2});
  for (std::uint64_t n = 1; n <= 5; ++n) ASSERT_TRUE(f.loop.offer(arrival(n)));
  EXPECT_TRUE(f.loop.turn());
  EXPECT_TRUE(f.loop.turn());
  EXPECT_FALSE(f.loop.turn());
  EXPECT_FALSE(f.loop.turn());
}

TEST(Loop, KeepsTheOrderOfArrival) {
  Fixture f({100, 100});
  for (std::uint64_t n = 1; n <= 3; ++n) ASSERT_TRUE(f.loop.offer(arrival(n)));
  (void)f.loop.turn();
  std::vector<std::uint64_t> answered;
  for (const Effect& effect : f.world.started) {
    if (const auto* answer = std::get_if<Answered>(&effect)) {
      answered.push_back(static_cast<std::uint64_t>(answer->ticket));
    }
  }
  EXPECT_EQ(answered, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(Loop, IsOpenToEveryThread) {
  Fixture f({100'000, 1'000});
  const auto send = [&](std::uint64_t from) {
    for (std::uint64_t n = from; n < from + 1'000; ++n) EXPECT_TRUE(f.loop.offer(arrival(n)));
  };
  std::thread one(send, 1);
  std::thread two(send, 10'001);
  for (int turn = 0; turn < 100; ++turn) (void)f.loop.turn();
  one.join();
  two.join();
  while (f.loop.turn()) {
  }
  std::size_t answers = 0;
  for (const Effect& effect : f.world.started) answers += std::holds_alternative<Answered>(effect);
  EXPECT_EQ(answers, 2'000U);
}

}  // namespace
}  // namespace settle
