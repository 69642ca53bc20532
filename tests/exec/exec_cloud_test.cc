// Clouds that are programs: the example, held to the contract, and programs that misbehave.
#include "daemon/cloud/exec/exec_cloud.h"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <utility>

#include <unistd.h>

#include "daemon/runtime/paced_time.h"
#include "tests/cloud/contract.h"
#include "tests/places.h"

namespace settle::exec {
namespace {
using namespace std::chrono_literals;
namespace fs = std::filesystem;

SpecPointer spec_of(const std::string& group) {
  GroupSpec spec;
  spec.id = GroupId{group};
  spec.launch = {{"image", "web-1"}};
  return std::make_shared<const GroupSpec>(spec);
}

/// Waits for one answer, on whatever thread it comes.
template <typename T>
class Answered {
 public:
  void set(T value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
    changed_.notify_all();
  }
  [[nodiscard]] std::optional<T> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 60s, [this] { return value_.has_value(); });
    return value_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<T> value_;
};

Acted act_on(CloudWriter& cloud, const std::string& group, Intent intent) {
  auto answered = std::make_shared<Answered<Acted>>();
  cloud.act(act_of(spec_of(group), std::move(intent)),
            [answered](Acted acted) { answered->set(std::move(acted)); });
  return answered->wait().value_or(Acted{});
}
Acted launch_on(CloudWriter& cloud, const std::string& token) {
  Intent intent;
  intent.token = token;
  return act_on(cloud, "web", intent);
}
Observed look_at(CloudWriter& cloud, const Observe& look = {GroupId{"web"}}) {
  auto answered = std::make_shared<Answered<Observed>>();
  cloud.observe(look, [answered](Observed seen) { answered->set(std::move(seen)); });
  return answered->wait().value_or(Observed{});
}

Settings settings_of(std::vector<std::string> command) {
  Settings settings;
  settings.command = std::move(command);
  settings.cluster = "c1";
  settings.list_every = Duration::zero();
  settings.act_deadline = 30s;
  return settings;
}

/// Answers every call on the caller's thread, so that the contract's own waiting is enough.
class Waiting final : public CloudWriter {
 public:
  explicit Waiting(CloudWriter& cloud) : cloud_(cloud) {}
  void observe(const Observe& look, ObservedReply reply) override { reply(look_at(cloud_, look)); }
  void act(const Act& act, ActedReply reply) override {
    auto answered = std::make_shared<Answered<Acted>>();
    cloud_.act(act, [answered](Acted acted) { answered->set(std::move(acted)); });
    Acted acted = answered->wait().value_or(Acted{});
    if (std::exchange(loses_next, false)) {
      acted.result = Acted::Result::unknown;
      acted.instance = {};
    }
    reply(std::move(acted));
  }
  bool loses_next = false;

 private:
  CloudWriter& cloud_;
};

class FolderCloud final : public CloudUnderTest {
 public:
  FolderCloud() {
    Settings settings =
        settings_of({"/usr/bin/python3", source_folder() + "/examples/clouds/folder_cloud.py"});
    settings.environment = {{"FOLDER", folder_}};
    exec_ = std::make_unique<ExecCloud>(settings, time_, time_);
    waiting_ = std::make_unique<Waiting>(*exec_);
  }
  ~FolderCloud() override {
    waiting_.reset();
    exec_.reset();
    fs::remove_all(folder_);
  }
  FolderCloud(const FolderCloud&) = delete;
  FolderCloud& operator=(const FolderCloud&) = delete;

  CloudWriter& cloud() override { return *waiting_; }
  void pass(Duration /*longest*/) override {}
  bool lose_next_answer() override { return waiting_->loses_next = true; }
  InstanceId foreign_instance() override {
    Intent intent;
    intent.token = "foreign";
    return act_on(*exec_, "somebody-else", intent).instance;
  }
  int page_size() override { return 5; }
  Duration list_lag() override { return Duration::zero(); }
  SpecPointer spec() override { return spec_of("web"); }

 private:
  static std::string make_folder() {
    std::string pattern = (fs::temp_directory_path() / "settle-exec-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }
  const std::string folder_ = make_folder();
  PacedTime time_;
  std::unique_ptr<ExecCloud> exec_;
  std::unique_ptr<Waiting> waiting_;
};

INSTANTIATE_TEST_SUITE_P(Exec, CloudContract,
                         testing::Values(NamedCloud{
                             "Folder", [] { return std::make_unique<FolderCloud>(); }}),
                         [](const auto& made) { return made.param.name; });

/// A program in a line of shell.
Settings shell(const std::string& script) {
  Settings settings = settings_of({"/bin/sh", "-c", script});
  settings.act_deadline = 300ms;
  return settings;
}

struct Scene {
  explicit Scene(Settings settings) : cloud(std::move(settings), time, time) {}
  PacedTime time;
  ExecCloud cloud;
};

TEST(ExecCloud, AProgramThatSaysNothingMeansThatNothingIsKnown) {
  Scene scene(shell("cat >/dev/null"));
  EXPECT_EQ(launch_on(scene.cloud, "t-1").result, Acted::Result::unknown);
}

TEST(ExecCloud, AProgramThatDiesMeansThatNothingIsKnownAndIsStartedAgainLater) {
  Scene scene(shell("read line; exit 1"));
  EXPECT_EQ(launch_on(scene.cloud, "t-1").result, Acted::Result::unknown);
  EXPECT_EQ(launch_on(scene.cloud, "t-2").result, Acted::Result::not_now);
}

TEST(ExecCloud, AProgramThatIsNotThereChangesNothing) {
  Scene scene(settings_of({"/nowhere/cloud"}));
  const Acted::Result first = launch_on(scene.cloud, "t-1").result;
  EXPECT_NE(first, Acted::Result::done);
  EXPECT_FALSE(look_at(scene.cloud).observation.has_value());
}

TEST(ExecCloud, RubbishIsIgnoredAndAListIsOneOnlyIfItIsOne) {
  Scene scene(shell(
      R"(read line; echo hello; echo '{"call":99,"ok":true}'; echo '{"call":1,"ok":true,"instances":{}}'; cat >/dev/null)"));
  EXPECT_EQ(launch_on(scene.cloud, "t-1").result, Acted::Result::unknown);
}

TEST(ExecCloud, ALaunchWithoutANameIsUnknown) {
  Scene scene(shell(R"(read line; echo '{"call":1,"ok":true}'; cat >/dev/null)"));
  EXPECT_EQ(launch_on(scene.cloud, "t-1").result, Acted::Result::unknown);
}

TEST(ExecCloud, ATooLongLineEndsTheProgram) {
  Settings settings = shell("read line; head -c 100000 /dev/zero | tr '\\0' x; cat >/dev/null");
  settings.act_deadline = 30s;
  settings.program.line_max = 10'000;
  Scene scene(settings);
  EXPECT_EQ(launch_on(scene.cloud, "t-1").result, Acted::Result::unknown);
}

TEST(ExecCloud, TheProgramHasNothingOfOurs) {
  ::setenv("SETTLE_TEST_SECRET", "hush", 1);
  Settings settings = shell(
      R"sh(read line; test -z "$SETTLE_TEST_SECRET" && test "$API" = here &&
           test "$(ls /proc/self/fd | wc -l)" -le 4 && test "$(ulimit -c)" = 0 &&
           echo '{"call":1,"ok":true,"instance":"i-1"}'; cat >/dev/null)sh");
  settings.environment = {{"API", "here"}};
  settings.act_deadline = 30s;
  Scene scene(settings);
  const Acted acted = launch_on(scene.cloud, "t-1");
  EXPECT_EQ(acted.result, Acted::Result::done);
  EXPECT_EQ(acted.instance.value, "i-1");
}

TEST(ExecCloud, WhoeverStopsItLeavesNobodyWithoutAnAnswer) {
  Settings settings = shell("cat >/dev/null");
  settings.act_deadline = 60s;
  Answered<Acted> answered;
  {
    Scene scene(settings);
    Intent intent;
    intent.token = "t-1";
    scene.cloud.act(act_of(spec_of("web"), intent),
                    [&](Acted acted) { answered.set(std::move(acted)); });
  }
  const std::optional<Acted> acted = answered.wait();
  ASSERT_TRUE(acted.has_value());
  EXPECT_NE(acted->result, Acted::Result::done);
}

}  // namespace
}  // namespace settle::exec
