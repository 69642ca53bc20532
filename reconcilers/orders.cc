#include "reconcilers/orders.h"

#include <algorithm>

namespace settle {
namespace {

Service service_after(InstanceVerb verb) {
  switch (verb) {
    case InstanceVerb::standby:
      return Service::standby;
    case InstanceVerb::detach:
      return Service::detached;
    case InstanceVerb::replace:
      return Service::replaced;
    case InstanceVerb::protect:
    case InstanceVerb::unprotect:
    case InstanceVerb::in_service:
    case InstanceVerb::adopt:
      break;
  }
  return Service::usual;
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
    said.service = service_after(verb);
    said.order = &entry->order;
  }
  return said;
}

}  // namespace settle
