#include "daemon/simulation/tally.h"

#include <algorithm>

#include <fmt/core.h>

namespace settle {
namespace {

constexpr std::size_t examples_max = 20;

}  // namespace

Capacity need_of(const DecisionRecord& record) {
  Capacity need = record.desired_to.value_or(0);
  for (const RungNote& note : record.rungs) {
    if (note.rung == Rung::combine) need = note.to;
  }
  return need;
}

void SimulationTally::journal(const Journal& entries) {
  for (const JournalEntry& entry : entries.decisions) decide(entry.record);
  for (const ActionEntry& action : entries.actions) act(action);
  if (watch_.journaled) watch_.journaled(entries);
}

void SimulationTally::decide(const DecisionRecord& record) {
  GroupOutcome& outcome = summary_.groups[record.group.value];
  Course& course = courses_[record.group.value];
  ++outcome.decisions;
  course.need = need_of(record);
  if (record.desired_to) {
    const Capacity to = *record.desired_to;
    outcome.desired_least = std::min(outcome.desired_least.value_or(to), to);
    outcome.desired_most = std::max(outcome.desired_most.value_or(to), to);
    const Capacity from = record.desired_from.value_or(to);
    if (from != to) {
      const int direction = to > from ? 1 : -1;
      ++outcome.changes;
      if (course.direction == -direction) ++outcome.reversals;
      course.direction = direction;
    }
  }
  for (const WithheldStep& step : record.withheld) {
    outcome.withheld[step.guard] += static_cast<std::size_t>(std::max<Capacity>(step.count, 1));
  }
  if (watch_.decided) watch_.decided(record);
}

void SimulationTally::act(const ActionEntry& action) {
  ++summary_.groups[action.group.value]
        .actions[fmt::format("{} {}", name(action.op), action.outcome)];
  if (watch_.acted) watch_.acted(action);
}

void SimulationTally::stand(const GroupId& group, Time now, Capacity ready, Capacity existing) {
  GroupOutcome& outcome = summary_.groups[group.value];
  Course& course = courses_[group.value];
  if (course.has_stood) {
    const Duration passed = now - course.stood_at;
    if (course.is_short) outcome.short_of_need += passed;
    outcome.instance_time += passed * outcome.existing;
  }
  course.has_stood = true;
  course.stood_at = now;
  course.is_short = ready < course.need;
  outcome.ready = ready;
  outcome.existing = existing;
  if (watch_.stood) watch_.stood(group, now, ready, existing);
}

void SimulationTally::sample(const GroupId& group, Time at, const SampleClaim& claim) {
  if (watch_.sampled) watch_.sampled(group, at, claim);
}

void SimulationTally::dead_letter(std::size_t line, std::string_view reason, std::string_view why) {
  ++summary_.dead_letters[std::string(reason)];
  if (summary_.dead_letter_examples.size() >= examples_max) return;
  summary_.dead_letter_examples.push_back({line, std::string(reason), std::string(why)});
}

void SimulationTally::view(const GroupView& view) {
  GroupOutcome& outcome = summary_.groups[view.spec->id.value];
  outcome.desired = view.state.desired;
  outcome.digest = digest(view.state.memory);
}

}  // namespace settle
