// From zero and to zero: who may take a group's last instance, and who could ask for a first one.
//
// A mean over nobody says nothing, and a group without instances that is measured by means alone
// would never come back. So the last instance goes only if somebody agrees who does not depend on
// it: a total (`divide_by: instances`), an alert, a webhook, a schedule or an operator. Source:
// Kubernetes HPA, scale to zero (an object or external metric is required).
#pragma once

#include <vector>

#include "reconcilers/decision.h"
#include "reconcilers/spec.h"

namespace settle {

/// Whether one of those that ask for no instance could still ask for one when there is none.
[[nodiscard]] bool may_be_last(const GroupSpec& spec, const std::vector<Voice>& voices);

/// Whether anything but an operator could ask for a first instance.
[[nodiscard]] bool can_wake(const GroupSpec& spec);

}  // namespace settle
