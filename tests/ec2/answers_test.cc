#include "daemon/cloud/ec2/answers.h"

#include <gtest/gtest.h>

#include "daemon/cloud/ec2/requests.h"
#include "tests/cloud/acts.h"

namespace settle::ec2 {
namespace {
using namespace std::chrono_literals;

const std::string page_text = R"(<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>r</requestId>
  <reservationSet>
    <item><reservationId>r-1</reservationId><instancesSet>
      <item><instanceId>i-2</instanceId><instanceState><code>16</code><name>running</name></instanceState>
        <launchTime>2026-11-23T09:14:30.000Z</launchTime>
        <placement><availabilityZone>eu-north-1b</availabilityZone></placement>
        <tagSet>
          <item><key>settle:cluster</key><value>c1</value></item>
          <item><key>settle:group</key><value>web</value></item>
          <item><key>settle:token</key><value>t-1</value></item>
          <item><key>settle:launch</key><value>abcd</value></item>
          <item><key>settle:draining</key><value>true</value></item>
        </tagSet></item>
      <item><instanceId>i-1</instanceId><instanceState><name>pending</name></instanceState></item>
    </instancesSet></item>
  </reservationSet>
  <nextToken>more</nextToken>
</DescribeInstancesResponse>)";

TEST(Ec2Answers, ReadInstancesWithTheirMarks) {
  const Result<Page> page = read_instances(page_text);
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->next, "more");
  ASSERT_EQ(page->instances.size(), 2U);
  const Marked& marked = page->instances[0];
  EXPECT_EQ(marked.cluster, "c1");
  EXPECT_EQ(marked.group.value, "web");
  const Instance expected{{"i-2"}, "running", Time{1'795'425'270s}, "eu-north-1b", "abcd", "t-1",
                          false,   true};
  EXPECT_EQ(marked.instance, expected);
  EXPECT_EQ(page->instances[1].cluster, "");
}

TEST(Ec2Answers, WhatIsNoListingIsAnErrorAndNeverAnEmptyOne) {
  for (const char* text :
       {"", "<html><body>maintenance</body></html>", "{}", "<DescribeInstancesResponse/>",
        "<DescribeInstancesResponse><reservationSet><item><instancesSet><item/></instancesSet>"
        "</item></reservationSet></DescribeInstancesResponse>"}) {
    EXPECT_FALSE(read_instances(text).has_value()) << text;
  }
  for (std::size_t cut = 0; cut < page_text.size(); ++cut) {
    EXPECT_FALSE(read_instances(page_text.substr(0, cut)).has_value()) << cut;
  }
}

http::Answer answer(int status, const std::string& code) {
  http::Answer made;
  made.end = http::End::answered;
  made.status = status;
  if (!code.empty()) {
    made.body = "<Response><Errors><Error><Code>" + code +
                "</Code><Message>m</Message></Error></Errors></Response>";
  }
  return made;
}

TEST(Ec2Answers, EachErrorSaysWhatToDoNext) {
  using R = Acted::Result;
  struct Row {
    http::Answer answer;
    R result;
    Reason why;
  };
  http::Answer lost;
  lost.end = http::End::unanswered;
  const Row rows[] = {
      {answer(503, "RequestLimitExceeded"), R::not_now, Reason::cloud_throttled},
      {answer(500, "InsufficientInstanceCapacity"), R::refused, Reason::cloud_no_capacity},
      {answer(400, "VcpuLimitExceeded"), R::refused, Reason::cloud_quota},
      {answer(400, "InvalidAMIID.NotFound"), R::refused, Reason::launch_config_invalid},
      {answer(401, "AuthFailure"), R::not_now, Reason::cloud_refused},
      {answer(400, "OperationNotPermitted"), R::refused, Reason::cloud_refused},
      {answer(400, "IdempotentParameterMismatch"), R::refused, Reason::cloud_refused},
      {answer(500, "InternalError"), R::unknown, Reason::cloud_unreachable},
      {answer(502, ""), R::unknown, Reason::cloud_unreachable},
      {answer(429, ""), R::not_now, Reason::cloud_throttled},
      {answer(503, ""), R::not_now, Reason::cloud_unreachable},
      {http::Answer{}, R::not_now, Reason::cloud_unreachable},
      {lost, R::unknown, Reason::cloud_unreachable},
  };
  for (const Row& row : rows) {
    const Judgement judgement = judge(row.answer);
    EXPECT_EQ(judgement.result, row.result) << row.answer.body;
    EXPECT_EQ(judgement.why, row.why) << row.answer.body;
  }
}

std::string value_of(const Parameters& parameters, const std::string& key) {
  for (const auto& [name, value] : parameters) {
    if (name == key) return value;
  }
  return "(none)";
}

TEST(Ec2Requests, ALaunchBearsItsTokenAndAllItsMarksInTheRequestItself) {
  GroupSpec spec;
  spec.id = GroupId{"web"};
  spec.zones = {"a", "b"};
  spec.launch = {{"image", "ami-1"},
                 {"flavor", "m5.large"},
                 {"networks", "net-a,net-b"},
                 {"security_groups", "sg-1,sg-2"},
                 {"user_data", "#cloud-config"},
                 {"metadata.team", "edge"},
                 {"metadata.settle:group", "forged"}};
  Intent intent;
  intent.token = "t-1";
  intent.zone = "b";
  intent.launch_hash = "abcd";
  const Parameters made =
      run_one(act_of(std::make_shared<const GroupSpec>(spec), intent), "c1", {"m5.large", "b"});
  EXPECT_EQ(value_of(made, "Action"), "RunInstances");
  EXPECT_EQ(value_of(made, "MinCount"), "1");
  EXPECT_EQ(value_of(made, "MaxCount"), "1");
  EXPECT_EQ(value_of(made, "ClientToken"), "t-1");
  EXPECT_EQ(value_of(made, "ImageId"), "ami-1");
  EXPECT_EQ(value_of(made, "InstanceType"), "m5.large");
  EXPECT_EQ(value_of(made, "SubnetId"), "net-b");
  EXPECT_EQ(value_of(made, "Placement.AvailabilityZone"), "b");
  EXPECT_EQ(value_of(made, "SecurityGroupId.2"), "sg-2");
  EXPECT_EQ(value_of(made, "UserData"), "I2Nsb3VkLWNvbmZpZw==");
  EXPECT_EQ(value_of(made, "KeyName"), "(none)");
  const std::vector<std::pair<std::string, std::string>> tags{{"settle:cluster", "c1"},
                                                              {"settle:group", "web"},
                                                              {"settle:token", "t-1"},
                                                              {"settle:launch", "abcd"},
                                                              {"team", "edge"}};
  for (std::size_t n = 0; n < tags.size(); ++n) {
    const std::string prefix = "TagSpecification.1.Tag." + std::to_string(n + 1);
    EXPECT_EQ(value_of(made, prefix + ".Key"), tags[n].first);
    EXPECT_EQ(value_of(made, prefix + ".Value"), tags[n].second);
  }
  EXPECT_EQ(value_of(made, "TagSpecification.1.Tag.6.Key"), "(none)");
}

}  // namespace
}  // namespace settle::ec2
