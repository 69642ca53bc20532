// One entry of `groups:` as a GroupSpec.
#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <algorithm>

#include <xxhash.h>

#include "config/bind.h"
#include "config/values.h"

namespace settle {
namespace {

/// Names the content of a launch template: equal content, equal name, on every machine.
std::string hash_of(const std::map<std::string, std::string>& launch) {
  std::string content;
  for (const auto& [key, value] : launch) {
    content += fmt::format("{} {} {}{}", key.size(), value.size(), key, value);
  }
  return fmt::format("{:016x}", XXH3_64bits(content.data(), content.size()));
}

void read_launch(const Element& map, GroupSpec& spec) {
  for (const Entry& entry : map.entries) {
    if (!entry.value.is_usable) continue;
    if (entry.key == "spread_over" || entry.key == "offers") continue;
    if (entry.key == "metadata") {
      for (const Entry& mark : entry.value.entries) {
        spec.launch["metadata." + mark.key] = mark.value.text;
      }
      continue;
    }
    const std::vector<std::string> texts = read_texts(map, entry.key);
    spec.launch[entry.key] = fmt::format("{}", fmt::join(texts, ","));
  }
  spec.zones = read_texts(map, "spread_over");
  spec.launch_hash = hash_of(spec.launch);
  const std::vector<std::string> offers = read_texts(map, "offers");
  if (!offers.empty()) spec.launch["offers"] = fmt::format("{}", fmt::join(offers, ","));
}

/// Reports keys that the other kind of schedule has.
void refuse_keys(const Element& map, std::initializer_list<std::string_view> keys,
                 std::string_view kind, Findings& findings) {
  for (const std::string_view key : keys) {
    const Entry* entry = map.entry(key);
    if (entry == nullptr) continue;
    findings.add("E0116", entry->key_place, fmt::format("{} does not go with {}", key, kind));
  }
}

std::optional<Schedule> bind_limits(const Entry& entry, Findings& findings) {
  const Element& map = entry.value;
  refuse_keys(map, {"at", "late_by", "at_least"}, "a window that has capacity", findings);
  ScheduledLimits limits;
  const Element& capacity = child(map, "capacity");
  read(capacity, "min", limits.min);
  read(capacity, "max", limits.max);
  const bool states_any = capacity.entry("min") != nullptr || capacity.entry("max") != nullptr;
  if (!states_any && map.find("capacity") != nullptr) {
    findings.add("E0214", place_of(map, "capacity", entry.key_place),
                 "capacity with neither min nor max");
  }
  const std::optional<Window> window = read_window(map, entry.key_place, findings);
  if (!window) return std::nullopt;
  limits.window = *window;
  Schedule schedule{entry.key, limits};
  read(map, "jitter", schedule.jitter);
  return schedule;
}

std::optional<Schedule> bind_firing(const Entry& entry, Findings& findings) {
  const Element& map = entry.value;
  refuse_keys(map, {"on", "from", "until", "for"}, "add, remove and set", findings);
  const bool has_cron = map.entry("cron") != nullptr;
  const bool has_at = map.entry("at") != nullptr;
  if (has_cron == has_at) {
    findings
        .add("E0116", entry.key_place,
             has_at ? "cron and at exclude each other" : "an adjustment without its time")
        .hint = "cron: 0 8 * * Mon, or at: 2026-11-27T08:00";
    return std::nullopt;
  }
  const std::optional<Adjustment> adjustment = read_adjustment(map, "at_least", findings);
  std::string text;
  if (!read(map, has_cron ? "cron" : "at", text) || !adjustment) return std::nullopt;
  std::string error;
  const std::optional<Cron> cron = has_cron ? Cron::parse(text, error) : std::nullopt;
  const std::optional<LocalTime> at = has_at ? parse_local_time(text) : std::nullopt;
  if (!cron && !at) return std::nullopt;
  std::variant<Cron, LocalTime> when = LocalTime{};
  if (at) when = *at;
  if (cron) when = *cron;
  ScheduledAdjustment firing{std::move(when), *adjustment};
  read(map, "late_by", firing.late_by);
  Schedule schedule{entry.key, std::move(firing)};
  read(map, "jitter", schedule.jitter);
  return schedule;
}

std::optional<Schedule> bind_schedule(const Entry& entry, Findings& findings) {
  const Element& map = entry.value;
  if (!map.is_usable) return std::nullopt;
  const bool has_capacity = map.entry("capacity") != nullptr;
  if (has_capacity && has_adjustment(map)) {
    findings.add("E0116", entry.key_place, "capacity excludes add, remove and set").hint =
        "make it two schedules";
    return std::nullopt;
  }
  if (has_capacity) return bind_limits(entry, findings);
  if (has_adjustment(map)) return bind_firing(entry, findings);
  findings
      .add("E0214", entry.key_place,
           fmt::format("the schedule {} says when, and not what is to happen", quoted(entry.key)))
      .hint = "capacity: { min: 20 }, or add: 3";
  return std::nullopt;
}

template <typename T>
void sort_by_name(std::vector<T>& named) {
  std::sort(named.begin(), named.end(), [](const T& a, const T& b) { return a.name < b.name; });
}

/// Each query is a reporter of its own: the first of a source bears the source's name.
void read_query(const Element& item, Duration lasting, HealthSpec& health) {
  HealthQuery query;
  if (!read(item, "from", query.source)) return;
  read(item, "query", query.query);
  read(item, "signal", query.signal);
  read(item, "per_instance", query.per_instance);
  const auto nth =
      1 + std::count_if(health.queries.begin(), health.queries.end(),
                        [&](const HealthQuery& other) { return other.source == query.source; });
  query.reporter = nth == 1 ? query.source : fmt::format("{}-{}", query.source, nth);
  health.reporters.push_back({query.reporter, lasting, true});
  health.queries.push_back(std::move(query));
}

void read_health(const Element& map, HealthSpec& health) {
  read(map, "grace", health.grace);
  read(map, "launch_timeout", health.launch_timeout);
  read(map, "stop_above", health.stop_above);
  read(map, "agree", health.agree);
  read(map, "silent_after", health.silent_after);
  read(map, "relapses", health.relapses);
  read(map, "relapses_within", health.relapses_within);
  std::string replace;
  if (read(map, "replace", replace)) health.launch_first = replace == "launch-first";
  const Element* conditions = map.find("unhealthy_when");
  if (conditions == nullptr) return;
  std::vector<std::string> states;
  for (const Element& item : conditions->items) {
    for (std::string& state : read_texts(item, "cloud_status")) states.push_back(std::move(state));
    Duration lasting{};
    read(item, "for", lasting);
    health.unhealthy_for = std::max(health.unhealthy_for, lasting);
    std::string reporter;
    if (read(item, "reporter", reporter)) health.reporters.push_back({reporter, lasting});
    read_query(item, lasting, health);
  }
  sort_by_name(health.reporters);
  if (!states.empty()) health.cloud_states = std::move(states);
}

void check_conditions(const Element& map, Findings& findings) {
  const Element* conditions = map.find("unhealthy_when");
  if (conditions == nullptr) return;
  for (const Element& item : conditions->items) {
    if (item.kind != Element::Kind::map) continue;
    const int asks =
        (item.entry("query") != nullptr ? 1 : 0) + (item.entry("signal") != nullptr ? 1 : 0);
    const int kinds = (item.entry("cloud_status") != nullptr ? 1 : 0) +
                      (item.entry("reporter") != nullptr ? 1 : 0) +
                      (asks != 0 || item.entry("from") != nullptr ? 1 : 0);
    const bool is_half = (asks == 1) != (item.entry("from") != nullptr);
    if (kinds == 1 && !is_half) {
      if (item.entry("cloud_status") != nullptr) {
        refuse_keys(item, {"for"}, "cloud_status, which holds at once", findings);
      }
      continue;
    }
    findings.add("E0116", item.place, "a condition of health is of one kind").hint =
        "cloud_status, reporter, or from with query or signal";
  }
}

void read_budget(const Element& map, Budget& budget) {
  read(map, "at_most", budget.amount, budget.is_percent);
  read(map, "per", budget.per);
  read(map, "at_least", budget.at_least);
}

void read_daily(const Element& map, Budget& cap) {
  read(map, "at_most", cap.amount, cap.is_percent);
  read(map, "at_least", cap.at_least);
}

void read_spend(const Element& map, const GroupSpec& group, SpendSpec& spend, Findings& findings) {
  const auto flavor = group.launch.find("flavor");
  for (const Entry& entry : child(map, "price").entries) {
    if (!entry.value.is_usable) continue;
    const std::optional<Money> price = read_money(entry, findings);
    if (!price || flavor == group.launch.end() || entry.key != flavor->second) continue;
    spend.price = price->amount;
    spend.unit = price->unit;
  }
  const Entry* at_most = map.entry("at_most");
  if (at_most == nullptr || !at_most->value.is_usable) return;
  const std::optional<Money> limit = read_money(*at_most, findings);
  if (!limit) return;
  if (!spend.price) {
    findings
        .add("E0217", at_most->value.place,
             "what the group costs is not known: its flavor has no price")
        .hint = "price: { " + (flavor == group.launch.end() ? "FLAVOR" : flavor->second) +
                ": 0.19 " + limit->unit + " }, and launch: { flavor: ... }";
    return;
  }
  if (spend.unit != limit->unit) {
    findings.add("E0217", at_most->value.place,
                 fmt::format("the limit is in {} and the price in {}", limit->unit, spend.unit));
    return;
  }
  spend.at_most = limit->amount;
}

void read_guards(const Element& map, GuardSpec& guards, Findings& findings) {
  read_budget(child(map, "launches"), guards.launches);
  read_budget(child(map, "terminations"), guards.terminations);
  read_budget(child(map, "disruption"), guards.disruption);
  const Element& flapping = child(map, "flapping");
  read(flapping, "reversals", guards.flapping.reversals);
  read(flapping, "within", guards.flapping.within);
  read(flapping, "hold", guards.flapping.hold);
  read(map, "mass_change", guards.mass_change);
  read_daily(child(map, "launches_a_day"), guards.launches_a_day);
  read_daily(child(map, "terminations_a_day"), guards.terminations_a_day);
  for (const Entry& entry : child(map, "freeze").entries) {
    if (!entry.value.is_usable) continue;
    const std::optional<Window> window = read_window(entry.value, entry.key_place, findings);
    if (!window) continue;
    std::vector<std::string> blocked = read_texts(entry.value, "block");
    if (entry.value.entry("block") == nullptr) blocked = {"all"};
    const auto blocks = [&](std::string_view what) {
      return std::any_of(blocked.begin(), blocked.end(),
                         [&](const std::string& text) { return text == what || text == "all"; });
    };
    Freeze freeze{entry.key, *window, {}};
    if (blocks("scale-out")) freeze.blocks.push_back(StepClass::scale_out);
    if (blocks("scale-in")) freeze.blocks.push_back(StepClass::scale_in);
    if (blocks("replace")) freeze.blocks.push_back(StepClass::replace);
    if (blocks("replace-outdated")) freeze.blocks.push_back(StepClass::replace_outdated);
    guards.freezes.push_back(std::move(freeze));
  }
}

void read_rollout(const Element& map, RolloutSpec& rollout) {
  rollout.is_on = true;
  read(map, "canary", rollout.canary);
  read(map, "canary_soak", rollout.canary_soak);
  read(map, "batch", rollout.batch.amount, rollout.batch.is_percent);
  read(map, "soak", rollout.soak);
  read(map, "failures", rollout.failures);
  std::string on_failure;
  if (read(map, "on_failure", on_failure)) rollout.rolls_back = on_failure == "roll-back";
}

HookSpec read_hook(const Entry& entry) {
  HookSpec hook;
  hook.name = entry.key;
  std::string text;
  if (read(entry.value, "on", text) && text == "terminate") hook.on = HookOn::terminate;
  read(entry.value, "deadline", hook.deadline);
  if (read(entry.value, "default", text)) hook.proceeds = text == "continue";
  return hook;
}

// How instances are changed: by a new template, by age, by who is heard about it.
void read_change(const Element& map, GroupSpec& spec) {
  if (map.entry("rollout") != nullptr) read_rollout(child(map, "rollout"), spec.rollout);
  read(map, "max_instance_age", spec.age_max);
  for (const Entry& hook : child(map, "hooks").entries) {
    if (hook.value.is_usable) spec.hooks.push_back(read_hook(hook));
  }
  sort_by_name(spec.hooks);
  read(child(map, "warm_pool"), "size", spec.warm_pool);
  const Element& balancer = child(map, "load_balancer");
  spec.balancer.pools = read_texts(balancer, "pools");
  read(balancer, "port", spec.balancer.port);
  read(balancer, "weight", spec.balancer.weight);
  read(balancer, "network", spec.balancer.network);
  read(balancer, "drain_timeout", spec.balancer.drain_timeout);
}

}  // namespace

std::optional<Money> read_money(const Entry& entry, Findings& findings) {
  const std::optional<Money> money = parse_money(entry.value.text);
  if (!money) {
    findings
        .add("E0118", entry.value.place,
             fmt::format("{} is no money an hour", quoted(entry.value.text)))
        .hint = "40 EUR/h";
  }
  return money;
}

BoundGroup bind_group(const Entry& entry, Findings& findings, ZoneShelf& zones) {
  const Element& map = entry.value;
  BoundGroup bound;
  bound.entry = &entry;
  GroupSpec& spec = bound.spec;
  spec.id.value = entry.key;
  read(map, "about", spec.about);
  read(map, "cloud", spec.cloud);
  read(map, "tenant", spec.tenant);
  read(map, "priority", spec.priority);
  std::string mode;
  if (read(map, "mode", mode)) {
    const auto found = std::find(mode_names.begin(), mode_names.end(), mode);
    if (found != mode_names.end()) spec.mode = static_cast<Mode>(found - mode_names.begin());
  }
  read_launch(child(map, "launch"), spec);
  const Element& capacity = child(map, "capacity");
  read(capacity, "min", spec.limits.min);
  read(capacity, "max", spec.limits.max);
  read(capacity, "initial", spec.initial);
  std::string zone;
  if (read(map, "time_zone", zone)) spec.zone = zones.load(zone).value_or(Zone());
  for (const Entry& schedule : child(map, "schedule").entries) {
    if (auto one = bind_schedule(schedule, findings)) spec.schedules.push_back(std::move(*one));
  }
  for (const Entry& policy : child(map, "policies").entries) {
    if (auto one = bind_policy(policy.key, policy, findings)) {
      spec.policies.push_back(std::move(*one));
    }
  }
  spec.steadiness = read_steadiness(child(map, "steadiness"));
  read_health(child(map, "health"), spec.health);
  check_conditions(child(map, "health"), findings);
  read_guards(child(map, "guards"), spec.guards, findings);
  read_spend(child(child(map, "guards"), "spend"), spec, spec.guards.spend, findings);
  std::string order;
  read(map, "terminate", order);
  if (order == "newest") spec.victims = VictimOrder::newest;
  if (order == "oldest-launch") spec.victims = VictimOrder::oldest_launch;
  read(child(map, "drain"), "timeout", spec.drain_timeout);
  read_change(map, spec);
  read(map, "warm_up", spec.warm_up);
  read(map, "observe_every", spec.observe_every);
  read(map, "lateness", spec.lateness);
  read(map, "boot_time", bound.boot_time);
  sort_by_name(spec.schedules);
  sort_by_name(spec.policies);
  sort_by_name(spec.guards.freezes);
  return bound;
}

}  // namespace settle
