// Parts that wait for what is measured of them: in order, and after a failure none goes on.
#include "daemon/runtime/part_queue.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

namespace settle {
namespace {

using testing::ElementsAre;

const PartQueue::Log log_one{{3, Epoch{1}}, "bus/orders"};
const PartQueue::Log log_two{{3, Epoch{2}}, "bus/orders"};

class PartQueues : public testing::Test {
 protected:
  PartQueue::Place join(const std::string& name, const PartQueue::Log& log = log_one) {
    return queue_.join(log, [this, name](std::string_view word) {
      said_.push_back(name + " " + std::string(word));
    });
  }
  PartQueue queue_;
  std::vector<std::string> said_;
};

TEST_F(PartQueues, LetPartsGoOnInTheOrderInWhichTheyCame) {
  const auto first = join("1");
  const auto second = join("2");
  const auto third = join("3");
  queue_.answer(log_one, third, "merged");
  queue_.answer(log_one, second, "merged");
  EXPECT_THAT(said_, ElementsAre());
  queue_.answer(log_one, first, "merged");
  EXPECT_THAT(said_, ElementsAre("1 merged", "2 merged", "3 merged"));
  EXPECT_FALSE(queue_.has(log_one));
}

TEST_F(PartQueues, LetNoneGoOnBehindOneThatMayNot) {
  const auto first = join("1");
  const auto second = join("2");
  const auto third = join("3");
  queue_.answer(log_one, second, "merged");
  queue_.answer(log_one, first, "full");
  EXPECT_THAT(said_, ElementsAre("1 full", "2 full", "3 full"));
  queue_.answer(log_one, third, "merged");
  EXPECT_EQ(said_.size(), 3U) << "each is told once";
  const auto again = join("1 again");
  queue_.answer(log_one, again, "merged");
  EXPECT_EQ(said_.back(), "1 again merged");
}

TEST_F(PartQueues, KeepLogsAndEpochsApart) {
  const auto first = join("old");
  const auto second = join("new", log_two);
  queue_.answer(log_two, second, "merged");
  EXPECT_THAT(said_, ElementsAre("new merged"));
  EXPECT_TRUE(queue_.has(log_one));
  EXPECT_FALSE(queue_.has(log_two));
}

TEST_F(PartQueues, TakeOneThatJoinsWhileAnotherIsToldOfItsFailure) {
  PartQueue::Place again;
  const auto first = queue_.join(log_one, [&](std::string_view word) {
    said_.push_back("1 " + std::string(word));
    again = join("again");
  });
  queue_.answer(log_one, first, "full");
  EXPECT_THAT(said_, ElementsAre("1 full", "again full"));
  EXPECT_FALSE(queue_.has(log_one));
  queue_.answer(log_one, again, "merged");
  EXPECT_EQ(said_.size(), 2U);
}

TEST(PartQueue, KeepsTheOrderWhicheverThreadAnswers) {
  constexpr int parts = 2'000;
  PartQueue queue;
  std::vector<int> order;
  std::vector<PartQueue::Place> places;
  for (int part = 0; part < parts; ++part) {
    places.push_back(
        queue.join(log_one, [&order, part](std::string_view) { order.push_back(part); }));
  }
  std::atomic<int> next{0};
  const auto answer = [&] {
    for (int part = next++; part < parts; part = next++) {
      queue.answer(log_one, places[static_cast<std::size_t>(part)], "merged");
    }
  };
  std::thread one(answer);
  std::thread two(answer);
  one.join();
  two.join();
  ASSERT_EQ(order.size(), static_cast<std::size_t>(parts));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

}  // namespace
}  // namespace settle
