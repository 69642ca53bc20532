// Laws of a group in a calm cloud, which does at once, or after a boot, what it is told: silence
// takes nothing away, and what stands still outside comes to stand still inside.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "reconcilers/converge.h"
#include "reconcilers/ledger.h"
#include "reconcilers/memory.h"
#include "tests/laws.h"
#include "tests/reconcilers/any_group.h"

namespace settle {
namespace {

using namespace std::chrono_literals;

/// A group whose guards stay out of the way, beside a cloud that obeys.
class Calm {
 public:
  Calm(GroupSpec group, int born, Duration boot) : spec(std::move(group)), boot_(boot) {
    spec.guards = {};
    spec.guards.launches = {Decimal(1'000), false, 1, Duration{1'000}};
    spec.guards.terminations = {Decimal(1'000), false, 1, Duration{1'000}};
    spec.guards.disruption = {Decimal(1'000), false, 1, Duration{}};
    spec.guards.mass_change = Decimal(100);
    spec.drain_timeout = {};
    context_.cluster = "test";
    state.memory.scheduled_to = now;
    state.desired = born;
    for (; born > 0; --born) make("", now - 1h);
  }

  void tell(Claim claim) {
    const std::string id = std::to_string(++told_);
    (void)merge(spec, state, {spec.id, {now, "test", id}, std::move(claim)}, now);
  }

  /// One round, and the cloud's answers to it.
  const DecisionRecord& round() {
    (void)serving();
    seen_ = {now, true, cloud_};
    record = converge(spec, state, seen_, now, context_).record;
    const std::vector<Intent> intents = state.intents;
    for (const Intent& intent : intents) {
      if (!may_send(spec, state, &seen_, intent, now, context_).is_cleared) continue;
      (void)note_sent(state, intent.token, now);
      Outcome outcome;
      if (intent.kind == IntentKind::launch) outcome.instance = make(intent.token, now);
      std::erase_if(cloud_, [&](const Instance& i) {
        return intent.kind == IntentKind::terminate && i.id == intent.instance;
      });
      (void)note_outcome(state, intent.token, outcome, now);
    }
    return record;
  }

  [[nodiscard]] Capacity running() const { return static_cast<Capacity>(cloud_.size()); }
  /// How many serve at this moment: a mean is of these.
  Capacity serving() {
    Capacity count = 0;
    for (Instance& instance : cloud_) {
      if (instance.created + boot_ <= now) instance.state = "ACTIVE";
      if (instance.state == "ACTIVE") ++count;
    }
    return count;
  }
  [[nodiscard]] int terminations() const {
    return static_cast<int>(
        std::count_if(record.steps.begin(), record.steps.end(),
                      [](const TakenStep& step) { return step.op == StepOp::terminate; }));
  }

  GroupSpec spec;
  GroupState state;
  Time now = any_start;
  DecisionRecord record;

 private:
  InstanceId make(const std::string& token, Time created) {
    Instance instance;
    instance.id.value = "i-" + std::to_string(10'000 + ++made_);
    instance.state = created + boot_ <= now ? "ACTIVE" : "BUILD";
    instance.created = created;
    instance.launch_hash = spec.launch_hash;
    instance.token = token;
    cloud_.push_back(instance);
    return instance.id;
  }

  Duration boot_;
  std::vector<Instance> cloud_;
  Observation seen_;
  RoundContext context_;
  int made_ = 0;
  int told_ = 0;
};

std::string story(const Calm& group) {
  std::string text = std::to_string(group.record.desired_from.value_or(-1)) + " to " +
                     std::to_string(group.record.desired_to.value_or(-1)) + " within " +
                     std::to_string(group.record.limits.min) + ".." +
                     std::to_string(group.record.limits.max) + ", running " +
                     std::to_string(group.running()) + "\n";
  for (const Voice& voice : group.record.voices) {
    text += voice.name + " " + std::string(name(voice.reason)) + " " +
            std::to_string(voice.proposes.value_or(-1)) + "\n";
  }
  for (const RungNote& note : group.record.rungs) {
    text += std::to_string(note.from) + " to " + std::to_string(note.to) + " " +
            std::string(name(note.reason)) + "\n";
  }
  return text;
}

/// A group whose policies decide, and not its limits.
GroupSpec roomy_spec(Draw& draw) {
  GroupSpec spec = any_spec(draw);
  spec.limits = {draw.between(0, 4), draw.between(20, 60)};
  return spec;
}

Claim unheard(const Claim& claim, int how) {
  if (const auto* sample = std::get_if<SampleClaim>(&claim)) {
    const ReadingKind kinds[] = {ReadingKind::no_data, ReadingKind::error, ReadingKind::invalid};
    return SampleClaim{sample->signal, {kinds[how % 3], {}}, sample->instance};
  }
  if (const auto* alarm = std::get_if<AlarmClaim>(&claim)) {
    return AlarmClaim{alarm->alarm, AlarmState::no_data, {}};
  }
  return claim;
}

Claim as_nothing(const Claim& claim) {
  if (const auto* sample = std::get_if<SampleClaim>(&claim)) {
    return SampleClaim{sample->signal, {ReadingKind::value, Decimal()}, sample->instance};
  }
  if (const auto* alarm = std::get_if<AlarmClaim>(&claim)) {
    return AlarmClaim{alarm->alarm, AlarmState::resolved, {}};
  }
  return claim;
}

TEST(CalmLaws, WhatIsNoLongerHeardNeverAddsATermination) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    const std::string bytes = any_bytes(1'500);
    Draw draw(bytes);
    Calm group(roomy_spec(draw), draw.between(0, 10), 0s);
    // Most of them would shrink at once, if they were let.
    if (!draw.once_in(3)) group.spec.steadiness = {};
    if (group.spec.policies.empty() || draw.either()) {
      group.spec.policies = {
          {"p0", TargetPolicy{any_metric(draw), Decimal(draw.between(1, 40))}, {}}};
    }
    for (Policy& policy : group.spec.policies) {
      if (!draw.once_in(3)) policy.steadiness = {};
      const auto listen = [](Metric& metric) {
        if (metric.when_missing == WhenMissing::ignore) metric.when_missing = WhenMissing::hold;
      };
      if (auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
        listen(target->metric);
        for (NamedMetric& named : target->metrics) {
          listen(named.metric);
          named.instead.clear();  // Else another that is heard speaks for it, and may ask for less.
        }
      }
      if (auto* steps = std::get_if<StepsPolicy>(&policy.kind)) listen(steps->metric);
    }
    const auto claims = [&] {
      std::vector<Claim> drawn;
      for (const char* name : {"cpu", "queue", "limit", "p0", "p1", "p2", "fire"}) {
        if (draw.once_in(4)) continue;
        const Decimal value = draw.once_in(4) ? any_decimal(draw) : Decimal(draw.between(0, 400));
        drawn.push_back(SampleClaim{name, {ReadingKind::value, value}, {}});
        drawn.push_back(AlarmClaim{name, static_cast<AlarmState>(draw.between(0, 1)), {}});
      }
      return drawn;
    };
    for (int round = 0; round < 6; ++round) {
      for (Claim& claim : claims()) group.tell(std::move(claim));
      if (draw.once_in(3)) group.tell(AdjustClaim{draw.one_of({"p0", "p1", "p2"})});
      group.round();
      group.now += 15s + any_while(draw, 300);
    }
    for (int round = 0; round < 4; ++round) {
      group.round();
      group.now += 15s;
    }
    // What was decided before is carried out in any case.
    RC_PRE(group.running() == group.state.desired.value_or(0) && group.state.intents.empty());
    Calm deaf = group;
    Calm naive = group;  // It takes silence for nothing.
    for (const Claim& claim : claims()) {
      deaf.tell(unheard(claim, draw.between(0, 2)));
      naive.tell(as_nothing(claim));
      group.tell(claim);
    }
    group.round();
    deaf.round();
    naive.round();
    RC_LOG() << story(group) << "\ndeaf:\n" << story(deaf);
    RC_ASSERT(deaf.terminations() <= group.terminations());
    if (naive.terminations() > group.terminations()) ++telling;
  }));
  EXPECT_GE(telling, 10) << "groups that would break the law if silence were nothing";
}

/// A policy whose answer to a constant input is not a matter of what it did before.
Policy any_measuring_policy(Draw& draw, const std::string& name) {
  Policy policy = any_policy(draw, name);
  policy.breach = {};
  while (std::holds_alternative<WebhookPolicy>(policy.kind) ||
         std::holds_alternative<ForecastPolicy>(policy.kind)) {
    policy.kind = TargetPolicy{any_metric(draw), Decimal(draw.between(1, 200))};
  }
  if (auto* target = std::get_if<TargetPolicy>(&policy.kind)) target->metrics.clear();
  return policy;
}

TEST(CalmLaws, UnderAConstantInputDesiredTurnsAtMostOnce) {
  int moving = 0;
  EXPECT_TRUE(rc::check([&] {
    const std::string bytes = any_bytes(1'000);
    Draw draw(bytes);
    GroupSpec spec = roomy_spec(draw);
    spec.schedules.clear();  // The time of day is an input that does not stand still.
    spec.warm_up = {};       // And a mean is of all that serve.
    spec.policies.clear();
    for (const char* name : {"p0", "p1"}) {
      if (!spec.policies.empty() && draw.either()) continue;
      spec.policies.push_back(any_measuring_policy(draw, name));
      // Each listens to a signal of its own, so that one's mean is not another's total.
      auto& kind = spec.policies.back().kind;
      if (auto* target = std::get_if<TargetPolicy>(&kind)) target->metric.signal.clear();
      if (auto* steps = std::get_if<StepsPolicy>(&kind)) {
        steps->metric.signal.clear();
        steps->steps.resize(1);  // Steps for one value that contradict each other take turns.
      }
    }
    Calm group(spec, draw.between(0, 30), any_while(draw, 240));
    if (draw.once_in(4)) group.state.desired.reset();  // It begins here.
    const Decimal load(draw.between(0, 1'000));
    const bool fires = draw.either();
    std::string path;
    int turns = 0;
    int last = 0;
    for (int round = 0; round < 240; ++round) {
      const Capacity serving = group.serving();
      for (const Policy& policy : group.spec.policies) {
        Metric metric;
        if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) metric = target->metric;
        if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) metric = steps->metric;
        // A mean is of those that carry the load.
        const bool is_mean = !metric.is_total && std::holds_alternative<TargetPolicy>(policy.kind);
        if (is_mean && serving == 0) continue;
        const Decimal value = is_mean ? quotient(load, Decimal(serving)) : load;
        group.tell(SampleClaim{policy.name, {ReadingKind::value, value}, {}});
        if (!metric.over.empty()) {
          group.tell(SampleClaim{metric.over, {ReadingKind::value, Decimal(1)}, {}});
        }
      }
      for (const char* alarm : {"p0", "p1", "fire"}) {
        group.tell(AlarmClaim{alarm, fires ? AlarmState::firing : AlarmState::resolved, {}});
      }
      const DecisionRecord& record = group.round();
      const Capacity step =
          record.desired_from ? record.desired_to.value_or(0) - *record.desired_from : 0;
      if (step != 0) {
        const int way = step > 0 ? 1 : -1;
        if (last != 0 && way != last) ++turns;
        last = way;
        path += story(group);
      }
      group.now += 15s;
    }
    RC_LOG() << path;
    RC_ASSERT(turns <= 1);
    if (last != 0) ++moving;
  }));
  EXPECT_GE(moving, 35) << "groups that move";
}

}  // namespace
}  // namespace settle
