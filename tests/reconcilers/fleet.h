// A group and what its cloud shows, for the tests of census and plan: a small vocabulary in which
// a story is a few lines.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconcilers/balancer.h"
#include "reconcilers/census.h"
#include "reconcilers/ledger.h"
#include "reconcilers/memory.h"
#include "reconcilers/plan.h"
#include "reconcilers/pool.h"
#include "reconcilers/rollout.h"

namespace settle {

inline constexpr Time noon{std::chrono::milliseconds{1'700'000'000'000}};

struct Fleet {
  GroupSpec spec;
  GroupState state;
  Observation seen;
  RoundContext context;
  Time now = noon;
  DecisionRecord record;
  Planned planned;
  Census census;

  Fleet() {
    spec.id = {"web"};
    spec.limits = {0, 100};
    spec.launch_hash = "v1";
    // Budgets wide enough to stay out of stories that are not about them.
    spec.guards.launches = {Decimal(1000), false, 1, Duration{60'000}};
    spec.guards.terminations = {Decimal(1000), false, 1, Duration{600'000}};
    spec.guards.disruption = {Decimal(1000), false, 1, Duration{}};
    spec.guards.mass_change = Decimal(100);
    context.cluster = "test";
    seen.is_complete = true;
    seen.at = now;
  }

  /// One instance as the cloud shows it, born an hour ago unless it is being built.
  Instance& has(std::string id, std::string cloud_state = "ACTIVE", std::string zone = "") {
    const bool is_young = is_birth(cloud_state);
    seen.instances.push_back({{std::move(id)},
                              std::move(cloud_state),
                              now - Duration{is_young ? 60'000 : 3'600'000},
                              std::move(zone),
                              "v1",
                              "",
                              false,
                              false});
    return seen.instances.back();
  }
  void has_many(int count, const std::string& prefix = "i",
                const std::string& cloud_state = "ACTIVE") {
    for (int i = 0; i < count; ++i) {
      has(prefix + (i < 10 ? "0" : "") + std::to_string(i), cloud_state);
    }
  }
  Instance& at(std::string_view id) {
    return *std::find_if(seen.instances.begin(), seen.instances.end(),
                         [id](const Instance& i) { return i.id.value == id; });
  }
  void loses(std::string_view id) {
    std::erase_if(seen.instances, [id](const Instance& i) { return i.id.value == id; });
  }
  /// Reported unhealthy since an hour ago.
  void is_unhealthy(std::string id) {
    RememberedHealth report;
    report.stamp.at = now - Duration{3'600'000};
    report.report = {{std::move(id)}, HealthStatus::unhealthy, "probe", "no answer"};
    report.unhealthy_since = report.stamp.at;
    auto& health = state.memory.health;
    health.push_back(std::move(report));
    std::sort(health.begin(), health.end(),
              [](const auto& a, const auto& b) { return a.report.instance < b.report.instance; });
  }

  /// An operator says it of one instance, now.
  void is_told(std::string id, InstanceVerb verb) {
    Signal signal{spec.id, {now, "operator/ann", std::to_string(++said)}, {}};
    signal.claim = InstanceOrder{{std::move(id)}, verb, "ann", "a story"};
    (void)merge(spec, state, signal, now);
  }
  /// Somebody answers a hook, now.
  void is_answered(std::string id, std::string hook, bool proceed) {
    Signal signal{spec.id, {now, "hooks", std::to_string(++said)}, {}};
    signal.claim = LifecycleClaim{{std::move(id)}, std::move(hook), proceed};
    (void)merge(spec, state, signal, now);
  }
  int said = 0;

  /// Lets time pass, and looks again.
  void after(Duration duration) {
    now += duration;
    seen.at = now;
  }

  /// Looks until the owner is warm.
  void warms_up() {
    (void)take_census(spec, state, seen, now);
    after(Duration{15'000});
    (void)take_census(spec, state, seen, now);
    after(Duration{15'000});
  }

  const Census& counts() {
    census = take_census(spec, state, seen, now);
    return census;
  }

  const DecisionRecord& plans(Capacity desired) {
    state.desired = desired;
    record = {};
    record.limits = state.limits = spec.limits;
    counts();
    tend_pool(spec, state, record.limits, census);
    roll(spec, state, census, now, record);
    record.tally = census.tally;
    planned = plan(spec, state, seen, census, now, context, record);
    return record;
  }

  /// The cloud does what it was told: every open intent is sent, answered and shown.
  void obeys() {
    const std::vector<Intent> intents = state.intents;
    for (const Intent& intent : intents) {
      if (intent.stage == IntentStage::accepted) continue;
      (void)note_sent(state, intent.token, now);
      Outcome outcome;
      if (intent.kind == IntentKind::launch) {
        outcome.instance = {"new-" + intent.token};
        Instance& made = has(outcome.instance.value, "ACTIVE", intent.zone);
        made.token = intent.token;
        made.launch_hash = intent.launch_hash;
        made.created = now;
        if (!spec.balancer.pools.empty()) made.membership = Membership::absent;
      } else if (intent.kind == IntentKind::terminate) {
        at(intent.instance.value).state = "DELETED";
      } else if (intent.kind == IntentKind::drain) {
        Instance& drained = at(intent.instance.value);
        drained.is_draining = spec.balancer.pools.empty();
        if (is_in_pools(drained)) drained.membership = Membership::drained;
      } else if (intent.kind == IntentKind::protect || intent.kind == IntentKind::unprotect) {
        at(intent.instance.value).is_protected = intent.kind == IntentKind::protect;
      } else if (intent.kind == IntentKind::join) {
        at(intent.instance.value).membership = Membership::member;
      } else if (intent.kind == IntentKind::leave) {
        std::erase(seen.strays, intent.instance);
        for (Instance& one : seen.instances) {
          if (one.id == intent.instance) one.membership = Membership::absent;
        }
      }
      (void)note_outcome(state, intent.token, outcome, now);
    }
    std::sort(seen.instances.begin(), seen.instances.end(),
              [](const Instance& a, const Instance& b) { return a.id < b.id; });
  }

  [[nodiscard]] std::vector<std::string> steps() const {
    std::vector<std::string> texts;
    for (const TakenStep& step : record.steps) texts.push_back(text_of(step.op, step.instance));
    return texts;
  }
  /// "terminate i01 NoRoom", "launch x3 Frozen".
  [[nodiscard]] std::vector<std::string> withheld() const {
    std::vector<std::string> texts;
    for (const WithheldStep& step : record.withheld) {
      std::string text = text_of(step.op, step.instance);
      if (step.count != 1) text += " x" + std::to_string(step.count);
      texts.push_back(text + " " + std::string(name(step.reason)));
    }
    return texts;
  }
  static std::string text_of(StepOp op, const InstanceId& instance) {
    static constexpr const char* ops[] = {"launch",    "terminate", "drain", "protect",
                                          "unprotect", "join",      "leave"};
    const std::string text = ops[static_cast<int>(op)];
    return instance.value.empty() ? text : text + " " + instance.value;
  }
};

}  // namespace settle
