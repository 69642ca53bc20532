// Alarms over many groups: what was measured, per key and window of event time, and whether that is
// too much or too little. A window is a run of panes; a pane sums up what fell into it and knows it
// by id while it may still come again, so that the same measures in any order, number and batching
// leave the same memory, and the same verdicts.
//
// Pure: the clock is an argument. Knows nothing of groups, of who measured, or of what an alarm
// does. Memory is bounded by keys_max and ids_max; what does not fit is pushed back.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/decimal.h"
#include "reconcilers/units.h"
#include "reconcilers/windows/sketch.h"

namespace settle::windows {

enum class Statistic : std::uint8_t { count, sum, mean, min, max, percentile, rate, absence };

struct Alarm {
  Statistic statistic = Statistic::count;
  std::int32_t percentile = 95'000;  // In thousandths of a percent.
  Duration length{60'000};
  Duration slide{60'000};             // From one window to the next; `length`: they do not overlap.
  Duration lateness{60'000};          // A window is judged so long after its end.
  Duration forget_after{86'400'000};  // A key that is silent for so long.
  std::optional<Decimal> at_least;    // Fires where the statistic is so much or more,
  std::optional<Decimal> at_most;     // or so much or less. Of absence neither counts.
  std::optional<Decimal> clears;      // It fires on until less than that; of at_most, more.
  std::size_t keys_max = 10'000;
  std::size_t ids_max = 1'000;  // In one pane of one key, until it is judged.
  friend bool operator==(const Alarm&, const Alarm&) = default;
};
/// REQUIRES of every call: slide > 0, and length is a multiple of it.

/// Names a measure; two of the same id are one.
struct Id {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const Id&, const Id&) = default;
};

struct Measure {
  std::string key;
  Time at;
  Decimal value;  // Counted in millionths, rounded half away from zero; at most 10^12 of size.
  Id id;
};

enum class Taken : std::uint8_t {
  taken,
  repeated,
  late,             // The first window that it belongs to has been judged.
  from_the_future,  // By more than a minute.
  too_large,        // Its value is no number that can be summed.
  full,             // Come again: no room for another key or id.
};

__extension__ using Wide = __int128;  // Holds the sum of any number of measures.

struct Pane {
  std::uint64_t count = 0;
  Wide sum = 0;  // Of millionths, as are the next two.
  std::int64_t least = 0;
  std::int64_t most = 0;
  Sketch sketch;        // Of a percentile alone.
  std::vector<Id> ids;  // In order.
  friend bool operator==(const Pane&, const Pane&) = default;
};

struct Key {
  std::map<std::int64_t, Pane> panes;  // By number: the pane of t is t / slide, rounded down.
  Time heard;                          // The newest measure.
  std::int64_t first = 0;              // The pane of the oldest: no window before it is judged.
  bool is_firing = false;
  friend bool operator==(const Key&, const Key&) = default;
};

struct Memory {
  std::map<std::string, Key> keys;
  Time clock;                          // It never goes back.
  std::optional<std::int64_t> judged;  // The last pane whose end has been judged.
  friend bool operator==(const Memory&, const Memory&) = default;
};

enum class State : std::uint8_t { ok, firing, no_data };

/// One window of one key, for good.
struct Verdict {
  std::string key;
  Time end;
  State state = State::no_data;
  std::optional<Decimal> value;  // To 18 digits, truncated toward zero.
  bool is_change = false;        // It fires, or fires no longer.
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

[[nodiscard]] Taken take(const Alarm& alarm, Memory& memory, const Measure& measure, Time now);

/// Judges every window that has ended `lateness` ago, in order of end and key, and forgets what no
/// later one needs. A window without a value is passed over; a key that is forgotten while it fires
/// says `no_data`, once.
[[nodiscard]] std::vector<Verdict> judge(const Alarm& alarm, Memory& memory, Time now);

/// Forgets what was measured, and begins anew under this alarm; what fires does so until it is
/// judged.
void restart(const Alarm& alarm, Memory& memory, Time now);

/// When judge() next has something to do.
[[nodiscard]] Time judge_at(const Alarm& alarm, const Memory& memory);

}  // namespace settle::windows
