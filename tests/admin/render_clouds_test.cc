#include "daemon/admin/render_clouds.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

namespace settle {
namespace {
using namespace std::chrono_literals;

namespace json = boost::json;

const Time start{1'795'425'270s};

TEST(RenderClouds, SayHowEachAnsweredAndNothingThatIsNotKnown) {
  CloudStanding busy;
  busy.name = "aws";
  busy.type = "ec2";
  busy.region = "eu-north-1";
  busy.complete_at = start;
  busy.way_out = {"closed", 2, 3};
  busy.calls[{"launch", "done"}] = 7;
  busy.looks = {20ms, 900ms};
  CloudStanding idle;
  idle.name = "lab";
  idle.type = "simulated";
  const json::value shown = json::parse(clouds_json({busy, idle}));
  const json::value& first = shown.at("clouds").at(0);
  EXPECT_EQ(first.at("cloud").as_string(), "aws");
  EXPECT_EQ(first.at("region").as_string(), "eu-north-1");
  EXPECT_EQ(first.at("breaker").as_string(), "closed");
  EXPECT_EQ(first.at("calls_waiting").as_int64(), 3);
  EXPECT_EQ(first.at("looks").at("p99_ms").as_int64(), 900);
  EXPECT_TRUE(first.at("changes").at("p50_ms").is_null());
  EXPECT_EQ(first.at("calls").at(0).at("count").as_int64(), 7);
  EXPECT_TRUE(first.at("last_complete_listing").is_string());
  const json::value& second = shown.at("clouds").at(1);
  EXPECT_TRUE(second.at("last_complete_listing").is_null());
  EXPECT_TRUE(second.at("quota_last_refused").is_null());
  EXPECT_TRUE(second.at("last_failure").as_string().empty());
}

TEST(RenderClouds, OrphansAreOfGroupsThatNobodyKnowsAndASilentCloudIsNamed) {
  Instance lost;
  lost.id = {"i-1"};
  lost.state = "ACTIVE";
  lost.created = start;
  Instance known = lost;
  known.id = {"i-2"};
  Listed listed;
  listed.listing.emplace().is_complete = true;
  listed.listing->groups[GroupId{"gone"}] = {lost};
  listed.listing->groups[GroupId{"web"}] = {known};
  const Listed silent{std::nullopt, Reason::cloud_throttled};
  const json::value shown =
      json::parse(orphans_json({{"aws", listed}, {"lab", silent}}, {GroupId{"web"}}));
  ASSERT_EQ(shown.at("orphans").as_array().size(), 1U);
  const json::value& orphan = shown.at("orphans").at(0);
  EXPECT_EQ(orphan.at("cloud").as_string(), "aws");
  EXPECT_EQ(orphan.at("instance").as_string(), "i-1");
  EXPECT_EQ(orphan.at("group").as_string(), "gone");
  EXPECT_TRUE(shown.at("clouds").at(0).at("complete").as_bool());
  EXPECT_FALSE(shown.at("clouds").at(1).at("complete").as_bool());
  EXPECT_EQ(shown.at("clouds").at(1).at("failure").as_string(), "CloudThrottled");
}

}  // namespace
}  // namespace settle
