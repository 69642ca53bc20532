// A breach that lasts: so many of the last readings must say it before a policy acts (`breach`).
//
//   steps    a step matches where at least `readings` of the last `of` lie in it
//   target   out to the number that `readings` of the last `of` asked for or more (the largest
//            such); in to the number that so many asked for or less (the smallest such), but never
//            below the former, so that two who agree on more outweigh two who agree on less
//
// An evaluation is a new sample as rounds see it: of several that arrive within one turn, the last.
// One that is missing or an error takes its place among the last and says nothing. After a silence
// longer than `stale_after` it begins anew. Default: 1 of 1, and nothing is remembered.
//
// Source: AWS CloudWatch, "M out of N" datapoints to alarm; Nomad Autoscaler, threshold plugin,
// within_bounds_trigger.
#pragma once

#include <optional>
#include <vector>

#include "reconcilers/voices.h"

namespace settle {

/// Remembers what was made of the newest sample, once: a round that is run again changes nothing.
void remember(VoiceState& own, const Breach& breach, const Evaluation& newest, Duration silence);

/// How many of the evaluations have a reading that `step` is for.
[[nodiscard]] int count_within(const std::vector<Evaluation>& evaluations, const Step& step);

/// Says into `voice` that too few of the last readings agree, and how many must.
void be_unconfirmed(const Breach& breach, int count, Voice& voice);

/// Puts in the place of a target's own number, read `at`, the one that enough readings agree on.
void confirm_number(const Moment& moment, const Policy& policy, Time at, Voice& voice);

}  // namespace settle
