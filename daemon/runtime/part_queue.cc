#include "daemon/runtime/part_queue.h"

namespace settle {

PartQueue::Key PartQueue::key_of(const Log& log) {
  return {{log.seating.partition, log.seating.epoch}, log.name};
}

bool PartQueue::has(const Log& log) const {
  const std::lock_guard lock(mutex_);
  return lines_.contains(key_of(log));
}

PartQueue::Place PartQueue::join(const Log& log, Then then) {
  auto place = std::make_shared<Waiting>(Waiting{std::move(then), {}});
  const std::lock_guard lock(mutex_);
  lines_[key_of(log)].places.push_back(place);
  return place;
}

void PartQueue::answer(const Log& log, const Place& place, std::string_view word) {
  const Key key = key_of(log);
  {
    const std::lock_guard lock(mutex_);
    const auto line = lines_.find(key);
    if (line == lines_.end()) return;  // It was told with one before it.
    place->word = word;
    if (std::exchange(line->second.is_moving, true)) return;
  }
  move(key);
}

// One thread at a time calls them: their order is that of joining. Whoever hears of a failure may
// join again meanwhile, and is swept along once at most.
void PartQueue::move(const Key& key) {
  for (;;) {
    const Place next = take_next(key);
    if (!next) return;
    const std::string_view word = next->word;
    next->then(word);
    if (word == "merged") continue;
    for (const Place& behind : take_all(key)) behind->then(word);
  }
}

PartQueue::Place PartQueue::take_next(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto line = lines_.find(key);
  std::deque<Place>& places = line->second.places;
  if (places.empty()) {
    lines_.erase(line);
    return nullptr;
  }
  if (places.front()->word.empty()) {
    line->second.is_moving = false;
    return nullptr;
  }
  Place next = std::move(places.front());
  places.pop_front();
  return next;
}

std::deque<PartQueue::Place> PartQueue::take_all(const Key& key) {
  const std::lock_guard lock(mutex_);
  return std::exchange(lines_[key].places, {});
}

}  // namespace settle
