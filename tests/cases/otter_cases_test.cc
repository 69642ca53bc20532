// The decisions of Rackspace's Otter, the autoscaler whose convergence loop came before ours.
// Source: rackerlabs/otter (Apache-2.0), as data/otter.json names it.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "reconcilers/adjust.h"
#include "tests/cases/case_file.h"
#include "tests/cases/published.h"
#include "tests/places.h"
#include "tests/reconcilers/fleet.h"
#include "tests/reconcilers/group_world.h"

namespace settle::cases {
namespace {

std::string text(const json::object& about, std::string_view key) {
  return json::value_to<std::string>(about.at(key));
}

// What Otter's own words for a server become, in the words of the cloud.

/// Its driver marks a server as draining in the server's metadata.
bool is_marked(const json::object& server) {
  const json::object& metadata = server.at("metadata").as_object();
  return has(metadata, "rax:autoscale:server:state") &&
         text(metadata, "rax:autoscale:server:state") == "DRAINING";
}

/// "launch", "drain abc", "terminate abc": as many as are expected, in no order. A drain is one
/// step: with `is_draining`, marking what drains already is none.
std::vector<std::string> steps_expected(const json::array& steps, bool is_draining) {
  std::vector<std::string> texts;
  for (const json::value& value : steps) {
    const json::object& step = value.as_object();
    const std::string op = text(step, "op");
    if (op == "create_server") texts.insert(texts.end(), whole(step, "count"), "launch");
    if (op == "delete_server") texts.push_back("terminate " + text(step, "server"));
    if (op == "set_server_metadata" && !is_draining)
      texts.push_back("drain " + text(step, "server"));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

/// Since when all load balancers drain what is on them: they share one moment here, the last.
std::optional<std::int64_t> drained_at(const json::object& about) {
  std::optional<std::int64_t> last;
  for (const json::value& value : about.at("lb_nodes").as_array()) {
    const json::object& node = value.as_object();
    if (!has(node, "drained_at")) continue;
    const auto at = static_cast<std::int64_t>(node.at("drained_at").to_number<double>());
    last = std::max(last.value_or(at), at);
  }
  return last;
}

Duration drain_timeout(const json::object& group) {
  return static_cast<std::int64_t>(group.at("draining_timeout_s").to_number<double>()) * second;
}

void add_server(Fleet& fleet, const json::object& server, Time start,
                std::optional<std::int64_t> drained) {
  Instance instance;
  instance.id = {text(server, "id")};
  instance.state = text(server, "state");
  instance.created =
      start + static_cast<std::int64_t>(server.at("created").to_number<double>()) * second;
  instance.launch_hash = fleet.spec.launch_hash;
  instance.is_draining = is_marked(server) || drained;
  if (instance.is_draining) {
    InstanceMemory memory;
    memory.id = instance.id;
    memory.first_seen = instance.created;
    memory.active_since = instance.created;
    memory.draining_since = start + drained.value_or(0) * second;
    fleet.state.instances.push_back(std::move(memory));
  }
  fleet.seen.instances.push_back(std::move(instance));
}

/// The group that a plan is made for, as it is to be planned.
Fleet fleet_of(const json::object& about, std::optional<std::int64_t> drained) {
  const json::object& group = about.at("group").as_object();
  Fleet fleet;
  const Time start = noon;
  fleet.now = start + whole(about, "now") * second;
  fleet.seen.at = fleet.now;
  fleet.state.good_observations = 2;
  fleet.spec.health.launch_timeout = whole(group, "build_timeout_s") * second;
  fleet.spec.health.launch_first = false;  // It replaces in one plan.
  // Without a load balancer there is nothing to drain from.
  if (!about.at("lb_nodes").as_array().empty()) fleet.spec.drain_timeout = drain_timeout(group);
  // No more than ten creates in one go.
  if (text(about, "stage") == "final") fleet.spec.guards.launches.amount = Decimal(10);
  for (const json::value& server : about.at("servers").as_array()) {
    add_server(fleet, server.as_object(), start, drained);
  }
  const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
  std::sort(fleet.seen.instances.begin(), fleet.seen.instances.end(), by_id);
  std::sort(fleet.state.instances.begin(), fleet.state.instances.end(), by_id);
  return fleet;
}

bool has_step(const json::array& steps, std::string_view op) {
  return std::any_of(steps.begin(), steps.end(),
                     [op](const json::value& step) { return text(step.as_object(), "op") == op; });
}

/// What is planned for servers; memberships of load balancers are looked at by nobody here.
Finding plan_servers(const json::object& about) {
  // Several plans may be right: ours is one of them.
  const json::array any_of = has(about, "expected_any_of")
                                 ? about.at("expected_any_of").as_array()
                                 : json::array{about.at("expected_steps")};
  const json::object& group = about.at("group").as_object();
  const auto drained = drain_timeout(group) > Duration{} ? drained_at(about) : std::nullopt;
  Fleet fleet = fleet_of(about, drained);
  fleet.plans(static_cast<Capacity>(whole(group, "desired")));
  std::vector<std::string> got = fleet.steps();
  std::sort(got.begin(), got.end());
  for (const json::value& expected : any_of) {
    const json::array& steps = expected.as_array();
    if (has_step(steps, "fail")) {
      return does_not_apply("a group does not fail as a whole: what can be done for it is done");
    }
    if (steps_expected(steps, drained.has_value()) == got) return holds();
  }
  return compared(any_of, json::value_from(got));
}

/// A stack as one instance: no group of ours consists of any.
std::string state_of_stack(const std::string& status) {
  if (status.ends_with("_FAILED")) return "ERROR";
  if (status == "CREATE_IN_PROGRESS") return "BUILD";
  return status.ends_with("_IN_PROGRESS") ? "REBUILD" : "ACTIVE";
}

Finding plan_stacks(const json::object& about) {
  const json::object& counts = about.at("expected_counts").as_object();
  for (const auto& [op, count] : counts) {
    if (op == "create" || op == "delete" || op == "retry_later") continue;
    return does_not_apply("stacks of Heat are updated and checked; instances are not");
  }
  Fleet fleet;
  fleet.state.good_observations = 2;
  for (const json::value& value : about.at("stacks").as_array()) {
    const json::object& stack = value.as_object();
    fleet.has(text(stack, "id"), state_of_stack(text(stack, "status")));
  }
  fleet.plans(static_cast<Capacity>(whole(about.at("group").as_object(), "desired")));
  const std::vector<std::string> got = fleet.steps();
  const auto launches = std::count(got.begin(), got.end(), "launch");
  const auto others = static_cast<std::int64_t>(got.size()) - launches;
  const Finding created = compared(whole_or(counts, "create", 0), launches);
  return created.kind == Finding::Kind::holds ? compared(whole_or(counts, "delete", 0), others)
                                              : created;
}

/// Whether a group goes on after its steps had these results: it does until it has converged.
Finding iteration(const json::object& about) {
  const json::object& given = about.at("given").as_object();
  if (!has(given, "step_results") || has(given, "flag_version_changed")) {
    return does_not_apply("its loop is marked by a flag; a group here is looked at for ever");
  }
  const json::array& results = given.at("step_results").as_array();
  Fleet fleet;
  fleet.warms_up();
  const auto wanted = static_cast<Capacity>(results.size());
  fleet.spec.limits = {wanted, wanted};
  Round round = converge(fleet.spec, fleet.state, fleet.seen, fleet.now, fleet.context);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto result = json::value_to<std::string>(results[i]);
    if (result == "FAILURE") {
      return does_not_apply("a group does not fail as a whole: what can be done for it is done");
    }
    Outcome outcome;
    if (result == "RETRY") outcome.answer = Answer::not_now;
    if (outcome.answer == Answer::done) {
      outcome.instance = {"i" + std::to_string(i)};
      fleet.has(outcome.instance.value, result == "SUCCESS" ? "ACTIVE" : "BUILD").token =
          round.opened[i];
    }
    (void)note_sent(fleet.state, round.opened[i], fleet.now);
    (void)note_outcome(fleet.state, round.opened[i], outcome, fleet.now);
  }
  fleet.after(second);
  round = converge(fleet.spec, fleet.state, fleet.seen, fleet.now, fleet.context);
  const bool goes_on = !round.record.converged;
  return compared(about.at("expected").as_object().at("status"),
                  json::value(goes_on ? "Continue" : "Stop"));
}

Adjustment adjustment(const json::object& policy) {
  const auto amount = [&policy](std::string_view key) {
    return Decimal::parse(decimal_text(policy.at(key))).value();
  };
  if (has(policy, "change")) return {Adjustment::Kind::change, amount("change"), 0};
  if (has(policy, "changePercent")) {
    return {Adjustment::Kind::change_percent, amount("changePercent"), 0};
  }
  return {Adjustment::Kind::set, amount("desiredCapacity"), 0};
}

/// Whether the percentage is not of whole instances.
bool is_uneven(const json::object& about) {
  const Decimal amount =
      adjustment(about.at("policy").as_object()).amount * Decimal(whole(about, "current"));
  const Capacity hundredth = percent_of(1, amount);
  return Decimal(hundredth) * Decimal(100) != amount;
}

Finding policy_delta(const json::object& about) {
  const json::object& group = about.at("group").as_object();
  const auto most = whole_or(group, "max", whole(group, "service_max"));
  const Range limits{static_cast<Capacity>(whole(group, "min")), static_cast<Capacity>(most)};
  GroupWorld world(static_cast<Capacity>(whole(about, "current")), limits);
  world.policy("hook", WebhookPolicy{adjustment(about.at("policy").as_object())});
  world.tell(AdjustClaim{"hook"});
  const Finding finding =
      compared(whole(about.at("expected").as_object(), "desired"), world.round());
  const bool is_percent = has(about.at("policy").as_object(), "changePercent");
  if (finding.kind == Finding::Kind::differs && is_percent && is_uneven(about)) {
    return does_not_apply("a percentage is truncated toward zero, but never to nothing");
  }
  const auto current = static_cast<Capacity>(whole(about, "current"));
  if (finding.kind == Finding::Kind::differs && clamped(current, limits) != current) {
    return does_not_apply("a number outside its limits is brought back before one counts from it");
  }
  return finding;
}

/// A change that the policy, or another for the group, made so long ago.
void add_change(std::vector<Change>& changes, const json::object& about, const char* key,
                Time now) {
  if (!has(about, key)) return;
  changes.push_back({now - whole(about, key) * second, 12, 10});
}

// Removing waits for both cooldowns; growing never waits.
Finding cooldown(const json::object& about) {
  GroupWorld world(10);
  Steadiness own;
  own.in.cooldown = own.out.cooldown = whole(about, "policy_cooldown_s") * second;
  world.policy("load", target("1", true), own);
  world.spec.steadiness.in.cooldown = world.spec.steadiness.out.cooldown =
      whole(about, "group_cooldown_s") * second;
  VoiceState voice;
  voice.policy = "load";
  add_change(voice.changes, about, "seconds_since_policy_touched", world.now);
  world.state.voices.push_back(std::move(voice));
  add_change(world.state.changes, about, "seconds_since_group_touched", world.now);
  world.sample("load", "8");
  const bool is_allowed = world.round() == 8;
  return compared(about.at("expected").as_object().at("allowed"), json::value(is_allowed));
}

/// "2015-01-01T04:10Z", a day and a time without seconds.
LocalTime local_of(const std::string& written) {
  const auto number = [&written](std::size_t at, std::size_t length) {
    return std::stoi(written.substr(at, length));
  };
  const auto part = [&number](std::size_t at) { return static_cast<std::int8_t>(number(at, 2)); };
  return {number(0, 4), part(5), part(8), part(11), part(14), 0};
}

Time moment_of(const std::string& written) {
  return Zone().instant(local_of(written));
}

Finding policy_execution(const json::object& about) {
  const json::object& given = about.at("given").as_object();
  const json::object& expect = about.at("expected").as_object();
  if (has(given, "policy_exists") && !given.at("policy_exists").as_bool()) {
    GroupWorld world(5);
    const Merge merged = world.tell(AdjustClaim{"nobody"});
    return compared(expect.at("outcome"),
                    json::value(merged == Merge::unknown_policy ? "refused" : "taken"));
  }
  if (has(given, "cron") || has(given, "at")) {
    GroupWorld world(5);
    const std::string due = text(given, has(given, "cron") ? "trigger" : "at");
    std::string error;
    ScheduledAdjustment adjustment =
        has(given, "cron")
            ? ScheduledAdjustment{Cron::parse(text(given, "cron"), error).value(), add(1)}
            : ScheduledAdjustment{local_of(due), add(1)};
    // What is due once is done however late it is.
    if (has(given, "at")) adjustment.late_by = 365 * 24 * 60 * minute;
    world.spec.schedules.push_back({"it", adjustment});
    world.state.memory.scheduled_to = moment_of(due) - minute;
    world.now = moment_of(text(given, "now"));
    return compared(whole(expect, "executions"), world.round() - 5);
  }
  if (has(given, "api")) return does_not_apply("its HTTP interface is another");
  return does_not_apply("nothing is refused for good: what was said stands until it may be done");
}

std::string destiny_of(Fate fate, bool is_birth) {
  switch (fate) {
    case Fate::keep:
      return "CONSIDER_AVAILABLE";
    case Fate::wait:
      return is_birth ? "WAIT_WITH_TIMEOUT" : "WAIT";
    case Fate::avoid_replacing:
      return "AVOID_REPLACING";
    case Fate::replace:
      return "DELETE";
    case Fate::gone:
      return "CLEANUP";
    case Fate::ignore:
      return "IGNORE";
  }
  return "";
}

Finding destiny(const json::object& about) {
  const std::string state = text(about, "state");
  std::string got = destiny_of(fate(state), is_birth(state));
  if (about.at("marked_draining").as_bool()) {
    Fleet fleet;
    fleet.has("abc", state).is_draining = true;
    const Census& census = fleet.counts();
    const Counted& counted = census.instances.front();
    if (counted.standing == Standing::draining && !counted.memory->condemned) got = "DRAIN";
    if (got == "DRAIN" && fate(state) == Fate::wait && !is_birth(state)) {
      return does_not_apply("a drain that has begun goes on while the server is busy otherwise");
    }
  }
  return compared(about.at("expected"), json::value(got));
}

Finding nova_state(const json::object& about) {
  if (has(about, "task_state"))
    return does_not_apply("task states are read by the cloud's adapter");
  const Fate got = fate(text(about, "nova_status"));
  const std::string expected = text(about, "expected");
  if (expected == "UNKNOWN_TO_OTTER" && got != Fate::ignore) {
    return does_not_apply("the table of the cloud's states knows more of them");
  }
  return compared(json::value(destiny_of(
                      expected == "UNKNOWN_TO_OTTER" ? Fate::ignore : fate(expected), false)),
                  json::value(destiny_of(got, false)));
}

Finding judge(const json::object& about) {
  const std::string kind = text(about, "kind");
  using Rule = Finding (*)(const json::object&);
  const std::map<std::string, Rule> rules{
      {"plan_servers", plan_servers}, {"policy_delta", policy_delta},
      {"cooldown", cooldown},         {"policy_execution", policy_execution},
      {"plan_stacks", plan_stacks},   {"iteration", iteration},
      {"destiny", destiny},           {"nova_state", nova_state},
  };
  const std::map<std::string, std::string> others{
      {"step_result", "what an answer of the cloud means is said by its adapter"},
      {"transform", "memberships of load balancers are the cloud's side of a drain"},
  };
  if (const auto rule = rules.find(kind); rule != rules.end()) return rule->second(about);
  if (const auto other = others.find(kind); other != others.end()) {
    return does_not_apply(other->second);
  }
  return does_not_apply("a case of an unknown kind");
}

TEST(OtterCases, HoldWhereTheyApply) {
  const std::vector<Judged> judged = judge_all(path_of_cases("otter.json"), "kind", judge);
  EXPECT_EQ(differences(judged), "");
  EXPECT_GE(tally_of(judged).percent(), 60);
}

TEST(OtterCases, AreTabled) {
  publish("otter", table_of("Otter", judge_all(source_folder() + "/tests/cases/data/otter.json",
                                               "kind", judge)));
}

}  // namespace
}  // namespace settle::cases
