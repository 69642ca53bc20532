// From an answer to what each taker is told. Pure: time comes in as an argument.
//
// Nothing is no data, never zero; several elements where one is wanted are an error, as is an
// answer with warnings, which may be partial; NaN and infinities are invalid. A reading is as old
// as the sample that it was made from: the age is measured by Prometheus' clock alone and taken off
// ours, so that a clock that is years off does no harm.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/sources/prometheus/answer.h"
#include "daemon/sources/prometheus/freshness.h"
#include "daemon/sources/prometheus/questions.h"

namespace settle::prometheus {

/// How old the samples are, for all elements or by group; nothing: not known, so taken as fresh.
class Ages {
 public:
  Ages() = default;
  Ages(const Answer& answer, const Freshness& freshness, const std::string& group_label);
  /// None where no sample is recent enough for Prometheus to tell.
  [[nodiscard]] std::optional<Duration> of(const std::string& group) const;

 private:
  bool is_known_ = false;
  std::map<std::string, Duration> ages_;  // By group; by "" for all.
};

/// One asking of one question.
struct Asking {
  const Question& question;
  std::string source;          // Of the stamps.
  Time asked;                  // By our clock.
  Duration holds_for{};        // What is said against an instance lapses after so long.
  bool takes_partial = false;  // Whether an answer with warnings counts.
};

/// What went wrong, for people: the first complaint, and how many takers it is about.
struct Complaint {
  std::string first;
  std::size_t count = 0;
  void add(std::string what) {
    if (count++ == 0) first = std::move(what);
  }
};

/// The instances that a reporter of a group has called unhealthy, until it takes that back.
using Named = std::map<std::pair<GroupId, std::string>, std::set<InstanceId>>;

/// What an answer says to every taker. Adds to `named` whom it names; those that are there and not
/// named any more are told to be healthy, and stay there until somebody takes them out.
[[nodiscard]] std::vector<Signal> signals_of(const Asking& asking, const Answer& answer,
                                             const Ages& ages, Named& named, Complaint& complaint);

/// What Prometheus' refusal says: an error to every signal. Health is left as it is.
[[nodiscard]] std::vector<Signal> errors_of(const Asking& asking);
/// The same for signals that could not be read since `answered` for longer than they may be stale.
[[nodiscard]] std::vector<Signal> errors_of(const Asking& asking, std::optional<Time> answered);

}  // namespace settle::prometheus
