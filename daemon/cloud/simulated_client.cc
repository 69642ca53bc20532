#include "daemon/cloud/simulated_client.h"

#include <mutex>
#include <utility>

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
  SimulatedCloud cloud;  // Guarded by mutex.
  Chance chance;         // Guarded by mutex.

  Duration call_takes() {
    const std::lock_guard lock(mutex);
    return settings.call_time + chance.up_to(settings.call_jitter);
  }
};

SimulatedClient::SimulatedClient(SimulatedSettings settings, const Clock& clock, Timers& timers)
    : shared_(std::make_shared<Shared>(std::move(settings), clock, timers)) {}

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
}

}  // namespace settle
