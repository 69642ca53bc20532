// From the facts of a decision record to sentences for people. Made when somebody reads.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/decision.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

/// One sentence each, without a full stop where it is a fragment of a table.
[[nodiscard]] std::string because(const Voice& voice);
[[nodiscard]] std::string because(const RungNote& note);
[[nodiscard]] std::string because(const TakenStep& step);
[[nodiscard]] std::string because(const WithheldStep& step);

/// What one reason code means, in general: for `settlectl explain reason NAME` and docs.
[[nodiscard]] std::string meaning(Reason reason);

/// "Desired 20 -> 27: policy/keep-cpu-at-55 saw 72.4 against a target of 55."
[[nodiscard]] std::string headline(const DecisionRecord& record);

/// The whole ladder as a page, times in `zone`. `id` is the decision's; empty for one that no
/// journal holds, such as a trial's.
[[nodiscard]] std::string page(const DecisionRecord& record, const std::string& id,
                               const Zone& zone);

/// Why a group is not moving that way, from its last round. `toward` is "in", "out" or a number.
[[nodiscard]] std::string why_not(const GroupSpec& spec, const GroupState& state,
                                  const DecisionRecord& last, const std::string& toward, Time now);

/// "Mon 23 Nov 2026 09:14:30 EET".
[[nodiscard]] std::string clock_text(Time at, const Zone& zone);
/// "1m 30s", "2h", "250ms".
[[nodiscard]] std::string duration_text(Duration duration);

}  // namespace settle
