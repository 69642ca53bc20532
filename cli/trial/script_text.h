// The lines of a simulation's event file, written rather than read: what a test or a recorded day
// tells a group. Whoever doubts a trial can look at the same lines with `settlectl simulate`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/decimal.h"
#include "reconcilers/observation.h"
#include "reconcilers/signal.h"
#include "reconcilers/spec.h"

namespace settle {

class ScriptText {
 public:
  /// The group has `count` instances that serve, and have for an hour.
  void running(const GroupSpec& spec, Time at, Capacity count);
  /// The cloud shows these from `at` on.
  void shows(const GroupId& group, Time at, const std::vector<Instance>& instances);
  /// A claim, made and heard at `at`.
  void claim(const GroupId& group, Time at, Claim content);
  /// `instance` is an id, or a number from 1 for the oldest.
  void mishap(const GroupId& group, Time at, const std::string& instance,
              const std::string& becomes);

  /// The id of the n-th of those that were running at first; else the text itself.
  [[nodiscard]] static std::string name_of(const std::string& instance);
  /// Everything, in order of time.
  [[nodiscard]] std::string text() const;

 private:
  std::multimap<Time, std::string> lines_;
  std::size_t claims_ = 0;
};

/// timestamp,value lines, a step apart; no line where there is no value.
[[nodiscard]] std::string csv_of(const std::vector<std::optional<Decimal>>& values, Time start,
                                 Duration step);

}  // namespace settle
