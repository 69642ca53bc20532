#include "daemon/cloud/simulated_client.h"

#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "daemon/cloud/state_file.h"

namespace settle {

struct SimulatedClient::Shared {
  Shared(SimulatedSettings given, const Clock& given_clock, Timers& given_timers)
      : settings(given),
        clock(given_clock),
        timers(given_timers),
        cloud(given),
        chance(given.seed) {}

  const SimulatedSettings settings;
  const Clock& clock;
  Timers& timers;
  std::mutex mutex;
  SimulatedCloud cloud;           // Guarded by mutex.
  Chance chance;                  // Guarded by mutex.
  std::optional<StateFile> file;  // Guarded by mutex.

  /// REQUIRES: mutex is held. Where the cloud is shared, everything that others did in it is known
  /// from here until keep_changes(), and they wait.
  void begin_call() {
    if (!file || !settings.shared) return;
    file->lock();
    // What a process was writing when it died was not answered: its line is none, and is skipped.
    file->read_on([this](std::string_view line) { (void)cloud.recall(line); });
  }
  /// REQUIRES: mutex is held. A disk that is full loses no more than a test's cloud.
  void keep_changes() {
    if (!file) return;
    file->append(cloud.take_changes());
    if (settings.shared) file->unlock();
  }

  Duration call_takes() {
    const std::lock_guard lock(mutex);
    return settings.call_time + chance.up_to(settings.call_jitter);
  }
};

SimulatedClient::SimulatedClient(SimulatedSettings settings, const Clock& clock, Timers& timers)
    : shared_(std::make_shared<Shared>(std::move(settings), clock, timers)) {}

Result<std::shared_ptr<SimulatedClient>> SimulatedClient::open(SimulatedSettings settings,
                                                               const Clock& clock, Timers& timers) {
  const std::string path = settings.state_file;
  auto client = std::make_shared<SimulatedClient>(std::move(settings), clock, timers);
  if (path.empty()) return client;
  Shared& shared = *client->shared_;
  Result<StateFile> file = StateFile::open(path);
  if (!file) return file.error();
  if (!shared.settings.shared) {
    bool is_whole = true;
    file->read_on([&](std::string_view line) { is_whole = shared.cloud.recall(line) && is_whole; });
    if (!is_whole) {
      return Error{ErrorCode::invalid, path + " is not a simulated cloud's state; name another " +
                                           "state_file, or remove it"};
    }
    const Status rewritten = file->rewrite(shared.cloud.all_lines(clock.now()));
    if (!rewritten) return rewritten.error();
  }
  shared.file.emplace(std::move(*file));
  return client;
}

void SimulatedClient::observe(const Observe& look, ObservedReply reply) {
  const Time began = shared_->clock.now();
  const Duration takes = shared_->call_takes();
  shared_->timers.after(takes, [shared = shared_, look, began, reply = std::move(reply)] {
    Observed observed;
    {
      const std::lock_guard lock(shared->mutex);
      shared->begin_call();
      observed = shared->cloud.observe(look, began, shared->clock.now(), shared->chance);
      shared->keep_changes();
    }
    reply(std::move(observed));
  });
}

void SimulatedClient::act(const Act& act, ActedReply reply) {
  const Duration takes = shared_->call_takes();
  shared_->timers.after(takes, [shared = shared_, act, reply = std::move(reply)]() mutable {
    Acted acted;
    {
      const std::lock_guard lock(shared->mutex);
      shared->begin_call();
      acted = shared->cloud.act(act, shared->clock.now(), shared->chance);
      shared->keep_changes();
    }
    if (acted.result != Acted::Result::unknown) return reply(std::move(acted));
    // Nobody knows that an answer is lost before it has been waited for.
    shared->timers.after(shared->settings.reply_timeout,
                         [acted = std::move(acted), reply = std::move(reply)] { reply(acted); });
  });
}

void SimulatedClient::list_all(ListedReply reply) {
  const Duration takes = shared_->call_takes();
  shared_->timers.after(takes, [shared = shared_, reply = std::move(reply)] {
    Listed listed;
    {
      const std::lock_guard lock(shared->mutex);
      shared->begin_call();
      listed.listing = shared->cloud.list_all(shared->clock.now());
      shared->keep_changes();
    }
    reply(listed);
  });
}

void SimulatedClient::visit(const std::function<void(SimulatedCloud&, Chance&)>& visitor) {
  const std::lock_guard lock(shared_->mutex);
  shared_->begin_call();
  visitor(shared_->cloud, shared_->chance);
  shared_->keep_changes();
}

}  // namespace settle
