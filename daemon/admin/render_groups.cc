// How groups are shown.
#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "daemon/admin/render.h"
#include "daemon/admin/upcoming.h"
#include "daemon/codec/json.h"
#include "reconcilers/balancer.h"
#include "reconcilers/census.h"
#include "reconcilers/explain/explain.h"
#include "reconcilers/explain/phrase.h"
#include "reconcilers/memory.h"
#include "reconcilers/restraint.h"

namespace settle {
namespace {

namespace json = boost::json;

json::value optional_number(const std::optional<Capacity>& number) {
  if (!number) return nullptr;
  return *number;
}

json::object limits_of(const Range& limits) {
  return {{"min", limits.min}, {"max", limits.max}};
}

json::object tally_of(const Tally& tally) {
  return {{"ready", tally.ready},         {"building", tally.building},
          {"condemned", tally.condemned}, {"draining", tally.draining},
          {"missing", tally.missing},     {"in_flight", tally.in_flight},
          {"standby", tally.standby},     {"possible", tally.possible()}};
}

bool is_held(const GroupState& state, Time now) {
  const auto& hold = state.memory.hold;
  return hold && !hold->order.lifted && hold->order.until > now;
}

/// What restrains the group, its own order or one for many; the strictest.
Restraint restraint_of(const GroupView& view) {
  RoundContext context;
  context.standing = view.standing;
  const Restraint found = restraint_of(*view.spec, view.state, context);
  Restraint kept = found;
  if (view.standing && !found.scope.empty()) {
    kept.scope = view.standing->scope;
    kept.owner = view.standing->owner;
    kept.reason = view.standing->reason;
  }
  return kept;
}

json::value pause_of(const GroupView& view) {
  const Restraint restraint = restraint_of(view);
  if (restraint.owner.empty()) return nullptr;
  json::object pause{{"owner", restraint.owner},
                     {"reason", restraint.reason},
                     {"since", time_text(restraint.since)},
                     {"mode", mode_names[static_cast<std::size_t>(restraint.mode)]}};
  if (!restraint.scope.empty()) pause["scope"] = restraint.scope;
  return pause;
}

json::value hold_of(const GroupState& state, Time now) {
  if (!is_held(state, now)) return nullptr;
  const auto& hold = *state.memory.hold;
  return json::object{{"number", hold.order.number},
                      {"until", time_text(hold.order.until)},
                      {"owner", hold.order.owner},
                      {"reason", hold.order.reason},
                      {"since", time_text(hold.stamp.at)}};
}

/// "+7, 38s ago"; null if nothing has changed that is still remembered.
json::value last_change_of(const GroupView& view, Time now) {
  const std::vector<Change>& changes = view.state.changes;
  Change change;
  if (!changes.empty()) {
    change = changes.back();
  } else if (view.noted && view.noted->desired_from && view.noted->desired_to &&
             view.noted->desired_from != view.noted->desired_to) {
    change = {view.noted->at, *view.noted->desired_from, *view.noted->desired_to};
  } else {
    return nullptr;
  }
  const Duration ago = std::chrono::floor<std::chrono::seconds>(now - change.at);
  return json::string(fmt::format("{:+}, {} ago", change.to - change.from, duration_text(ago)));
}

/// What the winning voice saw, or else the first that saw something: "keep-cpu-at-55 72.4". A
/// signal that is missing goes first, since it holds the group: "keep-cpu-at-55 missing".
json::value signal_of(const std::optional<DecisionRecord>& last) {
  if (!last) return nullptr;
  const Voice* shown = nullptr;
  for (const Voice& voice : last->voices) {
    if (voice.verdict == Verdict::missing) return json::string(voice.name + " missing");
    if (!voice.input || voice.input->kind != ReadingKind::value) continue;
    if (shown == nullptr || voice.won) shown = &voice;
  }
  if (shown == nullptr) return nullptr;
  return json::string(fmt::format("{} {}", shown->name, shown->input->value.text()));
}

/// "20:00 office-hours ends", in the group's own time.
json::value next_of(const GroupView& view, Time now) {
  const std::vector<Upcoming> upcoming = list_upcoming(*view.spec, view.state, 1, now);
  if (upcoming.empty()) return nullptr;
  const LocalTime local = view.spec->zone.local(upcoming[0].at);
  return json::string(fmt::format("{:02}:{:02} {}", local.hour, local.minute, upcoming[0].what));
}

json::object row_of(const GroupView& view, Time now) {
  json::object row;
  row["group"] = view.spec->id.value;
  row["state"] = state_word(view, now);
  const Tally tally = view.last ? view.last->tally : Tally{};
  row["ready"] = tally.ready;
  row["building"] = tally.building + tally.in_flight;
  row["running"] = tally.ready + tally.building + tally.condemned + tally.draining;
  row["desired"] = optional_number(view.state.desired);
  const Range limits = view.last ? view.last->limits : view.spec->limits;
  row["min"] = limits.min;
  row["max"] = limits.max;
  row["signal"] = signal_of(view.last);
  row["last_change"] = last_change_of(view, now);
  row["next"] = next_of(view, now);
  return row;
}

std::string_view word(Standing standing) {
  switch (standing) {
    case Standing::ready:
      return "ready";
    case Standing::building:
      return "building";
    case Standing::condemned:
      return "condemned";
    case Standing::draining:
      return "draining";
    case Standing::missing:
      return "missing";
    case Standing::gone:
      return "gone";
    case Standing::ignored:
      return "ignored";
    case Standing::standby:
      return "standby";
    case Standing::detached:
      return "detached";
  }
  return "ignored";
}

json::array instances_of(const GroupView& view, Time now) {
  json::array list;
  if (!view.seen) return list;
  GroupState scratch = view.state;  // The census marks what it saw; nobody keeps this copy.
  const Census census = take_census(*view.spec, scratch, *view.seen, now);
  for (const Counted& counted : census.instances) {
    json::object row{{"id", counted.id().value}, {"standing", word(counted.standing)}};
    if (counted.standing == Standing::condemned) row["reason"] = name(counted.reason);
    if (counted.instance != nullptr) {
      row["state"] = counted.instance->state;
      row["created"] = time_text(counted.instance->created);
      row["created_local"] = clock_text(counted.instance->created, view.spec->zone);
      row["zone"] = counted.instance->zone;
      row["launch_hash"] = counted.instance->launch_hash;
      row["protected"] = counted.is_protected;
      if (is_balanced(*view.spec)) row["membership"] = name(counted.instance->membership);
    }
    list.push_back(std::move(row));
  }
  return list;
}

/// One claim in a few words, for a table.
struct ClaimWords {
  std::string operator()(const AdjustClaim& claim) const { return claim.policy; }
  std::string operator()(const SampleClaim& claim) const {
    const std::string where = claim.instance.value.empty() ? "" : " of " + claim.instance.value;
    const bool is_value = claim.reading.kind == ReadingKind::value;
    return claim.signal + where + " " + (is_value ? claim.reading.value.text() : "no value");
  }
  std::string operator()(const AlarmClaim& claim) const {
    const std::string which = claim.alert.empty() ? "" : " (" + claim.alert + ")";
    switch (claim.state) {
      case AlarmState::firing:
        return claim.alarm + which + " firing";
      case AlarmState::resolved:
        return claim.alarm + which + " resolved";
      case AlarmState::no_data:
        break;
    }
    return claim.alarm + which + " no data";
  }
  std::string operator()(const HealthClaim& claim) const {
    const char* status = claim.status == HealthStatus::healthy     ? " healthy"
                         : claim.status == HealthStatus::unhealthy ? " unhealthy"
                                                                   : " unknown";
    return claim.instance.value + status + " says " + claim.reporter;
  }
  std::string operator()(const InstanceHint& claim) const {
    return claim.instance.value + " " + claim.state;
  }
  std::string operator()(const LifecycleClaim& claim) const {
    return claim.instance.value + " " + claim.hook + (claim.proceed ? " continue" : " abandon");
  }
  std::string operator()(const PauseOrder& order) const {
    if (!order.paused) return "resumed by " + order.owner + ": " + order.reason;
    const std::string how =
        order.mode == Mode::pause
            ? "paused"
            : fmt::format("restrained to {}", mode_names[static_cast<std::size_t>(order.mode)]);
    return how + " by " + order.owner + ": " + order.reason;
  }
  std::string operator()(const HoldOrder& order) const {
    if (order.lifted) return "hold lifted by " + order.owner;
    return "held at " + std::to_string(order.number) + " by " + order.owner + ": " + order.reason;
  }
  std::string operator()(const ConvergeOrder& order) const {
    return "converge asked by " + order.owner;
  }
  std::string operator()(const InstanceOrder& order) const {
    return order.instance.value + " " +
           std::string(instance_verbs[static_cast<std::size_t>(order.verb)]) + " says " +
           order.owner + ": " + order.reason;
  }
};

std::string_view word(IntentKind kind) {
  switch (kind) {
    case IntentKind::launch:
      return "launch";
    case IntentKind::terminate:
      return "terminate";
    case IntentKind::drain:
      return "drain";
    case IntentKind::protect:
      return "protect";
    case IntentKind::unprotect:
      return "unprotect";
    case IntentKind::join:
      return "join";
    case IntentKind::leave:
      return "leave";
  }
  return "launch";
}

std::string_view word(IntentStage stage) {
  switch (stage) {
    case IntentStage::open:
      return "open";
    case IntentStage::unknown:
      return "unknown";
    case IntentStage::accepted:
      return "accepted";
  }
  return "open";
}

json::array intents_of(const GroupState& state) {
  json::array list;
  for (const Intent& intent : state.intents) {
    list.push_back(json::object{{"token", intent.token},
                                {"op", word(intent.kind)},
                                {"stage", word(intent.stage)},
                                {"instance", intent.instance.value},
                                {"replaces", intent.replaces.value},
                                {"zone", intent.zone},
                                {"opened_at", time_text(intent.opened_at)},
                                {"sends", intent.sends}});
  }
  return list;
}

struct PolicyRow {
  json::object operator()(const TargetPolicy& policy) const {
    json::object row{{"type", "target"}, {"target", policy.target.text()}};
    if (policy.metrics.empty()) {
      row["signal"] = policy.metric.signal;
      return row;
    }
    json::array metrics;
    for (const NamedMetric& named : policy.metrics) {
      metrics.push_back({{"name", named.name}, {"target", named.target.text()}});
    }
    row["metrics"] = std::move(metrics);
    return row;
  }
  json::object operator()(const StepsPolicy& policy) const {
    return {{"type", "steps"}, {"signal", policy.metric.signal}, {"steps", policy.steps.size()}};
  }
  json::object operator()(const AlertPolicy& policy) const {
    return {{"type", "alert"}, {"alarm", policy.alarm}};
  }
  json::object operator()(const WebhookPolicy&) const { return {{"type", "webhook"}}; }
  json::object operator()(const ForecastPolicy& policy) const {
    return {{"type", "forecast"}, {"of", policy.of}};
  }
};

json::array policies_of(const GroupSpec& spec) {
  json::array list;
  for (const Policy& policy : spec.policies) {
    json::object row{{"name", policy.name}};
    for (auto& member : std::visit(PolicyRow{}, policy.kind)) {
      row[member.key()] = std::move(member.value());
    }
    list.push_back(std::move(row));
  }
  return list;
}

/// What holds for it because it holds for many.
std::string standing_text(const GroupView& view) {
  if (!view.standing) return {};
  const FleetOrder& order = *view.standing;
  return fmt::format("{} is restrained to {} by {} since {}{}{}\n", order.scope,
                     mode_names[static_cast<std::size_t>(order.mode)], order.owner,
                     clock_text(order.since, view.spec->zone), order.reason.empty() ? "" : ": ",
                     order.reason);
}

std::string record_or_null(const std::optional<DecisionRecord>& record) {
  return record ? record_json(*record) : "null";
}

/// The sentences of a record, in its order, with times in the group's zone.
template <typename Rows>
json::array local_sentences(const Rows& rows, const Zone& zone) {
  json::array said;
  for (const auto& row : rows) said.emplace_back(because(row, zone));
  return said;
}

json::value local_of(const std::optional<DecisionRecord>& last, const Zone& zone) {
  if (!last) return nullptr;
  return json::object{{"voices", local_sentences(last->voices, zone)},
                      {"rungs", local_sentences(last->rungs, zone)},
                      {"steps", local_sentences(last->steps, zone)},
                      {"withheld", local_sentences(last->withheld, zone)}};
}

bool withholds(const DecisionRecord& record, std::initializer_list<Reason> reasons) {
  return std::any_of(record.withheld.begin(), record.withheld.end(), [&](const auto& step) {
    return std::find(reasons.begin(), reasons.end(), step.reason) != reasons.end();
  });
}

}  // namespace

std::string state_word(const GroupView& view, Time now) {
  const Mode mode = restraint_of(view).mode;
  if (mode == Mode::pause) return "paused";
  if (!view.last || !view.state.desired) return "starting";
  const DecisionRecord& last = *view.last;
  if (withholds(last, {Reason::observation_warming})) return "starting";
  if (withholds(last, {Reason::observation_incomplete, Reason::observation_stale,
                       Reason::cloud_unreachable})) {
    return "blind";
  }
  const Tally& tally = last.tally;
  const Capacity coming = tally.ready + tally.building + tally.in_flight;
  const Capacity desired = *view.state.desired;
  if (tally.building + tally.in_flight > 0 && tally.ready < desired) return "growing";
  if (tally.condemned > 0) return "replacing";
  if (coming > desired || tally.draining > 0) {
    return last.withheld.empty() ? "shrinking" : "waiting";
  }
  if (coming < desired) return last.withheld.empty() ? "growing" : "waiting";
  if (is_held(view.state, now)) return "held";
  if (desired == last.limits.max && desired > last.limits.min) return "at-maximum";
  return "steady";
}

std::string groups_json(std::vector<GroupView> views, Time now) {
  std::sort(views.begin(), views.end(),
            [](const GroupView& a, const GroupView& b) { return a.spec->id < b.spec->id; });
  json::array rows;
  for (const GroupView& view : views) rows.push_back(row_of(view, now));
  return json::serialize(json::object{{"groups", std::move(rows)}});
}

std::string describe_json(const GroupView& view, Time now) {
  json::object about = row_of(view, now);
  about["about"] = view.spec->about;
  about["cloud"] = view.spec->cloud;
  about["time_zone"] = view.spec->zone.name();
  about["limits"] = limits_of(view.last ? view.last->limits : view.spec->limits);
  about["tally"] = tally_of(view.last ? view.last->tally : Tally{});
  about["observed_at"] = view.seen ? json::value(time_text(view.seen->at)) : json::value(nullptr);
  about["instances"] = instances_of(view, now);
  about["intents"] = intents_of(view.state);
  about["pause"] = pause_of(view);
  about["hold"] = hold_of(view.state, now);
  about["policies"] = policies_of(*view.spec);
  about["digest"] = digest(view.state.memory);
  about["local"] = local_of(view.last, view.spec->zone);
  std::string text = json::serialize(about);
  text.pop_back();
  return fmt::format(R"({},"last":{},"noted":{}}})", text, record_or_null(view.last),
                     record_or_null(view.noted));
}

std::string why_not_json(const GroupView& view, const std::string& toward, Time now) {
  json::object answer{{"group", view.spec->id.value}, {"toward", toward}};
  json::array reasons;
  if (view.last) {
    answer["text"] = standing_text(view) + why_not(*view.spec, view.state, *view.last, toward, now);
    for (const WithheldStep& step : view.last->withheld) {
      json::object row{
          {"reason", name(step.reason)}, {"guard", step.guard}, {"because", because(step)}};
      row["until"] = step.until ? json::value(time_text(*step.until)) : json::value(nullptr);
      reasons.push_back(std::move(row));
    }
    for (const RungNote& note : view.last->rungs) {
      reasons.push_back(json::object{{"reason", name(note.reason)},
                                     {"from", note.from},
                                     {"to", note.to},
                                     {"because", because(note)}});
    }
  } else {
    answer["text"] = "No round has been made for this group yet.";
  }
  answer["reasons"] = std::move(reasons);
  return json::serialize(answer);
}

std::string upcoming_json(const GroupView& view, std::size_t count_max, Time now) {
  json::array rows;
  for (const Upcoming& upcoming : list_upcoming(*view.spec, view.state, count_max, now)) {
    rows.push_back(json::object{{"at", time_text(upcoming.at)},
                                {"local", clock_text(upcoming.at, view.spec->zone)},
                                {"schedule", upcoming.name},
                                {"what", upcoming.what}});
  }
  return json::serialize(json::object{{"group", view.spec->id.value}, {"next", std::move(rows)}});
}

std::string memory_json(const GroupView& view) {
  const Memory& memory = view.state.memory;
  std::string events;
  const auto add = [&](const Stamp& stamp, Claim claim) {
    if (!events.empty()) events += ',';
    const std::string what = std::visit(ClaimWords{}, claim);
    events += event_json({view.spec->id, stamp, std::move(claim)});
    events.pop_back();
    events += fmt::format(R"(,"what":{}}})", json::serialize(json::value(what)));
  };
  for (const RememberedSample& entry : memory.samples) add(entry.stamp, entry.sample);
  for (const RememberedAlarm& entry : memory.alarms) add(entry.stamp, entry.alarm);
  for (const RememberedHealth& entry : memory.health) add(entry.stamp, entry.report);
  if (memory.pause) add(memory.pause->stamp, memory.pause->order);
  if (memory.hold) add(memory.hold->stamp, memory.hold->order);
  for (const RememberedHook& entry : memory.hooks) add(entry.stamp, entry.claim);
  for (const RememberedInstanceOrder& entry : memory.orders) add(entry.stamp, entry.order);
  // A firing remembers what it did, not the event it was.
  for (const Firing& firing : memory.firings) {
    if (!events.empty()) events += ',';
    events += json::serialize(json::object{{"type", "firing"},
                                           {"time", time_text(firing.stamp.at)},
                                           {"source", firing.stamp.source},
                                           {"id", firing.stamp.id},
                                           {"what", firing.origin}});
  }
  return fmt::format(R"({{"group":{},"events":[{}],"base":{},"digest":"{}"}})",
                     json::serialize(json::value(view.spec->id.value)), events,
                     memory.base ? std::to_string(*memory.base) : "null", digest(memory));
}

}  // namespace settle
