// The door for libFuzzer, which brings its own main.
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  settle::fuzz::examine({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
