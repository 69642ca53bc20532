#include "daemon/base/wall_clock.h"

namespace settle {

Time wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace settle
