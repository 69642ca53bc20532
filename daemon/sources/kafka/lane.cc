#include "daemon/sources/kafka/lane.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace settle::kafka {

// One reading makes at most one part, so that a part is what was there at once.
Part* Lane::part_for(std::int64_t offset, std::uint64_t reading) {
  if (offset < next_) return nullptr;
  if (parts_.empty() || reading_ != reading || parts_.back().log != log_) {
    parts_.push_back({++numbers_, log_, next_, next_});
    reading_ = reading;
  }
  Part& part = parts_.back();
  next_ = part.next = offset + 1;
  ++part.records;
  ++in_flight_;
  is_at_end = false;
  return &part;
}

void Lane::go_on_from(std::int64_t next, std::string log, std::uint64_t reading) {
  log_ = std::move(log);
  next_ = next;
  parts_.push_back({++numbers_, log_, next, next});
  reading_ = reading;
}

Part* Lane::next_to_pour() {
  const auto first =
      std::find_if(parts_.begin(), parts_.end(), [](const Part& part) { return !part.is_poured; });
  if (first == parts_.end()) return nullptr;
  const bool waits = first->is_emitting || first->letters_out > 0 || !first->strays.empty() ||
                     !first->letters.empty();
  return waits ? nullptr : &*first;
}

Part* Lane::find(std::uint64_t part) {
  const auto found = std::find_if(parts_.begin(), parts_.end(),
                                  [&](const Part& one) { return one.number == part; });
  return found == parts_.end() ? nullptr : &*found;
}

std::size_t Lane::hold(std::uint64_t part) {
  const auto found = std::find_if(parts_.begin(), parts_.end(),
                                  [&](const Part& one) { return one.number == part; });
  if (found == parts_.end()) return 0;
  held_ = found->next;
  const std::size_t records = found->records;
  in_flight_ -= records;
  parts_.erase(found);
  return records;
}

std::string log_name(const std::string& topic, std::int32_t number, std::uint32_t generation) {
  if (generation == 0) return fmt::format("{}/{}", topic, number);
  return fmt::format("{}/{}+{}", topic, number, generation);
}

std::uint32_t generation_in(const Offsets& positions, const std::string& topic,
                            std::int32_t number) {
  std::uint32_t generation = 0;
  while (positions.contains(log_name(topic, number, generation + 1))) ++generation;
  return generation;
}

}  // namespace settle::kafka
