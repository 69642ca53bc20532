// A recorded metric: `timestamp,value` lines, or `timestamp,value,instances` of a mean.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "reconcilers/signal.h"

namespace settle {

struct SeriesRow {
  Time at;
  Reading reading;
  std::optional<int> instances;  // A per-instance mean recorded with so many.
  friend bool operator==(const SeriesRow&, const SeriesRow&) = default;
};

/// "2014-05-14 01:14:00" or "2014-05-14", which are UTC, or RFC 3339.
[[nodiscard]] std::optional<Time> read_timestamp(std::string_view text);

/// In order of time; of several rows of one time the last one of the file. The first line may
/// name the columns. Times are UTC unless they say otherwise. An empty value is no data; NaN and
/// infinities are invalid readings.
[[nodiscard]] Result<std::vector<SeriesRow>> read_series(std::string_view csv);

/// What each of `ready` instances shows of what `recorded_with` instances showed as a mean of
/// `value`. Rounded toward zero, so that `ready` times it never exceeds the whole.
/// REQUIRES: ready > 0.
[[nodiscard]] Decimal share_of(const Decimal& value, int recorded_with, Capacity ready);

}  // namespace settle
