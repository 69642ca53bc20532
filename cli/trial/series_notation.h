// Series as tests write them, in the notation of Prometheus' unit tests: "30x240", "10+5x6",
// "100-10x4 20x3", "_x5", "1 2 _ 4".
//
//   a      the value a once              _     no sample
//   axn    a, and n times more           _xn   no sample, n times
//   a+bxn  a, a+b, ..., a+n*b            a-bxn downwards
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "reconcilers/decimal.h"

namespace settle {

/// At most a million values; none where there is no sample.
[[nodiscard]] Result<std::vector<std::optional<Decimal>>> read_notation(std::string_view text);

}  // namespace settle
