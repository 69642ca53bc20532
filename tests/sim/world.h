// One seed: the production Partition and Loop under a world that delays, reorders, repeats, loses,
// lies and crashes, all by the dice; first anything may happen, then nothing more does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/partition/loop.h"
#include "tests/sim/cloud.h"
#include "tests/sim/dice.h"
#include "tests/sim/mutation.h"
#include "tests/sim/oracles.h"
#include "tests/sim/scenario.h"

namespace settle::sim {

struct RunOptions {
  std::uint64_t seed = 1;
  Mutation mutation = Mutation::none;
  bool is_traced = false;
};

struct RunResult {
  std::optional<Violation> violation;
  std::uint64_t trace = 0;  // Names everything that happened, in order.
  unsigned faults = 0;
  unsigned crashes = 0;
  unsigned acts = 0;
  unsigned decisions = 0;
  unsigned events = 0;
};

class Simulation {
 public:
  explicit Simulation(const RunOptions& options);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  RunResult run();

 private:
  struct Owner;
  struct Pending {
    Signal signal;
    bool is_retried = true;
  };

  // world.cc: time and owners.
  void after(Duration delay, std::function<void()> what);
  [[nodiscard]] Time wall() const { return now_ + skew_; }
  void trace(std::string_view kind, std::string_view about, std::uint64_t number = 0);
  void tell(const Journal& journal) const;
  void tell(const GroupId& group, const Observation& seen) const;
  bool strikes(unsigned per_mille);
  void elect();
  void crash();
  void depose();
  void restore_mutated(GroupState& state) const;
  void deliver(Owner& owner, Event event);
  void turn(Owner& owner);
  void start(Owner& owner, std::vector<Effect>&& effects);

  // rim.cc: what they ask for.
  void start_one(Owner& owner, Observe&& effect);
  void start_one(Owner& owner, Commit&& effect);
  void start_one(Owner& owner, Journal&& effect);
  void start_one(Owner& owner, Act&& effect);
  void start_one(Owner& owner, Answered&& effect);
  void start_one(Owner& owner, DeadLetter&& effect);
  void start_one(Owner& owner, Shown&& effect);
  void start_one(Owner& owner, WakeAt&& effect);
  void start_one(Owner& owner, Left&& effect);
  void start_one(Owner& owner, Used&& effect);
  void start_one(Owner& owner, Sounded&& effect);
  void list(Owner& owner, const Observe& look, Time at);
  void look_for(const Observe& look, Observation& seen);
  void apply(Owner& owner, const Commit& commit);
  void store(Owner& owner, const std::shared_ptr<Commit>& commit);
  void write(Owner& owner, const std::shared_ptr<Journal>& journal);
  void serve(Owner& owner, const std::shared_ptr<Act>& act, bool is_stale);
  void answer_call(Owner& owner, const Act& act, Acted::Result result, InstanceId instance,
                   Reason why, Duration delay);
  InstanceId perform(const Act& act);
  void balance(IntentKind kind, Machine& machine);
  [[nodiscard]] bool has_pools(const GroupId& group) const;

  // chaos.cc: what comes from outside.
  void begin_chaos();
  [[nodiscard]] bool may_lie_about(const GroupId& group);
  void speak_truth_about(const GroupId& group);
  void begin_healing();
  void every(Duration mean, std::function<void()> what);
  void submit(Signal signal, bool is_retried);
  void attempt(std::uint64_t key);
  void resolve(std::uint64_t key);
  [[nodiscard]] Stamp stamp(std::string source);
  [[nodiscard]] const GroupPlan& plan_of(Role role) const;
  [[nodiscard]] Machine* some_machine(bool serving);
  void fire_webhook();
  void read_metrics();
  void sample(Role role);
  [[nodiscard]] std::size_t taking_traffic(const GroupSpec& spec) const;
  void toggle_alarm();
  void report_health();
  void pause_some();
  void hold_some();
  void remove_some();
  void change_template();
  void order_some();
  void answer_hooks();
  void reconfigure(Owner& owner);

  const RunOptions options_;
  Dice dice_;
  Scenario scenario_;
  Faults faults_;
  SimCloud cloud_;
  Oracles oracles_;

  struct Item {
    Time at;
    std::uint64_t order = 0;
    std::function<void()> what;
  };
  std::vector<Item> queue_;  // A heap.
  std::uint64_t order_ = 0;
  Time now_;
  Duration skew_{};
  bool is_healed_ = false;

  std::vector<std::unique_ptr<Owner>> owners_;  // Dead ones too: answers to them are on the way.
  Owner* owner_ = nullptr;
  std::uint64_t epoch_ = 0;               // As the store has it.
  std::uint64_t crash_in_ = 0;            // Effects.
  std::map<GroupId, SpecPointer> given_;  // What owners are configured with.
  Revisions revisions_;                   // And were, by revision.
  unsigned templates_ = 0;                // How often a launch template changed.
  std::set<GroupId> removed_;
  std::map<GroupId, Time> empty_until_;
  std::map<GroupId, Time> honest_until_;   // No lie about it begins before.
  std::map<std::string, int> in_network_;  // Calls under way, by token.
  Time journal_down_until_{};

  std::map<std::uint64_t, Pending> pending_;
  std::map<std::uint64_t, std::uint64_t> tickets_;  // To the event they are for.
  std::uint64_t next_key_ = 1;
  std::uint64_t next_ticket_ = 1;
  std::uint64_t next_id_ = 1;
  std::int64_t load_ = 350;
  Time outage_until_{};
  int outage_kind_ = 0;
  bool is_firing_ = false;

  RunResult result_;
};

}  // namespace settle::sim
