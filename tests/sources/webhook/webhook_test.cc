#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "daemon/codec/json.h"
#include "daemon/sources/webhook/signature.h"
#include "daemon/sources/webhook/webhook_source.h"
#include "tests/sources/intake.h"

namespace settle::webhook {
namespace {

using namespace std::chrono_literals;

constexpr Time noon{Duration{1'795'435'200'000}};

std::string fresh_folder() {
  std::string folder = std::filesystem::temp_directory_path() / "settle-webhook-XXXXXX";
  EXPECT_NE(::mkdtemp(folder.data()), nullptr);
  return folder;
}

SpecPointer group() {
  auto spec = std::make_shared<GroupSpec>();
  spec->id = {"web"};
  spec->policies = {{"burst", WebhookPolicy{}, {}}, {"page", AlertPolicy{}, {}}};
  return spec;
}

struct Stage {
  explicit Stage(std::string signing_key = "", int calls_per_minute = 60) {
    Settings settings;
    settings.name = "calls";
    settings.pass_file = file;
    settings.calls_per_minute = calls_per_minute;
    source = open_webhook_source(settings, [signing_key] { return signing_key; });
    source->begin(intake);
    source->follow({group()});
  }
  ~Stage() {
    source->end();
    std::filesystem::remove_all(folder);
  }

  std::string pass_for(const std::string& policy, Duration length = 1h) {
    const std::string token = *draw_token();
    const Pass pass{hash_of(token), {"web"}, policy, now + length};
    EXPECT_TRUE(change_passes(file, [&](std::vector<Pass>& passes) { passes.push_back(pass); }));
    return token;
  }
  HookAnswer call(const std::string& token, std::map<std::string, std::string> headers = {},
                  const std::string& body = "") {
    HookAnswer given{0, {}, {}};
    source->receive({token, std::move(headers), body, now},
                    [&given](const HookAnswer& answer) { given = answer; });
    return given;
  }

  const std::string folder = fresh_folder();
  const std::string file = folder + "/webhooks";
  Time now = noon;
  KeptIntake intake;
  std::unique_ptr<HookSource> source;
};

TEST(Pass, TokensAre256BitsAndNeverTheSame) {
  const std::string one = *draw_token();
  EXPECT_EQ(one.size(), 43U);
  EXPECT_EQ(
      one.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  EXPECT_NE(one, *draw_token());
  EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
      << "FIPS 180-2, appendix B.1";
}

TEST(Pass, AFileIsReadBackAsItWasWrittenAndWhatIsNoneIsNamed) {
  const std::vector<Pass> passes{{hash_of("a"), {"web"}, "burst", noon},
                                 {hash_of("b"), {"db.eu-1"}, "more", noon + 1h}};
  const auto read = read_passes(write_passes(passes));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, passes);
  const std::string good = hash_of("a") + " web/burst 2026-11-23T09:00:00Z";
  EXPECT_TRUE(read_passes("# remark\r\n\n" + good + "\r\n"));
  for (const std::string& bad :
       {good + " more", good.substr(1), hash_of("a") + " web 2026-11-23T09:00:00Z",
        hash_of("a") + " web/burst never", std::string("x")}) {
    const auto refused = read_passes(good + "\n" + bad + "\n");
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().message, "line 2 is no pass: HASH GROUP/POLICY EXPIRES");
  }
}

TEST(Signature, IsOfTimePathAndBody) {
  EXPECT_EQ(sign("key", "1795435200", "tok", "body"),
            "cc2bc3633bc48c2d2a304787054faef2a45fbbbfb28751ee6418299cadb4b9f0")
      << "as Python's hmac has it";
  const std::string time = std::to_string(noon.time_since_epoch().count() / 1'000);
  const std::map<std::string, std::string> headers{
      {"settle-timestamp", time}, {"settle-signature", "v1=" + sign("key", time, "tok", "body")}};
  EXPECT_TRUE(verified("key", headers, "tok", "body", noon));
  EXPECT_TRUE(verified("key", headers, "tok", "body", noon + 5min));
  EXPECT_FALSE(verified("key", headers, "tok", "body", noon + 5min + 1ms)) << "too old";
  EXPECT_FALSE(verified("key", headers, "tok", "body", noon - 6min)) << "from the future";
  EXPECT_FALSE(verified("key", headers, "tok", "other", noon));
  EXPECT_FALSE(verified("key", headers, "other", "body", noon));
  EXPECT_FALSE(verified("other", headers, "tok", "body", noon));
  EXPECT_FALSE(verified("key", {}, "tok", "body", noon));
  for (const char* odd : {"", "soon", "-1", "1e9", "99999999999999999999", " 1"}) {
    EXPECT_FALSE(verified(
        "key",
        {{"settle-timestamp", odd}, {"settle-signature", "v1=" + sign("key", odd, "tok", "body")}},
        "tok", "body", noon))
        << odd;
  }
}

TEST(WebhookSource, ATokenLetsItsPolicyFire) {
  Stage stage;
  const std::string token = stage.pass_for("burst");
  EXPECT_EQ(stage.call(token).status, 202);
  const auto signals = stage.intake.take(1);
  ASSERT_EQ(signals.size(), 1U);
  EXPECT_EQ(signals[0].group.value, "web");
  EXPECT_EQ(std::get<AdjustClaim>(signals[0].claim), (AdjustClaim{"burst"}));
  EXPECT_EQ(signals[0].stamp.at, noon);
  EXPECT_EQ(signals[0].stamp.source, "/sources/calls/" + hash_of(token).substr(0, 12));
  EXPECT_EQ(stage.call(token).status, 202);
  EXPECT_NE(stage.intake.take(1).at(0).stamp.id, signals[0].stamp.id) << "each call is its own";
}

TEST(WebhookSource, WhateverIsWrongLooksTheSame) {
  Stage stage;
  const std::string good = stage.pass_for("burst");
  const std::string alert = stage.pass_for("page");
  const std::string nobody = stage.pass_for("nobody");
  const std::string expired = stage.pass_for("burst", -1ms);
  const std::string revoked = stage.pass_for("burst");
  ASSERT_TRUE(change_passes(stage.file, [&](std::vector<Pass>& passes) {
    std::erase_if(passes, [&](const Pass& pass) { return pass.hash == hash_of(revoked); });
  }));
  for (const std::string& wrong :
       {std::string(), std::string("guess"), hash_of(good), alert, nobody, expired, revoked,
        good + "x", good + "/", std::string("\xff\x00", 2)}) {
    const HookAnswer answer = stage.call(wrong);
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.detail, "There is nothing to be sent to.");
  }
  EXPECT_TRUE(stage.intake.take(0).empty());
  EXPECT_EQ(stage.call(good).status, 202);
}

TEST(WebhookSource, ARepetitionIsTheSameEvent) {
  Stage stage;
  const std::string token = stage.pass_for("burst");
  EXPECT_EQ(stage.call(token, {{"idempotency-key", "order-7"}}).status, 202);
  EXPECT_EQ(stage.call(token, {{"idempotency-key", "order-7"}}).status, 202);
  const auto signals = stage.intake.take(2);
  EXPECT_EQ(signals[0].stamp.id, signals[1].stamp.id);
  EXPECT_EQ(stage.call(token, {{"idempotency-key", "a\nb"}}).status, 404);
}

TEST(WebhookSource, WhereThereIsAKeyACallMustBeSigned) {
  Stage stage("s1gning");
  const std::string token = stage.pass_for("burst");
  EXPECT_EQ(stage.call(token).status, 404);
  const std::string time = std::to_string(noon.time_since_epoch().count() / 1'000);
  const std::map<std::string, std::string> headers{
      {"settle-timestamp", time}, {"settle-signature", "v1=" + sign("s1gning", time, token, "{}")}};
  EXPECT_EQ(stage.call(token, headers, "{}").status, 202);
  EXPECT_EQ(stage.call(token, headers, "{}").status, 202) << "a replay is the same event";
  const auto signals = stage.intake.take(2);
  EXPECT_EQ(signals[0].stamp.id, signals[1].stamp.id);
  EXPECT_EQ(stage.call(token, headers, "{ }").status, 404);
  stage.now += 6min;
  EXPECT_EQ(stage.call(token, headers, "{}").status, 404);
}

TEST(WebhookSource, APassIsGoodForSoManyCallsAMinute) {
  Stage stage("", 3);
  const std::string token = stage.pass_for("burst");
  const std::string other = stage.pass_for("burst");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(stage.call(token).status, 202);
  EXPECT_EQ(stage.call(token).status, 429);
  EXPECT_EQ(stage.call(other).status, 202) << "each has its own";
  stage.now += 20s;
  EXPECT_EQ(stage.call(token).status, 202);
  EXPECT_EQ(stage.call(token).status, 429);
  stage.now -= 1h;
  EXPECT_EQ(stage.call(token).status, 429) << "a clock that goes back gives nothing";
}

TEST(WebhookSource, IsAnsweredOnlyOnceItIsHeld) {
  Stage stage;
  const std::string token = stage.pass_for("burst");
  stage.intake.judge_by([](const Signal&) { return Receipt::full; });
  EXPECT_EQ(stage.call(token).status, 503);
  stage.intake.judge_by({});
  stage.intake.fall_silent();
  int status = 0;
  stage.source->receive({token, {}, "", noon},
                        [&status](const HookAnswer& answer) { status = answer.status; });
  EXPECT_EQ(status, 0);
  stage.source->end();
  EXPECT_EQ(status, 503);
  stage.intake.answer();
  EXPECT_EQ(status, 503) << "answered once";
}

TEST(WebhookSource, AFileThatCannotBeReadOpensNoDoor) {
  Stage stage;
  const std::string token = stage.pass_for("burst");
  EXPECT_EQ(stage.call(token).status, 202);
  std::ofstream(stage.file, std::ios::app) << "spoiled\n";
  EXPECT_EQ(stage.call(token).status, 503);
  EXPECT_EQ(stage.source->report().state, "failing");
  EXPECT_FALSE(change_passes(stage.file, [](std::vector<Pass>&) {})) << "and is not written over";
}

}  // namespace
}  // namespace settle::webhook
