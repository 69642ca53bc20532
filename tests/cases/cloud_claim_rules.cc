// Several claims about one group, thresholds, and what is steady about it.
#include <algorithm>
#include <charconv>

#include "reconcilers/forecast.h"
#include "tests/cases/cloud_cases.h"

namespace settle::cases {
namespace {

void tell(GroupWorld& world, const std::string& signal, const Decimal& value) {
  world.tell(SampleClaim{signal, {ReadingKind::value, value}, {}});
}

/// Something less than it that nobody will read: "below" as "at most".
Decimal just_below(const Decimal& value) {
  return value + Decimal::of(-1, -6);
}
Decimal just_above(const Decimal& value) {
  return value + Decimal::of(1, -6);
}

/// "09:30" as a duration since midnight.
Duration clock(const std::string& written) {
  int hours = 0;
  int minutes = 0;
  std::from_chars(written.data(), written.data() + 2, hours);
  std::from_chars(written.data() + 3, written.data() + 5, minutes);
  return hours * 60 * minute + minutes * minute;
}

Adjustment adjustment_of(const std::string& type, const Decimal& amount) {
  const bool is_percent = type == "percent";
  return {is_percent ? Adjustment::Kind::change_percent : Adjustment::Kind::change, amount, 0};
}

/// A forecast that has learnt a need of so many for this time of day.
void predict(GroupWorld& world, const std::string& name, Capacity count) {
  TargetPolicy learnt = target("1", true);
  learnt.metric.when_missing = WhenMissing::ignore;
  world.policy("load-of-" + name, learnt);
  world.policy(name, ForecastPolicy{"load-of-" + name, {}, ForecastMode::act});
  Season season;
  season.policy = name;
  learn(season, world.spec.zone, world.now - 24 * 60 * minute, Decimal(count));
  learn(season, world.spec.zone, world.now - 23 * 60 * minute, Decimal(count));
  world.state.seasons.push_back(season);
}

Finding combines_policies(const CloudCase& about) {
  const auto current = static_cast<Capacity>(whole_or(about.given, "current", 5));
  GroupWorld world(current);
  int number = 0;
  for (const json::value& value : about.given.at("policies").as_array()) {
    const json::object& policy = value.as_object();
    const std::string name = "p" + std::to_string(number++);
    if (text(policy, "type") == "predictive") {
      predict(world, name, capacity(policy, "desired"));
      continue;
    }
    const std::string ready = text(policy, "ready");
    const Capacity by = ready == "out" ? 1 : ready == "in" ? -1 : 0;
    Steadiness steadiness;
    if (has(policy, "disable_scale_in")) {
      if (by == 0) {
        return does_not_apply("what a policy needs stands, whatever it may remove itself");
      }
      steadiness.in.select = RateSelect::disabled;
    }
    if (text(policy, "type") == "step") {
      StepsPolicy steps;
      steps.steps = {{Decimal(0), {}, add(whole_or(policy, "adjust", by))}};
      world.policy(name, steps, steadiness);
      tell(world, name, Decimal(1));
    } else {
      world.policy(name, target("1", true), steadiness);
      tell(world, name, Decimal(current + by));
    }
  }
  const Capacity got = world.round();
  if (has(about.expect, "desired")) return compared(whole(about.expect, "desired"), got);
  return compared_direction(text(about.expect, "direction"), current, got);
}

/// Each metric's rules are one policy: they see the same number.
Finding combines_rules(const CloudCase& about) {
  const auto current = static_cast<Capacity>(whole_or(about.given, "current", 5));
  GroupWorld world(current);
  int number = 0;
  for (const json::value& value : about.given.at("rules").as_array()) {
    const json::object& rule = value.as_object();
    const Capacity sign = text(rule, "dir") == "out" ? 1 : -1;
    const std::string name = "r" + std::to_string(number++);
    Step step;
    step.adjustment = add(whole_or(rule, "adjust", sign));
    StepsPolicy steps;
    if (has(rule, "metric")) {
      const Decimal bound = decimal(rule.at("value"));
      const std::string op = text(rule, "op");
      if (op == "<") step.at_most = just_below(bound);
      if (op == ">") step.at_least = just_above(bound);
      tell(world, name, decimal(about.given.at("metrics").at(text(rule, "metric"))));
    } else {
      step.at_least = Decimal(1);
      tell(world, name, Decimal(rule.at("triggered").as_bool() ? 1 : 0));
    }
    steps.steps = {step};
    world.policy(name, steps);
  }
  const Capacity got = world.round();
  if (has(about.expect, "desired")) return compared(whole(about.expect, "desired"), got);
  return compared_direction(text(about.expect, "direction"), current, got);
}

std::uint8_t days_of(const std::string& written) {
  if (written == "Sat,Sun") return 0x60;
  return written == "Mon-Fri" ? 0x1f : 0x7f;
}

Finding combines_signals(const CloudCase& about) {
  const Capacity current = capacity(about.given, "current");
  GroupWorld world(current);
  for (const json::value& value : about.given.at("signals").as_array()) {
    const json::object& signal = value.as_object();
    const std::string name = text(signal, "name");
    TargetPolicy policy;
    policy.target = decimal(signal.at("target"));
    world.policy(name, policy);
  }
  if (has(about.given, "schedules")) {
    for (const json::value& value : about.given.at("schedules").as_array()) {
      const json::object& schedule = value.as_object();
      const auto from = clock(text(schedule, "start")) / minute;
      WeeklyWindow window;
      window.days = days_of(text(schedule, "days"));
      window.from_minute = static_cast<std::int16_t>(from);
      window.until_minute = static_cast<std::int16_t>(from + whole(schedule, "hours") * 60);
      world.spec.schedules.push_back(
          {text(schedule, "days"), ScheduledLimits{window, capacity(schedule, "min"), {}}});
    }
    // 2026-01-05 was a Monday.
    const std::string now = text(about.given, "now_local");
    static const std::string days = "MonTueWedThuFriSatSun";
    const auto day = static_cast<std::int64_t>(days.find(now.substr(0, 3)) / 3);
    world.now = Zone().instant({2026, 1, static_cast<std::int8_t>(5 + day), 0, 0, 0}) +
                clock(now.substr(4));
  }
  for (const json::value& value : about.given.at("signals").as_array()) {
    tell(world, text(value.as_object(), "name"), decimal(value.as_object().at("avg")));
  }
  return compared(whole(about.expect, "desired"), world.round());
}

Finding combines_votes(const CloudCase& about) {
  GroupWorld world(5);
  int number = 0;
  for (const json::value& value : about.given.at("votes").as_array()) {
    const json::object& vote = value.as_object();
    const Capacity count = capacity(vote, "count");
    const std::string direction = text(vote, "direction");
    const bool is_consistent = direction == "down" ? count < 5 : direction == "up" && count > 5;
    if (!is_consistent || count == 0) {
      return does_not_apply("a number is wanted here, never a direction beside another number");
    }
    const std::string name = "v" + std::to_string(number++);
    world.policy(name, target("1", true));
    tell(world, name, Decimal(count));
  }
  return compared(whole(about.expect, "count"), world.round());
}

}  // namespace

Finding selects_a_step(const CloudCase& about) {
  const json::object& given = about.given;
  const Capacity current = capacity(given, "current");
  const Decimal threshold = decimal(given.at("threshold"));
  StepsPolicy steps;
  for (const json::value& value : given.at("steps").as_array()) {
    const json::object& one = value.as_object();
    Step step;
    if (has(one, "lower")) step.at_least = threshold + decimal(one.at("lower"));
    if (has(one, "upper")) step.at_most = threshold + decimal(one.at("upper"));
    step.adjustment = adjustment_of(text(given, "adjustment_type"), decimal(one.at("adjust")));
    steps.steps.push_back(step);
  }
  GroupWorld world(current);
  world.policy("load", steps);
  tell(world, "load", decimal(given.at("metric")));
  return compared(whole(about.expect, "desired"), world.round());
}

/// So many of the samples must lie from the lower bound to below the upper: five, unless said.
Finding crosses_a_threshold(const CloudCase& about) {
  const json::object& given = about.given;
  const Capacity current = capacity(given, "current");
  const json::array& samples = given.at("samples").as_array();
  Step step;
  if (has(given, "lower")) step.at_least = decimal(given.at("lower"));
  if (has(given, "upper")) step.at_most = just_below(decimal(given.at("upper")));
  if (has(given, "value")) {
    step.adjustment = set_to(whole(given, "value"));
  } else if (has(given, "percent")) {
    step.adjustment = adjustment_of("percent", decimal(given.at("percent")));
  } else {
    step.adjustment = add(whole(given, "delta"));
  }
  StepsPolicy steps;
  steps.steps = {step};
  GroupWorld world(current);
  world.policy("load", steps);
  Breach& breach = world.spec.policies.front().breach;
  breach.readings = static_cast<int>(whole_or(given, "trigger", 5));
  breach.of = std::max(breach.readings, static_cast<int>(samples.size()));
  for (const json::value& sample : samples) {
    world.now += second;
    tell(world, "load", decimal(sample));
    world.round();
  }
  const Capacity got = world.state.desired.value_or(current);
  const Finding direction = compared_direction(text(about.expect, "direction"), current, got);
  const bool is_counted = has(about.expect, "count") && about.expect.at("count").is_number();
  if (direction.kind != Finding::Kind::holds || !is_counted) return direction;
  return compared(whole(about.expect, "count"), got);
}

Finding anticipates(const CloudCase& about) {
  const json::object& given = about.given;
  if (!has(given, "current")) return does_not_apply("what it says of its own workings");
  const Capacity current = capacity(given, "current");
  const auto by = static_cast<Capacity>(whole(given, "step"));
  StepsPolicy steps;
  for (const auto& [key, sign] : {std::pair{"out", 1}, std::pair{"in", -1}}) {
    const std::string rule = text(given, key);
    const std::size_t digits = rule.find_first_of("0123456789");
    const Decimal bound = Decimal::parse(rule.substr(digits)).value();
    const bool is_inclusive = rule.find('=') != std::string::npos;
    Step step;
    step.adjustment = add(sign * by);
    if (rule.front() == '>') step.at_least = is_inclusive ? bound : just_above(bound);
    if (rule.front() == '<') step.at_most = is_inclusive ? bound : just_below(bound);
    steps.steps.push_back(step);
  }
  GroupWorld world(current);
  world.policy("load", steps);
  tell(world, "load", quotient(decimal(given.at("metric_total")), Decimal(current)));
  const Capacity got = world.round();
  if (has(about.expect, "skipped") && world.reason() != Reason::would_grow_back) {
    return compared(about.expect.at("skipped"), json::value(std::string(name(world.reason()))));
  }
  return compared(whole(about.expect, "desired"), got);
}

Finding weighs_a_queue(const CloudCase& about) {
  const json::object& given = about.given;
  const Capacity current = capacity(given, "current");
  StepsPolicy steps;
  steps.steps = {{decimal(given.at("out_per_instance")) * Decimal(current), {}, add(1)},
                 {{}, decimal(given.at("in_per_instance")) * Decimal(current), add(-1)}};
  GroupWorld world(current);
  world.policy("queue", steps);
  tell(world, "queue", decimal(given.at("queue")));
  return compared_direction(text(about.expect, "direction"), current, world.round());
}

Finding combines(const CloudCase& about) {
  if (has(about.given, "policies")) return combines_policies(about);
  if (has(about.given, "rules")) return combines_rules(about);
  if (has(about.given, "signals")) return combines_signals(about);
  if (has(about.given, "votes")) return combines_votes(about);
  GroupWorld world(capacity(about.given, "demand"),
                   {capacity(about.given, "min"), capacity(about.given, "max")});
  world.spec.schedules.push_back(
      {"floor",
       ScheduledLimits{WeeklyWindow{0x7f, 0, 1440}, capacity(about.given, "schedule_min"), {}}});
  return compared(whole(about.expect, "desired"), world.round());
}

Finding survives_an_error(const CloudCase& about) {
  const auto said = [&about](const char* key) {
    return has(about.given, key) ? text(about.given, key) : std::string();
  };
  const std::string check = said("check_on_error");
  const std::string policy = said("policy_on_check_error");
  if (check.empty() && policy.empty()) {
    return does_not_apply("where nothing is said, what is missing holds");
  }
  const bool is_known = check == "ignore" || check == "fail";
  const std::string rule = is_known ? check : policy;
  GroupWorld world(10);
  TargetPolicy broken = target("1", true);
  broken.metric.when_missing = rule == "ignore" ? WhenMissing::ignore : WhenMissing::hold;
  world.policy("broken", broken);
  world.policy("idle", target("1", true));
  world.tell(SampleClaim{"broken", {ReadingKind::error, {}}, {}});
  tell(world, "idle", Decimal(4));
  const bool is_skipped = world.round() == 4;
  return compared(about.expect.at("result"),
                  json::value(is_skipped ? "skip check" : "abort evaluation"));
}

Finding cools_down(const CloudCase& about) {
  const json::object& given = about.given;
  if (!has(given, "cooldown_s")) return does_not_apply("growing waits for no cooldown");
  Steadiness own;
  own.in.cooldown = whole(given, "cooldown_s") * second;
  own.out.cooldown = own.in.cooldown;
  GroupWorld world(10);
  world.spec.steadiness = own;
  const char* const key = has(given, "last_op_age_s") ? "last_op_age_s" : "last_event_age_s";
  world.state.changes.push_back({world.now - whole(given, key) * second, 12, 10});
  world.policy("load", target("1", true));
  tell(world, "load", Decimal(4));
  const bool is_cooling = world.round() == 10;
  const bool expected = has(about.expect, "in_cooldown") ? about.expect.at("in_cooldown").as_bool()
                                                         : text(about.expect, "action") == "reject";
  return compared(json::value(expected), json::value(is_cooling));
}

Finding settles(const CloudCase& about) {
  GroupWorld world(0);
  Steadiness steadiness;
  steadiness.in.settle = whole(about.given, "window_s") * second;
  world.policy("need", target("1", true), steadiness);
  const Time start = world.now;
  for (const json::value& value : about.given.at("needs").as_array()) {
    const json::array& need = value.as_array();
    world.now = start + clock(json::value_to<std::string>(need.at(0)));
    tell(world, "need", decimal(need.at(1)));
    world.round();
  }
  const json::array& last = about.given.at("needs").as_array().back().as_array();
  const Time now = start + clock(text(about.given, "now"));
  while (world.now < now) {
    world.now += minute;
    tell(world, "need", decimal(last.at(1)));
    world.round();
  }
  return compared(whole(about.expect, "recommended"), world.round());
}

Finding shrinks_by_at_most(const CloudCase& about) {
  GroupWorld world(capacity(about.given, "recommendations_peak_in_window"));
  Steadiness steadiness;
  steadiness.in.rules = {
      {decimal(about.given.at("max_scaled_in")), false, whole(about.given, "window_s") * second}};
  world.policy("need", target("1", true), steadiness);
  tell(world, "need", decimal(about.given.at("need")));
  return compared(whole(about.expect, "recommended"), world.round());
}

}  // namespace settle::cases
