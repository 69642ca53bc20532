#include "daemon/cloud/ec2/notices.h"

#include <string>

#include <gtest/gtest.h>

namespace settle::ec2 {
namespace {
using namespace std::chrono_literals;

constexpr Time start{std::chrono::hours(24 * 20'000)};

const std::string events_text = R"(<DescribeInstanceStatusResponse><instanceStatusSet>
  <item><instanceId>i-1</instanceId><eventsSet><item><code>instance-retirement</code>
    <description>The instance is running on degraded hardware</description>
    <notBefore>2026-11-24T09:00:00.000Z</notBefore></item></eventsSet></item>
  <item><instanceId>i-2</instanceId><eventsSet><item><code>instance-stop</code>
    <description>[Completed] It is over</description></item></eventsSet></item>
  <item><instanceId>i-3</instanceId><eventsSet><item><code>system-reboot</code>
    <description>It comes back</description></item></eventsSet></item>
  <item><instanceId>i-4</instanceId><eventsSet><item><code>instance-stop</code>
    <description>[Canceled] Not after all</description></item>
    <item><code>instance-stop</code><description>Another</description></item></eventsSet></item>
</instanceStatusSet><nextToken>more</nextToken></DescribeInstanceStatusResponse>)";

const std::string spot_text = R"(<DescribeSpotInstanceRequestsResponse><spotInstanceRequestSet>
  <item><instanceId>i-1</instanceId><status><code>marked-for-termination</code></status></item>
  <item><instanceId>i-2</instanceId><status><code>fulfilled</code></status></item>
  <item><status><code>marked-for-termination</code></status></item>
</spotInstanceRequestSet></DescribeSpotInstanceRequestsResponse>)";

TEST(Ec2Notices, AreOfThoseThatAreToGoAndNotOfWhatIsOver) {
  const Result<NoticePage> events = read_notices(NoticeKind::event, events_text);
  ASSERT_TRUE(events.has_value());
  EXPECT_EQ(events->instances, (std::set<InstanceId>{{"i-1"}, {"i-4"}}));
  EXPECT_EQ(events->next, "more");
  const Result<NoticePage> spot = read_notices(NoticeKind::interruption, spot_text);
  ASSERT_TRUE(spot.has_value());
  EXPECT_EQ(spot->instances, (std::set<InstanceId>{{"i-1"}}));
  EXPECT_EQ(spot->next, "");
}

TEST(Ec2Notices, WhatIsNoAnswerIsNoNotice) {
  for (const std::string& text : {std::string(), std::string("<html/>"), events_text}) {
    EXPECT_FALSE(read_notices(NoticeKind::interruption, text).has_value()) << text;
  }
  for (std::size_t cut = 0; cut < events_text.size(); ++cut) {
    EXPECT_FALSE(read_notices(NoticeKind::event, events_text.substr(0, cut)).has_value()) << cut;
  }
}

TEST(Ec2Notices, AreAskedForAtAConstantRateAndForSpotWhereThereIsAny) {
  NoticeBoard board;
  EXPECT_EQ(board.due(false, start), NoticeKind::event);
  EXPECT_EQ(board.due(false, start), std::nullopt);
  EXPECT_EQ(board.due(true, start), NoticeKind::interruption);
  int questions = 0;
  for (Time now = start + 1s; now <= start + 10min; now += 1s) {
    while (board.due(true, now)) ++questions;
  }
  EXPECT_EQ(questions, 10 + 40);
  EXPECT_NE(board.due(false, start), std::nullopt) << "a clock that goes back is no reason to wait";
}

TEST(Ec2Notices, ShowARunningInstanceAsRetiringUntilTheyAreTakenBack) {
  NoticeBoard board;
  Listing listing;
  const auto show = [&listing](const char* id, const char* state) {
    Instance instance;
    instance.id.value = id;
    instance.state = state;
    listing.groups[GroupId{"web"}].push_back(instance);
  };
  const auto state_of = [&](std::size_t n) { return listing.groups[GroupId{"web"}][n].state; };
  show("i-1", "running");
  show("i-2", "stopped");
  show("i-3", "running");
  board.set(NoticeKind::event, {{"i-1"}, {"i-2"}, {"of-somebody-else"}});
  board.mark(listing);
  EXPECT_EQ(state_of(0), "retiring");
  EXPECT_EQ(state_of(1), "stopped");
  EXPECT_EQ(state_of(2), "running");
  board.set(NoticeKind::event, {});
  board.set(NoticeKind::interruption, {{"i-3"}});
  listing.groups.clear();
  show("i-1", "running");
  show("i-3", "running");
  board.mark(listing);
  EXPECT_EQ(state_of(0), "running");
  EXPECT_EQ(state_of(1), "retiring");
}

}  // namespace
}  // namespace settle::ec2
