#include "daemon/demo.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

#include "daemon/admin/routes.h"
#include "daemon/codec/json.h"
#include "daemon/demo_config.h"
#include "daemon/demo_traffic.h"
#include "daemon/runtime/service.h"
#include "reconcilers/explain/explain.h"

namespace settle {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view first_moment = "2026-11-23T00:00:00Z";  // A Monday.
constexpr Duration step{60'000};

int fail(const std::string& message) {
  fmt::print(stderr, "settled: {}\n", message);
  return 1;
}

/// Prints decisions as they come, and a table at the end.
class Teller {
 public:
  void hear(const DecisionRecord& record) {
    const std::lock_guard lock(mutex_);
    count(totals_[record.group.value], record);
    const bool is_change = record.desired_from != record.desired_to;
    if (!is_change && record.steps.empty() && record.withheld.empty()) return;
    fmt::print("{}  {:<9}  {}\n", time_text(record.at).substr(11, 8), record.group.value,
               headline(record));
    if (is_change) tell_winner(record);
    tell_steps(record);
    for (const WithheldStep& withheld : record.withheld) {
      fmt::print("{:>23}withheld: {}\n", "", because(withheld));
    }
    (void)std::fflush(stdout);
  }

  void tell_table() {
    const std::lock_guard lock(mutex_);
    fmt::print("\n{:<10} {:>9} {:>7} {:>8} {:>12} {:>8} {:>11}\n", "GROUP", "DECISIONS", "CHANGES",
               "LAUNCHES", "TERMINATIONS", "WITHHELD", "DESIRED");
    for (const auto& [group, total] : totals_) {
      fmt::print("{:<10} {:>9} {:>7} {:>8} {:>12} {:>8} {:>11}\n", group, total.decisions,
                 total.changes, total.launches, total.terminations, total.withheld,
                 fmt::format("{} to {}", total.least, total.most));
    }
  }

 private:
  struct Total {
    int decisions = 0;
    int changes = 0;
    int launches = 0;
    int terminations = 0;
    int withheld = 0;
    Capacity least = capacity_limit;
    Capacity most = 0;
  };

  static void count(Total& total, const DecisionRecord& record) {
    ++total.decisions;
    if (record.desired_from != record.desired_to) ++total.changes;
    for (const TakenStep& taken : record.steps) {
      if (taken.op == StepOp::launch) ++total.launches;
      if (taken.op == StepOp::terminate) ++total.terminations;
    }
    for (const WithheldStep& withheld : record.withheld) total.withheld += withheld.count;
    if (!record.desired_to) return;
    total.least = std::min(total.least, *record.desired_to);
    total.most = std::max(total.most, *record.desired_to);
  }

  static void tell_winner(const DecisionRecord& record) {
    for (const Voice& voice : record.voices) {
      if (voice.won) fmt::print("{:>23}because: {}\n", "", because(voice));
    }
  }

  /// One line for each kind of step: its first sentence, and how many there are.
  static void tell_steps(const DecisionRecord& record) {
    std::map<std::pair<StepOp, Reason>, std::pair<int, std::string>> told;
    for (const TakenStep& taken : record.steps) {
      auto& [number, sentence] = told[{taken.op, taken.reason}];
      if (++number == 1) sentence = because(taken);
    }
    for (const auto& [kind, line] : told) {
      const std::string more = line.first > 1 ? fmt::format(" (and {} more)", line.first - 1) : "";
      fmt::print("{:>23}step: {}{}\n", "", line.second, more);
    }
  }

  std::mutex mutex_;
  std::map<std::string, Total> totals_;
};

/// Says each minute's signals when its time has come, on a thread of its own.
class Traffic {
 public:
  Traffic(Engine& engine, const PacedTime& time, std::uint64_t seed)
      : engine_(engine), time_(time), seed_(seed), thread_([this] { run(); }) {}
  ~Traffic() { stop(); }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    Time next = std::chrono::ceil<std::chrono::minutes>(time_.now());
    while (true) {
      {
        std::unique_lock lock(mutex_);
        const Time now = time_.now();
        if (now < next) changed_.wait_for(lock, time_.real_wait(next));
        if (stopping_) return;
      }
      if (time_.now() < next) continue;
      engine_.deliver(demo_traffic(next, seed_, victim()), "demo");
      // A machine that is too slow for the speed skips minutes rather than falling behind.
      next =
          std::max(next + step, std::chrono::floor<std::chrono::minutes>(time_.now()) + Duration{});
    }
  }

  /// The shop's first instance, as it was a minute ago: asked for anew each time.
  InstanceId victim() {
    engine_.survey(GroupId{"shop"}, [shared = victim_](std::vector<GroupView> views) {
      if (views.empty() || !views[0].seen || views[0].seen->instances.empty()) return;
      const std::lock_guard lock(shared->mutex);
      // The same one for as long as it is there.
      const auto& instances = views[0].seen->instances;
      const bool is_there = std::any_of(instances.begin(), instances.end(),
                                        [&](const auto& one) { return one.id == shared->id; });
      if (!is_there) shared->id = instances.front().id;
    });
    const std::lock_guard lock(victim_->mutex);
    return victim_->id;
  }

  struct Victim {
    std::mutex mutex;
    InstanceId id;
  };

  Engine& engine_;
  const PacedTime& time_;
  const std::uint64_t seed_;
  const std::shared_ptr<Victim> victim_ = std::make_shared<Victim>();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

/// A folder of its own, gone at the end, unless one was given.
class Place {
 public:
  explicit Place(const std::string& given) : is_ours_(given.empty()) {
    if (!is_ours_) {
      std::error_code error;
      fs::create_directories(given, error);
      path_ = fs::absolute(given).string();
      return;
    }
    std::string pattern = (fs::temp_directory_path() / "settled-dev.XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~Place() {
    std::error_code ignored;
    if (is_ours_ && !path_.empty()) fs::remove_all(path_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  bool is_ours_;
  std::string path_;
};

}  // namespace

int run_demo(const DemoOptions& options) {
  std::optional<Duration> length;
  if (!options.length.empty()) {
    const bool has_unit = options.length.find_first_not_of("0123456789") != std::string::npos;
    length = has_unit ? parse_wait(options.length) : std::nullopt;
    if (!length) return fail("--for is a duration with its unit, such as 24h");
  }
  Service::hold_signals();
  const Place place(options.folder);
  if (place.path().empty()) return fail("cannot make a folder for the demo");
  ServiceOptions service_options;
  service_options.loaded.files = demo_config(place.path(), options.http, options.seed);
  service_options.loaded.compiled = compile(service_options.loaded.files);
  if (service_options.loaded.compiled.has_errors()) {
    return fail(render(service_options.loaded.compiled.findings, service_options.loaded.files));
  }
  Teller teller;
  service_options.decision_made = [&teller](const DecisionRecord& record) { teller.hear(record); };
  const Time origin = parse_time(first_moment).value_or(Time{});
  PacedTime time(origin, options.speed);
  Result<std::unique_ptr<Service>> service = Service::open(std::move(service_options), time);
  if (!service) return fail(service.error().message);
  fmt::print(
      "A simulated day at x{}. Look at it with: settlectl groups --address unix:{}/admin.sock\n\n",
      options.speed, place.path());
  (void)std::fflush(stdout);
  Traffic traffic((*service)->engine(), time, options.seed);
  const int code = (*service)->run(length ? std::optional<Time>(origin + *length) : std::nullopt);
  traffic.stop();
  teller.tell_table();
  return code;
}

}  // namespace settle
