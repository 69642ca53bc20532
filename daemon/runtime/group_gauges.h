// From what partitions show to what Prometheus reads.
#pragma once

#include <vector>

#include "daemon/partition/event.h"
#include "daemon/telemetry/metrics.h"

namespace settle {

[[nodiscard]] std::vector<GroupGauges> group_gauges(const std::vector<GroupView>& views, Time now);

/// A moment as Prometheus has it.
[[nodiscard]] double unix_seconds(Time at);

}  // namespace settle
