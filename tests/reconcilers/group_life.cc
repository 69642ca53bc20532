#include "tests/reconcilers/group_life.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "reconcilers/converge.h"
#include "reconcilers/ledger.h"
#include "reconcilers/memory.h"
#include "tests/reconcilers/any_group.h"

namespace settle {
namespace {

constexpr int events_max = 400;  // So that one life takes milliseconds, however long its input.

Capacity limit_of(const Budget& budget, Capacity desired) {
  if (!budget.is_percent) return static_cast<Capacity>(budget.amount.approximate());
  return std::max(percent_of(desired, budget.amount), budget.at_least);
}

class Life {
 public:
  explicit Life(Draw& draw) : draw_(draw), spec_(any_spec(draw)) {
    context_.cluster = "fuzz";
    context_.authority =
        draw.once_in(8) ? static_cast<Authority>(draw.between(0, 2)) : Authority::act;
    state_.memory.scheduled_to = now_;
    for (int born = draw.between(0, 12); born > 0; --born)
      make("", draw.one_of({"ACTIVE", "BUILD"}));
    look(true);
  }

  std::optional<std::string> run() {
    for (int event = 0; event < events_max && !draw_.is_over() && !broken_; ++event) happen();
    return broken_;
  }

 private:
  void happen() {
    switch (draw_.between(0, 9)) {
      case 0:
        now_ += any_while(draw_, draw_.one_of({5, 60, 900}));
        break;
      case 1:
      case 2:
        look(!draw_.once_in(5));
        break;
      case 3:
      case 4:
      case 5:
        tell();
        break;
      case 6:
        answer();
        break;
      case 7:
        misfortune();
        break;
      default:
        now_ += any_while(draw_, 30);
        if (!draw_.once_in(4)) look(true);
        round();
    }
  }

  // ---- The world ----------------------------------------------------------------------------

  Instance& make(std::string token, const char* cloud_state) {
    Instance instance;
    instance.id.value = "i-" + std::to_string(1'000 + ++made_);
    instance.state = cloud_state;
    instance.created = now_;
    instance.zone = draw_.one_of({"", "a", "b", "c"});
    instance.launch_hash = "v1";
    instance.token = std::move(token);
    cloud_.instances.push_back(std::move(instance));
    return cloud_.instances.back();
  }

  void look(bool is_complete) {
    Observation listing{now_ - any_while(draw_, draw_.once_in(6) ? 120 : 0), is_complete, {}};
    for (const Instance& instance : cloud_.instances) {
      const bool is_hidden = draw_.once_in(is_complete ? 24 : 3);
      if (!is_hidden) listing.instances.push_back(instance);
    }
    seen_ = std::move(listing);
  }

  void tell() {
    const Time at = now_ + Duration{1'000} * draw_.between(-1'000, 70);
    const Signal signal{spec_.id,
                        {at, "fuzz", std::to_string(draw_.between(0, 40))},
                        any_claim_about(draw_, cloud_, now_)};
    const GroupState before = state_;
    const Merge first = merge(spec_, state_, signal, now_);
    const bool may_change = first == Merge::merged || first == Merge::invalid;
    if (!may_change && !(before == state_)) breaks("a claim that was not merged changed the state");
    const GroupState once = state_;
    const Merge again = merge(spec_, state_, signal, now_);
    if (!(once == state_)) breaks("a claim that came twice changed the state twice");
    if (may_change && again == Merge::full) breaks("a claim that was merged has no room");
  }

  void answer() {
    const std::vector<Intent> intents = state_.intents;
    for (const Intent& intent : intents) {
      if (!may_send(spec_, state_, &seen_, intent, now_, context_).is_cleared) continue;
      (void)note_sent(state_, intent.token, now_);
      Outcome outcome;
      outcome.answer = static_cast<Answer>(draw_.one_of({0, 0, 0, 0, 1, 2, 3}));
      const bool is_done =
          outcome.answer == Answer::done || (outcome.answer == Answer::unknown && draw_.either());
      if (is_done) carry_out(intent, outcome);
      if (!draw_.once_in(8)) (void)note_outcome(state_, intent.token, outcome, now_);
    }
  }

  void carry_out(const Intent& intent, Outcome& outcome) {
    if (intent.kind == IntentKind::launch) {
      outcome.instance = make(intent.token, draw_.one_of({"BUILD", "ACTIVE", "ERROR"})).id;
      return;
    }
    for (Instance& instance : cloud_.instances) {
      if (instance.id != intent.instance) continue;
      if (intent.kind == IntentKind::drain) instance.is_draining = true;
      if (intent.kind == IntentKind::terminate) instance.state = "DELETED";
    }
    if (draw_.either()) {
      std::erase_if(cloud_.instances, [](const Instance& i) { return i.state == "DELETED"; });
    }
  }

  void misfortune() {
    if (draw_.once_in(6)) state_.good_observations = 0;  // Another owner.
    if (draw_.once_in(12)) context_.journal_failed = !context_.journal_failed;
    if (draw_.once_in(12)) spec_.limits.max = spec_.limits.min + draw_.between(0, 20);
    if (draw_.once_in(20)) spec_.launch_hash = draw_.one_of({"v1", "v2"});
    if (cloud_.instances.empty()) return;
    const std::size_t victim = draw_.up_to(cloud_.instances.size() - 1);
    Instance& instance = cloud_.instances[victim];
    instance.state = draw_.one_of(
        {"ACTIVE", "ACTIVE", "ERROR", "BUILD", "SHUTOFF", "RESCUE", "DELETED", "UNKNOWN", "what?"});
    instance.is_protected = draw_.once_in(4);
    if (draw_.once_in(4)) {
      cloud_.instances.erase(cloud_.instances.begin() + static_cast<std::ptrdiff_t>(victim));
    }
  }

  // ---- The promises -------------------------------------------------------------------------

  void breaks(std::string what) {
    if (!broken_) broken_ = std::move(what);
  }

  void round() {
    const GroupState before = state_;
    GroupState twin = state_;
    const Round round = converge(spec_, state_, seen_, now_, context_);
    const Round same = converge(spec_, twin, seen_, now_, context_);
    if (!(round.record == same.record) || !(state_ == twin)) breaks("equal inputs, two results");
    hold_numbers(round.record);
    hold_steps(before, round);
    hold_intents();

    if (took_back(before)) return;  // The next round counts anew what stays after all.
    const auto desired = state_.desired;
    const auto intents = state_.intents;
    const Round again = converge(spec_, state_, seen_, now_, context_);
    if (!again.opened.empty()) breaks("the same round again opened an intent");
    if (state_.desired != desired) breaks("the same round again changed desired");
    if (!(state_.intents == intents)) breaks("the same round again changed intents");
  }

  /// Whether something that was to leave stays after all.
  [[nodiscard]] bool took_back(const GroupState& before) const {
    return std::any_of(before.intents.begin(), before.intents.end(), [this](const Intent& intent) {
      const bool is_open = std::any_of(state_.intents.begin(), state_.intents.end(),
                                       [&](const Intent& i) { return i.token == intent.token; });
      const bool was_to_leave =
          intent.kind == IntentKind::terminate || intent.kind == IntentKind::drain;
      return was_to_leave && !is_open;
    });
  }

  void hold_numbers(const DecisionRecord& record) {
    const Range& limits = record.limits;
    if (limits.min < 0 || limits.max < limits.min) breaks("limits are no range");
    if (record.desired_to && (*record.desired_to < limits.min || *record.desired_to > limits.max)) {
      breaks("desired lies outside of the limits");
    }
    if (record.desired_from && !record.desired_to) breaks("desired is forgotten");
    if (record.revisit_at && *record.revisit_at <= now_) breaks("looks again in the past");
    const bool is_missing =
        std::any_of(record.voices.begin(), record.voices.end(),
                    [](const Voice& voice) { return voice.verdict == Verdict::missing; });
    const bool is_held =
        std::any_of(record.voices.begin(), record.voices.end(),
                    [](const Voice& voice) { return voice.kind == VoiceKind::operator_hold; });
    if (is_missing && !is_held && record.desired_from && *record.desired_from <= limits.max &&
        *record.desired_to < *record.desired_from) {
      breaks("shrinks while a voice is missing");
    }
  }

  void hold_steps(const GroupState& before, const Round& round) {
    const DecisionRecord& record = round.record;
    Capacity launches = 0;
    Capacity terminations = 0;
    std::set<std::string> victims;
    for (const TakenStep& step : record.steps) {
      if (step.reason == Reason::already_at_desired) breaks("a step without a reason");
      if (step.op == StepOp::launch) {
        ++launches;
        continue;
      }
      if (step.op == StepOp::terminate) ++terminations;
      if (step.instance.value.empty()) breaks("a victim without a name");
      if (!victims.insert(step.instance.value).second) breaks("one victim twice");
      const auto shown =
          std::find_if(seen_.instances.begin(), seen_.instances.end(),
                       [&](const Instance& instance) { return instance.id == step.instance; });
      if (shown == seen_.instances.end()) breaks("a victim that the listing does not show");
    }
    if (launches > 0 && record.tally.possible() + launches > record.limits.max) {
      breaks("more than max may exist");
    }
    const bool may_act = context_.authority == Authority::act && !context_.journal_failed;
    const auto& pause = before.memory.pause;
    const bool is_paused = pause && pause->order.paused;
    if (!round.opened.empty() && (!may_act || is_paused)) breaks("acts where it may not");
    if (!seen_.is_complete && !record.steps.empty()) breaks("steps from a partial listing");
    hold_budget(spec_.guards.launches, state_.launches, launches, "launch");
    hold_budget(spec_.guards.terminations, state_.terminations, terminations, "termination");
    for (const WithheldStep& step : record.withheld) {
      if (step.reason == Reason::interlock_refused) breaks("planner and interlock disagree");
      if (step.count <= 0) breaks("withholds nothing");
      if (step.guard.empty()) breaks("withholds without a guard");
    }
    hold_service(round);
  }

  /// A step that nothing forces leaves min in service, and lets the protected be.
  void hold_service(const Round& round) {
    const DecisionRecord& record = round.record;
    const auto is_new = [&round](const Intent& intent) {
      return std::count(round.opened.begin(), round.opened.end(), intent.token) > 0;
    };
    Capacity leaves = 0;
    for (const Intent& intent : state_.intents) {
      if (!intent.is_voluntary || !is_new(intent)) continue;
      for (const Instance& instance : seen_.instances) {
        if (instance.id != intent.instance) continue;
        if (instance.is_protected) breaks("takes a protected instance away");
        if (instance.state == "ACTIVE" && !instance.is_draining) ++leaves;
      }
    }
    if (leaves > 0 && record.tally.ready - leaves < record.limits.min) {
      breaks("takes the group below min");
    }
  }

  void hold_budget(const Budget& budget, const std::vector<Spent>& spent, Capacity now,
                   const char* what) {
    if (now == 0 || context_.authority != Authority::act) return;
    Capacity within = 0;
    for (const Spent& entry : spent) {
      if (entry.at + budget.per > now_) within += entry.count;
    }
    const Capacity limit = limit_of(budget, state_.desired.value_or(0));
    if (within > std::max(limit, Capacity{0})) {
      breaks(std::string("the ") + what + " budget is overspent");
    }
  }

  void hold_intents() {
    std::set<std::string> tokens;
    std::set<std::string> replaced;
    for (const Intent& intent : state_.intents) {
      if (intent.token.empty() || !tokens.insert(intent.token).second) breaks("a token twice");
      if (!intent.replaces.value.empty() && !replaced.insert(intent.replaces.value).second) {
        breaks("one instance replaced twice");
      }
    }
  }

  Draw& draw_;
  GroupSpec spec_;
  GroupState state_;
  RoundContext context_;
  Observation cloud_;
  Observation seen_;
  Time now_ = any_start;
  int made_ = 0;
  std::optional<std::string> broken_;
};

}  // namespace

std::optional<std::string> live(Draw& draw) {
  return Life(draw).run();
}

}  // namespace settle
