// Partitions come and go: what the tenancy tells, and what becomes of each place here.
#include <algorithm>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/partition/router.h"
#include "daemon/runtime/engine.h"

namespace settle {
namespace {

constexpr Duration restore_again{500};
constexpr int warn_each = 20;  // One failure in so many is worth a line.

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

}  // namespace

Status Engine::begin() {
  Tenancy::Listener listener;
  listener.on_claimed = [this](std::uint32_t partition, Epoch epoch) {
    on_claimed({partition, epoch});
  };
  listener.on_unwanted = [this](std::uint32_t partition, Epoch epoch) {
    on_unwanted({partition, epoch});
  };
  listener.on_fenced = [this](std::uint32_t partition) { on_fenced(partition); };
  const Status begun = tenancy_->begin(std::move(listener));
  if (!begun) return begun;
  const Barrier barrier{std::make_shared<std::promise<Status>>()};
  std::future<Status> reached = barrier.reached->get_future();
  committer_->leave(barrier);
  return reached.get();
}

void Engine::on_claimed(Seating seating) {
  {
    const std::lock_guard lock(places_mutex_);
    places_[seating.partition] = {seating.epoch, true, false, false, {}, Steady::now()};
  }
  committer_->leave(Restore{seating, 0});
}

void Engine::on_unwanted(Seating seating) {
  {
    const std::lock_guard lock(places_mutex_);
    Place& place = places_[seating.partition];
    if (!place.is_held || place.epoch != seating.epoch) return;
    if (std::exchange(place.is_leaving, true)) return;
    place.since = Steady::now();
    if (place.is_seated) {
      tell_unseated(seating, place);
      return reply(seating, Event{Leave{}});
    }
  }
  let_go(seating);  // It has not begun: there is nothing to say.
}

void Engine::on_fenced(std::uint32_t partition) {
  Seating seating{partition, {}};
  {
    const std::lock_guard lock(places_mutex_);
    Place& place = places_[partition];
    seating.epoch = place.epoch;
    if (!place.is_leaving) tell_unseated(seating, place);
    place = {place.epoch, false, false, false, {}, {}};
  }
  places_changed_.notify_all();
  shard_of(partition).unseat(seating);
}

void Engine::restore(const Restore& errand) {
  {
    const std::lock_guard lock(places_mutex_);
    const Place& place = places_[errand.seating.partition];
    const bool is_wanted =
        place.is_held && !place.is_leaving && place.epoch == errand.seating.epoch;
    if (!is_wanted) return;
  }
  Result<std::vector<GroupRecord>> inherited = store_->restore(errand.seating.partition);
  if (!inherited) return fail_restore(errand, inherited.error());
  Result<Offsets> positions = store_->offsets(errand.seating.partition);
  if (!positions) return fail_restore(errand, positions.error());
  seat(errand.seating, std::move(*inherited), std::move(*positions));
}

// Held and not restored, a partition stays as it is: nothing is decided about what is not known.
void Engine::fail_restore(const Restore& errand, const Error& error) {
  if (errand.failures % warn_each == 0) {
    log(LogLevel::error, "partition-not-restored-retrying",
        {{"partition", errand.seating.partition}, {"error", error.message}});
  }
  if (error.code != ErrorCode::unavailable) {
    const std::lock_guard lock(places_mutex_);
    Place& place = places_[errand.seating.partition];
    if (place.epoch == errand.seating.epoch) place.is_refused = place.is_held;
    if (!unrestorable_) unrestorable_ = error;
  }
  const Restore again{errand.seating, errand.failures + 1};
  time_.after(restore_again, [this, again, is_open = is_open_] {
    if (*is_open) committer_->leave(again);
  });
}

bool Engine::is_any_refused() const {
  const std::lock_guard lock(places_mutex_);
  return std::any_of(places_.begin(), places_.end(),
                     [](const Place& place) { return place.is_refused; });
}

void Engine::seat(Seating seating, std::vector<GroupRecord> inherited, Offsets positions) {
  PartitionSeat seat;
  seat.number = seating.partition;
  seat.epoch = seating.epoch;
  seat.cluster = options_.cluster;
  seat.engine = options_.version;
  seat.tzdata = options_.tzdata;
  PartitionLimits limits = options_.partition;
  limits.tells_use = true;
  Partition partition(std::move(seat), limits, std::move(inherited), positions);
  const std::lock_guard lock(places_mutex_);
  Place& place = places_[seating.partition];
  if (!place.is_held || place.is_leaving || place.epoch != seating.epoch) return;
  place.is_seated = true;
  place.is_refused = false;
  metrics_.observe_move("takeover", seconds_since(place.since));
  place.positions = std::move(positions);
  shard_of(seating.partition).seat(seating, std::move(partition));
  if (!parts_.empty()) reply(seating, Event{parts_[seating.partition]});
  if (watch_.seated) watch_.seated(seating, place.positions);
}

// REQUIRES: places_mutex_ is held.
void Engine::tell_unseated(Seating seating, const Place& place) {
  if (place.is_seated && watch_.unseated) watch_.unseated(seating);
}

void Engine::watch_seats(SeatWatch watch) {
  const std::lock_guard lock(places_mutex_);
  watch_ = std::move(watch);
  if (!watch_.seated) return;
  for (std::uint32_t number = 0; number < options_.partitions; ++number) {
    const Place& place = places_[number];
    const bool is_here = place.is_seated && !place.is_leaving;
    if (is_here) watch_.seated({number, place.epoch}, place.positions);
  }
}

void Engine::let_go(Seating seating) {
  shard_of(seating.partition).unseat(seating);
  tenancy_->release(seating.partition, seating.epoch, [this, seating] {
    {
      const std::lock_guard lock(places_mutex_);
      Place& place = places_[seating.partition];
      if (place.epoch == seating.epoch) {
        metrics_.observe_move("handover", seconds_since(place.since));
        place = {seating.epoch, false, false, false, {}, {}};
      }
    }
    places_changed_.notify_all();
  });
}

// Whoever gave it us still has it, and gives it again; nothing that was answered is lost.
void Engine::abandon(const Loop::Unanswered& unanswered) {
  for (const Ticket ticket : unanswered.arrivals) tickets_.answer(ticket, "elsewhere");
  for (const Ticket ticket : unanswered.questions) tickets_.answer(Shown{ticket, {}});
}

bool Engine::hand_over(std::chrono::milliseconds most) {
  std::vector<Seating> ours;
  {
    const std::lock_guard lock(places_mutex_);
    for (std::uint32_t number = 0; number < options_.partitions; ++number) {
      if (places_[number].is_held) ours.push_back({number, places_[number].epoch});
    }
  }
  for (const Seating seating : ours) on_unwanted(seating);
  std::unique_lock lock(places_mutex_);
  return places_changed_.wait_for(lock, most, [this] {
    return std::none_of(places_.begin(), places_.end(),
                        [](const Place& place) { return place.is_held; });
  });
}

std::string Engine::elsewhere(const GroupId& group) const {
  return tenancy_->elsewhere(partition_of(group.value, options_.partitions));
}

std::size_t Engine::seated() const {
  const std::lock_guard lock(places_mutex_);
  return static_cast<std::size_t>(std::count_if(
      places_.begin(), places_.end(), [](const Place& place) { return place.is_seated; }));
}

}  // namespace settle
