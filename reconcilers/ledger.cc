#include "reconcilers/ledger.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "reconcilers/restraint.h"
#include "reconcilers/sentry.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace settle {
namespace {

constexpr Duration resend_max{60'000};     // Between two sends of one intent.
constexpr Duration answer_wait{30'000};    // For an answer, before an intent is sent again.
constexpr Duration effect_wait{300'000};   // For what was accepted to show.
constexpr Duration setback_first{30'000};  // After a first refusal; doubled with each.
constexpr Duration setback_max{1'800'000};
constexpr Duration second_look_again{15'000};  // After the interlock refused to let one go.

// `first` doubled `times` times, within `most`.
Duration doubled(Duration first, std::uint32_t times, Duration most) {
  for (; times > 0 && first < most; --times) first *= 2;
  return std::min(first, most);
}

std::vector<Intent>::iterator find(GroupState& state, std::string_view token) {
  return std::find_if(state.intents.begin(), state.intents.end(),
                      [token](const Intent& intent) { return intent.token == token; });
}

InstanceMemory& remember(GroupState& state, const InstanceId& id) {
  const auto at = std::lower_bound(
      state.instances.begin(), state.instances.end(), id,
      [](const InstanceMemory& memory, const InstanceId& other) { return memory.id < other; });
  if (at != state.instances.end() && at->id == id) return *at;
  InstanceMemory memory;
  memory.id = id;
  return *state.instances.insert(at, std::move(memory));
}

// Whether the cloud was told of the instance's protection; what is forgotten needs no mark.
void set_mark(GroupState& state, const InstanceId& id, bool is_marked) {
  for (InstanceMemory& memory : state.instances) {
    if (memory.id == id) memory.is_marked = is_marked;
  }
}

void set_back(GroupState& state, const InstanceId& id, const std::string& zone, Reason why,
              Time now, bool is_of_balancer = false) {
  const auto about = std::tie(id, zone, is_of_balancer);
  auto at = std::lower_bound(state.setbacks.begin(), state.setbacks.end(), about,
                             [](const Setback& setback, const auto& other) {
                               return std::tie(setback.instance, setback.zone,
                                               setback.is_of_balancer) < other;
                             });
  if (at == state.setbacks.end() || std::tie(at->instance, at->zone, at->is_of_balancer) != about) {
    Setback setback;
    setback.instance = id;
    setback.zone = zone;
    setback.is_of_balancer = is_of_balancer;
    at = state.setbacks.insert(at, std::move(setback));
  }
  at->why = why;
  if (now < at->until) return;  // It was sent before the first of them was refused.
  at->until = now + doubled(setback_first, at->times, setback_max);
  ++at->times;
}

void accept(GroupState& state, Intent& intent, const InstanceId& instance, Time now) {
  intent.stage = IntentStage::accepted;
  intent.retry_at = now + effect_wait;
  if (intent.kind == IntentKind::launch) {
    std::erase_if(state.setbacks, [&intent](const Setback& setback) {
      const bool is_about_it = setback.zone.empty() || setback.zone == intent.zone;
      return setback.instance.value.empty() && is_about_it;
    });
    if (instance.value.empty()) return;
    intent.instance = instance;
    InstanceMemory& memory = remember(state, instance);
    if (memory.first_seen == Time{}) memory.missing_counted_at = now;
  } else if (intent.kind == IntentKind::drain) {
    InstanceMemory& memory = remember(state, intent.instance);
    if (!memory.draining_since) memory.draining_since = now;
  } else if (intent.kind == IntentKind::join || intent.kind == IntentKind::leave) {
    std::erase_if(state.setbacks, [&intent](const Setback& setback) {
      return setback.is_of_balancer && setback.instance == intent.instance;
    });
  }
}

void refuse(GroupState& state, const Intent& intent, Reason why, Time now) {
  switch (intent.kind) {
    case IntentKind::launch:
      // A full zone says nothing of the others.
      set_back(state, {}, why == Reason::cloud_no_capacity ? intent.zone : std::string(), why, now);
      return;
    case IntentKind::terminate:
      set_back(state, intent.instance, {}, why, now);
      return;
    case IntentKind::drain: {
      // A cloud that cannot drain: let the time for it pass, then terminate.
      InstanceMemory& memory = remember(state, intent.instance);
      if (!memory.draining_since) memory.draining_since = now;
      return;
    }
    case IntentKind::join:
    case IntentKind::leave:
      set_back(state, intent.instance, {}, why, now, true);
      return;
    case IntentKind::protect:
      return;  // Told once: the group spares it whatever its cloud can do.
    case IntentKind::unprotect:
      set_mark(state, intent.instance, false);
      return;  // So was this: what the cloud keeps is its own from here on.
  }
}

}  // namespace

std::string token_of(std::string_view cluster, const GroupId& group, std::uint64_t generation,
                     IntentKind kind) {
  std::string name;
  name.reserve(cluster.size() + group.value.size() + 24);
  name.append(cluster).push_back('\0');
  name.append(group.value).push_back('\0');
  for (int shift = 0; shift < 64; shift += 8) {
    name.push_back(static_cast<char>((generation >> shift) & 0xffU));
  }
  name.push_back(static_cast<char>(kind));
  const XXH128_hash_t hash = XXH3_128bits(name.data(), name.size());
  constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyz234567";
  constexpr int digits_of_half = 13;  // 64 bits, five at a time.
  std::string token;
  token.reserve(2 * digits_of_half);
  for (std::uint64_t half : {hash.high64, hash.low64}) {
    for (int i = 0; i < digits_of_half; ++i, half >>= 5) token.push_back(digits[half & 31U]);
  }
  return token;
}

Clearance may_send(const GroupSpec& spec, const GroupState& state, const Observation* seen,
                   const Intent& intent, Time now, const RoundContext& context) {
  Clearance clearance;
  const auto refuse = [&clearance](Reason reason, Time until) {
    clearance.reason = reason;
    clearance.until = until;
    return clearance;
  };
  const Restraint restraint = restraint_of(spec, state, context);
  if (forbids(restraint.mode, op_of(intent.kind))) return refuse(block_of(restraint).reason, {});
  if (intent.stage == IntentStage::accepted) return refuse(Reason::intent_open, {});
  if (now < intent.retry_at) return refuse(Reason::intent_open, intent.retry_at);
  if (intent.kind != IntentKind::terminate && intent.kind != IntentKind::drain) {
    clearance.is_cleared = true;
    return clearance;
  }
  if (seen == nullptr) return refuse(Reason::observation_pending, {});
  if (state.good_observations < observations_to_warm) {
    return refuse(Reason::observation_warming, {});
  }
  const bool is_recent = now <= seen->at + last_look_age_max || intent.opened_at <= seen->at;
  if (!is_recent && context.guards.has(Guard::last_look)) {
    return refuse(Reason::last_look_due, {});
  }
  interlock::Batch batch;
  batch.targets.push_back(target_of(intent));
  batch.view = view_of(state, *seen);
  batch.view.wrote_at = {};  // The batch that this intent belongs to is being sent.
  batch.rules = rules_of(spec, state, state.limits.min);
  batch.rules.is_counted = true;
  batch.now = now;
  interlock::Verdict verdict = interlock::vet(batch, {});
  if (verdict.permits.empty()) return refuse(Reason::interlock_refused, now + second_look_again);
  clearance.permit = std::move(verdict.permits.front());
  clearance.is_cleared = true;
  return clearance;
}

bool note_sent(GroupState& state, std::string_view token, Time now) {
  const auto intent = find(state, token);
  if (intent == state.intents.end()) return false;
  ++intent->sends;
  intent->retry_at = now + answer_wait;
  if (intent->kind == IntentKind::protect) set_mark(state, intent->instance, true);
  state.wrote_at = std::max(state.wrote_at, now);
  return true;
}

bool note_outcome(GroupState& state, std::string_view token, const Outcome& outcome, Time now) {
  const auto intent = find(state, token);
  if (intent == state.intents.end()) return false;
  switch (outcome.answer) {
    case Answer::done:
      if (intent->kind == IntentKind::protect || intent->kind == IntentKind::unprotect) {
        if (intent->kind == IntentKind::unprotect) set_mark(state, intent->instance, false);
        state.intents.erase(intent);
      } else {
        accept(state, *intent, outcome.instance, now);
      }
      return true;
    case Answer::refused:
      refuse(state, *intent, outcome.why, now);
      state.intents.erase(intent);
      return true;
    case Answer::unknown:
      intent->stage = IntentStage::unknown;
      [[fallthrough]];
    case Answer::not_now:
      intent->retry_at = now + doubled(Duration{1'000}, intent->sends, resend_max);
      return true;
  }
  return true;
}

}  // namespace settle
