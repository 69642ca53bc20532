// Notifications as Nova's documentation describes them, and what is made of them.
#include "daemon/sources/amqp/nova_notification.h"

#include <string>

#include <gtest/gtest.h>

#include "daemon/codec/json.h"

namespace settle::amqp {
namespace {

constexpr Time received{Duration{1'795'435'200'000}};
const std::string instance =
    R"("uuid":"178b0921-8f85-4257-88b6-2e743b5a975c","state":"active","host":"compute",)";

std::string notification(const std::string& type, const std::string& data) {
  const std::string inner =
      R"({"message_id":"f1a0","publisher_id":"nova-compute:compute","priority":"INFO",)"
      R"("timestamp":"2026-11-23 09:14:30.250000","event_type":")" +
      type + R"(","payload":{"nova_object.name":"InstanceCreatePayload",)" +
      R"("nova_object.namespace":"nova","nova_object.version":"1.12","nova_object.data":{)" + data +
      "}}}";
  std::string body = R"({"oslo.version":"2.0","oslo.message":)";
  append_json_text(body, inner);
  return body + "}";
}

std::string state_after(const std::string& type) {
  const auto read = read_nova_notification(
      notification(type, instance + R"("metadata":{"settle:group":"web"})"), received);
  EXPECT_TRUE(read);
  if (!read || !*read) return {};
  return std::get<InstanceHint>((*read)->claim).state;
}

TEST(NovaNotification, IsAHintThatAnInstanceIsThere) {
  const auto read = read_nova_notification(
      notification("instance.create.end", instance + R"("metadata":{"settle:group":"web"})"),
      received);
  ASSERT_TRUE(read);
  ASSERT_TRUE(read->has_value());
  const Signal& signal = **read;
  EXPECT_EQ(signal.group.value, "web");
  EXPECT_EQ(signal.stamp.id, "f1a0");
  EXPECT_EQ(signal.stamp.at, parse_time("2026-11-23T09:14:30.250Z"));
  EXPECT_EQ(std::get<InstanceHint>(signal.claim).instance.value,
            "178b0921-8f85-4257-88b6-2e743b5a975c");
}

TEST(NovaNotification, SaysWhatBecameOfTheInstance) {
  EXPECT_EQ(state_after("instance.create.end"), "ACTIVE");
  EXPECT_EQ(state_after("instance.create.error"), "ERROR");
  EXPECT_EQ(state_after("instance.delete.end"), "DELETED");
  EXPECT_EQ(state_after("instance.create.start"), "");
  EXPECT_EQ(state_after("compute.exception"), "");
}

TEST(NovaNotification, FindsTheGroupInATag) {
  const auto read = read_nova_notification(
      notification("instance.delete.end",
                   instance + R"("metadata":{},"tags":["a","settle:group=web"])"),
      received);
  ASSERT_TRUE(read && read->has_value());
  EXPECT_EQ((*read)->group.value, "web");
}

TEST(NovaNotification, LeavesOthersInstancesAlone) {
  const auto read = read_nova_notification(
      notification("instance.create.end", instance + R"("metadata":{"team":"web"})"), received);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->has_value());
}

TEST(NovaNotification, RefusesWhatIsNone) {
  for (const std::string& body :
       {std::string("no json"), std::string("{}"), std::string(R"({"oslo.message":"no json"})"),
        std::string(R"({"oslo.message":"{}"})"), std::string(R"({"oslo.message":17})"),
        notification("instance.create.end", R"("uuid":17,"metadata":{"settle:group":"web"})"),
        std::string("[]"), std::string(R"({"oslo.message":"[]"})")}) {
    EXPECT_FALSE(read_nova_notification(body, received)) << body;
  }
}

}  // namespace
}  // namespace settle::amqp
