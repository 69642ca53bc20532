#include "daemon/cloud/simulated_client.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace settle {
namespace {

Error cannot_keep(const std::string& path) {
  return {ErrorCode::unavailable, "cannot keep the simulated cloud in " + path + ": " +
                                      std::generic_category().message(errno)};
}

bool write_whole(int file, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ::ssize_t count = ::write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) written += static_cast<std::size_t>(count);
  }
  return true;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

/// Replaced whole, so that a crash leaves the old file or the new one.
bool rewrite(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool is_written = write_whole(file, text);
  return ::close(file) == 0 && is_written && std::rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace

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
  SimulatedCloud cloud;  // Guarded by mutex.
  Chance chance;         // Guarded by mutex.
  int state_file = -1;   // Constant once opened; written under mutex.

  ~Shared() {
    if (state_file >= 0) ::close(state_file);
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  /// REQUIRES: mutex is held. A disk that is full loses no more than a test's cloud.
  void keep_changes() {
    if (state_file >= 0) (void)write_whole(state_file, joined(cloud.take_changes()));
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
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    // The last line may be cut where a process died; it was not answered then.
    if (!file.eof() && !shared.cloud.recall(line)) {
      return Error{ErrorCode::invalid, path + " is not a simulated cloud's state; name another " +
                                           "state_file, or remove it"};
    }
  }
  file.close();
  if (!rewrite(path, joined(shared.cloud.all_lines(clock.now())))) return cannot_keep(path);
  shared.state_file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (shared.state_file < 0) return cannot_keep(path);
  return client;
}

void SimulatedClient::observe(const GroupId& group, ObservedReply reply) {
  const Time began = shared_->clock.now();
  const Duration takes = shared_->call_takes();
  shared_->timers.after(takes, [shared = shared_, group, began, reply = std::move(reply)] {
    Observed observed;
    {
      const std::lock_guard lock(shared->mutex);
      observed = shared->cloud.observe(group, began, shared->clock.now(), shared->chance);
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
      acted = shared->cloud.act(act, shared->clock.now(), shared->chance);
      shared->keep_changes();
    }
    if (acted.result != Acted::Result::unknown) return reply(std::move(acted));
    // Nobody knows that an answer is lost before it has been waited for.
    shared->timers.after(shared->settings.reply_timeout,
                         [acted = std::move(acted), reply = std::move(reply)] { reply(acted); });
  });
}

void SimulatedClient::visit(const std::function<void(SimulatedCloud&, Chance&)>& visitor) {
  const std::lock_guard lock(shared_->mutex);
  visitor(shared_->cloud, shared_->chance);
  shared_->keep_changes();
}

}  // namespace settle
