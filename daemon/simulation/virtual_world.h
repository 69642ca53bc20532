// The world of a simulation: one partition, one simulated (or stated) cloud, and time that moves
// from one thing that happens to the next. Commits and journal entries are answered at once.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/alarms/alarm_book.h"
#include "daemon/cloud/simulated_client.h"
#include "daemon/cloud/virtual_time.h"
#include "daemon/partition/partition.h"
#include "daemon/simulation/script.h"
#include "daemon/simulation/series.h"
#include "daemon/simulation/tally.h"

namespace settle {

/// Samples of one metric, on their way to one policy.
struct Feed {
  GroupId group;
  std::string signal;
  std::optional<int> per;
  Duration lateness{};  // Of the group: an older sample is read no more.
};
struct FeedRow {
  Time at;
  std::size_t feed = 0;
  Reading reading;
  std::optional<int> instances;  // Of this row; else the feed's.
};

struct Inputs {
  std::vector<ScriptLine> lines;  // In order of arrival.
  std::vector<Feed> feeds;
  std::vector<FeedRow> rows;  // In order of time.
};

struct WorldOptions {
  Time start;
  Time end;
  bool observed_cloud = false;
  std::vector<FleetBudget> budgets;
  SimulatedSettings cloud;
  std::vector<windows::Watch> watches;  // Alarms over many groups.
};

class VirtualWorld {
 public:
  /// `tally` must outlive the world.
  VirtualWorld(WorldOptions options, Inputs inputs, SimulationTally& tally);

  /// Runs from start to end. An error only if virtual time stands still for ever.
  [[nodiscard]] Status run(const std::string& revision, const std::vector<GroupSpec>& specs);

 private:
  void configure(const std::string& revision, const std::vector<GroupSpec>& specs);
  [[nodiscard]] std::optional<Time> next_moment() const;
  void run_moment();
  void run_turns();
  void close(const std::vector<GroupSpec>& specs);

  [[nodiscard]] Time arrival(const ScriptLine& line) const;
  void arrive(std::size_t index);
  void arrive(const FeedRow& row, std::size_t number);
  void read_feed(std::size_t feed, Ticket ticket);
  void state(const Statement& statement);
  void suffer(const Mishap& mishap);
  /// Tells the partition; what it learns of ready instances, the means of metrics follow at once.
  void hear(Event event);

  void start(std::vector<Effect> effects);
  void on(const Observe& effect);
  void on(const Commit& effect);
  void on(const Journal& effect);
  void on(const Act& effect);
  void on(const Answered& effect);
  void on(const DeadLetter& effect);
  void on(Shown& effect);
  void on(const WakeAt& effect);
  void on(const Left& effect);
  void on(const Used& effect);
  void on(const Sounded& effect);
  void spread(FleetLedger::News news);
  /// What alarms over many groups make of it.
  void measure(const Signal& signal);
  [[nodiscard]] Observed stated(const GroupId& group);
  void note_standing(const GroupId& group);

  const WorldOptions options_;
  const Inputs inputs_;
  SimulationTally& tally_;
  VirtualTime time_;
  SimulatedClient cloud_;
  Partition partition_;
  FleetLedger fleet_;
  AlarmBook book_;

  std::size_t next_line_ = 0;
  std::size_t next_row_ = 0;
  std::unordered_map<std::string, Observation> statements_;  // By group.
  struct LastRead {
    std::optional<std::size_t> row;  // The last one that was read.
    std::size_t reads = 0;           // Of that row.
  };
  std::vector<LastRead> last_reads_;                 // One per feed.
  std::unordered_map<std::string, Capacity> ready_;  // By group, as the partition last saw it.
  std::deque<Event> inbox_;  // Answers that the partition has not heard yet.
  std::optional<Time> wake_at_;
  std::optional<Time> turn_at_;  // When the events that have arrived have their turn.
  Time last_turn_;
  std::size_t answered_line_ = 0;  // Of the refusal whose dead letter comes next.
  bool is_closing_ = false;
};

}  // namespace settle
