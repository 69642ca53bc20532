// Octavia's answers, as values: whatever the text, a value or an error.
#include "daemon/cloud/nova/members.h"

#include <gtest/gtest.h>

namespace settle::octavia {
namespace {

nova::Reply answered(int status, const std::string& headers = {}) {
  nova::Reply reply;
  reply.answer.end = http::End::answered;
  reply.answer.status = status;
  if (!headers.empty()) reply.answer.headers.emplace_back("retry-after", headers);
  return reply;
}

TEST(Members, AreReadWithWhatTheyLack) {
  const auto page = read_members(R"({"members": [
      {"id": "m1", "name": "i1", "address": "10.0.0.1", "protocol_port": 80, "weight": 0,
       "admin_state_up": false, "operating_status": "DRAINING", "tags": ["a", 7]},
      {"id": "m2", "provisioning_status": "PENDING_DELETE"}],
      "members_links": [{"rel": "next", "href": "http://x"}]})");
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->has_more);
  ASSERT_EQ(page->members.size(), 2U);
  EXPECT_EQ(page->members[0].port, 80);
  EXPECT_FALSE(page->members[0].gets_work());
  EXPECT_EQ(page->members[0].tags, std::vector<std::string>{"a"});
  EXPECT_TRUE(page->members[1].is_going());
}

TEST(Members, WhatIsNoListingIsAnError) {
  for (const char* text : {"", "[]", "{}", R"({"members": 7})", R"({"members": [7]})",
                           R"({"members": [{"name": "without an id"}]})"}) {
    EXPECT_FALSE(read_members(text)) << text;
  }
}

TEST(Members, APoolIsNamedByOneAlone) {
  EXPECT_EQ(*read_pool(R"({"pools": [{"id": "p1"}]})"), "p1");
  for (const char* text : {"", R"({"pools": []})", R"({"pools": [{}]})",
                           R"({"pools": [{"id": "p1"}, {"id": "p2"}]})"}) {
    EXPECT_FALSE(read_pool(text)) << text;
  }
}

TEST(Members, TheAddressIsAFixedOneOfVersionFourWhereThereIsOne) {
  const std::string server = R"({"server": {"id": "i", "addresses": {
      "z": [{"addr": "fd00::1", "version": 6, "OS-EXT-IPS:type": "fixed"}],
      "a": [{"addr": "203.0.113.5", "version": 4, "OS-EXT-IPS:type": "floating"},
            {"addr": "fd00::2", "version": 6, "OS-EXT-IPS:type": "fixed"},
            {"addr": "10.0.0.7", "version": 4, "OS-EXT-IPS:type": "fixed"}]}}})";
  EXPECT_EQ(*read_address(server, ""), "10.0.0.7");
  EXPECT_EQ(*read_address(server, "z"), "fd00::1");
  EXPECT_FALSE(read_address(server, "none"));
  EXPECT_FALSE(read_address(R"({"server": {"id": "i", "addresses": {}}})", ""));
  EXPECT_FALSE(read_address("no JSON", ""));
}

TEST(Members, AnswersAreJudgedByWhatToDoNext) {
  const auto result = [](const nova::Reply& reply) { return judge_change(reply).result; };
  EXPECT_EQ(result(answered(409)), Acted::Result::not_now);
  EXPECT_EQ(result(answered(429)), Acted::Result::not_now);
  EXPECT_EQ(result(answered(503, "5")), Acted::Result::not_now);
  EXPECT_EQ(result(answered(503)), Acted::Result::unknown);
  EXPECT_EQ(result(answered(401)), Acted::Result::not_now);
  EXPECT_EQ(result(answered(400)), Acted::Result::refused);
  EXPECT_EQ(result(answered(403)), Acted::Result::refused);
  EXPECT_EQ(result(nova::Reply{}), Acted::Result::not_now);  // It never left.
  EXPECT_EQ(judge_reading(answered(500)).result, Acted::Result::not_now);
}

}  // namespace
}  // namespace settle::octavia
