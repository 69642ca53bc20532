#include "daemon/partition/router.h"

#include <cassert>

namespace settle {

// Source: org.apache.kafka.common.utils.Utils.murmur2, after Austin Appleby's MurmurHash2. It
// reads little-endian words and wraps around; signedness there makes no difference to the bits.
std::uint32_t murmur2(std::string_view key) {
  constexpr std::uint32_t seed = 0x9747b28c;
  constexpr std::uint32_t m = 0x5bd1e995;
  constexpr int r = 24;
  const auto byte = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(key[at]));
  };
  std::uint32_t hash = seed ^ static_cast<std::uint32_t>(key.size());
  const std::size_t whole = key.size() & ~std::size_t{3};
  for (std::size_t at = 0; at < whole; at += 4) {
    std::uint32_t word = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
    word *= m;
    word ^= word >> r;
    word *= m;
    hash *= m;
    hash ^= word;
  }
  if (const std::size_t rest = key.size() - whole; rest > 0) {
    if (rest > 2) hash ^= byte(whole + 2) << 16;
    if (rest > 1) hash ^= byte(whole + 1) << 8;
    hash ^= byte(whole);
    hash *= m;
  }
  hash ^= hash >> 13;
  hash *= m;
  hash ^= hash >> 15;
  return hash;
}

std::uint32_t partition_of(std::string_view group, std::uint32_t partitions) {
  assert(partitions > 0);
  return (murmur2(group) & 0x7fffffffU) % partitions;
}

}  // namespace settle
