// Asks a Prometheus for what it has recorded.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "reconcilers/units.h"

namespace settle {

struct RangeQuestion {
  std::string url;  // "http://127.0.0.1:9090"
  std::string query;
  Time start;
  Time end;
  Duration step{60'000};
};

/// `timestamp,value` lines, however many samples there are: Prometheus gives 11,000 at a time, so
/// it is asked several times.
[[nodiscard]] Result<std::string> ask_range(const RangeQuestion& question);

}  // namespace settle
