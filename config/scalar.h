// Whether one text is a value of its kind, and what to say if it is not.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/schema.h"

namespace settle {

struct ScalarProblem {
  std::string_view code;
  std::string message;
  std::string hint;
};

/// None if `text` will do for `field`. Zones are the caller's to look up.
[[nodiscard]] std::optional<ScalarProblem> scalar_problem(const Field& field,
                                                          std::string_view text);

/// How values of a kind are written, for people: "a duration: a number and a unit, ...".
[[nodiscard]] std::string_view kind_text(Kind kind);

}  // namespace settle
