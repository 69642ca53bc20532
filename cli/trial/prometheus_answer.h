// What Prometheus answers to a range query (/api/v1/query_range), live or saved to a file, as the
// series of a trial. It asks nobody.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace settle {

/// `timestamp,value` lines. One series is wanted: with several, the error names the labels in which
/// they differ, which is what the query has to aggregate away. None at all is an empty series.
[[nodiscard]] Result<std::string> csv_of_range(std::string_view answer);

/// Whether a file's text is such an answer rather than CSV.
[[nodiscard]] bool is_range_answer(std::string_view text);

/// `values` with a third column, the instances that they are a mean over: at each time what
/// `counts` says at that time or last before it. Both are lines of csv_of_range().
[[nodiscard]] Result<std::string> with_instances(const std::string& values,
                                                 const std::string& counts);

}  // namespace settle
