// The name of what some files say, made of their names and texts alone.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace settle {

/// "r-" and 12 hex digits. Equal names and texts give equal revisions, wherever the files lie.
[[nodiscard]] std::string revision_of(const std::vector<ConfigFile>& files);

/// What all nodes of a cluster have alike: the files of groups, and of the first file, which is a
/// node's own, the groups in it, the shared budgets and the alarms over groups.
[[nodiscard]] std::vector<ConfigFile> shared_part(std::vector<ConfigFile> files);

}  // namespace settle
