// The Kubernetes Horizontal Pod Autoscaler's decisions, from its own tests. Source:
// kubernetes/kubernetes, pkg/controller/podautoscaler (Apache-2.0), as data/hpa.json names it.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cases/case_file.h"
#include "tests/cases/published.h"
#include "tests/places.h"
#include "tests/reconcilers/group_world.h"

namespace settle::cases {
namespace {

constexpr Duration second_{1'000};

Capacity capacity(const json::object& about, std::string_view key) {
  return static_cast<Capacity>(whole(about, key));
}

Decimal decimal(const json::value& value) {
  return Decimal::parse(decimal_text(value)).value();
}

Decimal thousandth(std::int64_t milli) {
  return Decimal::of(milli, -3);
}

Steadiness tolerating(const json::value& out, const json::value& in) {
  Steadiness steadiness;
  steadiness.out.tolerance = {decimal(out) * Decimal(100), true};
  steadiness.in.tolerance = {decimal(in) * Decimal(100), true};
  return steadiness;
}

Steadiness tolerating(const json::object& input) {
  const json::value tolerance = has(input, "tolerance") ? input.at("tolerance") : json::value(0.1);
  return tolerating(tolerance, tolerance);
}

void tell(GroupWorld& world, const std::string& signal, const Decimal& value,
          const std::string& instance = "") {
  world.tell(SampleClaim{signal, {ReadingKind::value, value}, {instance}});
}

std::string instance_name(std::size_t number) {
  return "i-" + std::to_string(1'000 + number);
}

/// An instance as the engine remembers it. It has been active once it was ever ready.
InstanceMemory member(const json::object& about, std::size_t number, Time now,
                      Duration readiness_delay) {
  InstanceMemory memory;
  memory.id = {instance_name(number)};
  const Duration age = whole_or(about, "age_s", 3'600) * second_;
  const Duration changed = whole_or(about, "ready_changed_age_s", 0) * second_;
  memory.first_seen = now - age;
  const json::value* const ready = about.if_contains("ready");
  const bool is_ready = ready == nullptr || (ready->is_bool() && ready->as_bool());
  const bool was_ready = !is_ready && changed + readiness_delay < age;
  const std::string phase =
      has(about, "phase") ? json::value_to<std::string>(about.at("phase")) : std::string("Running");
  if ((is_ready || was_ready) && phase == "Running") memory.active_since = now - age;
  if (phase == "Failed") memory.condemned = true;
  if (has(about, "deleting") && about.at("deleting").as_bool()) memory.draining_since = now;
  return memory;
}

bool serves(const InstanceMemory& memory) {
  return memory.active_since && !memory.condemned && !memory.draining_since;
}

/// What an instance uses, and of how much: of itself, or of one of its containers.
const json::object& usage_of(const json::object& instance, const json::object& input) {
  if (!has(input, "container")) return instance;
  const auto container = json::value_to<std::string>(input.at("container"));
  return instance.at("containers").at(container).as_object();
}

void add_member(GroupWorld& world, InstanceMemory memory) {
  if (serves(memory)) world.ready = world.ready.value_or(0) + 1;
  world.state.instances.push_back(std::move(memory));
}

Finding resource_utilization(const json::object& input, const json::object& expect) {
  GroupWorld world(capacity(input, "current"));
  world.spec.warm_up = 120 * second_;
  world.ready = 0;
  TargetPolicy policy;
  policy.target = Decimal::of(whole(input, "target_pct"), -2);
  policy.metric.over = "request";
  world.policy("cpu", policy, tolerating(input));
  std::size_t number = 0;
  for (const json::value& value : input.at("instances").as_array()) {
    const json::object& instance = value.as_object();
    add_member(world, member(instance, number, world.now, 10 * second_));
    const json::object& usage = usage_of(instance, input);
    if (has(usage, "usage")) tell(world, "cpu", decimal(usage.at("usage")), instance_name(number));
    if (has(usage, "request")) {
      tell(world, "request", decimal(usage.at("request")), instance_name(number));
    }
    ++number;
  }
  if (has(input, "samples_of_unknown_instances")) {
    for (const json::value& value : input.at("samples_of_unknown_instances").as_array()) {
      tell(world, "cpu", decimal(value), "unknown-" + std::to_string(number));
      tell(world, "request", Decimal(1'000), "unknown-" + std::to_string(number++));
    }
  }
  const Capacity desired = world.round();
  if (has(expect, "error")) {
    const bool is_missing = world.voice("cpu").verdict == Verdict::missing;
    return compared(json::value(true), json::value(is_missing));
  }
  return compared(whole(expect, "desired"), desired);
}

Finding instance_average(const json::object& input, const json::object& expect) {
  GroupWorld world(capacity(input, "current"));
  TargetPolicy policy;
  policy.target = thousandth(whole(input, "target_milli"));
  world.policy("load", policy, tolerating(input));
  world.ready = 0;
  std::size_t number = 0;
  for (const json::value& value : input.at("instances").as_array()) {
    const json::object& instance = value.as_object();
    InstanceMemory memory = member(instance, number, world.now, {});
    // Readiness matters for what an instance says of its processor only.
    memory.active_since = memory.first_seen;
    add_member(world, std::move(memory));
    if (has(instance, "usage")) {
      tell(world, "load", thousandth(whole(instance, "usage")), instance_name(number));
    }
    ++number;
  }
  return compared(whole(expect, "desired"), world.round());
}

Finding group_value(const json::object& input, const json::object& expect) {
  GroupWorld world(capacity(input, "current"));
  TargetPolicy policy;
  policy.target = thousandth(whole(input, "target_milli"));
  world.policy("load", policy, tolerating(input));
  world.ready = capacity(input, "ready_instances");
  // From nothing, a mean says nothing: then the number is of the group as a whole.
  std::get<TargetPolicy>(world.spec.policies.front().kind).metric.is_total = *world.ready == 0;
  tell(world, "load", thousandth(whole(input, "value_milli")));
  return compared(whole(expect, "desired"), world.round());
}

Finding group_average(const json::object& input, const json::object& expect) {
  GroupWorld world(capacity(input, "current"));
  TargetPolicy policy;
  policy.metric.is_total = true;
  policy.target = thousandth(whole(input, "target_per_instance_milli"));
  world.policy("load", policy, tolerating(input));
  tell(world, "load", thousandth(whole(input, "value_milli")));
  return compared(whole(expect, "desired"), world.round());
}

Finding tolerance_per_direction(const json::object& input, const json::object& expect) {
  GroupWorld world(capacity(input, "current"));
  TargetPolicy policy;
  policy.metric.is_total = true;
  policy.target = decimal(input.at("target_per_instance"));
  world.policy("load", policy, tolerating(input.at("tolerance_up"), input.at("tolerance_down")));
  tell(world, "load", decimal(input.at("value")));
  return compared(whole(expect, "desired"), world.round());
}

/// How many take part in the mean beside one instance that is surely ready: where the group would
/// grow, and where it would shrink.
struct Part {
  std::int64_t sampled = 0;
  std::int64_t growing = 0;
  std::int64_t shrinking = 0;
};

std::int64_t fact(const Voice& voice, std::string_view key) {
  for (const auto& [name, value] : voice.facts) {
    if (name == key) return std::get<std::int64_t>(value);
  }
  return -1;
}

Part part_of(const json::object& input) {
  Part part;
  for (const bool grows : {true, false}) {
    GroupWorld world(10);
    world.spec.warm_up = whole(input, "cpu_initialization_s") * second_;
    TargetPolicy policy;
    policy.target = Decimal(100);
    world.policy("cpu", policy);
    world.ready = 0;
    for (std::size_t sure = 0; sure < 8; ++sure) {
      add_member(world, member(json::object{{"ready", true}}, sure, world.now, {}));
      tell(world, "cpu", Decimal(grows ? 900 : 1), instance_name(sure));
    }
    const json::object& instance = input.at("instance").as_object();
    add_member(world,
               member(instance, 8, world.now, whole(input, "initial_readiness_delay_s") * second_));
    if (has(instance, "usage")) tell(world, "cpu", Decimal(100), instance_name(8));
    world.round();
    part.sampled = fact(world.voice("cpu"), "samples") - 8;
    (grows ? part.growing : part.shrinking) = fact(world.voice("cpu"), "ready") - 8;
  }
  return part;
}

Finding classify_instance(const json::object& input, const json::object& expect) {
  if (!has(input, "instance")) return compared(expect.at("class"), json::value("none"));
  const Part part = part_of(input);
  std::string what = "ignored";
  if (part.sampled == 1) {
    what = "ready";
  } else if (part.growing == 1) {
    what = part.shrinking == 1 ? "missing" : "unready";
  }
  return compared(expect.at("class"), json::value(what));
}

// Rates.

void set_rates(Pace& pace, const json::object& about, bool grows) {
  const std::string key = grows ? "scale_up" : "scale_down";
  if (!has(about, key)) {
    pace.rules = {{Decimal(100), true, 15 * second_}};
    if (grows) pace.rules.push_back({Decimal(4), false, 15 * second_});
    return;
  }
  const json::object& rates = about.at(key).as_object();
  const std::string select =
      has(rates, "select") ? json::value_to<std::string>(rates.at("select")) : "Max";
  pace.select = select == "Min"        ? RateSelect::smallest
                : select == "Disabled" ? RateSelect::disabled
                                       : RateSelect::largest;
  if (!has(rates, "policies")) return;
  for (const json::value& rule : rates.at("policies").as_array()) {
    const json::array& parts = rule.as_array();
    pace.rules.push_back({decimal(parts.at(1)), parts.at(0).as_string() == "percent",
                          json::value_to<std::int64_t>(parts.at(2)) * second_});
  }
}

void add_changes(GroupWorld& world, const json::object& input) {
  for (const auto& [key, sign] : {std::pair{"up_events", 1}, std::pair{"down_events", -1}}) {
    if (!has(input, key)) continue;
    for (const json::value& value : input.at(key).as_array()) {
      const json::object& event = value.as_object();
      const auto change = static_cast<Capacity>(whole(event, "change")) * sign;
      world.state.changes.push_back({world.now - whole(event, "age_s") * second_, 0, change});
    }
  }
  std::sort(world.state.changes.begin(), world.state.changes.end(),
            [](const Change& a, const Change& b) { return a.at < b.at; });
}

GroupWorld asked_for(const json::object& about, Capacity current, std::int64_t desired) {
  GroupWorld world(current, {static_cast<Capacity>(whole_or(about, "min", 0)),
                             static_cast<Capacity>(whole_or(about, "max", 1'000'000))});
  TargetPolicy policy;
  policy.metric.is_total = true;
  policy.target = Decimal(1);
  world.policy("load", policy);
  tell(world, "load", Decimal(desired));
  return world;
}

std::string reason_of(const GroupWorld& world) {
  std::string said = "DesiredWithinRange";
  for (const RungNote& note : world.record.rungs) {
    const bool grows = world.record.desired_to > world.record.desired_from ||
                       note.from > world.record.desired_from.value_or(0);
    if (note.reason == Reason::step_limited) said = grows ? "ScaleUpLimit" : "ScaleDownLimit";
    if (note.reason == Reason::at_maximum) said = "TooManyReplicas";
    if (note.reason == Reason::at_minimum) said = "TooFewReplicas";
    // It stands outside its bounds, and is brought back with no other limit.
    if (note.reason == Reason::limits_repaired) said = grows ? "TooFewReplicas" : "TooManyReplicas";
    if (note.reason == Reason::settling) said = grows ? "ScaleUpStabilized" : "ScaleDownStabilized";
  }
  return said;
}

Finding limited(const GroupWorld& world, const json::object& expect, Capacity got) {
  const Finding number = compared(whole(expect, "result"), got);
  if (number.kind != Finding::Kind::holds || !has(expect, "reason")) return number;
  return compared(expect.at("reason"), json::value(reason_of(world)));
}

Finding rate_policies(const json::object& input, const json::object& expect) {
  GroupWorld world = asked_for(input, capacity(input, "current"), whole(input, "desired"));
  set_rates(world.spec.steadiness.out, input, true);
  set_rates(world.spec.steadiness.in, input, false);
  add_changes(world, input);
  const Capacity got = world.round();
  return limited(world, expect, got);
}

Finding clamp_no_policies(const json::object& input, const json::object& expect) {
  const Capacity current = capacity(input, "current");
  GroupWorld world = asked_for(input, current, whole(input, "desired"));
  // max(factor x current, floor): so many percent, or so many instances, whichever is more.
  world.spec.steadiness.out.rules = {
      {(decimal(input.at("scale_up_factor")) + Decimal(-1)) * Decimal(100), true, 60 * second_},
      {Decimal(std::max<std::int64_t>(whole(input, "scale_up_floor") - current, 0)), false,
       60 * second_}};
  const Capacity got = world.round();
  return limited(world, expect, got);
}

// Windows.

/// Nothing that is remembered as wanted is in dispute: each number was wanted until the next.
bool has_gap(const std::vector<Proposal>& recent, Duration window) {
  for (std::size_t at = 1; at < recent.size(); ++at) {
    if (recent[at].at - recent[at - 1].at > window) return true;
  }
  return false;
}

void remember_wanted(GroupWorld& world, const json::object& input) {
  for (const json::value& value : input.at("history").as_array()) {
    const json::object& entry = value.as_object();
    world.state.recent.push_back({world.now - whole(entry, "age_s") * second_,
                                  static_cast<Capacity>(whole(entry, "value"))});
  }
  std::sort(world.state.recent.begin(), world.state.recent.end(),
            [](const Proposal& a, const Proposal& b) { return a.at < b.at; });
}

const char* const no_gap =
    "a number is wanted here until another is: there is no moment without one between two entries";

Finding stabilised(const json::object& input, const json::object& expect, Capacity current,
                   Duration out, Duration in) {
  GroupWorld world = asked_for(input, current, whole(input, "desired"));
  world.spec.steadiness.out.settle = out;
  world.spec.steadiness.in.settle = in;
  remember_wanted(world, input);
  const bool is_in = whole(input, "desired") < current;
  if (has_gap(world.state.recent, is_in ? in : out) && world.state.recent.size() > 2) {
    return does_not_apply(no_gap);
  }
  return compared(whole(expect, "result"), world.round());
}

Finding stabilize_two_windows(const json::object& input, const json::object& expect) {
  return stabilised(input, expect, capacity(input, "current"),
                    whole(input, "up_window_s") * second_, whole(input, "down_window_s") * second_);
}

Finding stabilize_simple(const json::object& input, const json::object& expect) {
  // The largest in the window, whatever the group has: as a shrinking group would see it.
  return stabilised(input, expect, 100, {}, whole(input, "window_s") * second_);
}

Finding scale_event_log(const json::object& input, const json::object& expect) {
  const bool grows = input.at("direction").as_string() == "up";
  const auto change = static_cast<Capacity>(whole(input, "new_change"));
  GroupWorld world = asked_for(input, 100, grows ? 100 + change : 100 - change);
  Pace& pace = grows ? world.spec.steadiness.out : world.spec.steadiness.in;
  if (has(input, "policies")) {
    set_rates(pace,
              json::object{{grows ? "scale_up" : "scale_down",
                            json::object{{"policies", input.at("policies")}}}},
              grows);
    pace.rules.push_back({Decimal(1'000), false, second_});  // None of them is to hold it back.
  }
  add_changes(world, json::object{{grows ? "up_events" : "down_events", input.at("events")}});
  std::int64_t recent = 0;
  for (const Change& earlier : world.state.changes) {
    if (earlier.at > world.now - 60 * second_) recent += std::abs(earlier.to - earlier.from);
  }
  world.round();
  std::vector<std::int64_t> kept;
  for (const Change& one : world.state.changes) {
    const bool is_new = one.at == world.now;
    if (!is_new || has(input, "policies")) kept.push_back(std::abs(one.to - one.from));
  }
  std::vector<std::int64_t> expected;
  for (const json::value& stored : expect.at("stored").as_array()) {
    if (!stored.at("outdated").as_bool()) expected.push_back(whole(stored.as_object(), "change"));
  }
  std::sort(kept.begin(), kept.end());
  std::sort(expected.begin(), expected.end());
  const Finding finding = compared(json::value_from(expected), json::value_from(kept));
  if (finding.kind != Finding::Kind::holds) return finding;
  return compared(whole(expect, "change_in_last_60s"), recent);
}

Finding trajectory(const json::object& input, const json::object& expect) {
  const Capacity start = capacity(input, "start");
  GroupWorld world = asked_for(input, start, start);
  world.spec.steadiness.out.settle = whole(input, "up_window_s") * second_;
  world.spec.steadiness.in.settle = whole(input, "down_window_s") * second_;
  set_rates(world.spec.steadiness.out, input, true);
  set_rates(world.spec.steadiness.in, input, false);
  world.state.recent = {{world.now - 600 * second_, start}};
  const Time begin = world.now;
  std::vector<std::pair<std::int64_t, Capacity>> sizes;
  const std::int64_t until = whole(input, "until_s");
  for (std::int64_t at = 0; at <= until; at += 15) {
    world.now = begin + at * second_;
    for (const json::value& load : input.at("load").as_array()) {
      if (whole(load.as_object(), "at_s") <= at) {
        tell(world, "load", Decimal(whole(load.as_object(), "desired")));
      }
    }
    sizes.emplace_back(at, world.round());
  }
  for (const json::value& value : expect.at("checks").as_array()) {
    const json::object& check = value.as_object();
    if (check.at("check").as_string() == "stay") {
      for (const auto& [at, size] : sizes) {
        const bool is_then = at >= whole(check, "from_s") && at < whole(check, "to_s");
        if (is_then && (size < whole(check, "low") || size > whole(check, "high"))) {
          return compared(whole(check, "low"), size);
        }
      }
      continue;
    }
    const auto reached = std::find_if(sizes.begin(), sizes.end(), [&](const auto& entry) {
      return entry.first >= whole_or(check, "after_s", 0) && entry.second == whole(check, "size");
    });
    if (reached == sizes.end()) return compared(whole(check, "size"), sizes.back().second);
    const bool is_early = reached->first < whole_or(check, "not_before_s", 0);
    const bool is_late = reached->first > whole_or(check, "not_after_s", until);
    if (is_early || is_late) {
      return {Finding::Kind::differs,
              std::to_string(reached->second) + " at " + std::to_string(reached->first)};
    }
  }
  return holds();
}

// The whole of it.

void add_cpu(GroupWorld& world, const json::object& metric, const std::string& name) {
  TargetPolicy policy;
  policy.target = Decimal::of(whole(metric, "target_pct"), -2);
  policy.metric.over = "request";
  world.policy(name, policy, tolerating(json::value(0.1), json::value(0.1)));
  const json::array& usage = metric.at("usage").as_array();
  const json::array& request = metric.at("request").as_array();
  for (std::size_t at = 0; at < request.size(); ++at) {
    json::object about{{"ready", true}, {"age_s", 3'600}, {"ready_changed_age_s", 3'600}};
    if (has(metric, "ready")) about["ready"] = metric.at("ready").as_array().at(at);
    if (has(metric, "age_s")) about["age_s"] = metric.at("age_s").as_array().at(at);
    add_member(world, member(about, at, world.now, 10 * second_));
    tell(world, "request", decimal(request.at(at)), instance_name(at));
    if (at < usage.size()) tell(world, name, decimal(usage.at(at)), instance_name(at));
  }
}

void add_metric(GroupWorld& world, const json::object& metric, const std::string& name) {
  const std::string type = json::value_to<std::string>(metric.at("type"));
  if (type == "cpu_utilization") return add_cpu(world, metric, name);
  TargetPolicy policy;
  policy.target =
      has(metric, "target_milli") ? thousandth(whole(metric, "target_milli")) : Decimal(1);
  world.policy(name, policy, tolerating(json::value(0.1), json::value(0.1)));
  if (has(metric, "values")) {
    std::size_t at = 0;
    for (const json::value& value : metric.at("values").as_array()) {
      InstanceMemory memory = member(json::object{}, at, world.now, {});
      add_member(world, std::move(memory));
      tell(world, name, thousandth(json::value_to<std::int64_t>(value)), instance_name(at++));
    }
    return;
  }
  const std::string state = json::value_to<std::string>(metric.at("state"));
  world.tell(SampleClaim{
      name, {state == "invalid" ? ReadingKind::invalid : ReadingKind::error, Decimal()}, {}});
}

Finding whole_loop(const json::object& input, const json::object& expect) {
  if (has(input, "fault")) {
    return does_not_apply(
        "two scalers on one set, and sizes that cannot be written, are a "
        "matter of marks and intents here, not of a decision");
  }
  const Capacity current = capacity(input, "current");
  if (current == 0 && whole(input, "min") > 0) {
    return does_not_apply(
        "a group below its minimum is repaired at once; only a pause "
        "switches scaling off");
  }
  GroupWorld world(current, {static_cast<Capacity>(whole(input, "min")),
                             static_cast<Capacity>(whole(input, "max"))});
  world.spec.warm_up = 120 * second_;
  world.ready = 0;
  std::size_t number = 0;
  for (const json::value& value : input.at("metrics").as_array()) {
    add_metric(world, value.as_object(), "metric-" + std::to_string(number++));
  }
  world.spec.steadiness.in.settle = 300 * second_;
  if (has(input, "scale_up")) {
    set_rates(world.spec.steadiness.out, input, true);
  } else {
    world.spec.steadiness.out.rules = {{Decimal(100), true, 15 * second_},
                                       {Decimal(std::max(4 - current, 0)), false, 15 * second_}};
  }
  if (has(input, "history")) {
    remember_wanted(world, input);
    // Known to be empty: whatever comes out has been wanted for long.
    if (world.state.recent.empty()) world.state.recent = {{world.now - 3'600 * second_, 0}};
  }
  const Finding desired = compared(whole(expect, "desired"), world.round());
  if (desired.kind != Finding::Kind::holds || !has(expect, "reason")) return desired;
  const std::string reason = json::value_to<std::string>(expect.at("reason"));
  const bool is_failure = has(expect, "scaling_active") && !expect.at("scaling_active").as_bool();
  if (is_failure) {
    const bool is_said =
        std::any_of(world.record.voices.begin(), world.record.voices.end(),
                    [](const Voice& voice) { return voice.verdict == Verdict::missing; });
    return compared(json::value(true), json::value(is_said));
  }
  if (reason == "SucceededRescale") return desired;
  return compared(expect.at("reason"), json::value(reason_of(world)));
}

Finding judge(const json::object& about) {
  const std::string kind = json::value_to<std::string>(about.at("category"));
  const json::object& input = about.at("input").as_object();
  const json::object& expect = about.at("expect").as_object();
  using Rule = Finding (*)(const json::object&, const json::object&);
  const std::pair<const char*, Rule> rules[] = {
      {"resource_utilization", resource_utilization},
      {"instance_average", instance_average},
      {"group_value", group_value},
      {"group_average", group_average},
      {"tolerance_per_direction", tolerance_per_direction},
      {"classify_instance", classify_instance},
      {"clamp_no_policies", clamp_no_policies},
      {"stabilize_simple", stabilize_simple},
      {"stabilize_two_windows", stabilize_two_windows},
      {"rate_policies", rate_policies},
      {"scale_event_log", scale_event_log},
      {"trajectory", trajectory},
      {"whole_loop", whole_loop},
  };
  for (const auto& [name, rule] : rules) {
    if (kind == name) return rule(input, expect);
  }
  return does_not_apply("a case of an unknown kind");
}

TEST(HpaCases, HoldWhereTheyApply) {
  const std::vector<Judged> judged = judge_all(path_of_cases("hpa.json"), "category", judge);
  EXPECT_EQ(differences(judged), "");
  EXPECT_GE(tally_of(judged).percent(), 85);
}

TEST(HpaCases, AreTabled) {
  publish("hpa",
          table_of("Kubernetes HPA",
                   judge_all(source_folder() + "/tests/cases/data/hpa.json", "category", judge)));
}

}  // namespace
}  // namespace settle::cases
