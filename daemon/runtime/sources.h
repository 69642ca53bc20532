// From configuration to sources: which room speaks for which type. The one place of the runtime
// that knows every kind there is.
#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "daemon/base/result.h"
#include "daemon/runtime/paced_time.h"
#include "daemon/sources/source.h"

namespace settle {

/// What a source may be made of, besides its own settings.
struct SourceTools {
  PacedTime& time;  // Outlives every source.
  std::string cluster;
  std::uint32_t partitions = 0;
};

/// A source that has not begun. A type that this version does not know is `not_found`.
[[nodiscard]] Result<std::unique_ptr<Source>> open_source(const std::string& name,
                                                          const CloudConfig& source,
                                                          const SourceTools& tools);

/// Whether a group takes this source's signals: a policy or a condition of its names it.
[[nodiscard]] bool takes_from(const GroupSpec& spec, const std::string& name);

}  // namespace settle
