#include "daemon/runtime/group_gauges.h"

namespace settle {

double unix_seconds(Time at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}

std::vector<GroupGauges> group_gauges(const std::vector<GroupView>& views) {
  std::vector<GroupGauges> gauges;
  gauges.reserve(views.size());
  for (const GroupView& view : views) {
    GroupGauges& group = gauges.emplace_back();
    group.group = view.spec->id.value;
    group.min = view.spec->limits.min;
    group.max = view.spec->limits.max;
    group.has_desired = view.state.desired.has_value();
    group.desired = view.state.desired.value_or(0);
    group.is_paused = view.state.memory.pause && view.state.memory.pause->order.paused;
    if (!view.last) continue;
    const DecisionRecord& last = *view.last;
    group.ready = last.tally.ready;
    group.building = last.tally.building + last.tally.in_flight;
    group.draining = last.tally.draining;
    group.condemned = last.tally.condemned;
    group.missing = last.tally.missing;
    group.min = last.limits.min;
    group.max = last.limits.max;
    group.is_converged = last.converged;
    if (last.converged) group.converged_at_seconds = unix_seconds(last.at);
    for (const Voice& voice : last.voices) {
      if (voice.proposes) group.proposals.push_back({voice.name, *voice.proposes});
    }
  }
  return gauges;
}

}  // namespace settle
