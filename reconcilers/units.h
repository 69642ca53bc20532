// The plain measures that every room shares: time, capacity, names.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

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

/// How much of what is decided may be done; the strictest first.
enum class Mode : std::uint8_t {
  pause,    // Nothing, by an operator's word.
  observe,  // Nothing: it is decided and explained, no more.
  only_up,  // Nothing leaves; launches go on.
  act,
};
inline constexpr std::array<std::string_view, 4> mode_names{"pause", "observe", "only-up", "act"};

/// An inclusive range of capacities. Invariant: 0 <= min <= max.
struct Range {
  Capacity min = 0;
  Capacity max = 0;
  friend bool operator==(const Range&, const Range&) = default;
};

}  // namespace settle
