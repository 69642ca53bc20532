#include "daemon/runtime/shard.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace settle {

/// One partition's place: its loop, and the world as its loop sees it.
class Shard::Seat final : public World {
 public:
  Seat(Seating seating, Loop::Limits limits, Partition partition, const Clock& clock)
      : seating_(seating), loop_(limits, std::move(partition), clock, *this) {}

  // Effects wait for the end of the turn: what they start may answer at once.
  void start(std::vector<Effect> effects) override {
    for (Effect& effect : effects) {
      if (const auto* wake = std::get_if<WakeAt>(&effect)) {
        wake_at_ = wake->at;
      } else {
        pending_.push_back(std::move(effect));
      }
    }
  }

  const Seating seating_;
  Loop loop_;
  std::vector<Effect> pending_;
  std::optional<Time> wake_at_;  // On the shard's thread.
  bool is_ready_ = false;        // Guarded by the shard's mutex: it is in ready_.
  bool is_gone_ = false;         // Guarded by the shard's mutex.
  std::atomic<std::uint64_t> turns_{0};
  std::uint64_t turns_seen_ = 0;  // By have_all_turned().
};

Shard::Shard(const PacedTime& time, Loop::Limits limits, Rim rim)
    : time_(time), limits_(limits), rim_(std::move(rim)) {}

Shard::~Shard() {
  stop();
}

void Shard::start() {
  thread_ = std::thread([this] { run(); });
}

void Shard::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Shard::seat(Seating seating, Partition partition) {
  auto seat = std::make_shared<Seat>(seating, limits_, std::move(partition), time_);
  const std::lock_guard lock(mutex_);
  seats_[seating.partition] = seat;
  mark(seat);  // What was inherited may have something to say.
}

void Shard::unseat(Seating seating) {
  const std::lock_guard lock(mutex_);
  const auto found = seats_.find(seating.partition);
  if (found == seats_.end() || found->second->seating_ != seating) return;
  found->second->is_gone_ = true;
  gone_.push_back(std::move(found->second));
  seats_.erase(found);
  changed_.notify_one();
}

// REQUIRES: mutex_ is held.
void Shard::mark(const SeatPointer& seat) {
  if (seat->is_ready_) return;
  seat->is_ready_ = true;
  ready_.push_back(seat);
  if (ready_.size() == 1) changed_.notify_one();
}

// REQUIRES: mutex_ is held, so that nothing is offered to a loop that is being abandoned.
Admission Shard::offer_to(const SeatPointer& seat, std::vector<Event>& events) {
  if (!seat->loop_.offer(std::move(events))) return Admission::full;
  mark(seat);
  return Admission::taken;
}

Admission Shard::offer(std::uint32_t number, std::vector<Event>& events) {
  const std::lock_guard lock(mutex_);
  const auto found = seats_.find(number);
  return found == seats_.end() ? Admission::absent : offer_to(found->second, events);
}

Admission Shard::offer(Seating seating, std::vector<Event>& events) {
  const std::lock_guard lock(mutex_);
  const auto found = seats_.find(seating.partition);
  const bool is_there = found != seats_.end() && found->second->seating_ == seating;
  return is_there ? offer_to(found->second, events) : Admission::absent;
}

void Shard::turn_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, seat] : seats_) mark(seat);
}

bool Shard::have_all_turned() {
  bool have = true;
  {
    const std::lock_guard lock(mutex_);
    have = std::all_of(seats_.begin(), seats_.end(), [](const auto& entry) {
      return entry.second->turns_.load() != entry.second->turns_seen_;
    });
    for (const auto& [number, seat] : seats_) {
      if (have) seat->turns_seen_ = seat->turns_.load();
    }
  }
  turn_all();
  return have;
}

void Shard::turn(const SeatPointer& seat) {
  const bool has_more = seat->loop_.turn();
  seat->turns_.fetch_add(1);
  if (!seat->pending_.empty()) rim_.dispatch(seat->seating_, std::exchange(seat->pending_, {}));
  if (!has_more) return;
  const std::lock_guard lock(mutex_);
  mark(seat);
}

void Shard::abandon(const std::vector<SeatPointer>& gone) {
  for (const SeatPointer& seat : gone) rim_.abandon(seat->seating_, seat->loop_.abandon());
}

// REQUIRES: mutex_ is held.
Time Shard::take_due(std::vector<SeatPointer>& due) {
  const Time now = time_.now();
  Time next = Time::max();
  for (const auto& [number, seat] : seats_) {
    if (!seat->wake_at_) continue;
    if (*seat->wake_at_ > now) {
      next = std::min(next, *seat->wake_at_);
      continue;
    }
    seat->wake_at_.reset();
    // A full mailbox will be turned anyway, and the time with it.
    (void)seat->loop_.offer(Event{TimeReached{}});
    due.push_back(seat);
  }
  return next;
}

void Shard::run() {
  std::vector<SeatPointer> turning;
  std::vector<SeatPointer> gone;
  while (true) {
    turning.clear();
    gone.clear();
    {
      std::unique_lock lock(mutex_);
      const Time next = take_due(turning);
      if (turning.empty() && ready_.empty() && gone_.empty() && !stopping_) {
        changed_.wait_for(lock, time_.real_wait(next));
      }
      if (stopping_) return;
      for (SeatPointer& seat : ready_) {
        seat->is_ready_ = false;
        if (seat->is_gone_) continue;
        if (std::find(turning.begin(), turning.end(), seat) == turning.end()) {
          turning.push_back(std::move(seat));
        }
      }
      ready_.clear();
      gone.swap(gone_);
    }
    abandon(gone);
    for (const SeatPointer& seat : turning) turn(seat);
  }
}

}  // namespace settle
