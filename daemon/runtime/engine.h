// The engine: shards with their partitions, the store's thread, the journal's, and the clouds,
// joined by effects and answers. It carries out what partitions ask for and decides nothing; which
// of them are here, and for how long, the tenancy says (seats.cc).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/cloud/watched_cloud.h"
#include "daemon/runtime/paced_time.h"
#include "daemon/runtime/recorder.h"
#include "daemon/runtime/shard.h"
#include "daemon/runtime/tickets.h"
#include "daemon/tenancy/tenancy.h"
#include "reconcilers/fleet_division.h"

namespace settle {

/// A cloud as the engine may use it. In mode observe there is no writer to be called.
struct CloudAccess {
  std::shared_ptr<CloudReader> reader;
  std::shared_ptr<CloudWriter> writer;
  std::shared_ptr<WatchedCloud> watched{};  // The same, for people; null where nobody watches it.
};
using Clouds = std::map<std::string, CloudAccess>;

struct EngineOptions {
  std::uint32_t partitions = 256;
  unsigned shards = 1;
  Loop::Limits loop;
  PartitionLimits partition;
  std::string cluster;
  std::string version;
  std::string tzdata;
  bool is_one_of_several = false;  // Other groups of the configuration are other nodes'.
};

/// Hears of partitions, on any thread and under a lock: hands over, and never calls back.
struct SeatWatch {
  std::function<void(Seating, const Offsets&)> seated;  // With where its logs go on.
  std::function<void(Seating)> unseated;                // It takes nothing more.
};

class Engine {
 public:
  struct Parts {
    PacedTime& time;  // Outlives the engine; so does metrics.
    Metrics& metrics;
    std::shared_ptr<Store> store;
    std::shared_ptr<Tenancy> tenancy;
    std::unique_ptr<JournalWriter> journal;
    Clouds clouds;
    std::function<void()> journal_grown;                       // On the journal's thread.
    std::function<void(const DecisionRecord&)> decision_made;  // On a shard's thread; may be empty.
    /// Tells groups what an alarm's key has come to, and calls back once all of them have taken it.
    /// On a shard's thread; must not block; may be empty.
    std::function<void(const Sounded&, std::function<void()>)> sounded{};
  };

  /// Starts the threads and begins the tenancy. What it holds at once is restored on return, or is
  /// the error.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> open(const EngineOptions& options,
                                                            Parts parts);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Records the revision, then gives each partition its groups. Fails, and changes nothing, if
  /// the journal does not take the revision.
  [[nodiscard]] Status configure(Revision revision, Authority authority,
                                 const std::vector<SpecPointer>& specs,
                                 std::vector<FleetBudget> budgets = {},
                                 const std::vector<WatchPointer>& watches = {});

  /// Calls `done` once with what became of each signal, in order, after the commits that hold
  /// them: a word of outcome_word(), "full", or "elsewhere" where the partition is not here, or no
  /// longer. `source` is for the metrics. Safe from any thread.
  void deliver(std::vector<Signal> signals, const std::string& source, Tickets::Outcomes done);
  /// The same, when nobody waits for the answers.
  void deliver(std::vector<Signal> signals, const std::string& source);
  /// An order for many groups (of "@all" or "@tenant/NAME") to every partition that is here; `done`
  /// is called once with what came of it in each, by number. Safe from any thread.
  void deliver_everywhere(const Signal& order, Tickets::Outcomes done);
  /// Part of a log for one epoch of its partition, and no other. Calls `done` once, after the
  /// commit that holds the log's position: "merged", "full" or "elsewhere". Safe from any thread.
  void pour(Seating seating, LogPart part, const std::string& source,
            std::function<void(std::string_view)> done);
  /// Tells of every partition that decides here now, and from then on of each that comes or goes.
  /// In the place of whoever watched before; an empty one watches no more.
  void watch_seats(SeatWatch watch);
  /// Calls `done` once with views of one group, or of all that are here. Safe from any thread.
  void survey(const std::optional<GroupId>& group, Tickets::Views done);

  [[nodiscard]] const Clouds& clouds() const { return clouds_; }
  [[nodiscard]] Recorder& recorder() { return *recorder_; }
  /// Whether no partition that is ours waits for a store that has failed it.
  [[nodiscard]] bool store_works() const;
  /// Some partition of ours stands still, since no waiting mends what the store has of it.
  [[nodiscard]] bool is_any_refused() const;
  [[nodiscard]] bool is_fenced() const { return tenancy_->is_over(); }
  [[nodiscard]] Tenancy& tenancy() { return *tenancy_; }
  [[nodiscard]] const Tenancy& tenancy() const { return *tenancy_; }
  /// Where another member answers for the group; empty: here, or nobody that we know of.
  [[nodiscard]] std::string elsewhere(const GroupId& group) const;
  /// Partitions that are restored and decide.
  [[nodiscard]] std::size_t seated() const;
  [[nodiscard]] bool has_waiters() const { return !tickets_.is_idle(); }
  [[nodiscard]] std::int64_t actions_in_flight() const { return in_flight_; }
  [[nodiscard]] Time last_commit() const { return Time(Duration(last_commit_.load())); }
  /// Whether every loop has turned since this last said so. For one thread.
  [[nodiscard]] bool have_all_turned();

  /// Lets every partition that is here end in order, and releases it; false if that took longer
  /// than `most`. Blocks until then. Call it before stop() where there are others to go on.
  bool hand_over(std::chrono::milliseconds most);
  /// Stops deciding, finishes what was left to store and journal, ends the threads.
  void stop();

 private:
  /// What becomes of a partition here.
  struct Place {
    Epoch epoch{};
    bool is_held = false;                           // Ours, as far as we have been told.
    bool is_seated = false;                         // Restored, with a loop.
    bool is_leaving = false;                        // To be released, as soon as it has said all.
    Offsets positions{};                            // Of its logs, as they were when it came.
    std::chrono::steady_clock::time_point since{};  // Claimed, or to be released.
    bool is_unstored = false;                       // Its last commit failed, and is to come again.
    bool is_refused = false;                        // What the store has of it is not gone on from.
  };
  struct Restore {
    Seating seating;
    int failures = 0;
  };
  struct Barrier {
    std::shared_ptr<std::promise<Status>> reached;
  };
  using Errand = std::variant<Store::PartitionCommit, Restore, Barrier>;

  Engine(const EngineOptions& options, Parts parts);
  Shard& shard_of(std::uint32_t partition) { return *shards_[partition % shards_.size()]; }

  // seats.cc: partitions come and go.
  Status begin();
  void on_claimed(Seating seating);
  void on_unwanted(Seating seating);
  void on_fenced(std::uint32_t partition);
  void restore(const Restore& errand);
  void fail_restore(const Restore& errand, const Error& error);
  void seat(Seating seating, std::vector<GroupRecord> inherited, Offsets positions);
  void let_go(Seating seating);
  void abandon(const Loop::Unanswered& unanswered);
  void tell_unseated(Seating seating, const Place& place);

  // engine.cc: what they ask for.
  void dispatch(Seating seating, std::vector<Effect> effects);
  void start(Seating seating, const Observe& observe);
  void start(Seating seating, Commit commit);
  void start(Seating seating, Journal journal);
  void start(Seating seating, Act act);
  void start(Seating seating, const Answered& answered);
  void start(Seating seating, DeadLetter letter);
  void start(Seating seating, Shown shown);
  void start(Seating seating, const WakeAt& wake);
  void start(Seating seating, const Left& left);
  void start(Seating seating, const Used& used);
  void start(Seating seating, const Sounded& sounded);
  void reply(Seating seating, Event event);
  void hear_clouds();
  void ask(std::uint32_t partition, Ticket ticket, const std::optional<GroupId>& group);
  void work(std::vector<Errand> errands);
  void spread(const FleetLedger::News& news);
  void tell(std::uint32_t partition, Event event);
  void commit(std::vector<Store::PartitionCommit> commits);
  [[nodiscard]] bool is_all_stored() const;
  void note_store(const std::vector<Store::PartitionCommit>& commits,
                  const std::vector<Stored>& results);

  // Constant after open().
  const EngineOptions options_;
  PacedTime& time_;
  Metrics& metrics_;
  const std::shared_ptr<Tenancy> tenancy_;
  const std::shared_ptr<Store> store_;
  const Clouds clouds_;
  const std::function<void(const DecisionRecord&)> decision_made_;
  const std::function<void(const Sounded&, std::function<void()>)> sounded_;

  std::atomic<std::int64_t> in_flight_{0};
  std::atomic<std::int64_t> last_commit_{0};
  Tickets tickets_;
  std::mutex fleet_mutex_;
  FleetLedger fleet_;       // Guarded by fleet_mutex_, as is the next.
  FleetDivision division_;  // Instead of it, where we are one of several.
  // A cloud may answer late: its answers find this gone, rather than the engine.
  std::shared_ptr<std::atomic<bool>> is_open_;

  mutable std::mutex places_mutex_;
  std::condition_variable places_changed_;
  std::vector<Place> places_;  // Guarded by places_mutex_, as is all until the blank line.
  SeatWatch watch_;
  std::vector<Reconfigured>
      parts_;  // By partition: its groups, for whoever comes. Empty: none yet.
  std::optional<Error> unrestorable_;  // The first, of those that no waiting mends.

  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Courier<Errand>> committer_;
};

}  // namespace settle
