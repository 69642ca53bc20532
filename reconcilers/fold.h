// What fires once, and for how long it matters: the part of memory that is folded, not replaced.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

inline constexpr std::string_view policy_origin = "policy/";
inline constexpr std::string_view schedule_origin = "schedule/";
inline constexpr std::string_view operator_origin = "operator/";

/// How long what a one-shot schedule asked for stands beside a target or steps policy.
inline constexpr Duration schedule_hold_for{900'000};

/// A target or steps policy says at each moment what is needed: the group has no rest number.
[[nodiscard]] bool has_measure(const GroupSpec& spec);

/// Beside a target, steps or alert policy a webhook's result stands for a while only.
[[nodiscard]] bool webhooks_expire(const GroupSpec& spec);

/// Whether a firing of this origin moves the rest number.
[[nodiscard]] bool lasts(const GroupSpec& spec, std::string_view origin);

/// How long a firing is remembered one by one before it is folded.
[[nodiscard]] Duration remembered_for(const GroupSpec& spec);

/// What a group begins with, where that is known.
[[nodiscard]] std::optional<Capacity> initial_capacity(const GroupSpec& spec,
                                                       const GroupState& state);

/// The name that samples of this policy's metric bear.
[[nodiscard]] const std::string& signal_name(const Policy& policy, const Metric& metric);
[[nodiscard]] const std::string& signal_name(const NamedMetric& named);
/// The one metric of a policy; null where it reads none, or several.
[[nodiscard]] const Metric* metric_of(const Policy& policy);
/// The metric of a policy that reads this signal, as its own or to divide by; null if none does.
[[nodiscard]] const Metric* reader_of(const Policy& policy, const std::string& signal);
[[nodiscard]] const std::string& alarm_name(const Policy& policy, const AlertPolicy& alert);
/// Whether an alert with these labels is one of the policy's: all that `match` asks for, or the
/// alarm's own name where it asks for nothing.
[[nodiscard]] bool is_meant(const Policy& policy, const AlertPolicy& alert,
                            const std::map<std::string, std::string>& labels);

}  // namespace settle
