// Where the checkout and its build lie. Known to one source file alone, so that all others compile
// to the same objects wherever that is.
#pragma once

#include <string>

namespace settle {

[[nodiscard]] std::string source_folder();
[[nodiscard]] std::string binary_folder();

}  // namespace settle
