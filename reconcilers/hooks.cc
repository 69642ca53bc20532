#include "reconcilers/hooks.h"

#include <algorithm>
#include <tuple>

namespace settle {
namespace {

const RememberedHook* answer_of(const Memory& memory, const InstanceId& id,
                                const std::string& hook) {
  const auto entry =
      std::lower_bound(memory.hooks.begin(), memory.hooks.end(), std::tie(id, hook),
                       [](const RememberedHook& remembered, const auto& key) {
                         return std::tie(remembered.claim.instance, remembered.claim.hook) < key;
                       });
  if (entry == memory.hooks.end() || entry->claim.instance != id || entry->claim.hook != hook) {
    return nullptr;
  }
  return &*entry;
}

}  // namespace

bool has_hooks(const GroupSpec& spec, HookOn on) {
  return std::any_of(spec.hooks.begin(), spec.hooks.end(),
                     [on](const HookSpec& hook) { return hook.on == on; });
}

HookStand stand_of(const GroupSpec& spec, const Memory& memory, const InstanceId& id, HookOn on,
                   Time since, Time now) {
  HookStand stand;
  for (const HookSpec& hook : spec.hooks) {
    if (hook.on != on) continue;
    const RememberedHook* answer = answer_of(memory, id, hook.name);
    if (answer != nullptr && on == HookOn::terminate && answer->stamp.at < since) answer = nullptr;
    const Time until = since + hook.deadline;
    if (answer == nullptr && now < until) {
      if (stand.pending.empty()) {
        stand.pending = hook.name;
        stand.until = until;
      }
      continue;
    }
    const bool proceeds = answer != nullptr ? answer->claim.proceed : hook.proceeds;
    if (!proceeds && stand.abandoned.empty()) stand.abandoned = hook.name;
  }
  return stand;
}

}  // namespace settle
