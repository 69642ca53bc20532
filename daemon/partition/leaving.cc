// The end of an epoch, in order: nothing begins any more, every call is waited for, and what is
// known goes to the store and the journal, so that the next owner finds all of it.
#include <algorithm>
#include <utility>

#include "daemon/partition/core.h"

namespace settle {

void Partition::Core::on(Leave&& /*event*/, Time now) {
  is_leaving = true;
  is_urgent = true;
  dirty_since = std::min(dirty_since, now);
}

bool Partition::Core::has_more_to_say() const {
  if (batch || !commits_due.empty() || !forgotten.empty() || !marks.empty()) return true;
  if (!entries.empty() || !actions.empty() || !orphans.empty()) return true;
  return std::any_of(slots.begin(), slots.end(), [](const Slot& slot) {
    return std::any_of(slot.flights.begin(), slot.flights.end(),
                       [](const Flight& flight) { return flight.in_flight; });
  });
}

void Partition::Core::finish_leaving() {
  is_urgent = true;  // Whatever a late answer brings is committed at once too.
  if (has_left || has_more_to_say()) return;
  has_left = true;
  effects.emplace_back(Left{});
}

}  // namespace settle
