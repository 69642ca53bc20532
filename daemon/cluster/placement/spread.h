// Which member gets which partition: sticky, weighted rendezvous hashing with bounded loads, as a
// pure function. It knows no time: when to spread, and who may take more, is said by placement.h.
//
//   share of a member = partitions x weight / sum of weights; a load within its floor and its
//   ceiling is balanced
//
// A partition stays where it is unless its owner is gone or moving it makes the loads balanced.
// Source of the hashing: Thaler and Ravishankar, "A name-based mapping scheme for rendezvous".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace settle::cluster {

/// By partition, the member that is to own it; empty: nobody.
using Owners = std::vector<std::string>;

struct Candidate {
  std::string id;            // Not empty; each id once.
  std::uint32_t weight = 1;  // Not zero.
  bool takes_more = true;    // Otherwise it keeps what it has, unless nobody takes more.
  bool is_absent = false;    // It keeps what it has and is given nothing, come what may.
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// How much `member` wants `partition`; the same on every machine and in every version.
[[nodiscard]] std::uint64_t affinity(std::string_view member, std::uint32_t partition);

/// Places every partition whose owner is no candidate, then moves at most `moves_max` others
/// toward balance. The order of candidates is no matter. Without candidates nobody owns anything.
[[nodiscard]] Owners spread(const Owners& now, const std::vector<Candidate>& candidates,
                            std::size_t moves_max);

/// How many partitions have an owner in both and not the same one.
[[nodiscard]] std::size_t moves_between(const Owners& before, const Owners& after);

}  // namespace settle::cluster
