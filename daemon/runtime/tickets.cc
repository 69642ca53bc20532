#include "daemon/runtime/tickets.h"

#include <iterator>
#include <utility>

namespace settle {

Ticket Tickets::open(std::size_t count, Waiting waiting) {
  const std::lock_guard lock(mutex_);
  waiting.first = next_;
  waiting.missing = count;
  next_ += count;
  pile_.emplace(waiting.first, std::move(waiting));
  return Ticket{next_ - count};
}

Ticket Tickets::expect_outcomes(std::size_t count, Outcomes done) {
  Waiting waiting;
  waiting.outcomes.resize(count);
  waiting.on_outcomes = std::move(done);
  return open(count, std::move(waiting));
}

Ticket Tickets::expect_views(std::size_t count, Views done) {
  Waiting waiting;
  waiting.on_views = std::move(done);
  return open(count, std::move(waiting));
}

Tickets::Pile::iterator Tickets::find(Ticket ticket) {
  auto after = pile_.upper_bound(static_cast<std::uint64_t>(ticket));
  return after == pile_.begin() ? pile_.end() : std::prev(after);
}

void Tickets::answer(Ticket ticket, std::string_view outcome) {
  Waiting done;
  {
    const std::lock_guard lock(mutex_);
    const auto found = find(ticket);
    if (found == pile_.end()) return;
    Waiting& waiting = found->second;
    const std::uint64_t at = static_cast<std::uint64_t>(ticket) - waiting.first;
    if (at >= waiting.outcomes.size() || !waiting.outcomes[at].empty()) return;
    waiting.outcomes[at] = outcome;
    if (--waiting.missing > 0) return;
    done = std::move(waiting);
    pile_.erase(found);
  }
  done.on_outcomes(std::move(done.outcomes));
}

void Tickets::answer(Shown shown) {
  Waiting done;
  {
    const std::lock_guard lock(mutex_);
    const auto found = find(shown.ticket);
    if (found == pile_.end() || !found->second.on_views) return;
    Waiting& waiting = found->second;
    std::move(shown.groups.begin(), shown.groups.end(), std::back_inserter(waiting.views));
    if (--waiting.missing > 0) return;
    done = std::move(waiting);
    pile_.erase(found);
  }
  done.on_views(std::move(done.views));
}

bool Tickets::is_idle() const {
  const std::lock_guard lock(mutex_);
  return pile_.empty();
}

}  // namespace settle
