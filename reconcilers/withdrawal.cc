// Steps that were decided and are no longer wanted are taken back, unless the cloud has already
// said yes. Taking one back is always safe: at worst it happens all the same, and is seen.
#include <algorithm>

#include "reconcilers/planning.h"

namespace settle {
namespace {

// The instance of an open step that would take it out of service; null for any other intent.
const Counted* in_service(const Planning& planning, const Intent& intent) {
  const bool is_leaving = intent.kind == IntentKind::terminate || intent.kind == IntentKind::drain;
  if (!is_leaving || intent.stage == IntentStage::accepted) return nullptr;
  const auto& instances = planning.census.instances;
  const auto at = std::lower_bound(
      instances.begin(), instances.end(), intent.instance,
      [](const Counted& counted, const InstanceId& id) { return counted.id() < id; });
  if (at == instances.end() || at->id() != intent.instance || !at->serves) return nullptr;
  return at->memory == nullptr || at->memory->draining_since ? nullptr : &*at;
}

bool exists_twice(const Planning& planning, const std::string& token) {
  if (token.empty()) return false;
  const auto& instances = planning.census.instances;
  return std::count_if(instances.begin(), instances.end(), [&token](const Counted& counted) {
           return counted.instance != nullptr && counted.standing != Standing::gone &&
                  counted.instance->token == token;
         }) > 1;
}

}  // namespace

Capacity take_back_scale_in(Planning& planning, Capacity deficit) {
  if (planning.context.authority != Authority::act) return 0;
  Capacity taken = 0;
  std::erase_if(planning.state.intents, [&](const Intent& intent) {
    if (taken >= deficit || !intent.is_voluntary) return false;
    if (intent.stage != IntentStage::open || intent.sends > 0) return false;
    const Counted* counted = in_service(planning, intent);
    if (counted == nullptr || counted->memory->retiring) return false;
    if (exists_twice(planning, counted->instance->token)) return false;
    ++taken;
    return true;
  });
  return taken;
}

void take_back_replacements(Planning& planning) {
  if (planning.context.authority != Authority::act || !planning.spec.health.launch_first) return;
  Capacity lacking = planning.desired();
  for (const Counted& counted : planning.census.instances) {
    if (counted.serves && counted.standing != Standing::draining) --lacking;
  }
  if (lacking <= 0) return;
  std::erase_if(planning.state.intents, [&](const Intent& intent) {
    if (lacking <= 0 || intent.opened_at == planning.now) return false;
    const Counted* const counted = in_service(planning, intent);
    if (counted == nullptr || counted->memory == nullptr) return false;
    const bool is_retiring = counted->memory->retiring;
    if (intent.is_voluntary && !is_retiring) return false;
    if (!counted->memory->condemned && !is_retiring) ++planning.back_in_service;
    --lacking;
    return true;
  });
}

}  // namespace settle
