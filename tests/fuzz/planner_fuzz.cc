// Structured: the input is the choices in the life of a group, and each round keeps its promises.
#include "tests/fuzz/fuzz.h"
#include "tests/reconcilers/group_life.h"

namespace settle::fuzz {

void examine(std::string_view input) {
  Draw draw(input);
  const auto broken = live(draw);
  must(!broken, broken ? broken->c_str() : "");
}

}  // namespace settle::fuzz
