#include "reconcilers/history.h"

#include <algorithm>
#include <cstddef>

namespace settle {
namespace {

// Beyond it the oldest entry goes: a signal this restless outlives no window anyway.
constexpr std::size_t entries_max = 1'024;

/// A number can still be a window's least or greatest only if nothing later was both as small and
/// as great. What is dropped counts as its successor: that one leaves every window later anyway.
/// (Were it to count as its predecessor, a number that is wanted no more would never leave while
/// others go to and fro.)
void drop_overshadowed(std::vector<Proposal>& recent) {
  Capacity least = recent.back().number;
  Capacity greatest = least;
  auto kept = recent.end() - 1;
  for (auto entry = kept; entry != recent.begin();) {
    --entry;
    if (entry->number > greatest || entry->number < least) {
      *--kept = *entry;
    } else {
      kept->at = entry->at;
    }
    least = std::min(least, entry->number);
    greatest = std::max(greatest, entry->number);
  }
  recent.erase(recent.begin(), kept);
}

}  // namespace

Time wanted_until(const std::vector<Proposal>& recent, std::size_t index, Time now) {
  return index + 1 < recent.size() ? recent[index + 1].at : now;
}

void want(std::vector<Proposal>& recent, Time now, Capacity number, Duration longest) {
  if (longest <= Duration::zero()) {
    recent.clear();
    return;
  }
  if (!recent.empty() && recent.back().at >= now) recent.pop_back();
  if (recent.empty() || recent.back().number != number) {
    recent.push_back({now, number});
    drop_overshadowed(recent);
  }
  std::size_t over = 0;
  while (over + 1 < recent.size() && wanted_until(recent, over, now) + longest <= now) ++over;
  over = std::max(over, recent.size() > entries_max ? recent.size() - entries_max : 0);
  recent.erase(recent.begin(), recent.begin() + static_cast<std::ptrdiff_t>(over));
}

void forget_changes(std::vector<Change>& changes, Time before) {
  auto kept = changes.begin();
  while (kept != changes.end() && kept->at < before) ++kept;
  if (changes.end() - kept > static_cast<std::ptrdiff_t>(entries_max)) {
    kept = changes.end() - static_cast<std::ptrdiff_t>(entries_max);
  }
  changes.erase(changes.begin(), kept);
}

Capacity desired_before(const std::vector<Change>& changes, Capacity desired, Time at) {
  const auto after = std::find_if(changes.begin(), changes.end(),
                                  [&](const Change& change) { return change.at >= at; });
  return after == changes.end() ? desired : after->from;
}

}  // namespace settle
