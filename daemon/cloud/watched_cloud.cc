#include "daemon/cloud/watched_cloud.h"

#include <algorithm>

namespace settle {
namespace {

constexpr std::size_t remembered_max = 256;

/// The latest of one kind of call.
class Latest {
 public:
  void add(Duration took) {
    took_[next_] = took;
    next_ = (next_ + 1) % remembered_max;
    count_ = std::min(count_ + 1, remembered_max);
  }
  [[nodiscard]] CloudStanding::Latency latency() const {
    if (count_ == 0) return {};
    std::vector<Duration> sorted(took_.begin(),
                                 took_.begin() + static_cast<std::ptrdiff_t>(count_));
    std::sort(sorted.begin(), sorted.end());
    return {sorted[(count_ - 1) / 2], sorted[(count_ - 1) * 99 / 100]};
  }

 private:
  std::array<Duration, remembered_max> took_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

std::string outcome_of(const Observed& seen) {
  if (!seen.observation) return "failed";
  return seen.observation->is_complete ? "done" : "incomplete";
}

std::string outcome_of(const Acted& acted) {
  switch (acted.result) {
    case Acted::Result::done:
      return "done";
    case Acted::Result::refused:
      return "refused";
    case Acted::Result::not_now:
      return "not_now";
    case Acted::Result::unknown:
      break;
  }
  return "unknown";
}

}  // namespace

struct WatchedCloud::Notes {
  mutable std::mutex mutex;
  CloudStanding standing;  // Guarded by mutex, as are the next two.
  Latest looks;
  Latest changes;

  void begin() {
    const std::lock_guard lock(mutex);
    ++standing.in_flight;
  }

  void note_throttled(Reason why, Time now) {
    if (why != Reason::cloud_throttled) return;
    ++standing.throttled;
    standing.throttled_at = now;
  }

  void end(const Observed& seen, Time began, Time now) {
    const std::lock_guard lock(mutex);
    --standing.in_flight;
    ++standing.calls[{"look", outcome_of(seen)}];
    looks.add(std::max(now - began, Duration::zero()));
    if (seen.observation) {
      if (seen.observation->is_complete) standing.complete_at = seen.observation->at;
      return;
    }
    standing.failed_at = now;
    standing.failure = seen.failure;
    note_throttled(seen.failure, now);
  }

  void end(const Acted& acted, IntentKind kind, Time began, Time now) {
    const std::lock_guard lock(mutex);
    --standing.in_flight;
    ++standing.calls[{std::string(settle::name(op_of(kind))), outcome_of(acted)}];
    changes.add(std::max(now - began, Duration::zero()));
    if (acted.result == Acted::Result::done) return;
    if (acted.why == Reason::cloud_quota) standing.quota_at = now;
    note_throttled(acted.why, now);
  }
};

WatchedCloud::WatchedCloud(Parts parts, const Clock& clock)
    : parts_(std::move(parts)), clock_(clock), notes_(std::make_shared<Notes>()) {
  notes_->standing.name = parts_.name;
  notes_->standing.type = parts_.type;
  notes_->standing.region = parts_.region;
}

void WatchedCloud::observe(const Observe& look, ObservedReply reply) {
  notes_->begin();
  parts_.cloud->observe(look, [notes = notes_, &clock = clock_, began = clock_.now(),
                               reply = std::move(reply)](Observed seen) {
    notes->end(seen, began, clock.now());
    reply(std::move(seen));
  });
}

void WatchedCloud::act(const Act& act, ActedReply reply) {
  notes_->begin();
  parts_.cloud->act(act, [notes = notes_, &clock = clock_, began = clock_.now(),
                          kind = act.intent.kind, reply = std::move(reply)](Acted acted) {
    notes->end(acted, kind, began, clock.now());
    reply(std::move(acted));
  });
}

void WatchedCloud::list_all(ListedReply reply) {
  parts_.inventory->list_all(std::move(reply));
}

CloudStanding WatchedCloud::standing() const {
  CloudStanding standing;
  {
    const std::lock_guard lock(notes_->mutex);
    standing = notes_->standing;
    standing.looks = notes_->looks.latency();
    standing.changes = notes_->changes.latency();
  }
  if (parts_.way_out) standing.way_out = parts_.way_out();
  return standing;
}

}  // namespace settle
