// The ledger of intents: how they are named, what an answer of the cloud makes of them, and
// whether one may leave now. An intent ends by evidence, never by age.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reconcilers/converge.h"
#include "reconcilers/interlock/interlock.h"
#include "reconcilers/observation.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

/// The name of the `generation`-th intent of a group: at most 64 characters, lower-case letters
/// and digits. The same arguments give the same token, so that a successor repeats it.
[[nodiscard]] std::string token_of(std::string_view cluster, const GroupId& group,
                                   std::uint64_t generation, IntentKind kind);

/// Whether an open intent may be sent at `now`; of a destructive one, with the permit for it.
struct Clearance {
  bool is_cleared = false;
  Reason reason = Reason::intent_open;  // Why not, if it is not.
  Time until;                           // Ask again then, if it is not and that is known.
  std::optional<interlock::Permit> permit;
};

/// The last look at a victim is no older than this, or began after it was chosen.
inline constexpr Duration last_look_age_max{10'000};

/// To be asked before every send, first or repeated: covers what restrains the group, the wait
/// between sends, the last look at a victim, and the interlock's second look (at the newest
/// observation; null if there has been none yet). An intent that was accepted is not sent again.
[[nodiscard]] Clearance may_send(const GroupSpec& spec, const GroupState& state,
                                 const Observation* seen, const Intent& intent, Time now,
                                 const RoundContext& context);

/// The intent of that token was handed to the cloud. False if there is none.
bool note_sent(GroupState& state, std::string_view token, Time now);

/// What the cloud answered, in the words of the partition's Acted.
enum class Answer : std::uint8_t { done, refused, not_now, unknown };
struct Outcome {
  Answer answer = Answer::done;
  InstanceId instance;  // Of a launch that is done.
  Reason why = Reason::cloud_refused;
};

/// Writes the outcome into the ledger: accepted, to be sent again later under the same token, or
/// ended because nothing was changed and never will be. False if no such intent is open.
bool note_outcome(GroupState& state, std::string_view token, const Outcome& outcome, Time now);

}  // namespace settle
