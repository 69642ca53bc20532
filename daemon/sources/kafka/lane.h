// One partition of the topic while it is read: what was read and is not answered, in order, and
// what of it may be handed over next. It hands over nothing itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "daemon/kafka/producer.h"
#include "daemon/sources/source.h"

namespace settle::kafka {

/// Records that follow each other, from `from` up to `next`.
struct Part {
  std::uint64_t number = 0;
  std::string log;
  std::int64_t from = 0;
  std::int64_t next = 0;
  std::size_t records = 0;                // Of those that somebody must answer for.
  std::vector<LogPart::Entry> entries{};  // For the lane's own partition.
  std::vector<Signal> strays{};           // For others; they go first, until none is left.
  std::vector<Outgoing> letters{};        // For the dead-letter topic; as the strays.
  std::size_t letters_out = 0;            // Sent, not answered.
  bool is_emitting = false;
  bool is_poured = false;
};

class Lane {
 public:
  Lane(std::int32_t number, std::uint32_t partition, std::uint64_t seating, std::string log,
       std::int64_t next)
      : number_(number),
        partition_(partition),
        seating_(seating),
        log_(std::move(log)),
        next_(next),
        held_(next) {}

  /// The part that a record at this offset goes to; null where it has been read already.
  [[nodiscard]] Part* part_for(std::int64_t offset, std::uint64_t reading);
  /// From here on it is read from `next`, as another log if `log` says so; a part without entries
  /// commits that.
  void go_on_from(std::int64_t next, std::string log, std::uint64_t reading);

  /// The next part to be poured, if all before it are, and its strays and letters are done.
  [[nodiscard]] Part* next_to_pour();
  [[nodiscard]] Part* find(std::uint64_t part);
  [[nodiscard]] std::deque<Part>& parts() { return parts_; }
  /// It has been committed. Returns how many records are answered with it.
  std::size_t hold(std::uint64_t part);

  [[nodiscard]] std::int32_t number() const { return number_; }
  [[nodiscard]] std::uint32_t partition() const { return partition_; }
  [[nodiscard]] std::uint64_t seating() const { return seating_; }
  [[nodiscard]] const std::string& log() const { return log_; }
  [[nodiscard]] std::int64_t next() const { return next_; }
  [[nodiscard]] std::int64_t held() const { return held_; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }

  bool is_at_end = false;
  bool is_paused = false;
  bool has_gap = false;                           // Nothing more is read.
  std::chrono::steady_clock::time_point again{};  // Nothing is handed over before.

 private:
  std::int32_t number_;
  std::uint32_t partition_;
  std::uint64_t seating_;
  std::string log_;
  std::int64_t next_;
  std::int64_t held_;
  std::size_t in_flight_ = 0;
  std::uint64_t numbers_ = 0;
  std::uint64_t reading_ = 0;  // The reading that the last part belongs to.
  std::deque<Part> parts_;
};

/// Under which name the position of a partition is committed: "topic/3". A topic that was made anew
/// has lower offsets again and is another log: "topic/3+1".
[[nodiscard]] std::string log_name(const std::string& topic, std::int32_t number,
                                   std::uint32_t generation);

/// The newest of them that the positions know, and its generation; zero where none is.
[[nodiscard]] std::uint32_t generation_in(const Offsets& positions, const std::string& topic,
                                          std::int32_t number);

}  // namespace settle::kafka
