// Events from a file, one a line, in order. Blank lines are skipped; a line that is no event is
// told by its number, and the others are still read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/signal.h"

namespace settle {

struct RefusedLine {
  std::size_t number = 0;  // From one.
  std::string reason;
  std::string text;  // At most 4 KB of it.
};

struct EventFile {
  std::vector<Signal> signals;
  std::vector<RefusedLine> refused;
};

/// Reads the text of an event file. An event without a time bears `received`.
[[nodiscard]] EventFile read_event_file(std::string_view text, Time received);

}  // namespace settle
