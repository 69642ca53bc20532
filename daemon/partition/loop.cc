#include "daemon/partition/loop.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace settle {
namespace {

// Only what comes from outside is refused: an answer has been asked for, so there are no more of
// them than of our own effects.
bool is_arrival(const Event& event) {
  return std::holds_alternative<Arrived>(event) || std::holds_alternative<LogPart>(event);
}

}  // namespace

Loop::Loop(Limits limits, Partition partition, const Clock& clock, World& world)
    : limits_(limits), clock_(clock), world_(world), partition_(std::move(partition)) {}

bool Loop::offer(Event event) {
  const std::lock_guard lock(mailbox_mutex_);
  if (is_arrival(event) && mailbox_.size() >= limits_.mailbox_events_max) return false;
  mailbox_.push_back(std::move(event));
  return true;
}

bool Loop::offer(std::vector<Event>&& events) {
  const auto arrivals =
      static_cast<std::size_t>(std::count_if(events.begin(), events.end(), is_arrival));
  const std::lock_guard lock(mailbox_mutex_);
  if (arrivals > 0 && mailbox_.size() + arrivals > limits_.mailbox_events_max) return false;
  mailbox_.insert(mailbox_.end(), std::make_move_iterator(events.begin()),
                  std::make_move_iterator(events.end()));
  return true;
}

Loop::Unanswered Loop::abandon() {
  Unanswered left{partition_.unanswered(), {}};
  const std::lock_guard lock(mailbox_mutex_);
  for (const Event& event : mailbox_) {
    if (const auto* arrived = std::get_if<Arrived>(&event))
      left.arrivals.push_back(arrived->ticket);
    if (const auto* part = std::get_if<LogPart>(&event)) left.arrivals.push_back(part->ticket);
    if (const auto* asked = std::get_if<Asked>(&event)) left.questions.push_back(asked->ticket);
  }
  mailbox_.clear();
  std::erase(left.arrivals, Ticket{});
  return left;
}

bool Loop::turn() {
  bool more_wait = false;
  {
    const std::lock_guard lock(mailbox_mutex_);
    const auto count =
        static_cast<std::ptrdiff_t>(std::min(mailbox_.size(), limits_.turn_events_max));
    const auto end = mailbox_.begin() + count;
    batch_.assign(std::make_move_iterator(mailbox_.begin()), std::make_move_iterator(end));
    mailbox_.erase(mailbox_.begin(), end);
    more_wait = !mailbox_.empty();
  }
  const Time now = clock_.now();
  for (Event& event : batch_) partition_.advance(std::move(event), now);
  batch_.clear();
  std::vector<Effect> effects = partition_.finish_turn(now);
  if (!effects.empty()) world_.start(std::move(effects));
  return more_wait;
}

}  // namespace settle
