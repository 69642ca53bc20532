#include "daemon/runtime/group_gauges.h"

#include "reconcilers/levels.h"
#include "reconcilers/restraint.h"

namespace settle {

double unix_seconds(Time at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}

namespace {

// What watches the watcher: ages, and what is left of budgets.
void add_guards(const GroupView& view, Time now, GroupGauges& group) {
  RoundContext context;
  context.standing = view.standing;
  const Mode mode = restraint_of(*view.spec, view.state, context).mode;
  group.mode = mode_names[static_cast<std::size_t>(mode)];
  group.is_paused = mode == Mode::pause;
  if (view.state.observed_at != Time{}) {
    group.observed_at_seconds = unix_seconds(view.state.observed_at);
  }
  for (const Intent& intent : view.state.intents) {
    const double opened = unix_seconds(intent.opened_at);
    const bool is_older = group.oldest_intent_seconds == 0 || opened < group.oldest_intent_seconds;
    if (is_older) group.oldest_intent_seconds = opened;
  }
  for (const GuardLevel& level : guard_levels(*view.spec, view.state, now)) {
    group.levels.push_back({std::string(level.guard), level.remaining});
  }
}

}  // namespace

std::vector<GroupGauges> group_gauges(const std::vector<GroupView>& views, Time now) {
  std::vector<GroupGauges> gauges;
  gauges.reserve(views.size());
  for (const GroupView& view : views) {
    GroupGauges& group = gauges.emplace_back();
    group.group = view.spec->id.value;
    group.min = view.spec->limits.min;
    group.max = view.spec->limits.max;
    group.has_desired = view.state.desired.has_value();
    group.desired = view.state.desired.value_or(0);
    add_guards(view, now, group);
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

std::vector<SourceGauges> source_gauges(const std::vector<SourceStanding>& sources) {
  std::vector<SourceGauges> gauges;
  for (const SourceStanding& source : sources) {
    const SourceReport& report = source.report;
    SourceGauges one;
    one.source = source.name;
    one.is_failing = report.state == "failing";
    one.in_flight = static_cast<std::int64_t>(report.in_flight);
    one.has_lag = report.lag.has_value();
    one.lag = report.lag.value_or(0);
    if (report.last_event) one.last_event_seconds = unix_seconds(*report.last_event);
    gauges.push_back(std::move(one));
  }
  return gauges;
}

std::vector<CloudGauges> cloud_gauges(const std::vector<CloudStanding>& clouds) {
  std::vector<CloudGauges> gauges;
  for (const CloudStanding& cloud : clouds) {
    CloudGauges one;
    one.cloud = cloud.name;
    one.is_left_alone = cloud.way_out.breaker == "open";
    one.in_flight = cloud.in_flight;
    one.throttled = static_cast<double>(cloud.throttled);
    if (cloud.complete_at) one.complete_seconds = unix_seconds(*cloud.complete_at);
    if (cloud.quota_at) one.quota_seconds = unix_seconds(*cloud.quota_at);
    for (const auto& [call, count] : cloud.calls) {
      one.calls.push_back({call.first, call.second, static_cast<double>(count)});
    }
    gauges.push_back(std::move(one));
  }
  return gauges;
}

}  // namespace settle
