// The one place that reads the wall clock.
#pragma once

#include "reconcilers/units.h"

namespace settle {

[[nodiscard]] Time wall_now();

}  // namespace settle
