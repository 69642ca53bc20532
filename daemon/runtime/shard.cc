#include "daemon/runtime/shard.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace settle {

/// One partition's place: its loop, and the world as its loop sees it.
class Shard::Seat final : public World {
 public:
  Seat(std::uint32_t number, Loop::Limits limits, Partition partition, const Clock& clock)
      : number_(number), loop_(limits, std::move(partition), clock, *this) {}

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

  const std::uint32_t number_;
  Loop loop_;
  std::vector<Effect> pending_;
  std::optional<Time> wake_at_;
  bool is_ready_ = false;  // Guarded by the shard's mutex: it is in ready_.
  std::atomic<std::uint64_t> turns_{0};
  std::uint64_t turns_seen_ = 0;  // By have_all_turned().
};

Shard::Shard(const PacedTime& time, Loop::Limits limits, Dispatch dispatch)
    : time_(time), limits_(limits), dispatch_(std::move(dispatch)) {}

Shard::~Shard() {
  stop();
}

void Shard::seat(std::uint32_t number, Partition partition) {
  seats_[number] = std::make_unique<Seat>(number, limits_, std::move(partition), time_);
}

void Shard::start() {
  thread_ = std::thread([this] { run(); });
  turn_all();  // What was inherited may have something to say.
}

void Shard::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Shard::mark(Seat& seat) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (seat.is_ready_) return;
    seat.is_ready_ = true;
    was_empty = ready_.empty();
    ready_.push_back(&seat);
  }
  if (was_empty) changed_.notify_one();
}

bool Shard::offer(std::uint32_t number, std::vector<Event> events) {
  Seat& seat = *seats_.at(number);
  if (!seat.loop_.offer(std::move(events))) return false;
  mark(seat);
  return true;
}

void Shard::turn_all() {
  for (const auto& [number, seat] : seats_) mark(*seat);
}

bool Shard::have_all_turned() {
  const bool have = std::all_of(seats_.begin(), seats_.end(), [](const auto& entry) {
    return entry.second->turns_.load() != entry.second->turns_seen_;
  });
  if (have) {
    for (const auto& [number, seat] : seats_) seat->turns_seen_ = seat->turns_.load();
  }
  turn_all();
  return have;
}

void Shard::turn(Seat& seat) {
  const bool has_more = seat.loop_.turn();
  seat.turns_.fetch_add(1);
  if (!seat.pending_.empty()) dispatch_(seat.number_, std::exchange(seat.pending_, {}));
  if (has_more) mark(seat);
}

Time Shard::take_due(std::vector<Seat*>& due) {
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
    if (std::find(due.begin(), due.end(), seat.get()) == due.end()) due.push_back(seat.get());
  }
  return next;
}

void Shard::run() {
  std::vector<Seat*> turning;
  while (true) {
    turning.clear();
    const Time next = take_due(turning);
    {
      std::unique_lock lock(mutex_);
      if (turning.empty() && ready_.empty() && !stopping_) {
        changed_.wait_for(lock, time_.real_wait(next));
      }
      if (stopping_) return;
      for (Seat* seat : ready_) {
        seat->is_ready_ = false;
        if (std::find(turning.begin(), turning.end(), seat) == turning.end()) {
          turning.push_back(seat);
        }
      }
      ready_.clear();
    }
    for (Seat* seat : turning) turn(*seat);
  }
}

}  // namespace settle
