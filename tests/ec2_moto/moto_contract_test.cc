// The EC2 adapter against moto's server, through a proxy that loses answers: the contract that
// every cloud keeps, and what only this one promises.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "daemon/cloud/ec2/ec2_cloud.h"
#include "daemon/cloud/ec2/requests.h"
#include "daemon/runtime/paced_time.h"
#include "tests/cloud/contract.h"
#include "tests/ec2_moto/moto.h"
#include "tests/http/raw_server.h"

namespace settle::ec2 {
namespace {
using namespace std::chrono_literals;

constexpr const char* image = "ami-12c6146b";  // One that moto knows.

/// Between adapter and implementation: passes on, or loses the answer after the effect.
class LossyProxy {
 public:
  explicit LossyProxy(int upstream) : upstream_(upstream) {}
  [[nodiscard]] std::string url() const { return server_.url(); }
  void lose_next() { lose_one_in_ = 1; }
  /// Of launches, from now on: every n-th answer.
  void lose_one_in(int n) { lose_one_in_ = n; }
  [[nodiscard]] int lost() const { return lost_; }
  /// Launches of this type are answered as AWS answers where it has no room: moto always has.
  void fill(const std::string& flavor) {
    const std::lock_guard lock(mutex_);
    full_.insert("InstanceType=" + flavor);
  }
  [[nodiscard]] int refused() const { return refused_; }

 private:
  [[nodiscard]] bool is_full(const std::string& request) {
    const std::lock_guard lock(mutex_);
    return std::any_of(full_.begin(), full_.end(), [&request](const std::string& what) {
      return request.find(what) != std::string::npos;
    });
  }
  http::RawReply pass_on(const std::string& request) {
    if (is_full(request)) {
      ++refused_;
      return {http::plain_reply(500,
                                "<Response><Errors><Error><Code>InsufficientInstanceCapacity</Code>"
                                "<Message>none</Message></Error></Errors></Response>")};
    }
    std::string closing = request;
    closing.insert(closing.find("\r\n") + 2, "Connection: close\r\n");
    const std::string answer = http::exchange(upstream_, closing);
    const bool is_launch = request.find("Action=RunInstances") != std::string::npos;
    if (!is_launch || lose_one_in_ == 0 || ++launches_ % lose_one_in_ != 0) return {answer};
    if (lose_one_in_ == 1) lose_one_in_ = 0;
    ++lost_;
    return {{}, true};
  }

  const int upstream_;
  std::atomic<int> lose_one_in_{0};
  int launches_ = 0;  // The server's thread's own.
  std::atomic<int> lost_{0};
  std::mutex mutex_;
  std::set<std::string> full_;  // Guarded by mutex_.
  std::atomic<int> refused_{0};
  http::RawServer server_{[this](const std::string& request) { return pass_on(request); }};
};

/// Knows how many calls are under way.
class Counting final : public CloudWriter {
 public:
  explicit Counting(CloudWriter& cloud) : cloud_(cloud) {}
  void observe(const GroupId& group, ObservedReply reply) override {
    begin();
    cloud_.observe(group, [this, reply = std::move(reply)](Observed seen) {
      reply(std::move(seen));
      end();
    });
  }
  void act(const Act& act, ActedReply reply) override {
    begin();
    cloud_.act(act, [this, reply = std::move(reply)](Acted acted) {
      reply(std::move(acted));
      end();
    });
  }
  void wait() {
    std::unique_lock lock(mutex_);
    idle_.wait_for(lock, 60s, [this] { return under_way_ == 0; });
  }

 private:
  void begin() {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    if (--under_way_ == 0) idle_.notify_all();
  }
  CloudWriter& cloud_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int under_way_ = 0;  // Guarded by mutex_.
};

SpecPointer spec_of(const std::string& group) {
  GroupSpec spec;
  spec.id = GroupId{group};
  spec.launch = {{"image", image}, {"flavor", "t3.micro"}};
  return std::make_shared<const GroupSpec>(spec);
}

Settings settings_of(const std::string& endpoint) {
  Settings settings;
  settings.region = "us-east-1";
  settings.endpoint = endpoint;
  settings.cluster = "c1";
  settings.list_every = Duration::zero();
  settings.page_size = 5;
  settings.act_deadline = 30s;
  return settings;
}

class MotoCloud final : public CloudUnderTest {
 public:
  explicit MotoCloud(int port) : proxy_(port) {}

  CloudWriter& cloud() override { return counting_; }
  void pass(Duration /*longest*/) override { counting_.wait(); }
  bool lose_next_answer() override {
    proxy_.lose_next();
    return true;
  }
  InstanceId foreign_instance() override {
    Intent intent;
    intent.token = "foreign";
    InstanceId made;
    counting_.act(act_of(spec_of("somebody-else"), intent),
                  [&made](const Acted& acted) { made = acted.instance; });
    counting_.wait();
    return made;
  }
  int page_size() override { return 5; }
  Duration list_lag() override { return Duration::zero(); }
  SpecPointer spec() override { return spec_of("web"); }
  LossyProxy& proxy() { return proxy_; }

 private:
  LossyProxy proxy_;
  PacedTime time_;
  Ec2Cloud ec2_{settings_of(proxy_.url()),
                [](const CredentialReply& reply) {
                  reply(Credentials{"id", "secret", ""});
                },
                std::make_shared<http::Outbound>(
                    http::OutboundLimits{.budget = {.calls_per_second = 10'000, .in_flight = 100}}),
                time_, time_};
  Counting counting_{ec2_};
};

/// One server for all tests, forgetful between them.
const Moto& moto() {
  static const Moto server;
  server.reset();
  return server;
}

class Missing final : public CloudUnderTest {
 public:
  CloudWriter& cloud() override { throw std::logic_error("moto is not installed"); }
  void pass(Duration /*longest*/) override {}
  bool lose_next_answer() override { return false; }
  InstanceId foreign_instance() override { return {}; }
  int page_size() override { return 1; }
  Duration list_lag() override { return {}; }
  SpecPointer spec() override { return {}; }
};

std::unique_ptr<CloudUnderTest> make_moto() {
  if (!Moto::is_available()) return std::make_unique<Missing>();
  return std::make_unique<MotoCloud>(moto().port());
}

INSTANTIATE_TEST_SUITE_P(Moto, CloudContract, testing::Values(NamedCloud{"Ec2", make_moto}),
                         [](const auto& made) { return made.param.name; });

/// What moto itself has, in its own words.
int count_at(int port) {
  const std::string body = canonical_query(list_ours("c1", 1'000, {}));
  const std::string answer = http::exchange(
      port,
      "POST / HTTP/1.1\r\nHost: ec2.us-east-1.amazonaws.com\r\nConnection: close\r\n"
      "Content-Type: application/x-www-form-urlencoded\r\nAuthorization: AWS4-HMAC-SHA256 "
      "Credential=id/20261123/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=x\r\n"
      "Content-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body);
  int count = 0;
  for (std::size_t at = 0; (at = answer.find("<instanceId>", at)) != std::string::npos; ++at) {
    ++count;
  }
  return count;
}

TEST(Ec2OnMoto, AFifthOfTheAnswersLostLeavesNoSurplusAndNoOrphan) {
  if (!Moto::is_available()) GTEST_SKIP() << "moto is not installed: scripts/test installs it";
  const int port = moto().port();
  MotoCloud under_test(port);
  under_test.proxy().lose_one_in(5);
  constexpr int launches = 100;
  for (int n = 0; n < launches; ++n) {
    Intent intent;
    intent.token = "t-" + std::to_string(n);
    Acted::Result result = Acted::Result::not_now;
    for (int tries = 0; tries < 10 && result != Acted::Result::done; ++tries) {
      ++intent.sends;
      under_test.cloud().act(act_of(under_test.spec(), intent),
                             [&result](const Acted& acted) { result = acted.result; });
      under_test.pass({});
    }
    ASSERT_EQ(result, Acted::Result::done) << n;
  }
  EXPECT_GE(under_test.proxy().lost(), launches / 5);
  EXPECT_EQ(count_at(port), launches);
}

TEST(Ec2OnMoto, WhatHasNoRoomIsLeftAloneAndTheNextOfferIsTakenForEveryGroup) {
  if (!Moto::is_available()) GTEST_SKIP() << "moto is not installed: scripts/test installs it";
  const int port = moto().port();
  MotoCloud under_test(port);
  under_test.proxy().fill("m5.large");
  GroupSpec spec = *under_test.spec();
  spec.launch["offers"] = "m5.large,m5a.large,c5.large";
  const auto launch = [&](const char* group, const char* token) {
    spec.id = GroupId{group};
    Intent intent;
    intent.token = token;
    intent.sends = 1;
    Acted answer;
    under_test.cloud().act(act_of(std::make_shared<const GroupSpec>(spec), intent),
                           [&answer](Acted acted) { answer = std::move(acted); });
    under_test.pass({});
    return answer;
  };
  EXPECT_EQ(launch("web", "t-1").result, Acted::Result::done);
  EXPECT_EQ(under_test.proxy().refused(), 1);
  EXPECT_EQ(launch("db", "t-2").result, Acted::Result::done);
  EXPECT_EQ(under_test.proxy().refused(), 1) << "the other group knows it already";
  under_test.proxy().fill("m5a.large");
  under_test.proxy().lose_next();
  EXPECT_EQ(launch("web", "t-3").result, Acted::Result::unknown);
  EXPECT_EQ(launch("web", "t-3").result, Acted::Result::done);
  EXPECT_EQ(under_test.proxy().refused(), 2);
  EXPECT_EQ(count_at(port), 3);
  under_test.proxy().fill("c5.large");
  const Acted refused = launch("web", "t-4");
  EXPECT_EQ(refused.result, Acted::Result::refused);
  EXPECT_EQ(refused.why, Reason::cloud_no_capacity);
}

TEST(Ec2OnMoto, AnUnknownNetworkIsRefusedAsTheTemplatesFault) {
  if (!Moto::is_available()) GTEST_SKIP() << "moto is not installed: scripts/test installs it";
  MotoCloud under_test(moto().port());
  GroupSpec spec = *under_test.spec();
  spec.launch["networks"] = "subnet-none";
  Intent intent;
  intent.token = "t-1";
  Acted answer;
  under_test.cloud().act(act_of(std::make_shared<const GroupSpec>(spec), intent),
                         [&answer](Acted acted) { answer = std::move(acted); });
  under_test.pass({});
  EXPECT_EQ(answer.result, Acted::Result::refused);
  EXPECT_EQ(answer.why, Reason::launch_config_invalid);
}

}  // namespace
}  // namespace settle::ec2
