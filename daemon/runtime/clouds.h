// From configuration to clouds: which adapter speaks for which name. The one place of the runtime
// that knows every kind there is.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "daemon/runtime/engine.h"
#include "daemon/runtime/paced_time.h"

namespace settle {

/// Every cloud of the configuration, and `simulated`, which always exists. In mode observe none of
/// them can be written to. `cluster` marks what is ours.
[[nodiscard]] Result<Clouds> make_clouds(const DaemonConfig& config, const std::string& cluster,
                                         PacedTime& time);

/// As they stand on this member, in order of name.
[[nodiscard]] std::vector<CloudStanding> cloud_standings(const Clouds& clouds);

}  // namespace settle
