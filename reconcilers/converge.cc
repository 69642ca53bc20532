#include "reconcilers/converge.h"

namespace settle {

Round converge(const GroupSpec& spec, GroupState& state, const Observation& seen, Time now,
               const RoundContext& context) {
  Round round;
  DecisionRecord& record = round.record;
  record.group = spec.id;
  record.at = now;
  record.partition = context.partition;
  record.epoch = context.epoch;
  record.revision = context.revision;
  record.engine = context.engine;
  record.tzdata = context.tzdata;
  record.desired_from = record.desired_to = state.desired;
  round.wants_observation = !seen.is_complete;
  return round;
}

}  // namespace settle
