// What a group was told over some hours, as far as its journal has it, made into the inputs of a
// trial: so that another configuration can live through the same hours.
//
// A journal holds the rounds that changed or refused something, each with all that the group knew
// then. Between two of them nothing happened that mattered, so a signal is taken to have read what
// it read last, until the moment at which it is known to have read something else. A mean over
// instances is shared out among those of the trial: its load stays what it was. What befell an
// instance that was there from the beginning befalls the same one; of a later one, that of its age.
// Answers to lifecycle hooks are left out: instances of a trial have other names.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/trial/script_text.h"
#include "daemon/simulation/simulate.h"
#include "reconcilers/decision.h"
#include "reconcilers/observation.h"
#include "reconcilers/state.h"

namespace settle {

struct RecordedRound {
  DecisionRecord record;
  GroupState before;
  Observation seen;
};

class RecordedDay {
 public:
  /// `spec` as it was. REQUIRES: `rounds` are of that group, in order of time, and not empty;
  /// `until` is not before the last.
  RecordedDay(const GroupSpec& spec, const std::vector<RecordedRound>& rounds, Time until);

  /// The same hours for a configuration of the same group, which begins with the instances and
  /// the desired capacity that there were.
  [[nodiscard]] SimulateOptions inputs_for(GroupSpec spec, const std::string& revision) const;

  /// Policies of such a configuration whose signal these hours know nothing of: it stays missing.
  [[nodiscard]] std::vector<std::string> blind_policies(const GroupSpec& spec) const;

  [[nodiscard]] Time from() const { return from_; }
  [[nodiscard]] Time until() const { return until_; }
  [[nodiscard]] std::size_t rounds() const { return rounds_; }

 private:
  /// One reading, and how long nothing else is known to have been read.
  struct Point {
    Time at;
    Reading reading;
    Capacity ready = 0;  // Instances that a mean was over.
    Time last_known;     // The last round that knew nothing newer.
  };
  using Series = std::vector<Point>;

  void take_samples(const RecordedRound& round);
  void take_claims(const RecordedRound& round);
  void take_mishaps(const RecordedRound& before, const RecordedRound& round);
  void measure_boots(const std::vector<RecordedRound>& rounds);
  /// Every reading and its repetitions, before it is stale.
  [[nodiscard]] Series spread(const Series& series, Duration stale_after) const;

  Time from_;
  Time until_;
  std::size_t rounds_ = 0;
  GroupId group_;
  std::optional<Capacity> desired_;
  std::optional<Duration> boot_;          // The median of the launches that were seen to serve.
  std::map<std::string, Series> series_;  // By signal, of the whole group.
  std::map<std::string, Stamp> told_;     // The newest claim of each kind about each thing.
  std::set<InstanceId> first_;            // Instances that were there from the beginning.
  std::set<InstanceId> let_go_;           // Instances that went, or were to go, by our own doing.
  ScriptText script_;
};

}  // namespace settle
