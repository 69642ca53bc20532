// The EC2 adapter against moto's server, through a proxy that loses answers: the contract that
// every cloud keeps, and what only this one promises.
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "daemon/cloud/ec2/ec2_cloud.h"
#include "daemon/cloud/ec2/requests.h"
#include "daemon/runtime/paced_time.h"
#include "tests/cloud/contract.h"
#include "tests/cloud/counting_cloud.h"
#include "tests/ec2_moto/moto.h"
#include "tests/http/fault_proxy.h"

namespace settle::ec2 {
namespace {
using namespace std::chrono_literals;

constexpr const char* image = "ami-12c6146b";  // One that moto knows.

constexpr const char* no_room =
    "<Response><Errors><Error><Code>InsufficientInstanceCapacity</Code>"
    "<Message>none</Message></Error></Errors></Response>";

/// What befalls launches on their way: answers that are lost, and types without room, which moto
/// always has. Safe from any thread.
class Misfortune {
 public:
  /// Of the launches that moto hears of, the next answer is lost; or from now on every n-th.
  void lose_next() { lose_one_in(1); }
  void lose_one_in(int n) {
    const std::lock_guard lock(mutex_);
    lose_one_in_ = n;
  }
  void fill(const std::string& flavor) {
    const std::lock_guard lock(mutex_);
    full_.insert("InstanceType=" + flavor);
  }
  [[nodiscard]] int lost() const {
    const std::lock_guard lock(mutex_);
    return lost_;
  }
  [[nodiscard]] int refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
  }

  http::Fault befall(const std::string& request) {
    const std::lock_guard lock(mutex_);
    for (const std::string& what : full_) {
      if (request.find(what) == std::string::npos) continue;
      ++refused_;
      return {http::Fault::Kind::answer, http::plain_reply(500, no_room)};
    }
    const bool is_launch = request.find("Action=RunInstances") != std::string::npos;
    if (!is_launch || lose_one_in_ == 0 || ++launches_ % lose_one_in_ != 0) return {};
    if (lose_one_in_ == 1) lose_one_in_ = 0;
    ++lost_;
    return {http::Fault::Kind::lose_answer};
  }

 private:
  mutable std::mutex mutex_;
  int lose_one_in_ = 0;  // Guarded by mutex_, as all that follows.
  int launches_ = 0;
  int lost_ = 0;
  int refused_ = 0;
  std::set<std::string> full_;
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
  explicit MotoCloud(int port) : proxy_(port) {
    proxy_.set([this](const std::string& request) { return misfortune_.befall(request); });
  }

  CloudWriter& cloud() override { return counting_; }
  void pass(Duration /*longest*/) override { counting_.wait(); }
  bool lose_next_answer() override {
    misfortune_.lose_next();
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
  Misfortune& misfortune() { return misfortune_; }
  http::FaultProxy& proxy() { return proxy_; }

 private:
  Misfortune misfortune_;
  http::FaultProxy proxy_;
  PacedTime time_;
  Ec2Cloud ec2_{settings_of(proxy_.url()),
                [](const CredentialReply& reply) {
                  reply(Credentials{"id", "secret", ""});
                },
                std::make_shared<http::Outbound>(
                    http::OutboundLimits{.budget = {.calls_per_second = 10'000, .in_flight = 100}}),
                time_, time_};
  CountingCloud counting_{ec2_};
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
  under_test.misfortune().lose_one_in(5);
  const char* wanted = std::getenv("SETTLE_LAUNCHES");  // More of them, for a figure.
  const int launches = wanted == nullptr ? 100 : std::stoi(wanted);
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
  EXPECT_GE(under_test.misfortune().lost(), launches / 5);
  EXPECT_EQ(count_at(port), launches);
}

TEST(Ec2OnMoto, WhatHasNoRoomIsLeftAloneAndTheNextOfferIsTakenForEveryGroup) {
  if (!Moto::is_available()) GTEST_SKIP() << "moto is not installed: scripts/test installs it";
  const int port = moto().port();
  MotoCloud under_test(port);
  under_test.misfortune().fill("m5.large");
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
  EXPECT_EQ(under_test.misfortune().refused(), 1);
  EXPECT_EQ(launch("db", "t-2").result, Acted::Result::done);
  EXPECT_EQ(under_test.misfortune().refused(), 1) << "the other group knows it already";
  under_test.misfortune().fill("m5a.large");
  under_test.misfortune().lose_next();
  EXPECT_EQ(launch("web", "t-3").result, Acted::Result::unknown);
  EXPECT_EQ(launch("web", "t-3").result, Acted::Result::done);
  EXPECT_EQ(under_test.misfortune().refused(), 2);
  EXPECT_EQ(count_at(port), 3);
  under_test.misfortune().fill("c5.large");
  const Acted refused = launch("web", "t-4");
  EXPECT_EQ(refused.result, Acted::Result::refused);
  EXPECT_EQ(refused.why, Reason::cloud_no_capacity);
}

TEST(Ec2OnMoto, WhoIsLeftOutOfAListingIsFoundByItsIdAndANumberOfNobodysIsGone) {
  if (!Moto::is_available()) GTEST_SKIP() << "moto is not installed: scripts/test installs it";
  MotoCloud under_test(moto().port());
  Intent intent;
  intent.token = "t-1";
  InstanceId born;
  under_test.cloud().act(act_of(under_test.spec(), intent),
                         [&born](const Acted& acted) { born = acted.instance; });
  under_test.pass({});
  const auto look = [&](const std::function<http::Fault(const std::string&)>& choose) {
    under_test.proxy().set(choose);
    Observed seen;
    under_test.cloud().observe({GroupId{"web"}, {}, {born, {"i-00000000000000000"}}},
                               [&seen](Observed observed) { seen = std::move(observed); });
    under_test.pass({});
    return seen.observation.value_or(Observation{});
  };
  const auto is_listing = [](const std::string& request) {
    return request.find("MaxResults=") != std::string::npos;
  };
  const std::string nobody =
      "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>";
  const Observation found = look([&](const std::string& request) {
    if (!is_listing(request)) return http::Fault{};
    return http::Fault{http::Fault::Kind::answer, http::plain_reply(200, nobody)};
  });
  EXPECT_TRUE(found.tells_by_id);
  ASSERT_EQ(found.instances.size(), 1U);
  EXPECT_EQ(found.instances[0].id, born);
  EXPECT_EQ(found.gone, (std::vector<InstanceId>{{"i-00000000000000000"}}));
  const Observation unheard = look([&](const std::string& request) {
    if (!is_listing(request)) return http::Fault{http::Fault::Kind::lose_answer};
    return http::Fault{http::Fault::Kind::answer, http::plain_reply(200, nobody)};
  });
  EXPECT_TRUE(unheard.instances.empty());
  EXPECT_TRUE(unheard.gone.empty()) << "what is not answered proves nothing";
}

/// One launch under this token, through whatever befalls it.
Acted launch_on(MotoCloud& under_test, const char* token, std::uint32_t sends = 1) {
  Intent intent;
  intent.token = token;
  intent.sends = sends;
  Acted answer;
  under_test.cloud().act(act_of(under_test.spec(), intent),
                         [&answer](Acted acted) { answer = std::move(acted); });
  under_test.pass({});
  return answer;
}

TEST(Ec2OnMoto, ALaunchThatANetworkRepeatsShowsBothWithOneTokenSoThatOneCanGo) {
  if (!Moto::is_available()) GTEST_SKIP() << "moto is not installed: scripts/test installs it";
  MotoCloud under_test(moto().port());
  under_test.proxy().set([](const std::string& request) {
    const bool is_launch = request.find("Action=RunInstances") != std::string::npos;
    return http::Fault{is_launch ? http::Fault::Kind::twice : http::Fault::Kind::none};
  });
  EXPECT_EQ(launch_on(under_test, "t-1").result, Acted::Result::done);
  Observed seen;
  under_test.cloud().observe({GroupId{"web"}},
                             [&seen](Observed observed) { seen = std::move(observed); });
  under_test.pass({});
  // AWS makes one under a token; moto, which knows none, makes two.
  ASSERT_EQ(seen.observation.value().instances.size(), 2U);
  for (const Instance& one : seen.observation->instances) EXPECT_EQ(one.token, "t-1");
}

TEST(Ec2OnMoto, AThrottledLaunchChangedNothingAndIsMadeLater) {
  if (!Moto::is_available()) GTEST_SKIP() << "moto is not installed: scripts/test installs it";
  const int port = moto().port();
  MotoCloud under_test(port);
  under_test.proxy().set([](const std::string& request) {
    if (request.find("Action=RunInstances") == std::string::npos) return http::Fault{};
    return http::Fault{
        http::Fault::Kind::answer,
        http::plain_reply(503,
                          "<Response><Errors><Error><Code>RequestLimitExceeded"
                          "</Code><Message>m</Message></Error></Errors></Response>")};
  });
  const Acted put_off = launch_on(under_test, "t-1");
  EXPECT_EQ(put_off.result, Acted::Result::not_now);
  EXPECT_EQ(put_off.why, Reason::cloud_throttled);
  under_test.proxy().set({});
  EXPECT_EQ(launch_on(under_test, "t-1", 2).result, Acted::Result::done);
  EXPECT_EQ(count_at(port), 1);
}

TEST(Ec2OnMoto, APageThatLeadsInACircleProvesNothing) {
  if (!Moto::is_available()) GTEST_SKIP() << "moto is not installed: scripts/test installs it";
  MotoCloud under_test(moto().port());
  ASSERT_EQ(launch_on(under_test, "t-1").result, Acted::Result::done);
  under_test.proxy().set([](const std::string& request) {
    if (request.find("MaxResults=") == std::string::npos) return http::Fault{};
    return http::Fault{http::Fault::Kind::answer,
                       http::plain_reply(200,
                                         "<DescribeInstancesResponse><reservationSet/><nextToken>"
                                         "again</nextToken></DescribeInstancesResponse>")};
  });
  Observed seen;
  under_test.cloud().observe({GroupId{"web"}},
                             [&seen](Observed observed) { seen = std::move(observed); });
  under_test.pass({});
  ASSERT_TRUE(seen.observation.has_value());
  EXPECT_FALSE(seen.observation->is_complete);
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
