// What the metrics of a target policy measure, before it is a number of instances. Internal to this
// room. Knows nothing of how a policy's proposal is steadied.
//
// Several metrics in one policy, each with its own target:
//
//   need = ready x value / target     (value / target of a total), exactly, and never below zero
//   number = ceil(max, min, sum or mean of the needs)
//
// A metric that is missing gives way to the one named by its `instead`. If that is missing too, or
// none is named, its own when_missing holds: `hold` counts as a need of zero where the group would
// grow and forbids that it shrinks; `fallback: N` needs N and forbids it too, as does a mean whose
// silent instances outweigh the rest; `ignore` is left out, and so is a mean over nobody. No need
// depends on desired, or a sum would feed on itself. A percentage of tolerance is of the same mix
// of value / target, compared with one. A quotient has 18 digits and is truncated, so that no mix
// gains an instance by rounding. Default: max. Source: Kubernetes HPA (the largest of several
// metrics, and no scale-in while one of them is missing); KEDA, scalingModifiers (sums and means).
#pragma once

#include <optional>
#include <string>

#include "reconcilers/voices.h"

namespace settle {

/// What one metric is to be.
struct Aim {
  const Metric& metric;
  const std::string& signal;
  const Decimal& target;         // Above zero.
  const Steadiness& steadiness;  // Its tolerances.
};

/// What is known of the measurement: value x count / target is the proposal.
struct Measured {
  Decimal value;           // A mean, a total, or a sum over `count`.
  Capacity times = 1;      // What the value is multiplied with: a mean with those it is of.
  Decimal over{1};         // What the value is divided by, to compare it with the target.
  bool is_shared = false;  // The proposal is divided by it too.
  Time at;                 // Of the newest sample.
};

/// The same in instances, not yet rounded.
struct Need {
  Decimal instances;
  std::optional<Decimal> load;  // Of what is aimed at: one at the target; none where nobody is.
  bool stays = false;  // Too little is known to shrink: fallen back, or for want of samples.
};

/// A load that does not depend on how many share it: what need there is, times the target.
struct Load {
  Time at;
  Decimal load;
};

/// Says into `voice` what the metric asks for by itself.
[[nodiscard]] Measured hear_metric(const Moment& moment, const Aim& aim, Voice& voice);
/// None unless `voice`, which the metric was said into, has an opinion of its own.
[[nodiscard]] std::optional<Need> need_of(const Aim& aim, const Measured& measured,
                                          const Voice& voice);

/// Says into `voice` what the policy's metrics ask for together; when the newest of them is of.
[[nodiscard]] Time hear_several(const Moment& moment, const Policy& policy,
                                const TargetPolicy& target, Voice& voice);

[[nodiscard]] std::optional<Load> load_of(const Moment& moment, const Policy& policy,
                                          const TargetPolicy& target);
[[nodiscard]] std::optional<Load> load_of_several(const Moment& moment, const TargetPolicy& target);

/// To 15 digits, so that no edge is missed by the last digits of a quotient.
[[nodiscard]] Decimal without_noise(const Decimal& number);
/// "26.32": cut, not rounded.
[[nodiscard]] Decimal to_two_places(const Decimal& exact);

}  // namespace settle
