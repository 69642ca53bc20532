// What a fuzz target is made of: one input in, nothing out; what must not be ends the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace settle::fuzz {

/// Each target defines this one.
void examine(std::string_view input);

inline void must(bool holds, const char* what) {
  if (holds) return;
  (void)std::fprintf(stderr, "must hold: %s\n", what);
  std::abort();
}

}  // namespace settle::fuzz
