#include "cli/trial/trial.h"

#include <algorithm>
#include <utility>

#include "daemon/codec/json.h"
#include "daemon/simulation/tally.h"

namespace settle {

void Staircase::note(Time at, Capacity number) {
  if (!levels_.empty() && levels_.back().at == at) levels_.pop_back();
  if (!levels_.empty() && levels_.back().number == number) return;
  levels_.push_back({at, number});
}

std::optional<Capacity> Staircase::at(Time when) const {
  const auto after =
      std::upper_bound(levels_.begin(), levels_.end(), when,
                       [](Time wanted, const Level& level) { return wanted < level.at; });
  return after == levels_.begin() ? std::nullopt : std::optional(std::prev(after)->number);
}

namespace {

void decide(Trial& trial, const DecisionRecord& record) {
  GroupCourse& course = trial.courses[record.group.value];
  course.records.push_back(trial.records.size());
  trial.records.push_back(record);
  course.need.note(record.at, need_of(record));
  course.min.note(record.at, record.limits.min);
  course.max.note(record.at, record.limits.max);
  if (record.desired_to) course.desired.note(record.at, *record.desired_to);
}

void sample(Trial& trial, const GroupId& group, Time at, const SampleClaim& claim) {
  if (!claim.instance.value.empty()) return;
  SignalPoint point{at, std::nullopt};
  if (claim.reading.kind == ReadingKind::value) point.value = claim.reading.value.approximate();
  std::vector<SignalPoint>& points = trial.courses[group.value].signals[claim.signal];
  // A mean that is read again after a change of the fleet replaces what was read before.
  if (!points.empty() && points.back().at == at) points.pop_back();
  points.push_back(point);
}

}  // namespace

Result<Trial> run_trial(const SimulateOptions& options) {
  Trial trial;
  for (const GroupSpec& spec : options.specs) trial.courses[spec.id.value];
  SimulationWatch watch;
  watch.decided = [&trial](const DecisionRecord& record) { decide(trial, record); };
  watch.sampled = [&trial](const GroupId& group, Time at, const SampleClaim& claim) {
    sample(trial, group, at, claim);
  };
  watch.stood = [&trial](const GroupId& group, Time at, Capacity ready, Capacity existing) {
    GroupCourse& course = trial.courses[group.value];
    course.ready.note(at, ready);
    course.existing.note(at, existing);
  };
  Result<SimulationSummary> summary = run_simulation(options, watch);
  if (!summary) return summary.error();
  trial.summary = std::move(*summary);
  return trial;
}

std::string span_text(const Trial& trial) {
  const auto minute = [](Time at) {
    constexpr std::size_t until_minutes = 16;
    std::string text = time_text(at).substr(0, until_minutes);
    std::replace(text.begin(), text.end(), 'T', ' ');
    return text;
  };
  return minute(trial.summary.start) + " until " + minute(trial.summary.end) + " UTC";
}

}  // namespace settle
