#include "daemon/cloud/listing_desk.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace settle {

struct ListingDesk::Shared : std::enable_shared_from_this<Shared> {
  Shared(List given, const Clock& given_clock, Timers& given_timers, Duration given_every)
      : list(std::move(given)), clock(given_clock), timers(given_timers), every(given_every) {}

  struct Asked {
    GroupId group;
    CloudReader::ObservedReply reply;
  };

  const List list;
  const Clock& clock;
  Timers& timers;
  const Duration every;

  std::mutex mutex;
  std::vector<Asked> waiting;  // Guarded by mutex, as all that follows.
  std::vector<Asked> under_way;
  Time began;
  bool is_due = false;  // A listing is under way, or a timer will begin one.

  /// REQUIRES: mutex is held. Begins a listing as soon as one may.
  void arrange() {
    if (is_due || waiting.empty()) return;
    is_due = true;
    const Time now = clock.now();
    const Duration since = now < began ? every : now - began;  // The clock may go back.
    timers.after(std::max(every - since, Duration::zero()),
                 [self = shared_from_this()] { self->begin(); });
  }

  void begin() {
    {
      const std::lock_guard lock(mutex);
      under_way = std::exchange(waiting, {});
      began = clock.now();
    }
    list([self = shared_from_this()](Listed listed) { self->answer(std::move(listed)); });
  }

  void answer(Listed listed) {
    std::vector<Asked> answered;
    Time at;
    {
      const std::lock_guard lock(mutex);
      answered = std::exchange(under_way, {});
      at = began;
      is_due = false;
      arrange();
    }
    if (listed.listing) {
      for (auto& [group, instances] : listed.listing->groups) {
        std::sort(instances.begin(), instances.end(),
                  [](const Instance& a, const Instance& b) { return a.id < b.id; });
      }
    }
    for (const Asked& asked : answered) asked.reply(observed(asked.group, listed, at));
  }

  static Observed observed(const GroupId& group, const Listed& listed, Time at) {
    Observed seen{group, std::nullopt, listed.failure};
    if (!listed.listing) return seen;
    Observation& observation = seen.observation.emplace();
    observation.at = at;
    observation.is_complete = listed.listing->is_complete;
    const auto found = listed.listing->groups.find(group);
    if (found != listed.listing->groups.end()) observation.instances = found->second;
    return seen;
  }
};

ListingDesk::ListingDesk(List list, const Clock& clock, Timers& timers, Duration every)
    : shared_(std::make_shared<Shared>(std::move(list), clock, timers, every)) {}
ListingDesk::~ListingDesk() = default;

void ListingDesk::ask(const GroupId& group, CloudReader::ObservedReply reply) {
  const std::lock_guard lock(shared_->mutex);
  shared_->waiting.push_back({group, std::move(reply)});
  shared_->arrange();
}

}  // namespace settle
