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
  LogPart outline{part.log, {}, part.next, {}, part.begin()};
  const std::uint64_t count = part.entries.size() + 1;
  if (!admit(count)) {
    settle(seating, outline, Receipt::full);
    return done(Receipt::full);
  }
  parts_.tap.show(name_, part.entries);
  parts_.engine.pour(seating, std::move(part), name_,
                     [self = shared_from_this(), seating, outline = std::move(outline), count,
                      done = std::move(done)](std::string_view word) {
                       const Receipt receipt = receipt_of(word);
                       self->in_flight_ -= count;
                       self->settle(seating, outline, receipt);
                       if (!self->enter()) return;
                       done(receipt);
                       self->leave();
                     });
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
