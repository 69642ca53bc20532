// What can be broken on purpose, each in the world around the partition and never in production
// code, and which oracle must see it. An oracle that no mutation trips has proved nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace settle::sim {

enum class Mutation : std::uint8_t {
  none,
  act_before_commit,    // The store says "stored" before it is.
  ack_before_commit,    // A source takes delivery for an answer.
  new_token_on_retry,   // The rim renames what it sends again.
  drop_ids,             // A successor does not get the firings that were remembered.
  forget_launches,      // Nor the launches whose outcome is unknown.
  reset_launches,       // Nor what has been spent of the launch budget.
  reset_terminations,   // Nor of the one for terminations, nor the interlock's own count.
  drop_pause,           // Nor the operator's pause.
  skip_schedule,        // It believes that schedules were considered further than they were.
  inflate_absence,      // Absences count as counted already, and nobody is asked for by id.
  double_intents,       // It inherits each termination twice, under two tokens.
  missing_as_zero,      // A source reads no data as zero.
  act_after_fence,      // A fenced owner is not told, and its calls are let through.
  foreign_victim,       // A termination reaches another group's instance.
  partial_as_complete,  // A listing that lacks pages calls itself complete.
  terminate_first,      // The owner is configured to replace without launching first.
  raise_max,            // The owner is configured with a larger max than the group has.
  lower_min,            // The same with a smaller min.
  hide_removal,         // The owner is not told that a group was removed.
  unmarked_launch,      // The rim strips the marks from a launch.
  alter_journal,        // An input of a decision is altered on its way into the journal.
  drop_records,         // Decisions do not reach the journal; its answer is yes.
  journal_lies,         // A failing journal says that it is well.
  done_without_doing,   // The cloud accepts launches and does nothing.
  restless_cloud,       // Instances keep dying after everything was to be quiet.
  wavering_signal,      // A signal that was to be constant is not.
  ignore_disruption,    // The owner is configured with a disruption budget that never ends.
  forget_halt,          // A successor does not know that a rolling change was halted.
  drop_orders,          // Nor what operators said of single instances.
  hasty_drain,          // The owner is configured to drain for no time at all.
  unasked_answers,      // Observations are answered before they are made.
};

struct MutationFacts {
  Mutation mutation;
  std::string_view name;
  std::string_view oracle;  // That must catch it.
};

[[nodiscard]] const std::vector<MutationFacts>& mutations();
[[nodiscard]] const MutationFacts* find_mutation(std::string_view name);

}  // namespace settle::sim
