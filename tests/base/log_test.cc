#include "daemon/base/log.h"

#include <string>

#include <gtest/gtest.h>

namespace settle {
namespace {

constexpr LogOptions journald{.level = LogLevel::info, .format = LogFormat::journald};

std::string value_of(const std::string& value) {
  std::string line = log_line(journald, LogLevel::info, "e", {{"k", value}});
  return line.substr(std::string("<6>e k=").size(), line.size() - std::string("<6>e k=\n").size());
}

TEST(Log, BeginsALineForJournaldWithItsPriority) {
  EXPECT_EQ(log_line(journald, LogLevel::warning, "journal-failed", {{"error", "disk full"}}),
            "<4>journal-failed error=\"disk full\"\n");
  EXPECT_EQ(log_line(journald, LogLevel::error, "e", {}), "<3>e\n");
  EXPECT_EQ(log_line(journald, LogLevel::debug, "e", {}), "<7>e\n");
}

TEST(Log, BearsTheTimeInPlainText) {
  const LogOptions plain{.level = LogLevel::info, .format = LogFormat::plain, .now = [] {
                           return Time{Duration{1'795'425'270'250}};
                         }};
  EXPECT_EQ(log_line(plain, LogLevel::info, "group-paused", {{"group", "web"}, {"round", 7}}),
            "2026-11-23T09:14:30.250Z info group-paused group=web round=7\n");
}

TEST(Log, WritesNumbersAndTruthsAsTheyAre) {
  EXPECT_EQ(log_line(journald, LogLevel::info, "e",
                     {{"a", 18'446'744'073'709'551'615U}, {"b", -3}, {"c", true}}),
            "<6>e a=18446744073709551615 b=-3 c=true\n");
}

TEST(Log, LetsNoValueBeginAnotherLine) {
  EXPECT_EQ(value_of("a\nb"), R"("a\x0ab")");
  EXPECT_EQ(value_of("a\r\n<3>b"), R"("a\x0d\x0a<3>b")");
  EXPECT_EQ(value_of(std::string("a\0b", 3)), R"("a\x00b")");
  EXPECT_EQ(value_of("\x1b[31mred"), R"("\x1b[31mred")");
  // U+009B, as UTF-8 and as a lone byte.
  EXPECT_EQ(value_of("\xc2\x9b"), R"("\xc2\x9b")");
  EXPECT_EQ(value_of("\x9b"), R"("\x9b")");
}

TEST(Log, QuotesWhatCouldBeReadAsAnotherField) {
  EXPECT_EQ(value_of("a b=c"), R"("a b=c")");
  EXPECT_EQ(value_of("a=c"), R"("a=c")");
  EXPECT_EQ(value_of(R"(say "hi" \o/)"), R"("say \"hi\" \\o/")");
  EXPECT_EQ(value_of(""), R"("")");
  EXPECT_EQ(value_of("zürich"), "zürich");
}

TEST(Log, CutsALineThatIsTooLong) {
  const std::string line =
      log_line(journald, LogLevel::info, "e", {{"k", std::string(100'000, ' ')}, {"l", "lost"}});
  EXPECT_LT(line.size(), 8300U);
  EXPECT_TRUE(line.ends_with("cut=true\n"));
}

}  // namespace
}  // namespace settle
