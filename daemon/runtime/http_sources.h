// The sources that speak HTTP, from configuration: those that ask, and those that are sent to.
#pragma once

#include <memory>
#include <string>

#include "daemon/runtime/sources.h"

namespace settle {

/// Of type prometheus, alertmanager, aodh or webhook; null for any other. Secrets are read once, to
/// see that they are there, and again whenever they are needed.
[[nodiscard]] Result<std::unique_ptr<Source>> open_http_source(const std::string& name,
                                                               const CloudConfig& source,
                                                               const SourceTools& tools);

}  // namespace settle
