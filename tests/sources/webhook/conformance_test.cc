// Webhooks under the contract of every source: the other end is somebody who calls until it is told
// that its call was kept.
#include "tests/intake/conformance.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include <unistd.h>

#include "daemon/sources/webhook/webhook_source.h"

namespace settle::webhook {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t calls_max = 32;  // That wait for their answer.

/// Calls that are still to be kept. Outlives the sources that are called.
struct Callers {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Signal> left;
  std::size_t waiting = 0;
};

/// A source and the thread that calls it, as the daemon's desk would.
class Called final : public Source {
 public:
  Called(std::unique_ptr<HookSource> source, std::shared_ptr<Callers> callers,
         const std::map<GroupId, std::string>& tokens, const Clock& clock)
      : source_(std::move(source)), callers_(std::move(callers)), tokens_(tokens), clock_(clock) {}
  ~Called() override { end(); }
  Called(const Called&) = delete;
  Called& operator=(const Called&) = delete;

  void begin(Intake& intake) override {
    const std::lock_guard lock(calling_);
    source_->begin(intake);
    thread_ = std::thread([this] { run(); });
  }
  void follow(const std::vector<SpecPointer>& groups) override {
    const std::lock_guard lock(calling_);
    source_->follow(groups);
  }
  [[nodiscard]] SourceReport report() const override { return source_->report(); }
  void end() override {
    {
      const std::lock_guard lock(callers_->mutex);
      is_stopping_ = true;
      callers_->changed.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    source_->end();
  }

 private:
  void run() {
    while (true) {
      Signal next;
      {
        std::unique_lock lock(callers_->mutex);
        callers_->changed.wait(lock, [this] {
          return is_stopping_ || (!callers_->left.empty() && callers_->waiting < calls_max);
        });
        if (is_stopping_) return;
        next = std::move(callers_->left.front());
        callers_->left.pop_front();
        ++callers_->waiting;
      }
      call(next);
    }
  }

  void call(const Signal& event) {
    HookRequest request;
    request.rest = tokens_.at(event.group);
    request.headers["idempotency-key"] = event.stamp.id;
    request.received = clock_.now();
    const std::lock_guard lock(calling_);
    source_->receive(std::move(request), [callers = callers_, event](const HookAnswer& answer) {
      const std::lock_guard told(callers->mutex);
      --callers->waiting;
      if (answer.status != 202) callers->left.push_back(event);
      callers->changed.notify_all();
    });
  }

  const std::unique_ptr<HookSource> source_;
  const std::shared_ptr<Callers> callers_;
  const std::map<GroupId, std::string>& tokens_;
  const Clock& clock_;
  std::mutex calling_;
  bool is_stopping_ = false;  // Guarded by the callers' mutex.
  std::thread thread_;
};

class CallersEnd final : public OtherEnd {
 public:
  explicit CallersEnd(const Hall& hall) : hall_(hall) {
    std::string folder = (fs::temp_directory_path() / "settle-calls-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    for (const GroupId& group : Hall::groups()) tokens_[group] = *draw_token();
    (void)change_passes(pass_file(), [&](std::vector<Pass>& passes) {
      for (const auto& [group, token] : tokens_) {
        passes.push_back({hash_of(token), group, "push", hall.now() + Duration{86'400'000}});
      }
    });
  }
  ~CallersEnd() override { fs::remove_all(folder_); }
  CallersEnd(const CallersEnd&) = delete;
  CallersEnd& operator=(const CallersEnd&) = delete;

  std::unique_ptr<Source> open() override {
    Settings settings;
    settings.name = "calls";
    settings.pass_file = pass_file();
    settings.calls_per_minute = 60'000;
    return std::make_unique<Called>(
        open_webhook_source(std::move(settings), [] { return std::string(); }), callers_, tokens_,
        hall_);
  }
  void write(const std::vector<Signal>& events) override {
    const std::lock_guard lock(callers_->mutex);
    for (const Signal& event : events) callers_->left.push_back(event);
    callers_->changed.notify_all();
  }
  std::size_t in_flight_max() override { return calls_max; }

 private:
  [[nodiscard]] std::string pass_file() const { return (folder_ / "webhooks").string(); }

  const Hall& hall_;
  fs::path folder_;
  std::map<GroupId, std::string> tokens_;
  const std::shared_ptr<Callers> callers_ = std::make_shared<Callers>();
};

INSTANTIATE_TEST_SUITE_P(Webhooks, SourceConformance,
                         testing::Values(NamedOtherEnd{
                             "callers",
                             [](const Hall& hall) { return std::make_unique<CallersEnd>(hall); }}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace settle::webhook
