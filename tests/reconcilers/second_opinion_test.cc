// The engine against a second one that was written from the words: the same desired, the same
// launches and the same victims, round after round, for thousands of groups.
#include <algorithm>

#include <gtest/gtest.h>

#include "reconcilers/converge.h"
#include "reconcilers/ledger.h"
#include "reconcilers/memory.h"
#include "tests/reconcilers/any_group.h"
#include "tests/reconcilers/slow_ladder.h"
#include "tests/reconcilers/slow_plan.h"

namespace settle {
namespace {

/// What the second one knows too.
GroupSpec plain_spec(Draw& draw) {
  GroupSpec spec = any_spec(draw);
  spec.initial = draw.between(0, 30);
  spec.warm_up = {};
  spec.drain_timeout = {};
  spec.guards.freezes.clear();
  spec.guards.flapping = {};
  spec.guards.mass_change = Decimal(100);
  spec.health.launch_timeout = Duration{86'400'000};
  const auto is_heard_alone = [](Metric& metric) {
    metric.signal.clear();
    metric.over.clear();
  };
  std::erase_if(spec.policies, [](const Policy& policy) {
    return std::holds_alternative<ForecastPolicy>(policy.kind);
  });
  for (Policy& policy : spec.policies) {
    if (auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
      is_heard_alone(target->metric);
      for (NamedMetric& named : target->metrics) is_heard_alone(named.metric);
    }
    if (auto* steps = std::get_if<StepsPolicy>(&policy.kind)) is_heard_alone(steps->metric);
    if (auto* alert = std::get_if<AlertPolicy>(&policy.kind)) alert->alarm.clear();
  }
  return spec;
}

class Both {
 public:
  explicit Both(Draw& draw) : draw_(draw), spec_(plain_spec(draw)), ladder_(spec_), plan_(spec_) {
    context_.cluster = "test";
    state_.good_observations = 2;
    for (int born = draw.between(0, 12); born > 0; --born) {
      make("", "ACTIVE").is_protected = draw.once_in(6);
    }
  }

  void run() {
    for (int round = 0; round < 50 && !testing::Test::HasFailure(); ++round) {
      now_ += Duration{1'000} + any_while(draw_, draw_.one_of({30, 30, 400}));
      for (int events = draw_.between(0, 4); events > 0; --events) tell();
      this->round();
    }
  }

  /// How many rounds had a step.
  int launching = 0;
  int shrinking = 0;

 private:
  Instance& make(std::string token, const char* cloud_state) {
    Instance instance;
    instance.id.value = "i-" + std::to_string(10'000 + ++made_);
    instance.state = cloud_state;
    instance.created = now_ - any_while(draw_, 600);
    instance.zone = draw_.one_of({"", "a", "b"});
    instance.launch_hash = draw_.one_of({"v1", "v0"});
    instance.token = std::move(token);
    cloud_.push_back(std::move(instance));
    return cloud_.back();
  }

  /// Of several alerts, some of which end by themselves.
  AlarmClaim any_alarm(const std::string& name) {
    AlarmClaim claim{name, static_cast<AlarmState>(draw_.between(0, 2)), {}};
    claim.alert = draw_.one_of({"", "", "a", "b"});
    if (draw_.once_in(3)) claim.until = now_ + any_while(draw_, 600);
    return claim;
  }

  /// In order of time: what arrives late is the matter of another law.
  void tell() {
    Claim claim;
    const std::string name = draw_.one_of({"p0", "p1", "p2"});
    switch (draw_.between(0, 9)) {
      case 0:
      case 1:
        claim = AdjustClaim{name};
        break;
      case 2:
      case 3:
        claim = any_alarm(name);
        break;
      case 4:
        claim = HoldOrder{draw_.between(0, 30), now_ + any_while(draw_, 600), draw_.either(), "ann",
                          ""};
        break;
      default: {
        const auto kind =
            draw_.once_in(6) ? static_cast<ReadingKind>(draw_.between(1, 2)) : ReadingKind::value;
        claim = SampleClaim{
            name, {kind, kind == ReadingKind::value ? any_decimal(draw_) : Decimal()}, {}};
      }
    }
    const Signal signal{spec_.id, {now_, "test", std::to_string(1'000 + ++told_)}, claim};
    (void)merge(spec_, state_, signal, now_);
    ladder_.tell(signal);
  }

  void round() {
    for (Instance& instance : cloud_) {
      if (instance.state == "BUILD" && draw_.once_in(3)) instance.state = "ACTIVE";
    }
    const Observation seen{now_, true, cloud_};
    const Round round = converge(spec_, state_, seen, now_, context_);
    const DecisionRecord& record = round.record;
    const Capacity desired = ladder_.round(now_, record.tally.ready);
    ASSERT_EQ(record.limits, ladder_.limits(now_));
    ASSERT_EQ(record.desired_to, desired) << ladder_.story() << "\n" << story(record);

    const slow::Plan::Steps steps =
        plan_.steps(cloud_, desired, record.limits, record.tally.in_flight, now_);
    int launches = 0;
    std::vector<std::string> leave;
    for (const TakenStep& step : record.steps) {
      if (step.op == StepOp::launch) ++launches;
      if (step.op == StepOp::terminate) leave.push_back(step.instance.value);
    }
    std::sort(leave.begin(), leave.end());
    ASSERT_EQ(launches, steps.launches) << story(record);
    ASSERT_EQ(leave, steps.leave) << story(record);
    if (launches > 0) ++launching;
    if (!leave.empty()) ++shrinking;
    obey();
  }

  void obey() {
    std::erase_if(cloud_, [](const Instance& i) { return i.state == "DELETED"; });
    const std::vector<Intent> intents = state_.intents;
    for (const Intent& intent : intents) {
      (void)note_sent(state_, intent.token, now_);
      Outcome outcome;
      if (intent.kind == IntentKind::launch) {
        outcome.instance = make(intent.token, draw_.one_of({"BUILD", "ACTIVE"})).id;
      }
      for (Instance& instance : cloud_) {
        if (intent.kind == IntentKind::terminate && instance.id == intent.instance) {
          instance.state = "DELETED";
        }
      }
      (void)note_outcome(state_, intent.token, outcome, now_);
    }
  }

  static std::string story(const DecisionRecord& record) {
    std::string text;
    for (const Voice& voice : record.voices) {
      text += voice.name + "=" + (voice.proposes ? std::to_string(*voice.proposes) : "-") + " " +
              std::string(name(voice.reason)) + ", ";
    }
    for (const RungNote& note : record.rungs) {
      text += std::to_string(note.from) + ">" + std::to_string(note.to) + " " +
              std::string(name(note.reason)) + ", ";
    }
    for (const WithheldStep& step : record.withheld) {
      text += "-" + std::string(name(step.op)) + " x" + std::to_string(step.count) + " " +
              step.guard + ", ";
    }
    return text;
  }

  Draw& draw_;
  GroupSpec spec_;
  GroupState state_;
  slow::Ladder ladder_;
  slow::Plan plan_;
  RoundContext context_;
  std::vector<Instance> cloud_;
  Time now_ = any_start;
  int made_ = 0;
  int told_ = 0;
};

TEST(SecondOpinion, AgreesInEveryRound) {
  int launching = 0;
  int shrinking = 0;
  for (std::uint64_t seed = 1; seed <= 1'000 && !HasFailure(); ++seed) {
    const std::string bytes = bytes_of(seed, 1'500);
    Draw draw(bytes);
    SCOPED_TRACE("seed " + std::to_string(seed));
    Both both(draw);
    both.run();
    launching += both.launching;
    shrinking += both.shrinking;
  }
  EXPECT_GE(launching, 2'000) << "of fifty thousand rounds those that launch";
  EXPECT_GE(shrinking, 2'000) << "and those that terminate";
}

}  // namespace
}  // namespace settle
