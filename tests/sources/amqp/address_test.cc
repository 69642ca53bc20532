#include <gtest/gtest.h>

#include "daemon/sources/amqp/connection.h"
#include "daemon/sources/amqp/reading.h"

namespace settle::amqp {
namespace {

TEST(AmqpAddress, IsReadFromItsUrl) {
  const auto address = read_address("amqp://nova:p@ss:word@rabbit.example.net:5673/cells");
  ASSERT_TRUE(address) << address.error().message;
  EXPECT_EQ(address->user, "nova");
  EXPECT_EQ(address->password, "p@ss:word");
  EXPECT_EQ(address->host, "rabbit.example.net");
  EXPECT_EQ(address->port, 5673);
  EXPECT_EQ(address->vhost, "cells");
  EXPECT_EQ(read_address("amqp://rabbit")->vhost, "/");
}

TEST(AmqpAddress, IsRefusedWithoutItsPassword) {
  for (const char* url : {"http://a", "amqp://", "amqp://hush@h", "amqp://u:hush@h:0",
                          "amqp://u:hush@h:x", "amqp://u:hush@"}) {
    const auto address = read_address(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().message.find("hush"), std::string::npos);
  }
}

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
