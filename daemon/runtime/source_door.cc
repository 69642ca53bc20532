#include "daemon/runtime/source_door.h"

#include <utility>

namespace settle {
namespace {

constexpr std::size_t letter_bytes_max = 4'096;
constexpr std::size_t reason_bytes_max = 512;

Receipt receipt_of(std::string_view word) {
  if (word == "full") return Receipt::full;
  return word == "elsewhere" ? Receipt::elsewhere : Receipt::held;
}

}  // namespace

SourceDoor::SourceDoor(std::string name, Limits limits, Parts parts)
    : name_(std::move(name)), limits_(limits), parts_(parts) {}

SourceDoor::~SourceDoor() {
  shut();
}

bool SourceDoor::admit(std::uint64_t events) {
  const std::uint64_t before = in_flight_.fetch_add(events);
  if (before + events <= limits_.in_flight_max || before == 0) return true;
  in_flight_.fetch_sub(events);
  parts_.metrics.count_dropped(name_, "full");
  return false;
}

bool SourceDoor::enter() {
  const std::lock_guard lock(mutex_);
  if (is_shut_) return false;
  ++inside_;
  return true;
}

void SourceDoor::leave() {
  const std::lock_guard lock(mutex_);
  --inside_;
  left_.notify_all();
}

void SourceDoor::shut() {
  std::unique_lock lock(mutex_);
  is_shut_ = true;
  seats_.clear();
  left_.wait(lock, [this] { return inside_ == 0; });
}

void SourceDoor::emit(std::vector<Signal> signals, std::function<void(std::vector<Receipt>)> done) {
  const std::uint64_t count = signals.size();
  if (!admit(count)) return done(std::vector<Receipt>(count, Receipt::full));
  parts_.tap.show(name_, signals);
  // The engine may answer when this door is gone: it holds what it needs, and asks first.
  parts_.delivery.deliver(std::move(signals), name_,
                          [self = shared_from_this(), count,
                           done = std::move(done)](const std::vector<std::string_view>& words) {
                            self->in_flight_ -= count;
                            if (!self->enter()) return;
                            std::vector<Receipt> receipts;
                            receipts.reserve(words.size());
                            for (const std::string_view word : words) {
                              receipts.push_back(receipt_of(word));
                            }
                            done(std::move(receipts));
                            self->leave();
                          });
}

Result<Epoch> SourceDoor::take_in(std::uint32_t partition, const LogPart& part) {
  const std::lock_guard lock(mutex_);
  return take_in_locked(partition, part);
}

Result<Epoch> SourceDoor::take_in_locked(std::uint32_t partition, const LogPart& part) {
  const auto found = seats_.find(partition);
  if (found == seats_.end()) return Error{ErrorCode::fenced, {}};
  Seat& seat = found->second;
  const auto stuck = seat.stuck.find(part.log);
  if (stuck == seat.stuck.end()) return seat.epoch;
  if (part.begin() > stuck->second) return Error{ErrorCode::unavailable, {}};
  seat.stuck.erase(stuck);
  return seat.epoch;
}

void SourceDoor::pour(std::uint32_t partition, LogPart part, std::function<void(Receipt)> done) {
  part.log = name_ + "/" + part.log;
  const Result<Epoch> epoch = take_in(partition, part);
  if (!epoch) {
    return done(epoch.error().code == ErrorCode::fenced ? Receipt::elsewhere : Receipt::full);
  }
  const Seating seating{partition, *epoch};
  Poured poured{{part.log, {}, part.next, {}, part.begin()}, part.entries.size() + 1, {}};
  if (!admit(poured.count)) {
    settle(seating, poured.outline, Receipt::full);
    return done(Receipt::full);
  }
  poured.done = std::move(done);
  parts_.tap.show(name_, part.entries);
  std::vector<Signal> measures = parts_.delivery.measures_of(part.entries);
  if (measures.empty() && !queue_.has({seating, part.log})) {
    return hand_on(seating, std::move(part), std::move(poured));
  }
  measure_first(seating, std::move(part), std::move(poured), std::move(measures));
}

void SourceDoor::hand_on(Seating seating, LogPart part, Poured poured) {
  parts_.engine.pour(
      seating, std::move(part), name_,
      [self = shared_from_this(), seating, poured = std::move(poured)](std::string_view word) {
        self->answer(seating, poured, receipt_of(word));
      });
}

// A position must not be committed before what was measured up to it; and what an alarm has no room
// for is poured again as a whole, which ids make harmless.
void SourceDoor::measure_first(Seating seating, LogPart part, Poured poured,
                               std::vector<Signal> measures) {
  struct Held {
    LogPart part;
    Poured poured;
  };
  const PartQueue::Log log{seating, part.log};
  const auto held = std::make_shared<Held>(Held{std::move(part), std::move(poured)});
  PartQueue::Place place;
  {
    // Together: one that fails before it is in the queue would be overtaken.
    const std::lock_guard lock(mutex_);
    const Result<Epoch> epoch = take_in_locked(seating.partition, held->part);
    if (epoch && *epoch == seating.epoch) {
      place = queue_.join(log, [self = shared_from_this(), seating, held](std::string_view word) {
        if (word != "merged" || !self->enter()) {
          return self->answer(seating, held->poured, Receipt::full);
        }
        self->hand_on(seating, std::move(held->part), std::move(held->poured));
        self->leave();
      });
    }
  }
  if (!place) return answer(seating, held->poured, Receipt::full);
  if (measures.empty()) return queue_.answer(log, place, "merged");
  parts_.delivery.deliver_measures(std::move(measures),
                                   [self = shared_from_this(), log, place](std::string_view word) {
                                     self->queue_.answer(log, place, word);
                                   });
}

void SourceDoor::answer(Seating seating, const Poured& poured, Receipt receipt) {
  in_flight_ -= poured.count;
  settle(seating, poured.outline, receipt);
  if (!enter()) return;
  poured.done(receipt);
  leave();
}

void SourceDoor::settle(Seating seating, const LogPart& outline, Receipt receipt) {
  const std::lock_guard lock(mutex_);
  const auto found = seats_.find(seating.partition);
  if (found == seats_.end() || found->second.epoch != seating.epoch) return;
  Seat& seat = found->second;
  if (receipt == Receipt::held) {
    const auto at = seat.positions.try_emplace(outline.log, outline.next).first;
    at->second = std::max(at->second, outline.next);
  } else if (receipt == Receipt::full) {
    const auto at = seat.stuck.try_emplace(outline.log, outline.begin()).first;
    at->second = std::min(at->second, outline.begin());
  }
}

void SourceDoor::bury(Poison poison) {
  parts_.metrics.count_events(name_, 1);
  parts_.metrics.count_dropped(name_, "Malformed");
  StoredDeadLetter letter;
  letter.at = parts_.clock.now();
  letter.reason = "Malformed: " + name_ + (poison.id.empty() ? "" : " " + poison.id) + ": " +
                  poison.reason.substr(0, reason_bytes_max);
  letter.event = poison.text.substr(0, letter_bytes_max);
  parts_.engine.recorder().leave(std::move(letter));
}

Offsets SourceDoor::open(Seating seating, const Offsets& positions) {
  const std::string prefix = name_ + "/";
  Offsets own;
  const std::lock_guard lock(mutex_);
  if (is_shut_) return own;
  Seat& seat = seats_[seating.partition];
  seat = {seating.epoch, {}, {}};
  for (auto at = positions.lower_bound(prefix);
       at != positions.end() && at->first.starts_with(prefix); ++at) {
    seat.positions.insert(*at);
    own[at->first.substr(prefix.size())] = at->second;
  }
  return own;
}

void SourceDoor::close(std::uint32_t partition) {
  const std::lock_guard lock(mutex_);
  seats_.erase(partition);
}

std::map<std::uint32_t, Offsets> SourceDoor::positions() const {
  const std::lock_guard lock(mutex_);
  std::map<std::uint32_t, Offsets> found;
  for (const auto& [partition, seat] : seats_) found[partition] = seat.positions;
  return found;
}

}  // namespace settle
