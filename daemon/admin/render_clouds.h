// Clouds and what they hold as JSON for people's tools. Pure: everything shown is given.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "daemon/cloud/watched_cloud.h"

namespace settle {

/// {"clouds": [...]}, as they are given.
[[nodiscard]] std::string clouds_json(const std::vector<CloudStanding>& clouds);

/// What one cloud holds that bears our cluster's mark.
struct CloudHolding {
  std::string cloud;
  Listed listed;
};
/// {"orphans": [...], "clouds": [...]}: instances of groups that are not `known`, and of each cloud
/// whether its listing was complete, or why there was none.
[[nodiscard]] std::string orphans_json(const std::vector<CloudHolding>& holdings,
                                       const std::set<GroupId>& known);

}  // namespace settle
