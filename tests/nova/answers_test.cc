#include "daemon/cloud/nova/answers.h"

#include <gtest/gtest.h>

#include "daemon/cloud/nova/keystone.h"
#include "daemon/cloud/nova/marks.h"

namespace settle::nova {
namespace {
using namespace std::chrono_literals;

const std::string page_text = R"({"servers": [
  {"id": "s-2", "status": "ACTIVE", "created": "2026-11-23T09:14:30Z",
   "OS-EXT-AZ:availability_zone": "hel1-a", "OS-EXT-STS:task_state": null,
   "tags": ["settle:cluster=c1", "settle:group=web", "settle:intent=t-1", "settle:draining"],
   "metadata": {"settle:launch": "abcd", "team": "edge"}},
  {"id": "s-1", "status": "BUILD"}],
  "servers_links": [{"rel": "next", "href": "http://elsewhere/"}]})";

TEST(NovaAnswers, ReadServersWithTheirMarks) {
  const Result<Page> page = read_page(page_text);
  ASSERT_TRUE(page.has_value());
  EXPECT_TRUE(page->has_more);
  ASSERT_EQ(page->servers.size(), 2U);
  const Server& server = page->servers[0];
  EXPECT_EQ(server.cluster, "c1");
  EXPECT_EQ(server.group.value, "web");
  const Instance expected{{"s-2"}, "ACTIVE", Time{1'795'425'270s}, "hel1-a", "abcd", "t-1",
                          false,   true};
  EXPECT_EQ(server.instance, expected);
  EXPECT_EQ(page->servers[1].cluster, "");
}

TEST(NovaAnswers, AServerThatIsBeingDeletedSaysSoWhateverItsStatus) {
  const auto state = [](const std::string& status, const std::string& task) {
    return read_server(R"({"server": {"id": "s", "status": ")" + status +
                       R"(", "OS-EXT-STS:task_state": )" + task + "}}")
        ->instance.state;
  };
  EXPECT_EQ(state("ACTIVE", "\"deleting\""), "DELETING");
  EXPECT_EQ(state("ERROR", "\"soft-deleting\""), "DELETING");
  EXPECT_EQ(state("ACTIVE", "\"powering-off\""), "ACTIVE");
  EXPECT_EQ(state("SHUTOFF", "null"), "SHUTOFF");
}

TEST(NovaAnswers, WhatIsNoListingIsAnErrorAndNeverAnEmptyOne) {
  for (const char* text :
       {"", "<html><body>maintenance</body></html>", "{}", "[]", "null", R"({"servers": {}})",
        R"({"servers": [1]})", R"({"servers": [{"id": "s"}]})",
        R"({"servers": [{"status": "ACTIVE"}]})"}) {
    EXPECT_FALSE(read_page(text).has_value()) << text;
  }
  for (std::size_t cut = 0; cut < page_text.size(); ++cut) {
    EXPECT_FALSE(read_page(page_text.substr(0, cut)).has_value()) << cut;
  }
}

Reply answered(int status, const std::string& message, const std::string& retry_after = {}) {
  Reply reply;
  reply.answer.end = http::End::answered;
  reply.answer.status = status;
  reply.answer.body = R"({"fault": {"code": 0, "message": ")" + message + "\"}}";
  if (!retry_after.empty()) reply.answer.headers = {{"retry-after", retry_after}};
  return reply;
}

void expect(const Judgement& judgement, Acted::Result result, Reason why) {
  EXPECT_EQ(judgement.result, result);
  EXPECT_EQ(judgement.why, why);
}

TEST(NovaAnswers, EachRefusalOfALaunchSaysWhatToDoNext) {
  using Result = Acted::Result;
  const auto launch = [](const Reply& reply) { return judge(reply, IntentKind::launch); };
  expect(launch(answered(403, "Quota exceeded for instances: Requested 1, but already used 10")),
         Result::refused, Reason::cloud_quota);
  expect(launch(answered(413, "Quota exceeded for cores")), Result::refused, Reason::cloud_quota);
  expect(launch(answered(403, "Policy doesn't allow os_compute_api:servers:create")),
         Result::not_now, Reason::cloud_refused);
  expect(launch(answered(400, "Invalid imageRef provided.")), Result::refused,
         Reason::launch_config_invalid);
  expect(launch(answered(409, "Multiple possible networks found")), Result::refused,
         Reason::launch_config_invalid);
  expect(launch(answered(401, "")), Result::not_now, Reason::cloud_refused);
  expect(launch(answered(429, "", "3")), Result::not_now, Reason::cloud_throttled);
  expect(launch(answered(413, "over limit", "3")), Result::not_now, Reason::cloud_throttled);
  expect(launch(answered(503, "", "3")), Result::not_now, Reason::cloud_throttled);
  for (const int status : {200, 300, 500, 502, 503, 504}) {
    expect(launch(answered(status, "")), Result::unknown, Reason::cloud_unreachable);
  }
}

TEST(NovaAnswers, AChangeThatMeetsAnotherTaskIsForLater) {
  expect(judge(answered(409, "Cannot 'delete' while it is in task_state x"), IntentKind::terminate),
         Acted::Result::not_now, Reason::cloud_refused);
  expect(judge(answered(400, ""), IntentKind::drain), Acted::Result::refused,
         Reason::cloud_refused);
}

TEST(NovaAnswers, WhatNeverLeftChangedNothingAndALostLookNeitherDid) {
  Reply reply;
  expect(judge(reply, IntentKind::launch), Acted::Result::not_now, Reason::cloud_unreachable);
  reply.unsent_as = Reason::cloud_throttled;
  expect(judge(reply, IntentKind::launch), Acted::Result::not_now, Reason::cloud_throttled);
  reply.answer.end = http::End::unanswered;
  expect(judge(reply, IntentKind::launch), Acted::Result::unknown, Reason::cloud_unreachable);
  expect(judge_look(reply), Acted::Result::not_now, Reason::cloud_unreachable);
}

TEST(NovaMarks, ANameThatDoesNotFitATagStandsInTheMetadataAndHasToAgreeWithIt) {
  const std::string name(63, 'n');
  const std::string tag = tag_of(Mark::group, name);
  EXPECT_LE(tag.size(), 60U);
  EXPECT_EQ(read_marks({tag}, {{"settle:group", name}}).group.value, name);
  EXPECT_EQ(read_marks({tag}, {{"settle:group", "another"}}).group.value, "");
  EXPECT_EQ(read_marks({tag}, {}).group.value, "");
  EXPECT_EQ(tag_of(Mark::group, "a,b/c").find_first_of(",/"), std::string::npos);
}

TEST(NovaMarks, AServerWithTwoTagsOfOneKindIsNobodys) {
  EXPECT_EQ(read_marks({"settle:group=a"}, {}).group.value, "a");
  EXPECT_EQ(read_marks({"settle:group=a", "settle:group=b"}, {}).group.value, "");
  EXPECT_EQ(read_marks({"settle:groups=a", "settle:group"}, {}).group.value, "");
}

http::Answer login_answer(const std::string& catalogue) {
  http::Answer answer;
  answer.headers = {{"x-subject-token", "t"}};
  answer.body =
      R"({"token": {"issued_at": "2026-11-29T00:00:00.000000Z",
                    "expires_at": "2026-11-29T01:00:00.000000Z", "catalog": [)" +
      catalogue + "]}}";
  return answer;
}

const std::string two_regions = R"({"type": "compute", "endpoints": [
  {"interface": "public", "region_id": "a", "url": "https://a.example.net/v2.1/"},
  {"interface": "public", "region_id": "b", "url": "https://b.example.net/v2.1"},
  {"interface": "admin", "region_id": "b", "url": "https://admin.example.net/v2.1"}]})";

TEST(Keystone, TheCataloguesEndpointIsThatOfRegionAndInterface) {
  const Result<Access> found = read_access(login_answer(two_regions), {"a", "public"});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->compute, "https://a.example.net/v2.1");
  EXPECT_EQ(found->lifetime, Duration{3'600'000});
  EXPECT_EQ(read_access(login_answer(two_regions), {"b", "admin"})->compute,
            "https://admin.example.net/v2.1");
}

TEST(Keystone, ACatalogueThatLeavesInDoubtIsAnError) {
  EXPECT_NE(read_access(login_answer(two_regions), {"", "public"}).error().message.find("region"),
            std::string::npos);
  EXPECT_FALSE(read_access(login_answer(two_regions), {"c", "public"}).has_value());
  EXPECT_FALSE(read_access(login_answer(""), {"", "public"}).has_value());
  http::Answer without_token = login_answer(two_regions);
  without_token.headers.clear();
  EXPECT_FALSE(read_access(without_token, {"a", "public"}).has_value());
}

TEST(Keystone, TheMicroversionIsTheNewestThatBothSidesKnow) {
  const auto version = [](const std::string& most, const std::string& least) {
    return read_microversion(R"({"version": {"version": ")" + most + R"(", "min_version": ")" +
                             least + "\"}}");
  };
  EXPECT_EQ(*version("2.90", "2.1"), "2.90");
  EXPECT_EQ(*version("2.96", "2.1"), "2.90");
  EXPECT_EQ(*version("2.52", "2.1"), "2.52");
  EXPECT_FALSE(version("2.51", "2.1").has_value());
  EXPECT_FALSE(version("2.99", "2.95").has_value());
  EXPECT_FALSE(version("", "").has_value());
  EXPECT_EQ(version_url("https://a.example.net/compute/v2.1/project"),
            "https://a.example.net/compute/v2.1/");
}

TEST(Keystone, APasswordLoginNamesUserAndProjectWithTheirDomains) {
  Login login;
  login.username = "u";
  login.password = "p";
  login.user_domain = "ud";
  login.project = "pr";
  login.project_domain = "pd";
  const http::Call call = login_call("https://k.example.net/identity/", login);
  EXPECT_EQ(call.url, "https://k.example.net/identity/v3/auth/tokens");
  EXPECT_EQ(call.body,
            R"({"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"u",)"
            R"("domain":{"name":"ud"},"password":"p"}}},"scope":{"project":{"name":"pr",)"
            R"("domain":{"name":"pd"}}}}})");
}

}  // namespace
}  // namespace settle::nova
