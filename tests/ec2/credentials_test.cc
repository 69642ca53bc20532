#include "daemon/cloud/ec2/credentials.h"

#include <atomic>
#include <future>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "daemon/cloud/ec2/answers.h"
#include "tests/ec2/fake_metadata.h"

namespace settle::ec2 {
namespace {
using namespace std::chrono_literals;

class SetClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return Time(Duration(now_.load())); }
  void set(const std::string& text) { now_ = read_time(text)->time_since_epoch().count(); }

 private:
  std::atomic<Duration::rep> now_{0};
};

class RoleTest : public testing::Test {
 protected:
  RoleTest() { clock_.set("2026-11-23T09:00:00Z"); }

  Result<Credentials> ask() {
    auto answer = std::make_shared<std::promise<Result<Credentials>>>();
    std::future<Result<Credentials>> future = answer->get_future();
    role_.ask([answer](const Result<Credentials>& given) { answer->set_value(given); });
    return future.get();
  }
  std::string key() {
    const Result<Credentials> given = ask();
    return given ? given->access_key : "";
  }
  /// A renewal goes on beside the calls: asks until there is an answer other than `old`.
  std::string key_after(const std::string& old) {
    std::string now = old;
    while (now == old) now = key();
    return now;
  }

  FakeMetadata service_;
  SetClock clock_;
  RoleCredentials role_{service_.url(), std::make_shared<http::Outbound>(http::OutboundLimits{}),
                        clock_};
};

TEST_F(RoleTest, ComesFromTheMetadataServiceAndIsKeptUntilShortlyBeforeItEnds) {
  service_.grant("A", "2026-11-23T15:00:00Z");
  const Result<Credentials> given = ask();
  ASSERT_TRUE(given.has_value()) << given.error().message;
  EXPECT_EQ(given->access_key, "A");
  EXPECT_EQ(given->secret_key, "s-A");
  EXPECT_EQ(given->session_token, "t-A");
  clock_.set("2026-11-23T14:54:59Z");
  for (int n = 0; n < 10; ++n) EXPECT_EQ(key(), "A");
  EXPECT_EQ(service_.sessions(), 1);
}

TEST_F(RoleTest, IsRenewedAheadOfItsEndWhileTheOldOneIsStillGivenOut) {
  service_.grant("A", "2026-11-23T15:00:00Z");
  EXPECT_EQ(key(), "A");
  service_.grant("B", "2026-11-23T21:00:00Z");
  clock_.set("2026-11-23T14:55:00Z");
  EXPECT_EQ(key(), "A");
  EXPECT_EQ(key_after("A"), "B");
  EXPECT_EQ(service_.sessions(), 2);
}

TEST_F(RoleTest, AServiceThatIsSilentCostsNothingWhileTheOldOneLastsAndIsAskedAgainLater) {
  service_.grant("A", "2026-11-23T15:00:00Z");
  EXPECT_EQ(key(), "A");
  service_.be_silent(true);
  clock_.set("2026-11-23T14:59:00Z");
  EXPECT_EQ(key(), "A");
  clock_.set("2026-11-23T15:00:00Z");
  EXPECT_FALSE(ask().has_value());
  service_.be_silent(false);
  service_.grant("B", "2026-11-23T21:00:00Z");
  EXPECT_FALSE(ask().has_value()) << "it is not hammered";
  clock_.set("2026-11-23T15:00:05Z");
  EXPECT_EQ(key(), "B");
}

TEST_F(RoleTest, AMachineWithoutARoleSaysSo) {
  const Result<Credentials> given = ask();
  ASSERT_FALSE(given.has_value());
  EXPECT_EQ(given.error().message, "this machine has no role");
}

TEST_F(RoleTest, WhatIsNoAnswerIsAnErrorThatHoldsNoneOfIt) {
  for (const char* text :
       {"", "<html>", "[]", R"({"Code":"Failed","SecretAccessKey":"canary"})",
        R"({"Code":"Success","AccessKeyId":"A","SecretAccessKey":"canary","Token":"t"})",
        R"({"Code":"Success","AccessKeyId":"A","SecretAccessKey":"canary","Token":"t",)"
        R"("Expiration":"soon"})"}) {
    const Result<Expiring> read = read_role(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().message.find("canary"), std::string::npos);
  }
}

}  // namespace
}  // namespace settle::ec2
