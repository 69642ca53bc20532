// The keys of a file of policy tests, in the same descriptors as the configuration's.
#pragma once

#include "config/schema.h"

namespace settle {

[[nodiscard]] const Object& policy_tests_schema();

}  // namespace settle
