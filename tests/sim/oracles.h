// What must hold whatever happens: each oracle is told what really happened and judges by that,
// never by what the partition thinks. docs/TESTING.md lists them.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/partition/event.h"
#include "tests/sim/cloud.h"
#include "tests/sim/scenario.h"

namespace settle::sim {

struct Violation {
  std::string oracle;
  std::string text;
  Time at;
};

/// What one owner has been told of one group.
struct Told {
  std::optional<Observation> seen;  // The newest, and whether it was complete in truth.
  bool is_complete = false;
  unsigned complete_ones = 0;
  std::map<InstanceId, bool> leaving;  // Destructive calls since.
  Time last_write{};                   // By the owner's clock, in an earlier turn.
  std::uint64_t last_write_turn = 0;
  unsigned looks_under_way = 0;
};

struct OwnerFacts {
  std::uint64_t epoch = 0;
  std::uint64_t turn = 0;
  bool has_lease = true;
  bool is_fenced = false;      // And has been told so.
  bool has_journal = true;     // The last write whose answer it has heard went well, in truth.
  bool loses_journal = false;  // It is about to hear of one that did not.
  unsigned commits_under_way = 0;
  std::set<std::string> calls_under_way;  // Tokens.
  std::set<GroupId> removed;              // The owner was told that these are gone.
  std::set<GroupId> left;                 // And has stored nothing of a new life of theirs since.
  std::set<GroupId> anew;                 // Of those, the ones in the commit under way.
  std::map<GroupId, Told> told;
};

/// What owners were configured with, by revision.
using Revisions = std::map<std::string, std::map<GroupId, SpecPointer>>;

/// The budget of spec.h in plain words, with arithmetic of its own.
[[nodiscard]] Capacity allowed(const Budget& budget, Capacity desired);

class Oracles {
 public:
  Oracles(const Scenario& scenario, const SimCloud& cloud);

  [[nodiscard]] const std::optional<Violation>& violation() const { return violation_; }

  // Clocks: `now` is the truth, `wall` what the owner's clock shows.
  void on_effect(const OwnerFacts& owner, const Effect& effect, Time now, Time wall);
  void on_act(OwnerFacts& owner, const Act& act, Time now, Time wall);
  void on_observed(OwnerFacts& owner, const Observed& event, bool is_complete, Time wall);
  void on_committed_state(const GroupRecord& record, Time now, Time wall);
  void on_forgotten(const GroupId& group);
  void on_journaled(const Journal& journal, const Revisions& revisions, Time now);
  void on_acknowledged(const Signal& signal, Time now);
  void on_refused_call(const std::string& token) { refused_.insert(token); }
  void on_call_served(const Act& act, const std::string& wire_token, bool is_stale, Time now);
  void on_launched(const Act& act, const Machine& machine, Time now, Time wall);
  void on_terminating(const GroupId& group, const Machine* machine, Time now);
  void on_cut_off(const Act& act, const Machine& machine, Time now);
  void on_resume_asked(const GroupId& group, const Stamp& stamp);
  void on_unprotect_asked(const GroupId& group, const InstanceId& id, const Stamp& stamp);
  void on_metric(bool is_missing, Time now);
  void on_jump(Time now) { jumped_at_ = now; }
  void on_healed(Time now) { healed_at_ = now; }
  void on_quiet(Time now);
  void on_end(std::size_t unanswered, bool has_jumps, Time now, Time wall);

  [[nodiscard]] const std::map<GroupId, GroupState>& committed() const { return committed_; }

 private:
  struct Desired {
    Time at;
    Capacity number = 0;
  };
  struct Opened {
    Time at;       // By the owner's clock.
    Time seen_at;  // In truth.
  };
  struct History {
    std::vector<Desired> desired;
    std::map<std::string, Opened> terminations;  // By token.
    std::map<std::string, Opened> launches;
    std::set<Time> skipped;         // Occurrences of schedules that were journaled as skipped.
    std::set<std::string> acted;    // Tokens of destructive calls.
    std::set<InstanceId> replaced;  // A launch that replaces it has been committed.
    std::set<std::pair<Time, std::string>> firings;  // Ever committed: time, origin and id.
    std::map<Stamp, std::string> webhooks;           // Ever committed, by stamp.
    std::set<Stamp> acknowledged;
    std::set<InstanceId> idle;  // Listed, and not serving, by the newest listing of anybody.
    std::map<InstanceId, Stamp> protections;    // Acknowledged, and not taken back.
    std::map<InstanceId, Stamp> unprotections;  // The last that was asked for.
    Time first_commit = at_no_time;
    int turns_after_heal = 0;
    int last_direction = 0;
  };

  void fail(const char* oracle, const GroupId& group, std::string text, Time now);
  [[nodiscard]] const GroupSpec& spec(const GroupId& group) const;
  [[nodiscard]] Role role(const GroupId& group) const;
  [[nodiscard]] Capacity largest_desired(const History& history, Time since) const;
  void check_victims(const GroupRecord& record, Time now);
  void check_budgets(const GroupRecord& record, Time now, Time wall);
  void check_possible(const GroupRecord& record, const GroupState* old, Time now, Time wall);
  void check_absence(const GroupRecord& record, const GroupState& old, Time now);
  void check_evidence(const GroupRecord& record, const GroupState& old, Time now);
  void check_memory(const GroupRecord& record, Time now);
  void check_desired(const GroupRecord& record, const GroupState* old, Time now);
  void check_disruption(const GroupRecord& record, const GroupState& old, Time now);
  void check_halt(const GroupRecord& record, const GroupState& old, Time now);
  void check_protection(const Act& act, Time now);
  void on_order(const GroupId& group, const Stamp& stamp, const InstanceOrder& order);
  void check_destruction(OwnerFacts& owner, const Act& act, Time now, Time wall);
  void check_fold(const GroupId& group, Time now);
  void check_schedule(const GroupId& group, Time now, Time wall);

  const Scenario& scenario_;
  const SimCloud& cloud_;
  std::optional<Violation> violation_;
  std::map<GroupId, GroupState> committed_;
  std::map<GroupId, History> history_;
  std::set<std::string> recorded_;  // Tokens that a durable record speaks of.
  std::set<std::string> refused_;
  std::map<std::string, int> made_;   // Instances per meant token.
  std::map<GroupId, Stamp> paused_;   // Acknowledged pauses in force.
  std::map<GroupId, Stamp> resumed_;  // The last order that ended one.
  std::optional<Time> metric_missing_since_;
  std::optional<Time> healed_at_;
  Time jumped_at_{};  // When the owners' clock last jumped.
  std::optional<Time> quiet_at_;
};

}  // namespace settle::sim
