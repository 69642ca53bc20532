// What an operator should know of an order to one group, as the group stands: an instance that is
// not there, a hook that it has not, limits that hold a number back. Pure; gives no order itself.
#pragma once

#include <optional>
#include <string>

#include "daemon/partition/event.h"
#include "reconcilers/signal.h"

namespace settle {

/// Why the order can come to nothing, as a sentence: it answers a hook that the group's
/// configuration has not. None where it may be given.
[[nodiscard]] std::optional<std::string> order_refusal(const GroupView& view, const Claim& claim);

/// What the one who gives it may not expect; empty where there is nothing. An instance is said to
/// be absent only where the last look was complete.
[[nodiscard]] std::string order_note(const GroupView& view, const Claim& claim);

}  // namespace settle
