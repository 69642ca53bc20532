#include "reconcilers/windows/sketch.h"

#include <bit>

namespace settle::windows {
namespace {

constexpr int kept_bits = 6;  // Behind the first one.
constexpr std::int64_t step = std::int64_t{1} << kept_bits;

// Below 128 each value is a bucket; above, a bucket is a value's first seven bits.
std::int32_t bucket_of_positive(std::uint64_t value) {
  const int shift = static_cast<int>(std::bit_width(value)) - kept_bits - 1;
  if (shift <= 0) return static_cast<std::int32_t>(value);
  return static_cast<std::int32_t>(shift * step + static_cast<std::int64_t>(value >> shift));
}

std::int64_t middle_of_positive(std::int32_t bucket) {
  if (bucket < 2 * step) return bucket;
  const int shift = static_cast<int>(bucket / step) - 1;
  const std::uint64_t first = static_cast<std::uint64_t>(bucket - shift * step) << shift;
  return static_cast<std::int64_t>(first + (std::uint64_t{1} << (shift - 1)));
}

}  // namespace

void Sketch::add(std::int64_t value) {
  const bool is_negative = value < 0;
  const auto size = is_negative ? std::uint64_t{0} - static_cast<std::uint64_t>(value)
                                : static_cast<std::uint64_t>(value);
  const std::int32_t bucket = bucket_of_positive(size);
  ++counts_[is_negative ? -bucket : bucket];
}

void Sketch::add(const Sketch& other) {
  for (const auto& [bucket, count] : other.counts_) counts_[bucket] += count;
}

std::int64_t Sketch::at_rank(std::uint64_t rank) const {
  std::int32_t found = 0;
  for (const auto& [bucket, count] : counts_) {
    found = bucket;
    if (rank <= count) break;
    rank -= count;
  }
  return found < 0 ? -middle_of_positive(-found) : middle_of_positive(found);
}

}  // namespace settle::windows
