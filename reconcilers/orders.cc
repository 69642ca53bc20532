#include "reconcilers/orders.h"

#include <algorithm>

namespace settle {
namespace {

Duty duty_after(InstanceVerb verb) {
  switch (verb) {
    case InstanceVerb::standby:
      return Duty::standby;
    case InstanceVerb::detach:
      return Duty::detached;
    case InstanceVerb::replace:
      return Duty::replaced;
    case InstanceVerb::protect:
    case InstanceVerb::unprotect:
    case InstanceVerb::in_service:
    case InstanceVerb::adopt:
      break;
  }
  return Duty::usual;
}

}  // namespace

Said said_of(const Memory& memory, const InstanceId& id) {
  Said said;
  if (memory.orders.empty()) return said;
  auto entry = std::lower_bound(memory.orders.begin(), memory.orders.end(), id,
                                [](const RememberedInstanceOrder& order, const InstanceId& other) {
                                  return order.order.instance < other;
                                });
  for (; entry != memory.orders.end() && entry->order.instance == id; ++entry) {
    const InstanceVerb verb = entry->order.verb;
    if (verb == InstanceVerb::protect || verb == InstanceVerb::unprotect) {
      said.is_protected = verb == InstanceVerb::protect;
      continue;
    }
    said.service = duty_after(verb);
    said.order = &entry->order;
  }
  return said;
}

}  // namespace settle
