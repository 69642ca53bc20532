// A list for people that stays short.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace settle {

/// "a, b, c and 4 more": the first `most` of them, and how many are left.
[[nodiscard]] std::string some_of(const std::vector<std::string>& names, std::size_t most = 5);

}  // namespace settle
