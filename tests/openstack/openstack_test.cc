// The Nova adapter over the real Keystone, Glance, Neutron and Nova, through a proxy that loses
// answers: the contract that every cloud keeps, and what only this one is feared for.
// tests/openstack/with_stack starts the services and says in SETTLE_OPENSTACK where they are.
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "daemon/cloud/nova/nova_cloud.h"
#include "daemon/runtime/paced_time.h"
#include "tests/cloud/contract.h"
#include "tests/cloud/counting_cloud.h"
#include "tests/http/fault_proxy.h"

namespace settle::nova {
namespace {
using namespace std::chrono_literals;

constexpr const char* not_here = "OpenStack is not running: tests/openstack/with_stack starts it";

/// What the stack says of itself; empty where there is none.
const std::map<std::string, std::string>& facts() {
  static const std::map<std::string, std::string> read = [] {
    std::map<std::string, std::string> found;
    const char* folder = std::getenv("SETTLE_OPENSTACK");
    std::ifstream file(folder == nullptr ? std::string() : std::string(folder) + "/env");
    for (std::string line; std::getline(file, line);) {
      const std::size_t at = line.find('=');
      if (at != std::string::npos) found[line.substr(0, at)] = line.substr(at + 1);
    }
    return found;
  }();
  return read;
}

/// "http://127.0.0.1:8774/v2.1" as "http://127.0.0.1:8774", and its port.
std::string origin_of(const std::string& url) {
  return url.substr(0, url.find('/', url.find("//") + 2));
}
int port_of(const std::string& url) {
  const std::string origin = origin_of(url);
  return std::stoi(origin.substr(origin.rfind(':') + 1));
}

Login credential(const std::string& name) {
  Login login;
  login.credential_id = facts().at("CREDENTIAL_" + name);
  login.credential_secret = facts().at("SECRET_" + name);
  return login;
}
Login password_of(const std::string& user) {
  Login login;
  login.username = user;
  login.password = facts().at("PASSWORD");
  login.user_domain = "Default";
  login.project = user;
  login.project_domain = "Default";
  return login;
}

SpecPointer spec_of(const std::string& group) {
  GroupSpec spec;
  spec.id = GroupId{group};
  spec.launch = {{"image", "img"}, {"flavor", "f1"}, {"networks", "none"}};
  return std::make_shared<const GroupSpec>(spec);
}

/// Each has a cluster of its own in the one Nova, and takes its servers away in the end.
class RealNova final : public CloudUnderTest {
 public:
  explicit RealNova(Login login) : login_(std::move(login)) {
    identity_.replace(origin_of(facts().at("COMPUTE_URL")),
                      "http://127.0.0.1:" + std::to_string(compute_.port()));
  }
  ~RealNova() override {
    for (const char* group : {"web", "somebody-else"}) {
      for (const Instance& one : look(group).instances)
        change(IntentKind::terminate, one.id, group);
    }
  }

  CloudWriter& cloud() override { return counting_; }
  void pass(Duration longest) override {
    counting_.wait();
    if (longest == list_lag()) wait_until_at_rest();
  }
  bool lose_next_answer() override {
    lose_one_in(1);
    return true;
  }
  InstanceId foreign_instance() override { return launch("foreign", 1, "somebody-else").instance; }
  int page_size() override { return 3; }
  Duration list_lag() override { return 30s; }
  SpecPointer spec() override { return spec_of("web"); }

  /// Of the requests that make a server: every n-th answer is lost; with 1, the next one alone.
  void lose_one_in(int n) {
    const auto asked = std::make_shared<std::atomic<int>>(0);
    compute_.set([asked, n](const std::string& request) {
      http::Fault fault;
      if (request.rfind("POST ", 0) != 0) return fault;
      const int count = ++*asked;
      const bool is_lost = n == 1 ? count == 1 : count % n == 0;
      if (is_lost) fault.kind = http::Fault::Kind::lose_answer;
      return fault;
    });
  }
  void log_in_as(Login login) {
    const std::lock_guard lock(mutex_);
    login_ = std::move(login);
  }
  Acted launch(const std::string& token, std::uint32_t sends = 1,
               const std::string& group = "web") {
    Intent intent;
    intent.token = token;
    intent.sends = sends;
    return wait_for(act_of(spec_of(group), std::move(intent)));
  }
  Acted change(IntentKind kind, const InstanceId& instance, const std::string& group = "web") {
    Intent intent;
    intent.kind = kind;
    intent.token = "change";
    intent.instance = instance;
    return wait_for(act_of(spec_of(group), std::move(intent)));
  }
  Observation look(const std::string& group = "web") {
    std::optional<Observed> answer;
    counting_.observe({GroupId{group}}, [&answer](Observed seen) { answer = std::move(seen); });
    counting_.wait();
    return answer && answer->observation ? *answer->observation : Observation{};
  }
  [[nodiscard]] int lost() const { return compute_.faults(); }

 private:
  static Settings settings_of(const std::string& auth_url) {
    static std::atomic<int> made{0};
    Settings settings;
    settings.auth_url = auth_url;
    settings.cluster = "test-" + std::to_string(::getpid()) + "-" + std::to_string(++made);
    settings.list_every = Duration::zero();
    settings.page_size = 3;
    settings.act_deadline = 30s;
    return settings;
  }
  Acted wait_for(const Act& act) {
    std::optional<Acted> answer;
    counting_.act(act, [&answer](Acted acted) { answer = std::move(acted); });
    counting_.wait();
    return answer.value();
  }
  /// Until nothing is being built or taken away any more.
  void wait_until_at_rest() {
    for (int tries = 0; tries < 600; ++tries) {
      const Observation seen = look();
      const bool is_at_rest =
          std::all_of(seen.instances.begin(), seen.instances.end(), [](const Instance& one) {
            return fate(one.state) == Fate::gone || fate(one.state) == Fate::keep;
          });
      if (is_at_rest && seen.is_complete) return;
      const timespec pause{0, 50'000'000};
      ::nanosleep(&pause, nullptr);
    }
  }

  http::FaultProxy compute_{port_of(facts().at("COMPUTE_URL"))};
  http::FaultProxy identity_{port_of(facts().at("AUTH_URL"))};
  std::mutex mutex_;
  Login login_;  // Guarded by mutex_.
  PacedTime time_;
  NovaCloud nova_{settings_of("http://127.0.0.1:" + std::to_string(identity_.port()) + "/v3"),
                  [this]() -> Result<Login> {
                    const std::lock_guard lock(mutex_);
                    return login_;
                  },
                  std::make_shared<http::Outbound>(http::OutboundLimits{
                      .budget = {.calls_per_second = 10'000, .in_flight = 100}}),
                  time_, time_};
  CountingCloud counting_{nova_};
};

class Missing final : public CloudUnderTest {
 public:
  CloudWriter& cloud() override { throw std::logic_error(not_here); }
  void pass(Duration /*longest*/) override {}
  bool lose_next_answer() override { return false; }
  InstanceId foreign_instance() override { return {}; }
  int page_size() override { return 1; }
  Duration list_lag() override { return {}; }
  SpecPointer spec() override { return {}; }
};

std::unique_ptr<CloudUnderTest> make_real() {
  if (facts().empty()) return std::make_unique<Missing>();
  return std::make_unique<RealNova>(credential("A"));
}

INSTANTIATE_TEST_SUITE_P(Real, CloudContract, testing::Values(NamedCloud{"Nova", make_real}),
                         [](const auto& made) { return made.param.name; });

class OnRealNova : public testing::Test {
 protected:
  void SetUp() override {
    if (facts().empty()) GTEST_SKIP() << not_here;
  }
};

TEST_F(OnRealNova, AFifthOfTheAnswersLostLeavesNoSurplusAndNoOrphan) {
  RealNova nova(credential("A"));
  nova.lose_one_in(5);
  constexpr int launches = 50;
  std::set<std::string> answered;
  for (int n = 0; n < launches; ++n) {
    Acted acted;
    acted.result = Acted::Result::not_now;
    for (std::uint32_t sends = 1; sends <= 10 && acted.result != Acted::Result::done; ++sends) {
      acted = nova.launch("t-" + std::to_string(n), sends);
    }
    ASSERT_EQ(acted.result, Acted::Result::done) << n;
    answered.insert(acted.instance.value);
  }
  EXPECT_GE(nova.lost(), launches / 5);
  const Observation seen = nova.look();
  EXPECT_TRUE(seen.is_complete);
  EXPECT_EQ(seen.instances.size(), static_cast<std::size_t>(launches));
  std::set<std::string> there;
  for (const Instance& one : seen.instances) there.insert(one.id.value);
  EXPECT_EQ(there, answered);
}

TEST_F(OnRealNova, AUsersPasswordLogsInToo) {
  RealNova nova(password_of("settle"));
  EXPECT_EQ(nova.launch("t-1").result, Acted::Result::done);
}

TEST_F(OnRealNova, WrongCredentialsChangeNothingAndRightOnesHoldWithoutARestart) {
  Login wrong = credential("A");
  wrong.credential_secret = "wrong";
  RealNova nova(wrong);
  EXPECT_EQ(nova.launch("t-1").result, Acted::Result::not_now);
  EXPECT_FALSE(nova.look().is_complete);
  nova.log_in_as(credential("B"));
  EXPECT_EQ(nova.launch("t-1", 2).result, Acted::Result::done);
  EXPECT_EQ(nova.look().instances.size(), 1U);
}

TEST_F(OnRealNova, AQuotaThatIsUsedUpIsCalledAQuota) {
  RealNova nova(password_of("small"));
  EXPECT_EQ(nova.launch("t-1").result, Acted::Result::done);
  EXPECT_EQ(nova.launch("t-2").result, Acted::Result::done);
  nova.pass(nova.list_lag());  // Nova does not count what it has not placed yet.
  const Acted third = nova.launch("t-3");
  EXPECT_EQ(third.why, Reason::cloud_quota);
  EXPECT_NE(third.result, Acted::Result::done);
}

TEST_F(OnRealNova, AnImageThatNobodyKnowsIsTheTemplatesFault) {
  RealNova nova(credential("A"));
  GroupSpec spec = *spec_of("web");
  spec.launch["image"] = "nobody-knows";
  Intent intent;
  intent.token = "t-1";
  std::optional<Acted> answer;
  nova.cloud().act(act_of(std::make_shared<const GroupSpec>(spec), std::move(intent)),
                   [&answer](Acted acted) { answer = std::move(acted); });
  nova.pass(1s);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->result, Acted::Result::refused);
  EXPECT_EQ(answer->why, Reason::launch_config_invalid);
}

}  // namespace
}  // namespace settle::nova
