#include "tests/places.h"

namespace settle {

std::string source_folder() {
  return SETTLE_SOURCE_DIR;
}
std::string binary_folder() {
  return SETTLE_BINARY_DIR;
}

}  // namespace settle
