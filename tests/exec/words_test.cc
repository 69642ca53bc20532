#include "daemon/cloud/exec/words.h"

#include <gtest/gtest.h>

#include "tests/cloud/acts.h"

namespace settle::exec {
namespace {

TEST(ExecWords, ALaunchSaysAllThatItIsMadeFrom) {
  GroupSpec spec;
  spec.id = GroupId{"web"};
  spec.launch = {{"image", "web \"9\""}, {"metadata.te\"am", "edge"}};
  Intent intent;
  intent.token = "t-1";
  intent.zone = "a";
  intent.launch_hash = "abcd";
  EXPECT_EQ(act_request(7, "c1", act_of(std::make_shared<const GroupSpec>(spec), intent)),
            R"({"settle":1,"call":7,"op":"launch","cluster":"c1","group":"web","token":"t-1",)"
            R"("zone":"a","launch_hash":"abcd",)"
            R"("launch":{"image":"web \"9\"","metadata.te\"am":"edge"}})");
}

TEST(ExecWords, AChangeNamesItsInstance) {
  GroupSpec spec;
  spec.id = GroupId{"web"};
  Intent intent;
  intent.kind = IntentKind::terminate;
  intent.token = "t-2";
  intent.instance = InstanceId{"i-1"};
  EXPECT_EQ(act_request(8, "c1", act_of(std::make_shared<const GroupSpec>(spec), intent)),
            R"({"settle":1,"call":8,"op":"terminate","cluster":"c1","group":"web","token":"t-2",)"
            R"("instance":"i-1"})");
  EXPECT_EQ(list_request(9, "c1"), R"({"settle":1,"call":9,"op":"list","cluster":"c1"})");
}

TEST(ExecWords, AFindNamesOneInstanceAndAListSaysWhetherItMayBeAskedFor) {
  EXPECT_EQ(find_request(7, "c1", {"i-1"}),
            R"({"settle":1,"call":7,"op":"find","cluster":"c1","instance":"i-1"})");
  EXPECT_TRUE(read_answer(R"({"call": 1, "ok": true, "complete": true, "finds": true,
                              "instances": []})")
                  ->finds);
  EXPECT_FALSE(read_answer(R"({"call": 1, "ok": true, "complete": true, "instances": []})")->finds);
}

TEST(ExecWords, ReadsAListWithEverythingThatIsKnown) {
  const Result<Answer> answer = read_answer(
      R"({"call":9,"ok":true,"complete":true,"later":"ignored","instances":[)"
      R"({"id":"i-1","group":"web","state":"ACTIVE","created":"2026-11-23T09:14:30Z","zone":"a",)"
      R"("launch_hash":"abcd","token":"t-1","protected":true,"draining":false}]})");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->call, 9U);
  EXPECT_TRUE(answer->is_complete);
  ASSERT_EQ(answer->instances.size(), 1U);
  EXPECT_EQ(answer->instances[0].group.value, "web");
  const Instance expected{{"i-1"}, "ACTIVE", Time{std::chrono::seconds{1'795'425'270}},
                          "a",     "abcd",   "t-1",
                          true,    false};
  EXPECT_EQ(answer->instances[0].instance, expected);
}

TEST(ExecWords, WhatDidNotWorkSaysWhatToDoNextAndDoubtIsUnknown) {
  const auto read = [](const std::string& rest) {
    return *read_answer(R"({"call":1,"ok":false)" + rest + "}");
  };
  EXPECT_EQ(read(R"(,"result":"refused","reason":"quota")").result, Acted::Result::refused);
  EXPECT_EQ(read(R"(,"result":"refused","reason":"quota")").why, Reason::cloud_quota);
  EXPECT_EQ(read(R"(,"result":"later","reason":"throttled")").result, Acted::Result::not_now);
  EXPECT_EQ(read(R"(,"result":"unknown")").result, Acted::Result::unknown);
  EXPECT_EQ(read("").result, Acted::Result::unknown);
  EXPECT_EQ(read(R"(,"result":"oops","reason":"oops")").result, Acted::Result::unknown);
}

TEST(ExecWords, WhatIsNoAnswerIsNeverAnEmptyList) {
  for (
      const char* line :
      {"", "hello", "[]", "{}", R"({"call":1})", R"({"ok":true})", R"({"call":"1","ok":true})",
       R"({"call":-1,"ok":true})", R"({"call":1.5,"ok":true})", R"({"call":1,"ok":"yes"})",
       R"({"call":1,"ok":true,"instances":{}})", R"({"call":1,"ok":true,"instances":[1]})",
       R"({"call":1,"ok":true,"instances":[{"id":"i-1","state":"ACTIVE"}]})",
       R"({"call":1,"ok":true,"instances":[{"id":"i","group":"g","state":"A","created":"now"}]})"}) {
    EXPECT_FALSE(read_answer(line).has_value()) << line;
  }
}

}  // namespace
}  // namespace settle::exec
