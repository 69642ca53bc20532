// From what partitions, sources and clouds show to what Prometheus reads.
#pragma once

#include <vector>

#include "daemon/admin/render.h"
#include "daemon/cloud/watched_cloud.h"
#include "daemon/partition/event.h"
#include "daemon/telemetry/metrics.h"

namespace settle {

[[nodiscard]] std::vector<GroupGauges> group_gauges(const std::vector<GroupView>& views, Time now);

[[nodiscard]] std::vector<SourceGauges> source_gauges(const std::vector<SourceStanding>& sources);

[[nodiscard]] std::vector<CloudGauges> cloud_gauges(const std::vector<CloudStanding>& clouds);

/// A moment as Prometheus has it.
[[nodiscard]] double unix_seconds(Time at);

}  // namespace settle
