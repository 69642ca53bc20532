// From what partitions and sources show to what Prometheus reads.
#pragma once

#include <vector>

#include "daemon/admin/render.h"
#include "daemon/partition/event.h"
#include "daemon/telemetry/metrics.h"

namespace settle {

[[nodiscard]] std::vector<GroupGauges> group_gauges(const std::vector<GroupView>& views, Time now);

[[nodiscard]] std::vector<SourceGauges> source_gauges(const std::vector<SourceStanding>& sources);

/// A moment as Prometheus has it.
[[nodiscard]] double unix_seconds(Time at);

}  // namespace settle
