// What Prometheus reads. Counters are counted as things happen; what a group is, is given at the
// moment of reading, so that a gauge goes absent with its group and is never frozen.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace settle {

/// One group at the moment of reading.
struct GroupGauges {
  std::string group;
  std::int64_t ready = 0;
  std::int64_t building = 0;
  std::int64_t draining = 0;
  std::int64_t condemned = 0;
  std::int64_t missing = 0;
  bool has_desired = false;
  std::int64_t desired = 0;
  std::int64_t min = 0;
  std::int64_t max = 0;
  bool is_paused = false;
  bool is_converged = false;
  double converged_at_seconds = 0;  // Of the last look that found it so; zero if never.
  struct Proposal {
    std::string policy;
    std::int64_t number = 0;
  };
  std::vector<Proposal> proposals;
  std::string mode;                  // "act", or how the group is restrained.
  double observed_at_seconds = 0;    // Of the last look that was complete; zero if never.
  double oldest_intent_seconds = 0;  // When the oldest open intent was opened; zero for none.
  struct Level {
    std::string guard;
    std::int64_t remaining = 0;
  };
  std::vector<Level> levels;
};

/// One source at the moment of reading.
struct SourceGauges {
  std::string source;
  bool is_failing = false;
  std::int64_t in_flight = 0;
  bool has_lag = false;
  std::int64_t lag = 0;
  double last_event_seconds = 0;  // Zero: none yet.
};

/// One cloud at the moment of reading.
struct CloudGauges {
  std::string cloud;
  bool is_left_alone = false;   // Its breaker is open.
  std::int64_t in_flight = 0;   // Looks and changes.
  double complete_seconds = 0;  // When the last complete listing began; zero: none yet.
  double quota_seconds = 0;     // When a quota last refused a launch; zero: never.
  double throttled = 0;         // Looks and changes so far.
  struct Calls {
    std::string call;     // One of a few words.
    std::string outcome;  // The same.
    double count = 0;
  };
  std::vector<Calls> calls;
};

/// The daemon at the moment of reading.
struct DaemonGauges {
  std::int64_t partitions_owned = 0;
  std::size_t members = 1;
  bool leads = true;
  bool is_held_back = false;
  std::size_t revisions = 0;
  std::uint64_t revision_number = 0;
  bool is_cluster = false;  // What follows is of the connection to ZooKeeper.
  std::uint64_t sessions = 0;
  std::uint64_t servers_left = 0;
  double latency_seconds = 0;
  double lease_seconds = 0;
  bool is_cache_given_up = false;
  std::uint64_t cache_recalled_bytes = 0;
  std::uint64_t cache_kept_bytes = 0;
  std::int64_t actions_in_flight = 0;
  bool last_reload_ok = true;
  double last_reload_success_seconds = 0;
  double last_commit_seconds = 0;
  std::vector<SourceGauges> sources{};
  std::vector<CloudGauges> clouds{};
};

/// Groups beyond this many are left out of the page, and settle_groups_unlisted says how many.
inline constexpr std::size_t metric_groups_max = 10'000;

/// Safe from any thread.
class Metrics {
 public:
  explicit Metrics(const std::string& version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void count_events(const std::string& source, std::uint64_t events);
  void count_dropped(const std::string& source, const std::string& reason);
  void count_decision(const std::string& group, bool is_change);
  void count_withheld(const std::string& group, const std::string& reason,
                      const std::string& guard);
  void count_action(const std::string& action, const std::string& outcome);
  void count_journaled(std::uint64_t records);
  void observe_store(const std::string& operation, double seconds);
  /// How long a partition took to "takeover": claimed until it decides; or to "handover": unwanted
  /// until it is released.
  void observe_move(const std::string& move, double seconds);
  void observe_answer(double seconds);  // From an event's arrival to its commit.

  /// The page of text that Prometheus reads.
  [[nodiscard]] std::string page(const DaemonGauges& daemon,
                                 const std::vector<GroupGauges>& groups) const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace settle
