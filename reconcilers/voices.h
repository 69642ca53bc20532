// Rung 1: each policy's number, from its signal. Internal to this room.
#pragma once

#include <string_view>
#include <vector>

#include "reconcilers/agenda.h"
#include "reconcilers/decision.h"
#include "reconcilers/guard_mask.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

/// What every voice speaks about.
struct Moment {
  const GroupSpec& spec;
  GroupState& state;  // A voice changes nothing but its own VoiceState.
  const Tally& tally;
  Capacity desired = 0;
  Time now;
  Agenda& agenda;
};

/// What the policy remembers of itself; begins one where there is none.
[[nodiscard]] VoiceState& memory_of(GroupState& state, const std::string& policy);
/// Whether there is anything that the policy must remember of itself.
[[nodiscard]] bool has_memory(const Policy& policy);
void forget_former_policies(const GroupSpec& spec, GroupState& state);

/// Every policy in order, and the rest number where no measure decides.
void hear_policies(const Moment& moment, std::vector<Voice>& voices);

void hear_target(const Moment& moment, const Policy& policy, const TargetPolicy& target,
                 Voice& voice);
void hear_steps(const Moment& moment, const Policy& policy, const StepsPolicy& steps, Voice& voice);
void hear_alert(const Moment& moment, const Policy& policy, const AlertPolicy& alert, Voice& voice);
void hear_forecast(const Moment& moment, const Policy& policy, const ForecastPolicy& forecast,
                   Voice& voice);
/// Whether the step is for this reading; both of its ends are in it.
[[nodiscard]] bool matches(const Step& step, const Decimal& value);

/// What fired and still stands, for webhook policies and one-shot schedules beside others.
void hear_standing(const Moment& moment, std::vector<Voice>& voices);

/// Lets one-shot schedules fire that came due since state.memory.scheduled_to.
void fire_schedules(const GroupSpec& spec, GroupState& state, Agenda& agenda, Time now,
                    const GuardMask& guards, std::vector<Voice>& voices);

/// "add", "remove" or "set", as its owner wrote it.
[[nodiscard]] Fact adjustment_fact(const Adjustment& adjustment);

/// A policy's signal as it stands: a value, or what is wrong with it.
struct Heard {
  Reason problem = Reason::metric_missing;  // `proposed` where there is a value.
  const RememberedSample* sample = nullptr;
  [[nodiscard]] bool is_value() const { return problem == Reason::proposed; }
};
[[nodiscard]] Heard judge(const Metric& metric, const RememberedSample& sample, Time now);
/// The samples that bear this name, the group's own first and then by instance.
struct Samples {
  const RememberedSample* begin = nullptr;
  const RememberedSample* end = nullptr;
};
[[nodiscard]] Samples samples_of(const Memory& memory, std::string_view signal);
/// Says into `voice` that its signal is missing, and what that means here.
void be_missing(const Moment& moment, const Metric& metric, const Heard& heard, Voice& voice);
/// Notes what was read, and when it will be too old.
void have_read(const Moment& moment, const Metric& metric, const RememberedSample& sample,
               Voice& voice);

}  // namespace settle
