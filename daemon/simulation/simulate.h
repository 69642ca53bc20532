// `settlectl simulate`: the production decision code in virtual time, without a daemon.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "daemon/base/result.h"

namespace settle {

/// One --metric GROUP/POLICY=FILE.csv[@N].
struct MetricFeed {
  std::string group;
  std::string policy;
  std::string csv;             // The file's text.
  std::optional<int> per;      // @N: a per-instance mean recorded with N instances.
};

struct SimulateOptions {
  std::vector<GroupSpec> specs;
  std::string revision;
  std::string events;          // JSON lines, in order of arrival.
  std::vector<MetricFeed> metrics;
  std::optional<Time> start;
  std::optional<Time> end;
  bool observed_cloud = false; // --cloud observed.
  std::uint64_t seed = 1;
};

/// Gives each decision record to `line` as it is made, then one {"summary": ...}; both as JSON
/// without a newline. The same options give the same bytes.
[[nodiscard]] Status simulate(const SimulateOptions& options,
                              const std::function<void(std::string_view)>& line);

}  // namespace settle
