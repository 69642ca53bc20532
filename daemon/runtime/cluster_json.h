// Who is there and who owns what, as JSON for people's tools. Pure: everything shown is given.
#pragma once

#include <string>

#include "daemon/tenancy/tenancy.h"

namespace settle {

/// {"self", "leader", "leader_epoch", "connection", "held_back", "members": [...]}
[[nodiscard]] std::string members_json(const TenancyView& view);
/// {"partitions": [{"partition", "owner", "epoch"}...]}; the epoch where it is ours.
[[nodiscard]] std::string partitions_json(const TenancyView& view);

}  // namespace settle
