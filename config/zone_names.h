// The names of the machine's tz database, for the nearest one to a name that is not among them.
#pragma once

#include <string>
#include <vector>

namespace settle {

/// Empty where the database does not list them.
[[nodiscard]] std::vector<std::string> zone_names();

}  // namespace settle
