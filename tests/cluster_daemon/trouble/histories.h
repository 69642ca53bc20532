// What the journals of several daemons say together about who acted when.
#pragma once

#include <string>
#include <vector>

#include "tests/cluster_daemon/fleet_of_daemons.h"

namespace settle {

/// Contradictions between the journals of the members, once they have ended: a call that a cloud
/// carried out and that was sent for a group after another member decided about it under a later
/// epoch; and a journal that its own hashes contradict. Empty: none.
[[nodiscard]] std::vector<std::string> contradictions_of(const FleetOfDaemons& fleet, int members);

}  // namespace settle
