#include "daemon/runtime/event_tap.h"

#include <algorithm>

namespace settle {

std::vector<EventTap::Seen> EventTap::look(std::uint64_t after, const std::optional<GroupId>& group,
                                           std::size_t most, Time now) {
  std::vector<Seen> found;
  const std::lock_guard lock(mutex_);
  looked_ = now;
  is_open_ = true;
  for (const Seen& seen : kept_) {
    if (seen.sequence <= after || found.size() >= most) continue;
    if (!group || seen.signal.group == *group) found.push_back(seen);
  }
  return found;
}

void EventTap::shut_if_left_alone(Time now) {
  if (!is_open_) return;
  const std::lock_guard lock(mutex_);
  if (now - looked_ < shut_after) return;
  is_open_ = false;
  kept_.clear();
}

std::uint64_t EventTap::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace settle
