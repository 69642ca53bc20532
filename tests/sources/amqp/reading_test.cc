// An event out of a message and its headers.
#include "daemon/sources/amqp/reading.h"

#include <gtest/gtest.h>

namespace settle::amqp {
namespace {

TEST(AmqpReading, ReadsAnEventInHeaders) {
  Message message;
  message.body = R"({"policy":"push"})";
  message.headers = {{"cloudEvents:specversion", "1.0"},
                     {"cloudEvents:id", "7"},
                     {"cloudEvents:source", "/shop"},
                     {"cloudEvents:subject", "web"},
                     {"cloudEvents:type", "io.settle.adjust.v1"}};
  message.at = Time(Duration{1'795'435'200'000});
  const auto signal = read_event(message, Time{});
  ASSERT_TRUE(signal) << signal.error().message;
  EXPECT_EQ(signal->stamp.at, *message.at);
}

}  // namespace
}  // namespace settle::amqp
