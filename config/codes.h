// Every code that a finding can bear: what it means and what to do. docs/errors.md is made from
// this table, and no finding bears a code that is not in it.
#pragma once

#include <span>
#include <string_view>

namespace settle {

struct CodeLine {
  std::string_view code;
  std::string_view meaning;
  std::string_view remedy;
};

/// In order of code: errors, then warnings.
[[nodiscard]] std::span<const CodeLine> code_lines();

}  // namespace settle
