// The tests that there are, for pages that name them.
#pragma once

#include <set>
#include <string>

namespace settle {

/// "Suite.Name" of every test in the sources, and "model.x" and "sim.x" as CMake names them.
[[nodiscard]] std::set<std::string> test_names();

/// What a file holds; empty if there is none.
[[nodiscard]] std::string text_of(const std::string& path);

}  // namespace settle
