#include "config/checks.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "reconcilers/fold.h"

namespace settle {
namespace {

/// The largest max and smallest min that any moment can have.
Range widest_limits(const GroupSpec& spec) {
  Range range = spec.limits;
  for (const Schedule& schedule : spec.schedules) {
    const auto* limits = std::get_if<ScheduledLimits>(&schedule.kind);
    if (limits == nullptr) continue;
    range.min = std::min(range.min, limits->min.value_or(range.min));
    range.max = std::max(range.max, limits->max.value_or(range.max));
  }
  return range;
}

void check_capacity(const BoundGroup& group, Findings& findings) {
  const GroupSpec& spec = group.spec;
  const Range limits = spec.limits;
  if (limits.min > limits.max) {
    findings
        .add("E0201", place_in(group, {"capacity", "min"}),
             fmt::format("min {} is above max {}", limits.min, limits.max))
        .hint = "no number of instances would do";
    return;
  }
  if (spec.initial && (*spec.initial < limits.min || *spec.initial > limits.max)) {
    findings.add(
        "E0207", place_in(group, {"capacity", "initial"}),
        fmt::format("initial {} lies outside of {} to {}", *spec.initial, limits.min, limits.max));
  }
  if (limits.min == limits.max && limits.max > 0 && spec.health.launch_first) {
    Diagnostic& found = findings.add(
        "W0033", place_in(group, {"capacity", "max"}),
        fmt::format("min equals max ({}), so there is no room to launch a replacement first",
                    limits.max));
    found.hint = "raise max by one, or health: { replace: terminate-first }";
    found.notes.push_back("a condemned instance that still serves waits: NoRoomToReplace");
  }
}

void check_ratio(const BoundGroup& group, const Policy& policy, Findings& findings) {
  for (const auto& [metric, place, signal] : metrics_of(group, policy, "over")) {
    if (metric->over.empty()) continue;
    const bool is_target = std::holds_alternative<TargetPolicy>(policy.kind);
    if (is_target && !metric->is_total) continue;
    findings
        .add("E0216", place,
             is_target
                 ? "a metric with over and divide_by"
                 : fmt::format("a metric with over in the steps policy {}", quoted(policy.name)))
        .hint = "over makes the target of a target policy a ratio";
  }
}

void check_missing(const BoundGroup& group, const Policy& policy, const Metric* metric,
                   const Place& place, Findings& findings) {
  if (metric->when_missing == WhenMissing::ignore) {
    findings
        .add("W0032", place,
             fmt::format("{} is left out while its metric is missing: the group may shrink without "
                         "it",
                         quoted(policy.name)))
        .hint = "hold is safe";
  }
  if (metric->when_missing != WhenMissing::fallback || !has_sound_capacity(group)) return;
  const Range widest = widest_limits(group.spec);
  if (metric->fallback >= group.spec.limits.min && metric->fallback <= widest.max) return;
  findings
      .add("E0210", place,
           fmt::format("fallback {} lies outside of {} to {}", metric->fallback,
                       group.spec.limits.min, widest.max))
      .hint = metric->fallback > widest.max ? "max is below it" : "min is above it already";
}

std::string range_text(const Step& step) {
  if (step.at_least && step.at_most) {
    return fmt::format("{} to {}", step.at_least->text(), step.at_most->text());
  }
  return step.at_least ? fmt::format("{} or more", step.at_least->text())
                       : fmt::format("{} or less", step.at_most->text());
}

/// A step that the metric can never be in.
bool is_unreachable(const Step& step, bool may_be_negative) {
  if (step.at_least && step.at_most && *step.at_least > *step.at_most) return true;
  return step.at_most && step.at_most->is_negative() && !may_be_negative;
}

/// Two steps match one value and neither is the more extreme of them.
bool is_ambiguous(const Step& a, const Step& b) {
  if (a.at_least && b.at_least) return *a.at_least == *b.at_least;
  if (!a.at_least && !b.at_least) return *a.at_most == *b.at_most;
  const Step& upper = a.at_least ? a : b;
  const Step& lower = a.at_least ? b : a;
  return *upper.at_least <= *lower.at_most;
}

/// Positive where it adds more, of comparable adjustments.
std::optional<Decimal> strength(const Step& step, const Step& other) {
  if (step.adjustment.kind != other.adjustment.kind) return std::nullopt;
  return step.adjustment.amount;
}

void check_order(const Step& a, const Step& b, const Place& place, Findings& findings) {
  const bool both_up = a.at_least && b.at_least && !a.at_most && !b.at_most;
  const bool both_down = !a.at_least && !b.at_least;
  if (!both_up && !both_down) return;
  const std::optional<Decimal> first = strength(a, b);
  const std::optional<Decimal> second = strength(b, a);
  if (!first || !second) return;
  const bool a_is_higher = both_up ? *a.at_least > *b.at_least : *a.at_most > *b.at_most;
  if (a_is_higher ? *first >= *second : *first <= *second) return;
  const Step& extreme = both_up == a_is_higher ? a : b;
  const Step& mild = both_up == a_is_higher ? b : a;
  findings.add("W0036", place,
               fmt::format("{} does less than {}, though it is the more extreme",
                           range_text(extreme), range_text(mild)));
}

/// Where each of the steps that could be read stands. What reading them reports is known already.
std::vector<Place> step_places(const BoundGroup& group, const Policy& policy, Findings& findings) {
  std::vector<Place> places;
  const Element* list = child(child(group.entry->value, "policies"), policy.name).find("steps");
  if (list == nullptr) return places;
  for (const Element& item : list->items) {
    if (bind_step(item, findings)) places.push_back(item.place);
  }
  return places;
}

void check_steps(const BoundGroup& group, const Policy& policy, Findings& findings) {
  const auto* steps = std::get_if<StepsPolicy>(&policy.kind);
  if (steps == nullptr) return;
  constexpr std::size_t compared_max = 64;  // More than anybody writes; pairs grow as its square.
  const std::vector<Place> places = step_places(group, policy, findings);
  if (places.size() != steps->steps.size()) return;
  const auto place = [&](std::size_t index) { return places[index]; };
  for (std::size_t i = 0; i < std::min(steps->steps.size(), compared_max); ++i) {
    const Step& step = steps->steps[i];
    if (is_unreachable(step, steps->metric.may_be_negative)) {
      Diagnostic& found =
          findings.add("E0208", place(i),
                       fmt::format("no value is {}: this step can never match", range_text(step)));
      if (step.at_most && step.at_most->is_negative()) {
        found.hint = "metric: { may_be_negative: true } would allow it";
      }
      continue;
    }
    for (std::size_t j = 0; j < i; ++j) {
      const Step& earlier = steps->steps[j];
      if (is_unreachable(earlier, steps->metric.may_be_negative)) continue;
      if (is_ambiguous(step, earlier)) {
        Diagnostic& found = findings.add(
            "E0209", place(i),
            fmt::format("{} and {} match the same value, and neither is the more extreme",
                        range_text(earlier), range_text(step)));
        found.hint = fmt::format("the other is on line {}", place(j).line);
      } else {
        check_order(step, earlier, place(i), findings);
      }
    }
  }
}

bool removes(const Step& step) {
  return step.adjustment.kind != Adjustment::Kind::set && step.adjustment.amount.is_negative();
}

/// A step that removes is outvoted by whoever asks for more.
void check_fights(const BoundGroup& group, Findings& findings) {
  const std::vector<Policy>& policies = group.spec.policies;
  const auto target = std::find_if(policies.begin(), policies.end(), [](const Policy& policy) {
    return std::holds_alternative<TargetPolicy>(policy.kind);
  });
  if (target == policies.end()) return;
  for (const Policy& policy : policies) {
    const auto* steps = std::get_if<StepsPolicy>(&policy.kind);
    if (steps == nullptr) continue;
    const auto shrinking = std::find_if(steps->steps.begin(), steps->steps.end(), removes);
    if (shrinking == steps->steps.end()) continue;
    const std::vector<Place> places = step_places(group, policy, findings);
    const auto index = static_cast<std::size_t>(shrinking - steps->steps.begin());
    const Place place =
        index < places.size() ? places[index] : place_in(group, {"policies", policy.name});
    const Decimal amount = -shrinking->adjustment.amount;
    const bool is_percent = shrinking->adjustment.kind == Adjustment::Kind::change_percent;
    Diagnostic& found = findings.add(
        "W0031", place,
        fmt::format("these two can fight: {} may remove {}{} at {} while {} asks for more",
                    quoted(policy.name), amount.text(), is_percent ? "%" : "",
                    range_text(*shrinking), quoted(target->name)));
    found.hint = "the larger wins, so the removal will rarely happen";
    found.notes.push_back(fmt::format("the other is on line {}",
                                      place_in(group, {"policies", target->name, "type"}).line));
  }
}

void check_budgets(const BoundGroup& group, Findings& findings) {
  const GuardSpec& guards = group.spec.guards;
  const auto check = [&](std::string_view key, const Budget& budget, std::string_view steps) {
    const bool allows_some = !budget.amount.is_zero() || (budget.is_percent && budget.at_least > 0);
    if (allows_some) return;
    findings
        .add("W0034", place_in(group, {"guards", key, "at_most"}),
             fmt::format("this budget can never allow {}", steps))
        .hint = "at_most is zero";
  };
  check("launches", guards.launches, "a launch");
  check("terminations", guards.terminations, "a termination");
  check("disruption", guards.disruption, "a replacement or scaling in");
}

/// Where what is configured as the least cannot be had.
void check_caps(const BoundGroup& group, Findings& findings) {
  const GroupSpec& spec = group.spec;
  const SpendSpec& spend = spec.guards.spend;
  const Range widest = widest_limits(spec);
  if (spend.at_most && spend.price && *spend.at_most < *spend.price * Decimal(spec.limits.min)) {
    findings
        .add("W0038", place_in(group, {"guards", "spend", "at_most"}),
             fmt::format("min {} costs more than {} {}", spec.limits.min, spend.at_most->text(),
                         spend.unit))
        .hint = "launches beyond it are withheld: SpendCapReached";
  }
  if (widest.max <= group_size_max) return;
  findings
      .add("E0218", place_in(group, {"capacity", "max"}),
           fmt::format("max {} is beyond {}, the largest group that this version is tested for",
                       widest.max, group_size_max))
      .hint = "make it several groups";
}

/// Reports a name that is not among `known`, or is there and of the wrong type.
void check_balancer(const BoundGroup& group, Findings& findings) {
  const GroupSpec& spec = group.spec;
  if (spec.balancer.pools.empty() || spec.warm_pool == 0) return;
  findings
      .add("E0252", place_in(group, {"warm_pool", "size"}),
           "a group with a load balancer keeps no warm pool")
      .hint = "what is kept in a warm pool would have to be no member";
}

}  // namespace

std::vector<PlacedMetric> metrics_of(const BoundGroup& group, const Policy& policy,
                                     std::string_view key) {
  std::vector<PlacedMetric> metrics;
  if (const Metric* const metric = metric_of(policy)) {
    metrics.push_back({metric, place_in(group, {"policies", policy.name, "metric", key}),
                       signal_name(policy, *metric)});
  } else if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
    for (const NamedMetric& named : target->metrics) {
      metrics.push_back({&named.metric,
                         place_in(group, {"policies", policy.name, "metrics", named.name, key}),
                         signal_name(named)});
    }
  }
  return metrics;
}

Place place_in(const BoundGroup& group, std::initializer_list<std::string_view> keys) {
  Place place = group.entry->key_place;
  const Element* node = &group.entry->value;
  for (const std::string_view key : keys) {
    const Entry* entry = node->entry(key);
    if (entry == nullptr) return place;
    node = &entry->value;
    place = node->kind == Element::Kind::scalar ? node->place : entry->key_place;
  }
  return place;
}

bool has_sound_capacity(const BoundGroup& group) {
  const Element& capacity = child(group.entry->value, "capacity");
  const Entry* min = capacity.entry("min");
  return capacity.find("max") != nullptr && (min == nullptr || min->value.is_usable);
}

void check_group(const BoundGroup& group, Findings& findings) {
  if (has_sound_capacity(group)) check_capacity(group, findings);
  for (const Policy& policy : group.spec.policies) {
    for (const auto& [metric, place, signal] : metrics_of(group, policy, "when_missing")) {
      check_missing(group, policy, metric, place, findings);
    }
    check_evidence(group, policy, findings);
    check_ratio(group, policy, findings);
    check_steps(group, policy, findings);
  }
  check_waking(group, findings);
  check_fights(group, findings);
  check_caps(group, findings);
  check_budgets(group, findings);
  check_balancer(group, findings);
}

void check_shared_budgets(const BoundGroup& group, const DaemonConfig& daemon, Findings& findings) {
  const SpendSpec& spend = group.spec.guards.spend;
  for (const FleetBudget& budget : daemon.budgets) {
    if (!budget.spend || !applies(budget, group.spec)) continue;
    if (spend.price && spend.unit == budget.unit) continue;
    findings
        .add("E0217", place_in(group, {"guards", "spend", "price"}),
             fmt::format("the budget {} is of money, and no price of this group is in {}",
                         quoted(budget.name), budget.unit))
        .hint = fmt::format("guards: {{ spend: {{ price: {{ FLAVOR: 0.19 {} }} }} }}", budget.unit);
  }
}

}  // namespace settle
