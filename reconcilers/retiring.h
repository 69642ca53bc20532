// The one state that is no cloud's own word: an adapter shows an instance so of which its cloud has
// said that it will take it away. It serves until then; it is condemned by the cloud's word, and
// another is launched before it goes.
#pragma once

#include <string_view>

namespace settle {

inline constexpr std::string_view state_retiring{"retiring"};

}  // namespace settle
