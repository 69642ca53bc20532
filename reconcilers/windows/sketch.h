// A distribution in bounded memory: how many values lie in each of buckets whose width is at most a
// 64th of what they hold, so that a percentile is known to within 1/128 of itself. Whole numbers
// only: two sketches of the same values are the same, in whatever order these came.
//
// Source of the idea: DDSketch (Masson, Rim, Lee, VLDB 2019), with buckets that are linear within
// each power of two in place of logarithmic ones, so that no binary fraction takes part.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

namespace settle::windows {

class Sketch {
 public:
  Sketch() = default;
  /// As counts() gave it.
  explicit Sketch(std::map<std::int32_t, std::uint64_t> counts) : counts_(std::move(counts)) {}

  void add(std::int64_t value);
  void add(const Sketch& other);
  /// The value of this rank, from one; a middle of its bucket. REQUIRES: 1 <= rank <= count.
  [[nodiscard]] std::int64_t at_rank(std::uint64_t rank) const;
  [[nodiscard]] std::size_t buckets() const { return counts_.size(); }
  [[nodiscard]] const std::map<std::int32_t, std::uint64_t>& counts() const { return counts_; }
  friend bool operator==(const Sketch&, const Sketch&) = default;

 private:
  std::map<std::int32_t, std::uint64_t> counts_;  // By bucket; in the order of their values.
};

/// At most so many buckets, whatever is added.
inline constexpr std::size_t sketch_buckets_max = std::size_t{2} * 59 * 64;

}  // namespace settle::windows
