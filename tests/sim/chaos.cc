// What comes from outside: events, people, and the faults that strike by themselves.
#include <algorithm>
#include <utility>

#include "tests/sim/world.h"

namespace settle::sim {
using namespace std::chrono_literals;

void Simulation::every(Duration mean, std::function<void()> what) {
  if (mean <= 0s || is_healed_) return;
  after(dice_.between(mean / 2, mean * 3 / 2), [this, mean, what = std::move(what)] {
    if (is_healed_) return;
    what();
    every(mean, what);
  });
}

void Simulation::begin_chaos() {
  const auto fault = [this](Duration mean, std::function<void()> what) {
    every(mean, [this, what = std::move(what)] {
      ++result_.faults;
      what();
    });
  };
  every(90s, [this] { fire_webhook(); });
  every(10min, [this] { toggle_alarm(); });
  every(3min, [this] { report_health(); });
  every(30min, [this] { hold_some(); });
  every(40min, [this] { change_template(); });
  every(8min, [this] { order_some(); });
  every(1min, [this] { answer_hooks(); });
  every(faults_.pause_every, [this] { pause_some(); });
  every(faults_.removal_every, [this] { remove_some(); });
  every(60s,
        [this] { load_ = std::clamp<std::int64_t>(load_ + dice_.between(-150, 150), 20, 1'150); });
  read_metrics();
  every(faults_.crash_every, [this] { crash(); });
  fault(faults_.kill_every, [this] {
    Machine* machine = some_machine(false);
    if (machine == nullptr) return;
    trace("killed", machine->shown.id.value);
    machine->gone_at = now_;
    machine->unlisted_at = now_ + (dice_.chance(500) ? dice_.between(1s, 60s) : 0s);
  });
  fault(faults_.hide_every, [this] {
    Machine* machine = some_machine(false);
    if (machine != nullptr && may_lie_about(machine->group)) {
      machine->hidden_until = now_ + dice_.between(20s, 20min);
      trace("hidden", machine->shown.id.value);
    }
  });
  fault(faults_.empty_every, [this] {
    const auto& plan = scenario_.groups[dice_.below(scenario_.groups.size())];
    if (may_lie_about(plan.spec->id))
      empty_until_[plan.spec->id] = now_ + dice_.between(20s, 20min);
  });
  fault(faults_.jump_every, [this] {
    skew_ = dice_.between(-10min, 10min);
    trace("jumped", "", static_cast<std::uint64_t>(skew_.count()));
    oracles_.on_jump(now_);
    // Three listings a minute apart by a clock that jumps are not what they say.
    for (const GroupPlan& plan : scenario_.groups) speak_truth_about(plan.spec->id);
  });
  fault(faults_.outage_every, [this] {
    outage_until_ = now_ + dice_.between(3min, 15min);
    outage_kind_ = static_cast<int>(dice_.below(3));
  });
  fault(faults_.zombie_every, [this] { depose(); });
  // Each seed has at least one crash.
  after(dice_.between(10min, scenario_.chaos - 5min), [this] { crash(); });
}

// A complete listing may lie for as long as it likes: by their ids those are found that it omits.
// Each group has at most one new lie in five minutes.
bool Simulation::may_lie_about(const GroupId& group) {
  Time& until = honest_until_[group];
  if (now_ < until) return false;
  until = now_ + 5min;
  return true;
}

void Simulation::speak_truth_about(const GroupId& group) {
  honest_until_[group] = now_ + 5min;
  empty_until_[group] = {};
  for (auto& [_, machine] : cloud_.machines()) {
    if (machine.group == group) machine.hidden_until = {};
  }
}

void Simulation::begin_healing() {
  is_healed_ = true;
  faults_ = {};
  crash_in_ = 0;
  skew_ = {};
  oracles_.on_jump(now_);
  outage_until_ = {};
  journal_down_until_ = {};
  empty_until_.clear();
  removed_.clear();
  load_ = load_ / 100 * 100 + 50;
  trace("healed", "");
  oracles_.on_healed(now_);
  for (auto& [_, machine] : cloud_.machines()) machine.hidden_until = {};
  if (owner_ != nullptr) reconfigure(*owner_);
  for (const GroupPlan& plan : scenario_.groups) {
    const GroupId& group = plan.spec->id;
    const Stamp now = stamp("operator");
    oracles_.on_resume_asked(group, now);
    submit({group, now, PauseOrder{false, "ann", "all is well"}}, true);
    submit({group, stamp("operator"), HoldOrder{0, now_, true, "ann", ""}}, true);
  }
  if (is_firing_) toggle_alarm();
  const GroupId& contested = plan_of(Role::contested).spec->id;
  for (const auto& [id, machine] : cloud_.machines()) {
    if (machine.group != contested || !machine.lives(now_)) continue;
    submit({contested, stamp("probe"), HealthClaim{id, HealthStatus::healthy, "probe", ""}}, true);
    submit({contested, stamp("operator"), InstanceOrder{id, InstanceVerb::in_service, "ann", ""}},
           true);
    const Stamp when = stamp("operator");
    oracles_.on_unprotect_asked(contested, id, when);
    submit({contested, when, InstanceOrder{id, InstanceVerb::unprotect, "ann", ""}}, true);
  }
  if (options_.mutation == Mutation::restless_cloud) {
    for (Duration at = 10min; at < scenario_.healed; at += 10min) {
      after(at, [this] {
        if (Machine* machine = some_machine(true)) machine->gone_at = machine->unlisted_at = now_;
      });
    }
  }
}

// ---- Events -------------------------------------------------------------------------------

Stamp Simulation::stamp(std::string source) {
  return {now_, std::move(source), "e" + std::to_string(next_id_++)};
}

void Simulation::submit(Signal signal, bool is_retried) {
  const std::uint64_t key = next_key_++;
  ++result_.events;
  pending_[key] = {std::move(signal), is_retried};
  attempt(key);
}

void Simulation::resolve(std::uint64_t key) {
  pending_.erase(key);
}

void Simulation::attempt(std::uint64_t key) {
  const auto found = pending_.find(key);
  if (found == pending_.end()) return;
  const unsigned copies = strikes(faults_.event_doubled) ? 2 : 1;
  for (unsigned copy = 0; copy < copies; ++copy) {
    if (strikes(faults_.event_lost)) continue;
    const Duration delay =
        strikes(faults_.event_late) ? dice_.between(10s, 10min) : dice_.between(1ms, 2s);
    after(delay, [this, key, signal = found->second.signal] {
      if (owner_ == nullptr) return;
      const std::uint64_t ticket = next_ticket_++;
      tickets_[ticket] = key;
      trace("event", signal.stamp.id);
      deliver(*owner_, Arrived{signal, Ticket{ticket}});
      if (options_.mutation == Mutation::ack_before_commit && pending_.contains(key)) {
        oracles_.on_acknowledged(signal, now_);
        resolve(key);
      }
    });
  }
  if (!found->second.is_retried) return;
  after(dice_.between(10s, 30s), [this, key] { attempt(key); });
}

const GroupPlan& Simulation::plan_of(Role role) const {
  return *std::find_if(scenario_.groups.begin(), scenario_.groups.end(),
                       [role](const GroupPlan& plan) { return plan.role == role; });
}

Machine* Simulation::some_machine(bool serving) {
  std::vector<Machine*> found;
  for (auto& [_, machine] : cloud_.machines()) {
    if (serving ? machine.serves(now_) : machine.lives(now_)) found.push_back(&machine);
  }
  return found.empty() ? nullptr : found[dice_.below(found.size())];
}

void Simulation::fire_webhook() {
  const GroupSpec& spec = *scenario_.groups[dice_.below(scenario_.groups.size())].spec;
  std::vector<std::string> names;
  for (const Policy& policy : spec.policies) {
    if (std::holds_alternative<WebhookPolicy>(policy.kind)) names.push_back(policy.name);
  }
  if (names.empty()) return;
  Stamp when = stamp("hooks");
  when.at -= dice_.between(0s, 30s);
  submit({spec.id, std::move(when), AdjustClaim{names[dice_.below(names.size())]}}, true);
}

void Simulation::read_metrics() {
  sample(Role::measured);
  sample(Role::contested);
  after(dice_.between(25s, 35s), [this] { read_metrics(); });
}

void Simulation::sample(Role role) {
  const GroupSpec& spec = *plan_of(role).spec;
  const auto& metric =
      std::get<TargetPolicy>(std::find_if(spec.policies.begin(), spec.policies.end(),
                                          [](const Policy& policy) { return policy.name == "cpu"; })
                                 ->kind)
          .metric;
  const bool is_missing = now_ < outage_until_;
  if (role == Role::measured) oracles_.on_metric(is_missing, now_);
  Reading reading;
  if (!is_missing) {
    std::int64_t load = load_;
    if (is_healed_ && options_.mutation == Mutation::wavering_signal) {
      load += (now_ - scenario_.begins) / 20min % 2 * 400;
    }
    const auto ready = static_cast<std::int64_t>(taking_traffic(spec));
    const bool is_shared = !metric.is_total && ready > 0;
    reading.kind = ReadingKind::value;
    reading.value = is_shared ? Decimal::of(load * 1'000 / ready, -3) : Decimal(load);
  } else if (options_.mutation == Mutation::missing_as_zero) {
    reading.kind = ReadingKind::value;
  } else if (outage_kind_ == 0) {
    return;
  } else {
    reading.kind = outage_kind_ == 1 ? ReadingKind::no_data : ReadingKind::error;
  }
  submit({spec.id, stamp("metrics"), SampleClaim{"cpu", reading, {}}}, false);
}

// Whom a launch hook holds is up, and behind no load balancer yet: it has no part in the mean.
std::size_t Simulation::taking_traffic(const GroupSpec& spec) const {
  std::size_t held = 0;
  const auto stored = oracles_.committed().find(spec.id);
  if (stored != oracles_.committed().end()) {
    for (const InstanceMemory& memory : stored->second.instances) {
      const auto machine = cloud_.machines().find(memory.id);
      const bool is_up = machine != cloud_.machines().end() && machine->second.serves(now_) &&
                         machine->second.draining_at > now_ &&
                         machine->second.membership == Membership::unknown;
      if (is_up && memory.awaits_hooks) ++held;
    }
  }
  return cloud_.serving(spec.id, now_) - held;
}

void Simulation::toggle_alarm() {
  is_firing_ = !is_firing_;
  const AlarmState state = is_firing_ ? AlarmState::firing : AlarmState::resolved;
  submit({plan_of(Role::contested).spec->id, stamp("alerts"), AlarmClaim{"queue", state, {}}},
         true);
}

void Simulation::report_health() {
  const GroupId& group = plan_of(Role::contested).spec->id;
  std::vector<InstanceId> serving;
  for (const auto& [id, machine] : cloud_.machines()) {
    if (machine.group == group && machine.serves(now_)) serving.push_back(id);
  }
  if (serving.empty()) return;
  const bool is_lying = strikes(100);  // The observer itself is ill, and blames everybody.
  const InstanceId one = serving[dice_.below(serving.size())];
  for (const InstanceId& id : serving) {
    if (!is_lying && id != one) continue;
    const HealthStatus status =
        is_lying || dice_.chance(400) ? HealthStatus::unhealthy : HealthStatus::healthy;
    submit({group, stamp("probe"), HealthClaim{id, status, "probe", "checked"}}, true);
    if (!is_lying) continue;
    after(2min, [this, group, id] {
      submit({group, stamp("probe"), HealthClaim{id, HealthStatus::healthy, "probe", ""}}, true);
    });
  }
}

// ---- People -------------------------------------------------------------------------------

void Simulation::pause_some() {
  const GroupId& group = scenario_.groups[dice_.below(scenario_.groups.size())].spec->id;
  submit({group, stamp("operator"), PauseOrder{true, "ann", "looking"}}, true);
  after(dice_.between(2min, 15min), [this, group] {
    const Stamp when = stamp("operator");
    oracles_.on_resume_asked(group, when);
    submit({group, when, PauseOrder{false, "ann", "done"}}, true);
  });
}

void Simulation::hold_some() {
  const GroupId& group = plan_of(Role::contested).spec->id;
  const auto number = static_cast<Capacity>(dice_.between(0, 12));
  HoldOrder hold{number, now_ + dice_.between(5min, 15min), false, "bob", "sale"};
  submit({group, stamp("operator"), hold}, true);
  submit({group, stamp("operator"), ConvergeOrder{"bob"}}, true);
  if (const Machine* machine = some_machine(false)) {
    submit({machine->group, stamp("cloud"), InstanceHint{machine->shown.id, "ACTIVE"}}, true);
  }
}

void Simulation::change_template() {
  const GroupSpec& before = *plan_of(Role::contested).spec;
  const std::string suffix = "-" + std::to_string(++templates_);
  auto changed = std::make_shared<GroupSpec>(*given_[before.id]);
  changed->launch_hash = before.launch_hash + suffix;
  changed->launch["image"] = "debian" + suffix;
  given_[before.id] = std::move(changed);
  trace("template", before.id.value, templates_);
  if (owner_ != nullptr) reconfigure(*owner_);
}

// A detached instance is nobody's, so that no oracle could count it: it is left out here.
void Simulation::order_some() {
  const Machine* machine = some_machine(true);
  if (machine == nullptr || machine->group != plan_of(Role::contested).spec->id) return;
  constexpr InstanceVerb verbs[] = {InstanceVerb::protect, InstanceVerb::unprotect,
                                    InstanceVerb::standby, InstanceVerb::in_service,
                                    InstanceVerb::replace};
  const InstanceVerb verb = verbs[dice_.below(5)];
  const InstanceId id = machine->shown.id;
  const Stamp when = stamp("operator");
  if (verb == InstanceVerb::unprotect) oracles_.on_unprotect_asked(machine->group, id, when);
  submit({machine->group, when, InstanceOrder{id, verb, "bob", "looking"}}, true);
  if (verb != InstanceVerb::standby) return;
  after(dice_.between(2min, 10min), [this, group = machine->group, id] {
    submit({group, stamp("operator"), InstanceOrder{id, InstanceVerb::in_service, "bob", "done"}},
           true);
  });
}

void Simulation::answer_hooks() {
  const GroupSpec& spec = *plan_of(Role::contested).spec;
  if (spec.hooks.empty()) return;
  for (const auto& [id, machine] : cloud_.machines()) {
    if (machine.group != spec.id || !machine.serves(now_) || !dice_.chance(300)) continue;
    const std::string& hook = spec.hooks[dice_.below(spec.hooks.size())].name;
    submit({spec.id, stamp("hooks"), LifecycleClaim{id, hook, true}}, true);
  }
}

void Simulation::remove_some() {
  const Role role = dice_.chance(500) ? Role::contested : Role::scheduled;
  const GroupId group = plan_of(role).spec->id;
  if (!removed_.insert(group).second) return;
  trace("removed", group.value);
  if (owner_ != nullptr) reconfigure(*owner_);
  after(dice_.between(3min, 10min), [this, group] {
    if (removed_.erase(group) == 0) return;
    trace("returned", group.value);
    // It knows nothing of what it had: what it is not shown now it cannot miss.
    speak_truth_about(group);
    if (owner_ != nullptr) reconfigure(*owner_);
  });
}

}  // namespace settle::sim
