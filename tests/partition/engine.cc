#include "tests/partition/engine.h"

#include <algorithm>

#include "reconcilers/ledger.h"
#include "reconcilers/memory.h"

namespace settle {
namespace engine {

Script& script() {
  static Script current;
  return current;
}

}  // namespace engine

namespace {

Intent* find_intent(GroupState& state, std::string_view token) {
  const auto found = std::find_if(state.intents.begin(), state.intents.end(),
                                  [&](const Intent& intent) { return intent.token == token; });
  return found == state.intents.end() ? nullptr : &*found;
}

}  // namespace

Merge merge(const GroupSpec& spec, GroupState& state, const Signal& signal, Time now) {
  if (signal.stamp.at < now - spec.lateness) return Merge::late_or_repeated;
  if (const auto* pause = std::get_if<PauseOrder>(&signal.claim)) {
    state.memory.pause = {signal.stamp, *pause};
    return Merge::merged;
  }
  if (const auto* sample = std::get_if<SampleClaim>(&signal.claim)) {
    state.memory.samples = {{signal.stamp, *sample}};
    return Merge::merged;
  }
  if (!std::holds_alternative<AdjustClaim>(signal.claim)) return Merge::repeated;
  for (const Firing& firing : state.memory.firings) {
    if (firing.stamp == signal.stamp) return Merge::repeated;
  }
  state.memory.firings.push_back({signal.stamp, "policy/push", {}});
  return Merge::merged;
}

Merge merge_logged(const GroupSpec& spec, GroupState& state, const Signal& signal, Time now) {
  if (signal.stamp.id == engine::no_room) return Merge::full;
  return merge(spec, state, signal, now);
}

Round converge(const GroupSpec& spec, GroupState& state, const Observation& seen, Time now,
               const RoundContext& context) {
  ++engine::script().rounds;
  Round round;
  round.record.group = spec.id;
  round.record.at = now;
  round.record.revision = context.revision;
  state.observed_at = seen.at;
  std::erase_if(state.intents, [&](const Intent& intent) {
    return std::any_of(seen.instances.begin(), seen.instances.end(),
                       [&](const Instance& shown) { return shown.token == intent.token; });
  });
  const bool may_open = context.authority == Authority::act && !context.journal_failed;
  while (may_open && state.round < state.memory.firings.size()) {
    Intent intent;
    intent.token = spec.id.value + "-" + std::to_string(state.round++);
    intent.opened_at = now;
    round.opened.push_back(intent.token);
    state.intents.push_back(intent);
    round.is_notable = true;
  }
  if (engine::script().after) engine::script().after(state, round);
  return round;
}

Clearance may_send(const GroupSpec& /*spec*/, const GroupState& state, const Observation* /*seen*/,
                   const Intent& intent, Time now, const RoundContext& /*context*/) {
  if (state.memory.pause && state.memory.pause->order.paused) {
    return {false, Reason::paused, {}, {}};
  }
  if (intent.retry_at > now) return {false, Reason::intent_open, intent.retry_at, {}};
  return {true, Reason::intent_open, {}, {}};
}

bool note_sent(GroupState& state, std::string_view token, Time now) {
  Intent* intent = find_intent(state, token);
  if (intent == nullptr) return false;
  ++intent->sends;
  state.wrote_at = now;
  return true;
}

bool note_outcome(GroupState& state, std::string_view token, const Outcome& outcome, Time now) {
  Intent* intent = find_intent(state, token);
  if (intent == nullptr) return false;
  intent->retry_at = now + Duration{1'000};
  switch (outcome.answer) {
    case Answer::done:
      intent->stage = IntentStage::accepted;
      break;
    case Answer::unknown:
      intent->stage = IntentStage::unknown;
      break;
    case Answer::not_now:
      break;
    case Answer::refused:
      state.intents.erase(state.intents.begin() + (intent - &state.intents[0]));
  }
  return true;
}

}  // namespace settle
