// A log in memory with as many partitions as there are, and the plainest source over it: the
// reference that the conformance suite is tried on.
#pragma once

#include <memory>

#include "tests/intake/other_end.h"

namespace settle {

[[nodiscard]] std::unique_ptr<OtherEnd> memory_log(const Hall& hall);

}  // namespace settle
