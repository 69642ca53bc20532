// The demo's day: what sources, probes and operators say at each minute. A pure function of the
// time and a seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reconcilers/signal.h"

namespace settle {

/// What is said in the minute that begins at `at`, in order. `victim` is an instance of the shop,
/// for the probe to complain of; empty if none is known.
[[nodiscard]] std::vector<Signal> demo_traffic(Time at, std::uint64_t seed,
                                               const InstanceId& victim);

}  // namespace settle
