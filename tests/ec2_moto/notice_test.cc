// A notice that an instance is to be stopped, all the way: the production partition over the EC2
// adapter and moto, with a proxy that gives moto the word it cannot be made to say.
#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/cloud/ec2/ec2_cloud.h"
#include "daemon/cloud/virtual_time.h"
#include "daemon/partition/partition.h"
#include "tests/cloud/counting_cloud.h"
#include "tests/ec2_moto/moto.h"
#include "tests/http/fault_proxy.h"

namespace settle::ec2 {
namespace {
using namespace std::chrono_literals;

Settings settings_of(const std::string& endpoint) {
  Settings settings;
  settings.region = "us-east-1";
  settings.endpoint = endpoint;
  settings.cluster = "c1";
  settings.list_every = Duration::zero();
  settings.act_deadline = 30s;
  return settings;
}

SpecPointer a_group_of_two() {
  GroupSpec spec;
  spec.id = {"web"};
  spec.cloud = "aws";
  spec.limits = {2, 4};
  spec.initial = 2;
  spec.launch = {{"image", "ami-12c6146b"}, {"flavor", "t3.micro"}};
  spec.launch_hash = "v1";
  return std::make_shared<const GroupSpec>(spec);
}

/// One owner of one group. Time is ours, and stands while a call is under way.
class Play {
 public:
  explicit Play(int port) : proxy_(port) {
    proxy_.set([this](const std::string& request) { return told(request); });
    partition_.advance(Reconfigured{"r-1", Authority::act, {a_group_of_two()}}, time_.now());
  }

  void runs(Duration duration) {
    const Time until = time_.now() + duration;
    while (time_.now() < until) {
      partition_.advance(TimeReached{}, time_.now());
      carry_out(partition_.finish_turn(time_.now()));
      time_.advance(time_.now() + 1s);
      for (;;) {
        time_.advance(time_.now());  // What is due now begins.
        calls_.wait();
        const std::vector<Event> events = take();
        if (events.empty()) break;
        for (const Event& event : events) partition_.advance(event, time_.now());
        carry_out(partition_.finish_turn(time_.now()));
      }
    }
  }
  /// From now on AWS says that this one is to be retired.
  void is_to_go(const InstanceId& instance) {
    const std::lock_guard lock(mutex_);
    noticed_ = instance.value;
  }
  /// Since it was last asked.
  int requests() {
    const std::lock_guard lock(mutex_);
    return std::exchange(requests_, 0);
  }
  [[nodiscard]] const std::vector<Intent>& sent() const { return sent_; }
  [[nodiscard]] std::vector<InstanceId> running() const {
    std::vector<InstanceId> ids;
    for (const Instance& one : seen_.instances) {
      if (one.state == "running" || one.state == "retiring") ids.push_back(one.id);
    }
    return ids;
  }

 private:
  http::Fault told(const std::string& request) {
    const std::lock_guard lock(mutex_);
    ++requests_;
    const bool is_about = request.find("Action=DescribeInstanceStatus") != std::string::npos;
    if (!is_about || noticed_.empty()) return {};
    return {http::Fault::Kind::answer,
            http::plain_reply(200,
                              "<DescribeInstanceStatusResponse><instanceStatusSet><item>"
                              "<instanceId>" +
                                  noticed_ +
                                  "</instanceId><eventsSet><item><code>instance-retirement"
                                  "</code><description>d</description></item></eventsSet>"
                                  "</item></instanceStatusSet>"
                                  "</DescribeInstanceStatusResponse>")};
  }
  std::vector<Event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(inbox_, {});
  }
  void leave(Event event) {
    const std::lock_guard lock(mutex_);
    inbox_.push_back(std::move(event));
  }
  void carry_out(std::vector<Effect> effects) {
    for (Effect& effect : effects) {
      if (auto* look = std::get_if<Observe>(&effect)) {
        calls_.observe(*look, [this](Observed seen) {
          if (seen.observation) seen_ = *seen.observation;
          leave(std::move(seen));
        });
      } else if (auto* act = std::get_if<Act>(&effect)) {
        sent_.push_back(act->intent);
        calls_.act(*act, [this](Acted acted) { leave(std::move(acted)); });
      } else if (auto* commit = std::get_if<Commit>(&effect)) {
        leave(Committed{commit->batch, Stored::stored});
      } else if (auto* journal = std::get_if<Journal>(&effect); journal && journal->batch != 0) {
        leave(Journaled{journal->batch, true});
      }
    }
  }

  VirtualTime time_{Time{1'795'435'200s}};
  std::mutex mutex_;
  int requests_ = 0;  // Guarded by mutex_, as are the next two.
  std::string noticed_;
  std::vector<Event> inbox_;
  http::FaultProxy proxy_;
  Ec2Cloud ec2_{settings_of(proxy_.url()),
                [](const CredentialReply& reply) {
                  reply(Credentials{"id", "secret", ""});
                },
                std::make_shared<http::Outbound>(
                    http::OutboundLimits{.budget = {.calls_per_second = 10'000, .in_flight = 100}}),
                time_, time_};
  CountingCloud calls_{ec2_};
  Partition partition_{PartitionSeat{0, Epoch{1}, "c1", "test", "none"}, {}, {}};
  Observation seen_;
  std::vector<Intent> sent_;
};

TEST(Ec2OnMoto, AtRestFiveRequestsAMinuteAreMadeWhateverHappens) {
  if (!Moto::is_available()) GTEST_SKIP() << "moto is not installed: scripts/test installs it";
  const Moto moto;
  Play play(moto.port());
  play.runs(3min);
  ASSERT_EQ(play.running().size(), 2U);
  (void)play.requests();
  for (int minute = 0; minute < 6; ++minute) {
    play.runs(1min);
    EXPECT_NEAR(play.requests(), 5, 1) << "a listing every 15 s, and scheduled events";
  }
}

TEST(Ec2OnMoto, AnInstanceThatIsToBeRetiredIsReplacedBeforeItGoes) {
  if (!Moto::is_available()) GTEST_SKIP() << "moto is not installed: scripts/test installs it";
  const Moto moto;
  Play play(moto.port());
  play.runs(3min);
  ASSERT_EQ(play.running().size(), 2U);
  const InstanceId doomed = play.running().front();
  const std::size_t before = play.sent().size();
  play.is_to_go(doomed);
  play.runs(5min);
  ASSERT_EQ(play.sent().size(), before + 2);
  EXPECT_EQ(play.sent()[before].kind, IntentKind::launch);
  EXPECT_EQ(play.sent()[before + 1].kind, IntentKind::terminate);
  EXPECT_EQ(play.sent()[before + 1].instance, doomed);
  const std::vector<InstanceId> running = play.running();
  EXPECT_EQ(running.size(), 2U);
  EXPECT_EQ(std::count(running.begin(), running.end(), doomed), 0);
}

}  // namespace
}  // namespace settle::ec2
