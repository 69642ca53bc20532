// Actions out, once their intents are stored and journaled; outcomes in.
#include <algorithm>
#include <utility>

#include "daemon/partition/core.h"
#include "reconcilers/ledger.h"

namespace settle {
namespace {

const char* outcome_name(Acted::Result result) {
  switch (result) {
    case Acted::Result::done:
      return "done";
    case Acted::Result::refused:
      return "refused";
    case Acted::Result::not_now:
      return "not_now";
    case Acted::Result::unknown:
      return "unknown";
  }
  return "unknown";
}

Answer answer_of(Acted::Result result) {
  switch (result) {
    case Acted::Result::done:
      return Answer::done;
    case Acted::Result::refused:
      return Answer::refused;
    case Acted::Result::not_now:
      return Answer::not_now;
    case Acted::Result::unknown:
      return Answer::unknown;
  }
  return Answer::unknown;
}

bool is_destructive(IntentKind kind) {
  return kind == IntentKind::terminate || kind == IntentKind::drain;
}

// What a launch is made from: the group's template, or the earlier one that a rollback returned to.
SpecPointer template_of(const SpecPointer& spec, const GroupState& state, const Intent& intent) {
  const RolloutState& rollout = state.rollout;
  const bool is_earlier = intent.kind == IntentKind::launch && !rollout.good_launch.empty() &&
                          intent.launch_hash == rollout.good &&
                          intent.launch_hash != spec->launch_hash;
  if (!is_earlier) return spec;
  auto earlier = std::make_shared<GroupSpec>(*spec);
  earlier->launch_hash = rollout.good;
  earlier->launch.clear();
  for (const LaunchText& text : rollout.good_launch) earlier->launch[text.key] = text.value;
  return earlier;
}

}  // namespace

void Partition::Core::run_sends(Time now) {
  for (const std::uint32_t number : std::exchange(sends_due, {})) {
    if (!std::exchange(slots[number].send_due, false)) continue;
    send(number, now);
    reschedule(number);
  }
}

// Sends what is stored, journaled and cleared. All are asked about before any is sent, since a
// send makes the newest observation too old for the next question.
void Partition::Core::send(std::uint32_t number, Time now) {
  Slot& slot = slots[number];
  slot.send_at = never;
  if (slot.watched) return tell(number, now);
  if (!slot.spec || context.journal_failed || context.authority != Authority::act) return;
  use_context_of(slot);
  std::vector<std::pair<std::size_t, Clearance>> cleared;
  for (std::size_t at = 0; at < slot.flights.size(); ++at) {
    Flight& flight = slot.flights[at];
    const Intent& intent = slot.state.intents[at];
    if (flight.in_flight || !flight.stored || !flight.durable) continue;
    if (intent.stage == IntentStage::accepted) continue;
    Clearance clearance = may_send(*slot.spec, slot.state, slot.seen.get(), intent, now, context);
    if (clearance.is_cleared) {
      cleared.emplace_back(at, std::move(clearance));
      continue;
    }
    if (clearance.until > now) slot.send_at = std::min(slot.send_at, clearance.until);
    if (clearance.reason == Reason::last_look_due) look_soon(slot, now);
    const bool only_waits = clearance.reason == Reason::intent_open;
    if (!only_waits && !std::exchange(flight.withheld, true)) {
      note_action(slot, intent, "withheld", clearance.reason, now);
    }
  }
  for (const auto& [at, clearance] : cleared) emit_act(number, at, clearance, now);
}

// The one function from which a mutating call leaves.
void Partition::Core::emit_act(std::uint32_t number, std::size_t at, const Clearance& clearance,
                               Time now) {
  Slot& slot = slots[number];
  const std::string token = slot.state.intents[at].token;
  if (!note_sent(slot.state, token, now)) return;
  const Intent& intent = slot.state.intents[at];
  std::optional<Act> act;
  if (!is_destructive(intent.kind)) {
    act = Act::harmless(seat.epoch, slot.spec->cloud, slot.id, intent,
                        template_of(slot.spec, slot.state, intent));
  } else if (clearance.permit) {
    act = Act::destructive(seat.epoch, slot.spec->cloud, slot.id, intent, *clearance.permit);
  }
  if (!act) return;
  slot.flights[at].in_flight = true;
  slot.flights[at].withheld = false;
  note_action(slot, intent, "sent", Reason::intent_open, now);
  mark_commit(number, now);
  effects.emplace_back(std::move(*act));
}

void Partition::Core::note_action(const Slot& slot, const Intent& intent, const char* outcome,
                                  Reason why, Time now) {
  dirty_since = std::min(dirty_since, now);
  actions.push_back({slot.id, now, intent.token, op_of(intent.kind), intent.instance, outcome, why,
                     context.epoch});
}

void Partition::Core::note_orphan(const Acted& event, Time now) {
  const auto found = std::find_if(orphans.begin(), orphans.end(), [&](const Orphan& orphan) {
    return orphan.token == event.token && orphan.group == event.group;
  });
  if (found == orphans.end()) return;
  dirty_since = std::min(dirty_since, now);
  actions.push_back({event.group, now, event.token, found->op, event.instance,
                     outcome_name(event.result), event.why, context.epoch});
  orphans.erase(found);
}

void Partition::Core::on(Acted&& event, Time now) {
  const std::uint32_t number = find(event.group);
  if (number == GroupIndex::none) return;
  Slot& slot = slots[number];
  const auto found = std::find_if(slot.flights.begin(), slot.flights.end(), [&](const Flight& f) {
    return f.in_flight && f.token == event.token;
  });
  if (found == slot.flights.end()) {
    note_orphan(event, now);
    return;
  }
  found->in_flight = false;
  const auto at = static_cast<std::size_t>(found - slot.flights.begin());
  const bool is_done = event.result == Acted::Result::done;
  Intent answered = slot.state.intents[at];
  if (!event.instance.value.empty()) answered.instance = event.instance;
  note_action(slot, answered, outcome_name(event.result), is_done ? Reason::intent_open : event.why,
              now);
  (void)note_outcome(slot.state, event.token,
                     {answer_of(event.result), std::move(event.instance), event.why}, now);
  align_flights(slot);
  slot.eager_looks = 0;
  look_soon(slot, now);
  mark_commit(number, now);
  mark_round(number);
  mark_send(number);
  reschedule(number);
}

}  // namespace settle
