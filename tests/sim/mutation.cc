#include "tests/sim/mutation.h"

namespace settle::sim {

const std::vector<MutationFacts>& mutations() {
  static const std::vector<MutationFacts> all{
      {Mutation::act_before_commit, "act_before_commit", "INV05"},
      {Mutation::ack_before_commit, "ack_before_commit", "INV16"},
      {Mutation::new_token_on_retry, "new_token_on_retry", "INV06"},
      {Mutation::drop_ids, "drop_ids", "INV15"},
      {Mutation::forget_launches, "forget_launches", "G6"},
      {Mutation::reset_launches, "reset_launches", "INV04"},
      {Mutation::reset_terminations, "reset_terminations", "INV03"},
      {Mutation::drop_pause, "drop_pause", "INV22"},
      {Mutation::skip_schedule, "skip_schedule", "INV27"},
      {Mutation::inflate_absence, "inflate_absence", "INV12"},
      {Mutation::double_intents, "double_intents", "INV07"},
      {Mutation::missing_as_zero, "missing_as_zero", "INV13"},
      {Mutation::act_after_fence, "act_after_fence", "INV08"},
      {Mutation::foreign_victim, "foreign_victim", "INV10"},
      {Mutation::partial_as_complete, "partial_as_complete", "INV11"},
      {Mutation::terminate_first, "terminate_first", "INV29"},
      {Mutation::raise_max, "raise_max", "INV01"},
      {Mutation::lower_min, "lower_min", "INV02"},
      {Mutation::hide_removal, "hide_removal", "INV32"},
      {Mutation::unmarked_launch, "unmarked_launch", "INV24"},
      {Mutation::alter_journal, "alter_journal", "INV17"},
      {Mutation::drop_records, "drop_records", "INV38"},
      {Mutation::journal_lies, "journal_lies", "INV34"},
      {Mutation::done_without_doing, "done_without_doing", "INV19"},
      {Mutation::restless_cloud, "restless_cloud", "INV18"},
      {Mutation::wavering_signal, "wavering_signal", "INV20"},
      {Mutation::ignore_disruption, "ignore_disruption", "INV30"},
      {Mutation::forget_halt, "forget_halt", "HALT"},
      {Mutation::drop_orders, "drop_orders", "ORDER"},
      {Mutation::hasty_drain, "hasty_drain", "BALANCER"},
      {Mutation::unasked_answers, "unasked_answers", "INV28"},
  };
  return all;
}

const MutationFacts* find_mutation(std::string_view name) {
  for (const MutationFacts& facts : mutations()) {
    if (facts.name == name) return &facts;
  }
  return nullptr;
}

}  // namespace settle::sim
