// The life of one group, told by choices: what it is told, what its cloud shows and answers, who
// owns it and when it converges; each round is held to the promises that need no history of the
// world, only what the round itself was given and gave.
#pragma once

#include <optional>
#include <string>

#include "tests/reconcilers/draw.h"

namespace settle {

/// Lives until the choices are over. The first promise that was broken, in words; none if all held.
[[nodiscard]] std::optional<std::string> live(Draw& draw);

}  // namespace settle
