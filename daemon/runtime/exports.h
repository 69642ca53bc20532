// From configuration to what copies decisions elsewhere.
#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "daemon/exporting/exporter.h"

namespace settle {

/// Null where nothing is configured. The journal must be there; the position lies beside it.
[[nodiscard]] Result<std::unique_ptr<exporting::Exporter>> open_exporter(
    const DaemonConfig& config, const std::string& cluster);

}  // namespace settle
