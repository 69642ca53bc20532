// Addresses in their parts, refused without their passwords.
#include "daemon/base/addresses.h"

#include <gtest/gtest.h>

namespace settle {
namespace {

TEST(AmqpAddress, IsReadFromItsUrl) {
  const auto address = read_amqp_address("amqp://nova:p@ss:word@rabbit.example.net:5673/cells");
  ASSERT_TRUE(address) << address.error().message;
  EXPECT_EQ(address->user, "nova");
  EXPECT_EQ(address->password, "p@ss:word");
  EXPECT_EQ(address->host, "rabbit.example.net");
  EXPECT_EQ(address->port, 5673);
  EXPECT_EQ(address->vhost, "cells");
  EXPECT_EQ(read_amqp_address("amqp://rabbit")->vhost, "/");
}

TEST(AmqpAddress, IsRefusedWithoutItsPassword) {
  for (const char* url : {"http://a", "amqp://", "amqp://hush@h", "amqp://u:hush@h:0",
                          "amqp://u:hush@h:x", "amqp://u:hush@"}) {
    const auto address = read_amqp_address(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().message.find("hush"), std::string::npos);
  }
}

TEST(KafkaAddress, IsReadFromItsUrl) {
  const auto address =
      read_kafka_address("kafka://a:9092,b:9092/decisions?security.protocol=SSL&x=");
  ASSERT_TRUE(address) << address.error().message;
  EXPECT_EQ(address->brokers, "a:9092,b:9092");
  EXPECT_EQ(address->topic, "decisions");
  EXPECT_EQ(address->options.at("security.protocol"), "SSL");
  EXPECT_EQ(address->options.at("x"), "");
}

TEST(KafkaAddress, IsRefusedWithoutItsParts) {
  for (const char* url : {"", "http://a/b", "kafka://", "kafka://a", "kafka:///t", "kafka://a/",
                          "kafka://a/t/u", "kafka://a/t?=hush"}) {
    const auto address = read_kafka_address(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().message.find("hush"), std::string::npos);
  }
}

}  // namespace
}  // namespace settle
