// The book of alarms over many groups: which measures an event makes, under which key, and which
// groups hear of what came of them. A measure is a sample of the key's place, and goes the way of
// every signal, to whoever owns that place.
//
// Knows nothing of windows' arithmetic, of partitions, or of where anything goes. Never changes
// once made: a new configuration makes a new one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/partition/event.h"
#include "reconcilers/windows/watch.h"

namespace settle {

class AlarmBook {
 public:
  AlarmBook() = default;
  AlarmBook(std::vector<WatchPointer> watches, const std::vector<SpecPointer>& specs);

  [[nodiscard]] bool is_empty() const { return watches_.empty(); }
  /// None of an event of a group that nobody knows, without a value, or without the key. Each bears
  /// the event's stamp, so that whoever comes again is the same measure.
  [[nodiscard]] std::vector<Signal> measures_of(const Signal& signal) const;
  /// An `io.settle.alarm.v1` for each group that it concerns and that follows it: under the alarm's
  /// name with the key as its alert, or under NAME/KEY where a policy follows that key alone. The
  /// same verdict gives the same events; their ids name the key and the window.
  [[nodiscard]] std::vector<Signal> soundings_of(const Sounded& sounded) const;

 private:
  [[nodiscard]] std::vector<SpecPointer> hearers_of(const windows::Watch& watch,
                                                    std::string_view key) const;
  void add_tenant(const std::string& tenant, std::vector<SpecPointer>& hearers) const;

  std::vector<WatchPointer> watches_;  // In order of name.
  std::map<std::string, SpecPointer, std::less<>> groups_;
  std::multimap<std::string, SpecPointer, std::less<>> by_tenant_;
};

}  // namespace settle
