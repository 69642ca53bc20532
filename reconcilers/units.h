// The plain measures that every room shares: time, capacity, names.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace settle {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;
using Capacity = std::int32_t;  // Instances. Signed, so that differences are safe.

/// The largest capacity that any arithmetic here yields; sums saturate at it.
inline constexpr Capacity capacity_limit = 1'000'000'000;

/// The name of one thing of kind `Tag`. Names of different kinds do not compare.
template <typename Tag>
struct Id {
  std::string value;
  friend auto operator<=>(const Id&, const Id&) = default;
};

using GroupId = Id<struct GroupTag>;
using InstanceId = Id<struct InstanceTag>;

/// An inclusive range of capacities. Invariant: 0 <= min <= max.
struct Range {
  Capacity min = 0;
  Capacity max = 0;
  friend bool operator==(const Range&, const Range&) = default;
};

}  // namespace settle
