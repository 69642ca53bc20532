// Parts out, answers in. A part is poured once all of its strays are held by their own partitions
// and its letters are in the dead-letter topic, and never before the part that it follows.
#include <algorithm>
#include <utility>

#include "daemon/sources/kafka/reader.h"

namespace settle::kafka {
namespace {

// So much of all that may be in flight one lane may have, so that a stuck one stops no other.
constexpr std::size_t lane_share = 2;

}  // namespace

Lane* Reader::lane_of(const PartAt& at) {
  const auto found = lanes_.find(at.lane);
  const bool is_current = found != lanes_.end() && found->second.seating() == at.seating;
  return is_current ? &found->second : nullptr;
}

void Reader::on(Poured&& answer) {
  Lane* lane = lane_of(answer.at);
  if (lane == nullptr) return;
  if (answer.receipt == Receipt::held) {
    in_flight_ -= lane->hold(answer.at.part);
    return keep_pace(*lane);
  }
  if (Part* part = lane->find(answer.at.part)) part->is_poured = false;
  lane->again = Steady::now() + settings_.again_after;
}

void Reader::on(Emitted&& answer) {
  Lane* lane = lane_of(answer.at);
  Part* part = lane == nullptr ? nullptr : lane->find(answer.at.part);
  if (part == nullptr) return;
  part->is_emitting = false;
  std::vector<Signal> left;
  for (std::size_t at = 0; at < part->strays.size(); ++at) {
    const bool is_held = at < answer.receipts.size() && answer.receipts[at] == Receipt::held;
    if (!is_held) left.push_back(std::move(part->strays[at]));
  }
  part->strays = std::move(left);
  if (!part->strays.empty()) lane->again = Steady::now() + settings_.again_after;
}

void Reader::on(Lettered&& answer) {
  Lane* lane = lane_of(answer.at);
  Part* part = lane == nullptr ? nullptr : lane->find(answer.at.part);
  if (part == nullptr) return;
  --part->letters_out;
  // A record that the other topic does not take is in the journal's dead letters still.
  if (answer.status || answer.status.error().code == ErrorCode::invalid) return;
  tell("dead letters: " + answer.status.error().message);
  is_producer_over_ = is_producer_over_ || answer.status.error().code == ErrorCode::fenced;
  part->letters.push_back(std::move(answer.letter));
  lane->again = Steady::now() + settings_.retry_after;
}

void Reader::hand_over() {
  const auto now = Steady::now();
  for (auto& [number, lane] : lanes_) {
    if (lane.parts().empty()) continue;
    if (lane.again > now) {
      next_look_ = std::min(next_look_, lane.again);
      continue;
    }
    hand_over(lane);
    keep_pace(lane);
  }
}

void Reader::hand_over(Lane& lane) {
  const std::lock_guard gate(gate_mutex_);
  const auto here = seatings_.find(lane.partition());
  if (here == seatings_.end() || here->second != lane.seating()) return;
  for (Part& part : lane.parts()) {
    if (!part.strays.empty() && !part.is_emitting) emit_strays(lane, part);
    if (!part.letters.empty()) send_letters(lane, part);
  }
  while (Part* part = lane.next_to_pour()) pour(lane, *part);
}

void Reader::emit_strays(Lane& lane, Part& part) {
  part.is_emitting = true;
  const PartAt at{lane.number(), lane.seating(), part.number};
  intake_->emit(part.strays, [weak = weak_from_this(), at](std::vector<Receipt> receipts) {
    if (const auto self = weak.lock()) self->leave(Emitted{at, std::move(receipts)});
  });
}

void Reader::send_letters(Lane& lane, Part& part) {
  if (std::exchange(is_producer_over_, false)) {
    Result<std::unique_ptr<Producer>> producer = Producer::open(settings_.access);
    if (producer) producer_ = std::move(*producer);
  }
  const PartAt at{lane.number(), lane.seating(), part.number};
  for (Outgoing& letter : std::exchange(part.letters, {})) {
    ++part.letters_out;
    producer_->send(letter, [weak = weak_from_this(), at, letter](Status status) {
      if (const auto self = weak.lock()) self->leave(Lettered{at, letter, std::move(status)});
    });
  }
}

void Reader::pour(Lane& lane, Part& part) {
  part.is_poured = true;
  const PartAt at{lane.number(), lane.seating(), part.number};
  LogPart poured{part.log, part.entries, part.next, {}, part.from};
  intake_->pour(lane.partition(), std::move(poured),
                [weak = weak_from_this(), at](Receipt receipt) {
                  if (const auto self = weak.lock()) self->leave(Poured{at, receipt});
                });
}

void Reader::keep_pace(Lane& lane) {
  const std::size_t most = settings_.in_flight_max / lane_share;
  if (!lane.is_paused && lane.in_flight() >= most) {
    lane.is_paused = true;
    consumer_->hold(lane.number(), true);
  } else if (lane.is_paused && lane.in_flight() <= most / 2) {
    lane.is_paused = false;
    consumer_->hold(lane.number(), false);
  }
}

}  // namespace settle::kafka
