// The engine: shards with their partitions, the store's thread, the journal's, and the clouds,
// joined by effects and answers. It carries out what partitions ask for and decides nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/cloud/cloud.h"
#include "daemon/runtime/paced_time.h"
#include "daemon/runtime/recorder.h"
#include "daemon/runtime/shard.h"
#include "daemon/runtime/tickets.h"
#include "daemon/store/store.h"

namespace settle {

/// A cloud as the engine may use it. In mode observe there is no writer to be called.
struct CloudAccess {
  std::shared_ptr<CloudReader> reader;
  std::shared_ptr<CloudWriter> writer;
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
};

class Engine {
 public:
  struct Parts {
    const PacedTime& time;  // Outlives the engine; so does metrics.
    Metrics& metrics;
    std::unique_ptr<Store> store;
    std::unique_ptr<JournalWriter> journal;
    Clouds clouds;
    std::function<void()> journal_grown;                       // On the journal's thread.
    std::function<void(const DecisionRecord&)> decision_made;  // On a shard's thread; may be empty.
  };

  /// Claims every partition, restores it and starts the threads.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> open(const EngineOptions& options,
                                                            Parts parts);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Records the revision, then gives each partition its groups. Fails, and changes nothing, if
  /// the journal does not take the revision.
  [[nodiscard]] Status configure(Revision revision, Authority authority,
                                 const std::vector<SpecPointer>& specs);

  /// Calls `done` once with what became of each signal, in order, after the commits that hold
  /// them. `source` is for the metrics. Safe from any thread.
  void deliver(std::vector<Signal> signals, const std::string& source, Tickets::Outcomes done);
  /// The same, when nobody waits for the answers.
  void deliver(std::vector<Signal> signals, const std::string& source);
  /// Calls `done` once with views of one group, or of all. Safe from any thread.
  void survey(const std::optional<GroupId>& group, Tickets::Views done);

  [[nodiscard]] Recorder& recorder() { return *recorder_; }
  [[nodiscard]] bool store_works() const { return store_works_; }
  [[nodiscard]] bool is_fenced() const { return is_fenced_; }
  [[nodiscard]] bool has_waiters() const { return !tickets_.is_idle(); }
  [[nodiscard]] std::int64_t actions_in_flight() const { return in_flight_; }
  [[nodiscard]] Time last_commit() const { return Time(Duration(last_commit_.load())); }
  /// Whether every loop has turned since this last said so. For one thread.
  [[nodiscard]] bool have_all_turned();

  /// Stops deciding, finishes what was left to store and journal, ends the threads.
  void stop();

 private:
  Engine(const EngineOptions& options, Parts parts);
  Status adopt();
  Shard& shard_of(std::uint32_t partition) { return *shards_[partition % shards_.size()]; }
  void dispatch(std::uint32_t partition, std::vector<Effect> effects);
  void start(std::uint32_t partition, Observe observe);
  void start(std::uint32_t partition, Commit commit);
  void start(std::uint32_t partition, Journal journal);
  void start(std::uint32_t partition, Act act);
  void start(std::uint32_t partition, const Answered& answered);
  void start(std::uint32_t partition, DeadLetter letter);
  void start(std::uint32_t partition, Shown shown);
  void start(std::uint32_t partition, const WakeAt& wake);
  void reply(std::uint32_t partition, Event event);
  void commit(std::vector<Store::PartitionCommit> commits);

  // Constant after open().
  const EngineOptions options_;
  const PacedTime& time_;
  Metrics& metrics_;
  const std::unique_ptr<Store> store_;
  const Clouds clouds_;
  const std::function<void(const DecisionRecord&)> decision_made_;
  std::vector<Epoch> epochs_;

  std::atomic<bool> store_works_{true};
  std::atomic<bool> is_fenced_{false};
  std::atomic<std::int64_t> in_flight_{0};
  std::atomic<std::int64_t> last_commit_{0};
  Tickets tickets_;
  // A cloud may answer late: its answers find this gone, rather than the engine.
  std::shared_ptr<std::atomic<bool>> is_open_;

  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Courier<Store::PartitionCommit>> committer_;
};

}  // namespace settle
