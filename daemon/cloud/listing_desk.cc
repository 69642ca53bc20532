#include "daemon/cloud/listing_desk.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <set>
#include <utility>

namespace settle {
namespace {

constexpr std::size_t unlisted_max = 1'000;

bool shows(const Listing& listing, const GroupId& group, const InstanceId& id) {
  const auto found = listing.groups.find(group);
  if (found == listing.groups.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(),
                     [&id](const Instance& instance) { return instance.id == id; });
}

}  // namespace

struct ListingDesk::Shared : std::enable_shared_from_this<Shared> {
  Shared(List given, Seek given_seek, const Clock& given_clock, Timers& given_timers,
         Duration given_every)
      : list(std::move(given)),
        seek(std::move(given_seek)),
        clock(given_clock),
        timers(given_timers),
        every(given_every) {}

  struct Asked {
    Observe look;
    CloudReader::ObservedReply reply;  // Empty where all of it is wanted.
    Inventory::ListedReply reply_all{};
  };

  /// A listing, and what is asked about it until it is whole.
  struct Search {
    Listed listed;
    std::set<InstanceId> gone;
    std::size_t unanswered = 0;
    std::mutex mutex;  // Of all of it, while answers come in.
  };

  const List list;
  const Seek seek;
  const Clock& clock;
  Timers& timers;
  const Duration every;

  std::mutex mutex;
  std::vector<Asked> waiting;  // Guarded by mutex, as all that follows.
  std::vector<Asked> under_way;
  Time began;
  // Found by their ids: asked for after every listing until one shows them, so that nobody comes
  // and goes with every other look.
  std::set<InstanceId> unlisted;
  std::size_t turn = 0;  // Whose missing ones are asked for first.
  bool is_due = false;   // A listing is under way, or a timer will begin one.

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
    list([self = shared_from_this()](Listed listed) { self->look_for_missing(std::move(listed)); });
  }

  void look_for_missing(Listed listed) {
    auto search = std::make_shared<Search>();
    search->listed = std::move(listed);
    const std::vector<InstanceId> wanted = missing_from(search->listed);
    if (wanted.empty()) return answer(*search);
    search->unanswered = wanted.size();
    for (const InstanceId& id : wanted) {
      seek(id, [self = shared_from_this(), search, id](Sought sought) {
        self->take(*search, id, std::move(sought));
      });
    }
  }

  /// Each once. What an incomplete listing leaves out is not missing.
  std::vector<InstanceId> missing_from(const Listed& listed) {
    std::vector<InstanceId> missing;
    const bool may_ask = seek && listed.listing && listed.listing->is_complete;
    if (!may_ask || !listed.listing->tells_by_id) return missing;
    {
      const std::lock_guard lock(mutex);
      for (const Asked& asked : under_way) {
        for (const InstanceId& id : asked.look.missing) {
          if (!shows(*listed.listing, asked.look.group, id)) missing.push_back(id);
        }
      }
      std::erase_if(unlisted, [&](const InstanceId& id) {
        return std::any_of(listed.listing->groups.begin(), listed.listing->groups.end(),
                           [&](const auto& one) { return shows(*listed.listing, one.first, id); });
      });
      missing.insert(missing.end(), unlisted.begin(), unlisted.end());
      std::sort(missing.begin(), missing.end());
      missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
      if (missing.size() <= sought_max) return missing;
      turn = (turn + sought_max) % missing.size();
      std::rotate(missing.begin(), std::next(missing.begin(), static_cast<std::ptrdiff_t>(turn)),
                  missing.end());
    }
    missing.resize(sought_max);
    return missing;
  }

  void note_unlisted(const InstanceId& id, Sought::What what) {
    const std::lock_guard lock(mutex);
    if (what == Sought::What::gone) unlisted.erase(id);
    if (what == Sought::What::here && unlisted.size() < unlisted_max) unlisted.insert(id);
  }

  void take(Search& search, const InstanceId& id, Sought sought) {
    note_unlisted(id, sought.what);
    {
      const std::lock_guard lock(search.mutex);
      if (sought.what == Sought::What::gone) search.gone.insert(id);
      if (sought.what == Sought::What::here) {
        search.listed.listing->groups[sought.group].push_back(std::move(sought.instance));
      }
      if (--search.unanswered > 0) return;
    }
    answer(search);
  }

  void answer(Search& search) {
    std::vector<Asked> answered;
    Time at;
    {
      const std::lock_guard lock(mutex);
      answered = std::exchange(under_way, {});
      at = began;
      is_due = false;
      arrange();
    }
    if (search.listed.listing) {
      for (auto& [group, instances] : search.listed.listing->groups) {
        std::sort(instances.begin(), instances.end(),
                  [](const Instance& a, const Instance& b) { return a.id < b.id; });
      }
    }
    for (const Asked& asked : answered) {
      if (asked.reply) {
        asked.reply(observed(asked.look, search, at));
      } else {
        asked.reply_all(search.listed);
      }
    }
  }

  static Observed observed(const Observe& look, const Search& search, Time at) {
    const Listed& listed = search.listed;
    Observed seen{look.group, std::nullopt, listed.failure};
    if (!listed.listing) return seen;
    Observation& observation = seen.observation.emplace();
    observation.at = at;
    observation.is_complete = listed.listing->is_complete;
    observation.tells_by_id = listed.listing->tells_by_id;
    for (const InstanceId& id : look.missing) {
      if (search.gone.contains(id)) observation.gone.push_back(id);
    }
    std::sort(observation.gone.begin(), observation.gone.end());
    const auto found = listed.listing->groups.find(look.group);
    if (found == listed.listing->groups.end()) return seen;
    observation.instances = found->second;
    for (const InstanceFault& fault : listed.listing->faults) {
      if (shows(*listed.listing, look.group, fault.instance)) observation.faults.push_back(fault);
    }
    return seen;
  }
};

ListingDesk::ListingDesk(List list, Seek seek, const Clock& clock, Timers& timers, Duration every)
    : shared_(std::make_shared<Shared>(std::move(list), std::move(seek), clock, timers, every)) {}
ListingDesk::~ListingDesk() = default;

void ListingDesk::ask(const Observe& look, CloudReader::ObservedReply reply) {
  const std::lock_guard lock(shared_->mutex);
  shared_->waiting.push_back({look, std::move(reply)});
  shared_->arrange();
}

void ListingDesk::ask_all(Inventory::ListedReply reply) {
  const std::lock_guard lock(shared_->mutex);
  shared_->waiting.push_back({{}, {}, std::move(reply)});
  shared_->arrange();
}

}  // namespace settle
