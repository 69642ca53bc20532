#include "daemon/cloud/exec/exec_cloud.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/cloud/exec/words.h"
#include "daemon/cloud/listing_desk.h"

namespace settle::exec {
namespace {

constexpr Duration restart_first{500};
constexpr Duration restart_most{60'000};

Time steady_now() {
  return Time(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

Answer failure(Acted::Result result, Reason why) {
  Answer answer;
  answer.result = result;
  answer.why = why;
  return answer;
}

Sought sought(const InstanceId& id, const Answer& answer) {
  if (answer.result != Acted::Result::done) return {};
  for (const Listed& one : answer.instances) {
    if (one.instance.id == id) return {Sought::What::here, one.group, one.instance};
  }
  // Nothing is said to be gone by leaving it out.
  return {answer.is_complete ? Sought::What::gone : Sought::What::unknown};
}

}  // namespace

/// The thread that owns the program and every call that is under way.
class ExecCloud::Worker {
 public:
  using Done = std::function<void(const Answer&)>;
  using Word = std::function<std::string(std::uint64_t call)>;

  explicit Worker(Settings settings)
      : settings_(std::move(settings)), wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Worker() { ::close(wakeup_); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void begin(std::shared_ptr<Worker> self) {
    thread_ = std::thread([self = std::move(self)] { self->run(); });
  }
  void end() {
    is_stopping_ = true;
    wake();
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();
    } else {
      thread_.join();
    }
  }

  /// Says `word` to the program. `done` is called exactly once, on the worker's thread (or at once,
  /// where too much is under way). Safe from any thread.
  void say(Word word, Duration deadline, Done done) {
    {
      const std::lock_guard lock(mutex_);
      if (!is_stopping_ && under_way_ < settings_.calls_max) {
        ++under_way_;
        inbox_.push_back({std::move(word), steady_now() + deadline, std::move(done)});
        wake();
        return;
      }
    }
    done(failure(Acted::Result::not_now, Reason::cloud_unreachable));
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }
  std::unique_ptr<ListingDesk> desk;  // Set once, before begin().

 private:
  struct Asked {
    Word word;
    Time deadline;
    Done done;
  };

  void wake() const {
    const std::uint64_t one = 1;
    (void)!::write(wakeup_, &one, sizeof(one));
  }

  void run() {
    while (!is_stopping_) {
      take_inbox();
      turn();
      expire();
      wait();
    }
    drop(Acted::Result::unknown);
    for (const Asked& one : taken()) {  // Never said.
      finish(one.done, failure(Acted::Result::not_now, Reason::cloud_unreachable));
    }
  }

  std::vector<Asked> taken() {
    const std::lock_guard lock(mutex_);
    return std::exchange(inbox_, {});
  }

  void take_inbox() {
    for (Asked& one : taken()) {
      if (!is_running()) {
        finish(std::move(one.done), failure(Acted::Result::not_now, Reason::cloud_unreachable));
        continue;
      }
      const std::uint64_t call = ++calls_;
      if (!program_->send(one.word(call))) {
        finish(std::move(one.done), failure(Acted::Result::not_now, Reason::cloud_throttled));
        continue;
      }
      waiting_.emplace(call, std::move(one));
    }
  }

  /// Starts the program unless it runs, or ended a moment ago.
  bool is_running() {
    if (program_) return true;
    if (steady_now() < restart_at_) return false;
    Result<child::Program> started =
        child::Program::start(settings_.command, settings_.environment, settings_.program);
    if (!started) {
      put_off(started.error().message);
      return false;
    }
    program_.emplace(std::move(*started));
    return true;
  }

  void turn() {
    if (!program_) return;
    const Result<std::vector<std::string>> lines = program_->turn();
    if (!lines) {
      program_.reset();
      drop(Acted::Result::unknown);
      put_off(lines.error().message);
      return;
    }
    for (const std::string& line : *lines) hear(line);
  }

  void hear(const std::string& line) {
    const Result<Answer> answer = read_answer(line);
    if (!answer) {
      log(LogLevel::warning, "exec-cloud-answer-ignored", {{"why", answer.error().message}});
      return;
    }
    restart_in_ = restart_first;  // It works.
    const auto found = waiting_.find(answer->call);
    if (found == waiting_.end()) return;  // Too late, or twice.
    Done done = std::move(found->second.done);
    waiting_.erase(found);
    finish(std::move(done), *answer);
  }

  void expire() {
    const Time now = steady_now();
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      if (now < at->second.deadline) {
        ++at;
        continue;
      }
      Done done = std::move(at->second.done);
      at = waiting_.erase(at);
      finish(std::move(done), failure(Acted::Result::unknown, Reason::cloud_unreachable));
    }
  }

  void drop(Acted::Result result) {
    const auto dropped = std::exchange(waiting_, {});
    for (const auto& [call, asked] : dropped) {
      finish(asked.done, failure(result, Reason::cloud_unreachable));
    }
  }

  void finish(const Done& done, const Answer& answer) {
    {
      const std::lock_guard lock(mutex_);
      --under_way_;
    }
    done(answer);
  }

  void put_off(const std::string& why) {
    restart_at_ = steady_now() + restart_in_;
    log(LogLevel::warning, "exec-cloud-ended",
        {{"program", settings_.command.front()}, {"why", why}, {"retry_ms", restart_in_.count()}});
    restart_in_ = std::min(restart_in_ * 2, restart_most);
  }

  void wait() const {
    Duration longest{1'000};
    const Time now = steady_now();
    for (const auto& [call, asked] : waiting_) {
      longest = std::clamp(asked.deadline - now, Duration{1}, longest);
    }
    std::array<pollfd, 3> ends{};
    ends[0] = {wakeup_, POLLIN, 0};
    ends[1] = {program_ ? program_->output() : -1, POLLIN, 0};
    ends[2] = {program_ && program_->has_unsent() ? program_->input() : -1, POLLOUT, 0};
    (void)::poll(ends.data(), ends.size(), static_cast<int>(longest.count()));
    std::uint64_t count = 0;
    (void)!::read(wakeup_, &count, sizeof(count));
  }

  const Settings settings_;
  const int wakeup_;
  std::atomic<bool> is_stopping_{false};
  std::mutex mutex_;
  std::vector<Asked> inbox_;   // Guarded by mutex_.
  std::size_t under_way_ = 0;  // Guarded by mutex_.

  // The thread's own.
  std::optional<child::Program> program_;
  std::map<std::uint64_t, Asked> waiting_;  // At most calls_max.
  std::uint64_t calls_ = 0;
  Time restart_at_;
  Duration restart_in_ = restart_first;
  std::thread thread_;
};

ExecCloud::ExecCloud(Settings settings, const Clock& clock, Timers& timers)
    : worker_(std::make_shared<Worker>(std::move(settings))) {
  const std::weak_ptr<Worker> weak = worker_;
  const auto list = [weak](const std::function<void(settle::Listed)>& done) {
    const std::shared_ptr<Worker> worker = weak.lock();
    if (!worker) return done({});
    worker->say([cluster = worker->settings().cluster](
                    std::uint64_t call) { return list_request(call, cluster); },
                worker->settings().list_deadline,
                [done](const Answer& answer) {
                  if (answer.result != Acted::Result::done) return done({std::nullopt, answer.why});
                  Listing listing;
                  listing.is_complete = answer.is_complete;
                  listing.tells_by_id = answer.finds;
                  for (const Listed& one : answer.instances) {
                    listing.groups[one.group].push_back(one.instance);
                  }
                  done({std::move(listing), Reason::cloud_unreachable});
                });
  };
  const auto seek = [weak](const InstanceId& id, const std::function<void(Sought)>& done) {
    const std::shared_ptr<Worker> worker = weak.lock();
    if (!worker) return done({});
    worker->say([cluster = worker->settings().cluster,
                 id](std::uint64_t call) { return find_request(call, cluster, id); },
                worker->settings().act_deadline,
                [id, done](const Answer& answer) { done(sought(id, answer)); });
  };
  worker_->desk =
      std::make_unique<ListingDesk>(list, seek, clock, timers, worker_->settings().list_every);
  worker_->begin(worker_);
}

ExecCloud::~ExecCloud() {
  worker_->end();
}

void ExecCloud::observe(const Observe& look, ObservedReply reply) {
  worker_->desk->ask(look, std::move(reply));
}

void ExecCloud::list_all(ListedReply reply) {
  worker_->desk->ask_all(std::move(reply));
}

void ExecCloud::act(const Act& act, ActedReply reply) {
  if (needs_balancer(act.intent.kind)) return reply(without_balancer(act));
  worker_->say(
      [cluster = worker_->settings().cluster, act](std::uint64_t call) {
        return act_request(call, cluster, act);
      },
      worker_->settings().act_deadline,
      [act, reply = std::move(reply)](const Answer& answer) {
        Acted acted{act.group, act.intent.token, answer.result, answer.instance, answer.why};
        const bool is_nameless = act.intent.kind == IntentKind::launch &&
                                 acted.result == Acted::Result::done &&
                                 acted.instance.value.empty();
        if (is_nameless)
          acted.result = Acted::Result::unknown;  // It exists; its name is not known.
        reply(std::move(acted));
      });
}

}  // namespace settle::exec
