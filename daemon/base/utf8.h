// UTF-8 as the Unicode Standard has it, for whatever came from outside and is written again.
#pragma once

#include <cstddef>
#include <string_view>

namespace settle {

/// The length of the UTF-8 sequence that `text` begins with; zero where it begins with none.
/// Source: The Unicode Standard, table 3-7.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

}  // namespace settle
