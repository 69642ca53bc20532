#include "daemon/simulation/script.h"

#include <string>

#include <gtest/gtest.h>

#include "daemon/codec/json.h"

namespace settle {
namespace {

const std::string adjust =
    R"({"specversion":"1.0","type":"io.settle.adjust.v1","source":"s","id":"1","subject":"web",)"
    R"("time":"2026-11-23T09:00:00Z","data":{"policy":"more"}})";

std::string refusal(const std::string& text) {
  const Result<Script> script = read_script(text);
  return script ? "none" : script.error().message;
}

TEST(Script, ReadsEventsInOrderOfTheFile) {
  const Result<Script> script = read_script(adjust + "\n\n" + adjust + "\r\n");
  ASSERT_TRUE(script.has_value()) << script.error().message;
  ASSERT_EQ((*script).lines.size(), 2U);
  EXPECT_EQ((*script).lines[0].number, 1U);
  EXPECT_EQ((*script).lines[1].number, 3U);
  EXPECT_EQ(time_text((*script).lines[0].at.value()), "2026-11-23T09:00:00.000Z");
}

TEST(Script, ABatchIsItsEventsOnOneLine) {
  const Result<Script> script = read_script("[" + adjust + "," + adjust + "]\n");
  ASSERT_TRUE(script.has_value()) << script.error().message;
  EXPECT_EQ((*script).lines.size(), 2U);
}

TEST(Script, OneBadEventOfABatchLeavesTheOthers) {
  const Result<Script> script = read_script("[" + adjust + R"(,{"type":"nonsense"}])" + "\n");
  ASSERT_TRUE(script.has_value()) << script.error().message;
  EXPECT_EQ((*script).lines.size(), 1U);
  ASSERT_EQ((*script).refused.size(), 1U);
  EXPECT_EQ((*script).refused[0].line, 1U);
}

TEST(Script, AnEventThatCanNeverWorkIsADeadLetter) {
  const Result<Script> script = read_script(adjust + "\n{\"type\":\"nonsense\"}\n42\n");
  ASSERT_TRUE(script.has_value()) << script.error().message;
  EXPECT_EQ((*script).lines.size(), 1U);
  ASSERT_EQ((*script).refused.size(), 2U);
  EXPECT_EQ((*script).refused[0].line, 2U);
  EXPECT_EQ((*script).refused[0].reason, "Invalid");
  EXPECT_FALSE((*script).refused[0].why.empty());
}

TEST(Script, ALineThatIsNoJsonIsAnErrorThatNamesIt) {
  EXPECT_TRUE(refusal(adjust + "\n{\"type\":\n").starts_with("line 2: this is not JSON"));
  EXPECT_TRUE(refusal("[1,\n").starts_with("line 1: this is not JSON"));
}

TEST(Script, ReadsWhatTheCloudShows) {
  const Result<Script> script = read_script(
      R"({"at":"2026-11-23T09:00:00Z","observe":{"group":"web","complete":false,"instances":[)"
      R"({"id":"b","state":"BUILD","created":"2026-11-23T08:00:00Z","zone":"z","launch_hash":"h",)"
      R"("protected":true},{"id":"a","state":"ACTIVE"}]}})");
  ASSERT_TRUE(script.has_value()) << script.error().message;
  const auto& statement = std::get<Statement>((*script).lines.at(0).content);
  EXPECT_EQ(statement.group.value, "web");
  EXPECT_FALSE(statement.shows.is_complete);
  ASSERT_EQ(statement.shows.instances.size(), 2U);
  EXPECT_EQ(statement.shows.instances[0].id.value, "a");
  const Instance& b = statement.shows.instances[1];
  EXPECT_EQ(b.state, "BUILD");
  EXPECT_EQ(time_text(b.created), "2026-11-23T08:00:00.000Z");
  EXPECT_EQ(b.zone, "z");
  EXPECT_EQ(b.launch_hash, "h");
  EXPECT_TRUE(b.is_protected);
}

TEST(Script, RefusesAStatementThatItCannotUnderstand) {
  const auto refuses = [](const std::string& observe, const std::string& why) {
    const std::string message =
        refusal(R"({"at":"2026-11-23T09:00:00Z","observe":)" + observe + "}");
    EXPECT_NE(message.find(why), std::string::npos) << message;
    EXPECT_TRUE(message.starts_with("line 1: ")) << message;
  };
  refuses("[]", "is an object");
  refuses(R"({"instances":[]})", "name of a group");
  refuses(R"({"group":"web"})", "needs \"instances\"");
  refuses(R"({"group":"web","complete":"yes","instances":[]})", "true or false");
  refuses(R"({"group":"web","instances":[{"state":"ACTIVE"}]})", "needs an id");
  refuses(R"({"group":"web","instances":[{"id":"a","stat":"ACTIVE"}]})", "has no \"stat\"");
  refuses(R"({"group":"web","instances":[{"id":"a","created":"noon"}]})", "wrong type");
  refuses(R"({"group":"web","instances":[{"id":"a"},{"id":"a"}]})", "listed twice");
  EXPECT_NE(refusal(R"({"observe":{"group":"web","instances":[]}})").find("needs \"at\""),
            std::string::npos);
}

TEST(Script, ReadsWhatHappensToAnInstance) {
  const Result<Script> script = read_script(
      R"({"at":"2026-11-23T09:00:00Z","cloud":{"group":"web","instance":3,"becomes":"ERROR"}})"
      "\n"
      R"({"at":"2026-11-23T09:00:00Z","cloud":{"group":"web","instance":"i-7","becomes":"gone"}})");
  ASSERT_TRUE(script.has_value()) << script.error().message;
  const auto& third = std::get<Mishap>((*script).lines.at(0).content);
  EXPECT_EQ(third.group.value, "web");
  EXPECT_EQ(third.ordinal, 3U);
  EXPECT_EQ(third.becomes, "ERROR");
  EXPECT_TRUE(third.instance.value.empty());
  const auto& named = std::get<Mishap>((*script).lines.at(1).content);
  EXPECT_EQ(named.instance.value, "i-7");
  EXPECT_EQ(named.becomes, Mishap::gone);
}

TEST(Script, RefusesWhatHappensToNobody) {
  for (const char* cloud :
       {"[]", R"({"instance":1,"becomes":"ERROR"})", R"({"group":"web","becomes":"ERROR"})",
        R"({"group":"web","instance":0,"becomes":"ERROR"})", R"({"group":"web","instance":1})"}) {
    const std::string line = R"({"at":"2026-11-23T09:00:00Z","cloud":)" + std::string(cloud) + "}";
    EXPECT_TRUE(refusal(line).starts_with("line 1: ")) << line;
  }
}

TEST(Script, LetsAnOperatorSpeak) {
  const Result<Script> script = read_script(
      R"({"specversion":"1.0","type":"io.settle.operator.pause.v1","source":"s","id":"1",)"
      R"("subject":"web","time":"2026-11-23T09:00:00Z","data":{"paused":true,"owner":"me",)"
      R"("reason":"tests"}})");
  ASSERT_TRUE(script.has_value()) << script.error().message;
  EXPECT_TRUE(script->refused.empty());
  EXPECT_TRUE(std::holds_alternative<Signal>(script->lines.at(0).content));
}

}  // namespace
}  // namespace settle
