#include "reconcilers/rollout.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "reconcilers/adjust.h"
#include "reconcilers/decimal.h"
#include "reconcilers/orders.h"

namespace settle {
namespace {

class Rolling {
 public:
  Rolling(const GroupSpec& spec, GroupState& state, Census& census, Time now,
          DecisionRecord& record)
      : spec_(spec),
        state_(state),
        rollout_(state.rollout),
        census_(census),
        now_(now),
        record_(record) {}

  void run() {
    follow_template();
    count_failures();
    look_around();
    move_on();
    mark();
  }

 private:
  // Another template is another change, whatever became of the one before.
  void follow_template() {
    if (!spec_.rollout.is_on) {
      if (!rollout_.target.empty()) rollout_ = {};
      return;
    }
    if (rollout_.target == spec_.launch_hash) return;
    rollout_.target = spec_.launch_hash;
    enter(RolloutStage::idle);
    rollout_.failures = 0;
  }

  void count_failures() {
    if (!is_under_way()) return;
    for (const Counted& counted : census_.instances) {
      if (!counted.has_newly_failed || counted.instance == nullptr) continue;
      if (counted.instance->launch_hash == rollout_.target) ++rollout_.failures;
    }
    const auto limit = static_cast<std::uint32_t>(std::max(spec_.rollout.failures, 1));
    if (rollout_.target.empty() || rollout_.failures < limit) return;
    const bool can_return = spec_.rollout.rolls_back && !rollout_.good_launch.empty() &&
                            rollout_.good != rollout_.target;
    enter(can_return ? RolloutStage::rolled_back : RolloutStage::halted);
  }

  // Who is to give way, who may not, and how those fare that came instead.
  void look_around() {
    const std::string& in_force = launch_in_force(spec_, state_);
    for (Counted& counted : census_.instances) {
      if (counted.instance == nullptr || counted.memory == nullptr) continue;
      const std::optional<Reason> why = why_give_way(counted, in_force);
      InstanceMemory& memory = memory_of(counted);
      const bool is_leaving = counted.standing == Standing::draining;
      if (memory.retiring && !is_leaving && (!why || counted.is_protected)) memory.retiring = false;
      if (why && *why == Reason::launch_outdated) ++outdated_;
      if (!why) {
        if (counted.instance->launch_hash == in_force && !is_well(counted)) ++unwell_;
        continue;
      }
      counted_reason(counted, *why);
      if (memory.retiring && *why != Reason::replace_ordered) ++giving_way_;
      if (counted.standing != Standing::ready || counted.is_duplicate || memory.retiring) continue;
      if (counted.is_protected) {
        spare(counted, *why);
      } else if (*why == Reason::replace_ordered) {
        memory.retiring = true;
      } else {
        candidates_.push_back(&counted);
      }
    }
  }

  static void counted_reason(Counted& counted, Reason why) {
    const bool goes_anyway = counted.standing == Standing::condemned ||
                             (counted.memory->condemned && counted.standing == Standing::draining);
    if (!goes_anyway) counted.reason = why;
  }

  [[nodiscard]] std::optional<Reason> why_give_way(Counted& counted,
                                                   const std::string& in_force) const {
    if (counted.standing == Standing::gone || counted.standing == Standing::standby ||
        counted.standing == Standing::detached || counted.standing == Standing::ignored) {
      return {};
    }
    const Instance& instance = *counted.instance;
    if (said_of(state_.memory, instance.id).service == Duty::replaced) {
      return Reason::replace_ordered;
    }
    if (spec_.rollout.is_on && !instance.launch_hash.empty() && instance.launch_hash != in_force) {
      return Reason::launch_outdated;
    }
    if (spec_.age_max <= Duration{}) return {};
    const bool is_dated = instance.created != Time{};
    const Time too_old_at =
        (is_dated ? instance.created : counted.memory->first_seen) + spec_.age_max;
    if (too_old_at <= now_) return Reason::instance_too_old;
    counted.changes_at = std::min(counted.changes_at.value_or(too_old_at), too_old_at);
    return {};
  }

  static bool is_well(const Counted& counted) {
    if (counted.standing == Standing::ready) return !counted.by_report && !counted.is_unknown;
    return counted.standing != Standing::building && counted.standing != Standing::condemned;
  }

  void move_on() {
    if (rollout_.stage == RolloutStage::halted) {
      if (outdated_ > 0 || !candidates_.empty()) hold(Reason::rollout_halted, halted_facts(), {});
      return;
    }
    if (giving_way_ > 0) return;
    if (rollout_.stage == RolloutStage::canary) enter(RolloutStage::canary_soak);
    if (rollout_.stage == RolloutStage::batch) enter(RolloutStage::soak);
    if (const auto until = soaks_until()) {
      const auto left = static_cast<std::int64_t>(candidates_.size());
      return hold(Reason::rollout_soaking, {{"count", left}, {"until", *until}}, until);
    }
    if (candidates_.empty()) return finish();
    if (unwell_ > 0 || census_.probe_suspect) {
      Facts facts;
      if (unwell_ > 0) facts.emplace_back("count", std::int64_t{unwell_});
      return hold(Reason::rollout_unwell, std::move(facts), {});
    }
    begin_batch();
  }

  [[nodiscard]] std::optional<Time> soaks_until() const {
    const bool is_first = rollout_.stage == RolloutStage::canary_soak;
    if (!is_first && rollout_.stage != RolloutStage::soak) return {};
    const Time until = rollout_.since + (is_first ? spec_.rollout.canary_soak : spec_.rollout.soak);
    return now_ < until ? std::optional(until) : std::nullopt;
  }

  void begin_batch() {
    const RolloutSpec& rollout = spec_.rollout;
    const bool begins = rollout_.stage == RolloutStage::idle && outdated_ > 0;
    const bool is_canary = begins && rollout.canary > 0;
    if (begins) rollout_.failures = 0;
    const auto size = static_cast<std::size_t>(is_canary ? rollout.canary : batch_size());
    std::sort(candidates_.begin(), candidates_.end(), [](const Counted* a, const Counted* b) {
      return std::tie(a->instance->created, a->instance->id) <
             std::tie(b->instance->created, b->instance->id);
    });
    // The members of a batch share a failure domain (G26): that of the oldest.
    std::size_t chosen = 0;
    for (const Counted* const candidate : candidates_) {
      if (candidate->instance->zone != candidates_.front()->instance->zone) continue;
      if (chosen++ == size) break;
      memory_of(*candidate).retiring = true;
    }
    if (rollout_.stage == RolloutStage::rolled_back) return;
    enter(is_canary ? RolloutStage::canary : RolloutStage::batch);
  }

  [[nodiscard]] Capacity batch_size() const {
    const Budget& batch = spec_.rollout.batch;
    const Capacity size =
        batch.is_percent
            ? std::max(percent_of(state_.desired.value_or(0), batch.amount), batch.at_least)
            : ceil_scaled(1, batch.amount, Decimal(1));
    return std::max<Capacity>(size, 1);
  }

  void finish() {
    if (rollout_.stage == RolloutStage::rolled_back) return;
    if (rollout_.stage != RolloutStage::idle) enter(RolloutStage::idle);
    if (!spec_.rollout.is_on) {
      rollout_ = {};
      return;
    }
    if (outdated_ > 0 || unwell_ > 0) return;
    rollout_.good = rollout_.target;
    rollout_.good_launch.clear();
    if (!spec_.rollout.rolls_back) return;
    for (const auto& [key, value] : spec_.launch) rollout_.good_launch.push_back({key, value});
  }

  void mark() {
    for (Counted& counted : census_.instances) {
      if (counted.memory == nullptr || !counted.memory->retiring) continue;
      if (counted.standing != Standing::ready || counted.instance == nullptr) continue;
      // Nobody gives way once the change is halted.
      if (rollout_.stage == RolloutStage::halted && counted.reason != Reason::replace_ordered) {
        memory_of(counted).retiring = false;
        continue;
      }
      counted.is_retiring = true;
      ++census_.retiring;
    }
  }

  [[nodiscard]] bool is_under_way() const {
    return rollout_.stage != RolloutStage::idle && rollout_.stage != RolloutStage::halted &&
           rollout_.stage != RolloutStage::rolled_back;
  }

  void enter(RolloutStage stage) {
    rollout_.stage = stage;
    rollout_.since = now_;
  }

  InstanceMemory& memory_of(const Counted& counted) {
    return state_.instances[static_cast<std::size_t>(counted.memory - state_.instances.data())];
  }

  [[nodiscard]] Facts halted_facts() const {
    return {{"launch_hash", rollout_.good.empty() ? rollout_.target : rollout_.good},
            {"limit", std::int64_t{std::max(spec_.rollout.failures, 1)}},
            {"times", std::int64_t{rollout_.failures}}};
  }

  void hold(Reason reason, Facts facts, std::optional<Time> until) {
    WithheldStep step;
    step.op = StepOp::terminate;
    step.count = std::max<Capacity>(static_cast<Capacity>(candidates_.size()), 1);
    step.guard = "rollout";
    step.reason = reason;
    step.facts = std::move(facts);
    step.until = until;
    record_.withheld.push_back(std::move(step));
  }

  // Said once for each order, and for no other reason: a protected member is left as it is.
  void spare(const Counted& counted, Reason why) {
    if (why != Reason::replace_ordered) return;
    WithheldStep step;
    step.op = StepOp::terminate;
    step.instance = counted.instance->id;
    step.guard = "protection";
    step.reason = Reason::instance_protected;
    record_.withheld.push_back(std::move(step));
  }

  const GroupSpec& spec_;
  GroupState& state_;
  RolloutState& rollout_;
  Census& census_;
  const Time now_;
  DecisionRecord& record_;
  std::vector<const Counted*> candidates_;  // Ready, and may be asked to give way.
  Capacity giving_way_ = 0;                 // In the batch under way.
  Capacity outdated_ = 0;                   // Made from another template, protected ones included.
  Capacity unwell_ = 0;                     // Of those that are as they should be.
};

}  // namespace

const std::string& launch_in_force(const GroupSpec& spec, const GroupState& state) {
  const RolloutState& rollout = state.rollout;
  const bool is_back = spec.rollout.is_on && rollout.stage == RolloutStage::rolled_back &&
                       rollout.target == spec.launch_hash;
  return is_back ? rollout.good : spec.launch_hash;
}

void roll(const GroupSpec& spec, GroupState& state, Census& census, Time now,
          DecisionRecord& record) {
  const bool is_asked_for =
      spec.rollout.is_on || spec.age_max > Duration{} || !state.memory.orders.empty();
  if (!is_asked_for && state.rollout == RolloutState{}) return;
  if (!state.desired) return;
  Rolling(spec, state, census, now, record).run();
}

}  // namespace settle
