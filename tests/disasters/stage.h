// Where disasters are played again: the production partition and engine, one simulated cloud, one
// store and a clock of ours, with hands on everything between them.
//
// The owner may die at any effect and is succeeded at once from what the store holds. What a
// listing shows and what a call does can be replaced on the way.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "daemon/cloud/simulated_cloud.h"
#include "daemon/partition/partition.h"

namespace settle {

class Stage {
 public:
  struct Sent {
    Time at;
    GroupId group;
    Intent intent;
  };

  /// A cloud without misfortune in which an instance is ready after half a minute.
  [[nodiscard]] static SimulatedSettings calm();
  explicit Stage(std::vector<GroupSpec> specs, SimulatedSettings cloud = calm());

  /// Lets time pass.
  void runs(Duration duration);
  /// Does this once in every such period from now on.
  void every(Duration period, std::function<void()> deed);
  void tells(const std::string& group, Claim claim);
  /// The same at a time of its own, from a source that repeats itself under the same id.
  void tells(const std::string& group, Stamp stamp, Claim claim);
  /// Several in one turn, as a burst arrives.
  void tells_all(const std::string& group, std::vector<Claim> claims);
  void samples(const std::string& group, const std::string& signal, int value);
  /// So many instances, an hour old, that bear the group's marks and serve.
  void has(const std::string& group, int count, const std::string& launch_hash = "v1",
           const std::vector<std::string>& zones = {});
  /// A pause that is acknowledged before this returns.
  void pauses(const std::string& group, bool paused = true);

  void is_succeeded();
  void is_reconfigured(std::vector<GroupSpec> specs);
  /// The clock steps; what was to come at some time comes when it is that time.
  void jumps(Duration by);

  // ---- Hands on the way. Each may be empty.
  std::function<void(Observed&)> listing;
  std::function<std::optional<Acted>(const Act&)> call;  // Answers in place of the cloud.
  std::function<bool(const Effect&)> dies_before;
  std::function<bool(const Effect&)> dies_after;
  Stored store_says = Stored::stored;
  bool is_journal_durable = true;
  bool tells_by_id = true;  // Whatever a listing leaves out is answered truly by its id.
  Duration call_time{100};

  // ---- What came of it.
  std::vector<Sent> sent;
  std::vector<DecisionRecord> records;
  std::vector<DeadLetter> dead_letters;
  std::map<std::uint64_t, Merge> answers;
  int calls_open = 0;
  int calls_open_most = 0;
  Time now;

  [[nodiscard]] int count(IntentKind kind, Time from = {}) const;
  /// The most intents of them that were opened within any sliding period.
  [[nodiscard]] int most_within(IntentKind kind, Duration period) const;
  [[nodiscard]] const DecisionRecord& last(const std::string& group) const;
  [[nodiscard]] Capacity desired(const std::string& group) const;
  /// Whether any record of the group gives this reason: in a voice, a rung, a step or a refusal.
  [[nodiscard]] bool says(const std::string& group, Reason reason) const;
  [[nodiscard]] SimulatedCloud::Truth truth(const std::string& group) const;
  [[nodiscard]] std::vector<InstanceId> existing(const std::string& group) const;
  /// As last committed.
  [[nodiscard]] const GroupState& stored(const std::string& group) const;
  [[nodiscard]] SimulatedCloud& cloud() { return cloud_; }

 private:
  struct Coming {
    Time at;
    std::uint64_t order = 0;
    std::function<void()> happens;
    friend bool operator<(const Coming& a, const Coming& b) {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };

  void later(Duration wait, std::function<void()> happens);
  /// Tells whoever owns the partition now, if that is still the one who asked.
  void answer(Duration wait, std::function<Event()> made);
  void hear(Event event);
  void turn();
  void start(std::vector<Effect> effects);
  void on(const Observe& effect);
  void on(const Commit& effect);
  void on(const Journal& effect);
  void on(const Act& effect);
  void on(const Answered& effect);
  void on(const DeadLetter& effect) { dead_letters.push_back(effect); }
  void on(const Shown&) {}
  void on(const WakeAt& effect) { wake_at_ = effect.at; }
  void on(const Left&) {}
  void on(const Used&) {}
  void on(const Sounded&) {}
  void keep_on(Duration period, std::shared_ptr<std::function<void()>> deed);

  std::vector<SpecPointer> specs_;
  SimulatedCloud cloud_;
  Chance chance_;
  std::map<std::string, GroupState> store_;
  std::uint64_t epoch_ = 0;
  std::uint64_t order_ = 0;
  std::uint64_t told_ = 0;
  std::optional<Partition> partition_;
  std::optional<Time> wake_at_;
  std::priority_queue<Coming> coming_;
};

/// A group as most stories want it: between these limits, launched as "v1", moved by nothing yet.
[[nodiscard]] GroupSpec a_group(const std::string& id, Range limits, Capacity initial);
[[nodiscard]] Cron cron_of(const std::string& text);
[[nodiscard]] Zone zone_of(const std::string& name);
/// Proposes ceil(ready x mean / target), or with `is_total` ceil(value / target).
[[nodiscard]] Policy a_target(const std::string& name, int target, bool is_total = false);
/// One more instance at each firing of a cron expression.
[[nodiscard]] Schedule one_more_at(const std::string& cron);
[[nodiscard]] Policy a_webhook(const std::string& name, int amount);

}  // namespace settle
