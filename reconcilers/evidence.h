// What an observation proves about intents: which are done, which instances leave because of one,
// and which are one intent carried out twice.
#pragma once

#include <cstddef>
#include <vector>

#include "reconcilers/census.h"

namespace settle {

struct Sighting {
  const Observation* seen = nullptr;
  bool is_news = false;  // Complete, and newer than any before.
};

/// Whether an intent of ours to terminate it is open.
[[nodiscard]] bool was_asked_for(const GroupState& state, const InstanceId& id);

/// Whom listings leave out, and the cloud is therefore to be asked for by id: at most
/// `asked_by_id_max`, others with each second that passes.
inline constexpr std::size_t asked_by_id_max = 20;
[[nodiscard]] std::vector<InstanceId> unaccounted_for(const GroupState& state, Time now);

/// Ends intents whose effect is seen; asks again for what was accepted long ago and does not show.
void end_intents(GroupState& state, const Census& census, const Sighting& sighting);
/// An instance that an open intent takes away is capacity no more.
void mark_leaving(const GroupState& state, Census& census);
/// Of several instances that bear one token, the oldest is the one that was meant.
void mark_duplicates(Census& census);

}  // namespace settle
