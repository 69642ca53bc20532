#include "daemon/cloud/simulated_settings.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace settle {
namespace {
using namespace std::chrono_literals;

TEST(SimulatedSettings, ReadDurationsChancesCountsAndLists) {
  const auto read = read_simulated_settings({{"boot_time", "1m30s"},
                                             {"boot_jitter", "0"},
                                             {"list_lag", "250ms"},
                                             {"page_loss", "2.5%"},
                                             {"error_rate", "0.02"},
                                             {"lost_reply", "1"},
                                             {"quota", "12"},
                                             {"tokens", "false"},
                                             {"zones", "a, b,c"},
                                             {"seed", "18446744073709551615"}});
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->boot_time, 90s);
  EXPECT_EQ(read->boot_jitter, 0s);
  EXPECT_EQ(read->list_lag, 250ms);
  EXPECT_EQ(read->page_loss.millionths, 25'000U);
  EXPECT_EQ(read->error_rate.millionths, 20'000U);
  EXPECT_EQ(read->lost_reply.millionths, 1'000'000U);
  EXPECT_EQ(read->quota, 12U);
  EXPECT_FALSE(read->tokens);
  EXPECT_EQ(read->zones, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(read->seed, 18446744073709551615ULL);
}

void refuses(const std::string& key, const std::string& value) {
  const auto read = read_simulated_settings({{key, value}});
  ASSERT_FALSE(read.has_value()) << key << ": " << value;
  EXPECT_EQ(read.error().code, ErrorCode::invalid);
  EXPECT_NE(read.error().message.find(key), std::string::npos) << read.error().message;
}

TEST(SimulatedSettings, RefuseWhatTheyDoNotUnderstand) {
  refuses("boot_tmie", "1m");
  for (const char* text : {"", "1", "m", "1m-1s", "-5s", "99999999999999999999s", "1e3s", "1 m"}) {
    refuses("boot_time", text);
  }
  for (const char* text : {"", "2", "101%", "-1%", "1.5", ".", "0.x", "5%%"}) {
    refuses("error_rate", text);
  }
  refuses("page_size", "0");
  refuses("quota", "-1");
  refuses("tokens", "yes");
  refuses("zones", "a,,b");
}

TEST(SimulatedSettings, ReportEveryErrorAtOnce) {
  const auto read = read_simulated_settings({{"nonsense", "1"}, {"quota", "many"}, {"zones", "a"}});
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(std::count(read.error().message.begin(), read.error().message.end(), '\n'), 1);
}

TEST(SimulatedSettings, AreDocumentedInOrder) {
  const auto& notes = simulated_setting_notes();
  EXPECT_TRUE(std::is_sorted(notes.begin(), notes.end(),
                             [](const auto& a, const auto& b) { return a.key < b.key; }));
}

}  // namespace
}  // namespace settle
