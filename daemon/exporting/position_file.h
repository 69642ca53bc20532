// How far a journal has been exported: a small file beside it, replaced as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/result.h"

namespace settle::exporting {

struct Position {
  std::uint64_t sequence = 0;  // The last decision that is there.
  std::string decision;        // Its id, by which another journal of that name is noticed.
  std::string destination;
  friend bool operator==(const Position&, const Position&) = default;
};

/// None where there is no file yet, or nothing in it that is a position.
[[nodiscard]] std::optional<Position> read_position(const std::string& path);
/// Durable on return.
[[nodiscard]] Status write_position(const std::string& path, const Position& position);

}  // namespace settle::exporting
