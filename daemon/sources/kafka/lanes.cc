// Lanes come with the partitions that are here, and go with them; and what becomes of a lane whose
// position the topic does not have.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/sources/kafka/binding.h"
#include "daemon/sources/kafka/reader.h"

namespace settle::kafka {
namespace {

constexpr Patience patience{2'000};

}  // namespace

void Reader::on(Seat&& seat) {
  close_lanes(seat.partition);
  seats_.erase(seat.partition);
  if (seat.seating == 0) return;
  seats_.emplace(seat.partition, std::move(seat));
  are_lanes_due_ = true;
}

void Reader::close_lanes(std::uint32_t partition) {
  std::vector<std::int32_t> closed;
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    if (lane->second.partition() != partition) {
      ++lane;
      continue;
    }
    in_flight_ -= lane->second.in_flight();
    closed.push_back(lane->first);
    lane = lanes_.erase(lane);
  }
  consumer_->unassign(closed);
  std::erase_if(gaps_, [&](std::int32_t number) {
    return std::find(closed.begin(), closed.end(), number) != closed.end();
  });
}

void Reader::discover() {
  const auto now = Steady::now();
  if (now < next_discovery_) {
    next_look_ = std::min(next_look_, next_discovery_);
    return;
  }
  const Result<std::int32_t> count = consumer_->partitions(patience);
  const bool is_known = count.has_value();
  if (is_known) {
    trouble_.clear();
    are_lanes_due_ = are_lanes_due_ || *count != topic_partitions_;
    topic_partitions_ = *count;
    // Before anything is read: nobody could say sooner how many share the room.
    if (lanes_.empty() && *count > 0) {
      const Status opened = open_consumer(static_cast<std::size_t>(*count));
      if (!opened) tell(opened.error().message);
    }
  } else {
    trouble_ = count.error().message;
  }
  const Duration rest = is_known ? settings_.discover_every : settings_.retry_after;
  next_discovery_ = Steady::now() + rest;
  next_look_ = std::min(next_look_, next_discovery_);
}

void Reader::open_lanes() {
  are_lanes_due_ = false;
  PartitionOffsets known;
  std::vector<std::int32_t> unknown;
  const auto step = static_cast<std::int32_t>(settings_.partitions);
  for (const auto& [partition, seat] : seats_) {
    for (auto number = static_cast<std::int32_t>(partition); number < topic_partitions_;
         number += step) {
      if (lanes_.contains(number)) continue;
      const auto position = seat.positions.find(name_for(number));
      if (position == seat.positions.end()) {
        unknown.push_back(number);
      } else {
        known[number] = position->second;
      }
    }
  }
  const End end = settings_.start == Start::earliest ? End::first : End::behind_last;
  const PartitionOffsets fresh = consumer_->offsets(unknown, end, patience);
  start(known, fresh);
  if (fresh.size() == unknown.size()) return;
  tell("the brokers do not say where the topic begins and ends");
  are_lanes_due_ = true;
  look_again_in(settings_.retry_after);
}

std::string Reader::name_for(std::int32_t number) const {
  const auto seat = seats_.find(static_cast<std::uint32_t>(number) % settings_.partitions);
  const std::uint32_t generation =
      seat == seats_.end() ? 0 : generation_in(seat->second.positions, settings_.topic, number);
  return log_name(settings_.topic, number, generation);
}

void Reader::start(const PartitionOffsets& known, const PartitionOffsets& fresh) {
  PartitionOffsets all = known;
  all.insert(fresh.begin(), fresh.end());
  const Status assigned = consumer_->assign(all);
  if (!assigned) tell(assigned.error().message);
  for (const auto& [number, offset] : all) {
    const std::uint32_t partition = static_cast<std::uint32_t>(number) % settings_.partitions;
    const std::string log = name_for(number);
    Lane& lane =
        lanes_.emplace(number, Lane(number, partition, seats_.at(partition).seating, log, offset))
            .first->second;
    // Committed at once, so that a successor does not begin at another end.
    if (fresh.contains(number)) lane.go_on_from(offset, log, readings_);
  }
}

void Reader::mend_gaps() {
  const PartitionOffsets first = consumer_->offsets(gaps_, End::first, patience);
  const PartitionOffsets end = consumer_->offsets(gaps_, End::behind_last, patience);
  std::vector<std::int32_t> left;
  for (const std::int32_t number : std::exchange(gaps_, {})) {
    const auto lane = lanes_.find(number);
    if (lane == lanes_.end()) continue;
    if (first.contains(number) && end.contains(number)) {
      mend(lane->second, first.at(number), end.at(number));
    } else {
      left.push_back(number);
    }
  }
  gaps_ = std::move(left);
  if (!gaps_.empty()) look_again_in(settings_.retry_after);
}

void Reader::mend(Lane& lane, std::int64_t first, std::int64_t end) {
  const std::int64_t next = lane.next();
  consumer_->unassign({lane.number()});
  const bool is_cut_off = next > end;  // Another topic of that name, or one that lost its end.
  if (next < first || is_cut_off) {
    ++gaps_seen_;
    const std::string place = place_of(settings_.topic, lane.number(), next);
    const std::string text =
        is_cut_off ? fmt::format("Gap: {} is not there: the topic ends at {}", place, end)
                   : fmt::format("Gap: {} records from {} on are gone: the topic begins at {}",
                                 first - next, place, first);
    intake_->bury({place, text, {}});
    if (settings_.on_gap == OnGap::stop) {
      gap_text_ = text;
      return;
    }
    std::string log = lane.log();
    if (is_cut_off) {
      Offsets& positions = seats_.at(lane.partition()).positions;
      log = log_name(settings_.topic, lane.number(),
                     generation_in(positions, settings_.topic, lane.number()) + 1);
      positions[log] = first;
    }
    lane.go_on_from(first, std::move(log), readings_);
  }
  lane.has_gap = false;
  const Status assigned = consumer_->assign({{lane.number(), lane.next()}});
  if (!assigned) tell(assigned.error().message);
}

}  // namespace settle::kafka
