// A second opinion on the ladder's rungs 1 to 4, made from what docs/LADDER.md says: slow, plain,
// and without a line of the engine. It forgets nothing, keeps no state that could be wrong, and
// goes through everything that was ever said and decided in every round.
//
// It knows groups that are told and measured as a whole: no samples of single instances, no
// ratios, no forecasts, time zone UTC, weekly windows, one-shots at a date.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/observation.h"
#include "reconcilers/signal.h"
#include "reconcilers/spec.h"

namespace settle::slow {

/// What one policy said in one round.
struct Said {
  std::optional<Capacity> number;  // None: no opinion, or missing.
  bool is_missing = false;
  std::optional<Capacity> wanted;  // Before its own windows, rates and cooldowns.
  std::optional<Capacity> told;    // Of one that was told and not measured.
  std::optional<Time> read_at{};   // When what it was made of was read, for a breach that lasts.
  std::optional<Decimal>
      evaluated{};  // What it was read as: a reading of steps, a target's number.
};

struct Round {
  Time at;
  Capacity before = 0;
  Capacity after = 0;
  Capacity asked = 0;  // By the largest voice.
  Capacity combined = 0;
  Capacity wanted = 0;  // By the group, after its tolerance.
  bool is_held = false;
  std::map<std::string, Said> said;
};

class Ladder {
 public:
  explicit Ladder(const GroupSpec& spec) : spec_(spec) {}

  void tell(const Signal& signal) { told_.push_back(signal); }
  /// One round: what the group should have from now on.
  Capacity round(Time now, Capacity ready);
  [[nodiscard]] Range limits(Time at) const;
  [[nodiscard]] std::string story() const;

 private:
  struct Fired {
    Time at;
    std::string id;  // To order what fires at one moment.
    std::string by;
    Adjustment adjustment;
    Duration stands{};
    bool lasts = false;
  };
  struct Change {
    Time at;
    Capacity from = 0;
    Capacity to = 0;
  };
  struct Wanted {
    Time at;
    Time until;
    Capacity number = 0;
  };
  struct Past {
    std::vector<Wanted> wanted;
    std::vector<Change> all;
    std::vector<Change> own;
  };

  [[nodiscard]] Said hear(const Policy& policy) const;
  [[nodiscard]] Said hear_target(const Policy& policy, const TargetPolicy& target) const;
  [[nodiscard]] Said hear_several(const Policy& policy, const TargetPolicy& target) const;
  [[nodiscard]] Said hear_steps(const Policy& policy, const StepsPolicy& steps) const;
  [[nodiscard]] const Signal* newest(const std::string& name) const;
  /// The last evaluations of a policy, this round's included.
  [[nodiscard]] std::vector<std::optional<Decimal>> evaluations(const Policy& policy,
                                                                const Said& now) const;
  /// What enough readings of a target agree on, in place of its own number.
  void confirm(const Policy& policy, Said& said) const;
  struct Sounded {
    std::optional<AlarmState> state;  // None: nobody has told of it.
    Time at;
  };
  [[nodiscard]] Sounded sounded(const std::string& alarm, Time at) const;
  [[nodiscard]] Said hear_alert(const Policy& policy, const AlertPolicy& alert) const;
  [[nodiscard]] std::map<std::string, Said> hear_told() const;
  [[nodiscard]] Said missing(const Metric& metric) const;
  [[nodiscard]] const Signal* sample(const std::string& name, const Metric& metric) const;
  [[nodiscard]] bool is_measured() const;
  [[nodiscard]] bool has_alert() const;
  [[nodiscard]] std::vector<Fired> fired() const;
  [[nodiscard]] Capacity rest() const;
  [[nodiscard]] const HoldOrder* hold() const;

  [[nodiscard]] Capacity not_undone(Capacity number) const;
  [[nodiscard]] Capacity keep_last(Capacity number, const std::map<std::string, Said>& said) const;
  [[nodiscard]] Capacity combine(const std::map<std::string, Said>& said) const;
  [[nodiscard]] Capacity steady(const Steadiness& setting, Capacity number, Capacity at_once,
                                const Past& past) const;
  [[nodiscard]] Capacity desired_before(Time at) const;
  [[nodiscard]] std::vector<Change> changes() const;
  [[nodiscard]] std::vector<Change> changes_of(const std::string& policy) const;

  GroupSpec spec_;
  std::vector<Signal> told_;
  std::vector<Round> rounds_;
  // Of the round that is being made.
  Time now_;
  Capacity ready_ = 0;
  Capacity desired_ = 0;
};

}  // namespace settle::slow
