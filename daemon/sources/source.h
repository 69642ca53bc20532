// What a source of events is to the daemon: the spout's contract, one for all of them.
//
//   emit -> ack                 a commit holds it, or a dead letter says why it never will matter
//        -> fail                no room now, or its partition is not here: emitted again, later
//   poison -> bury              what can never work goes to the error stream, and counts as done
//
// A source that has a sequence (a log) pours parts of it, in order, and its position is committed
// together with what they changed: position and memory cannot part. Any other source emits again
// whatever was not acked, and the merge makes that harmless. A source holds a bounded number of
// events that are neither acked nor failed, and reads no further until some are.
//
// Knows nothing of partitions' meaning, of decisions, or of who else emits.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/partition/event.h"

namespace settle {

/// What became of what was emitted.
enum class Receipt : std::uint8_t {
  held,       // Ack: never emit it again.
  full,       // Fail: there was no room. Emit it again, later.
  elsewhere,  // Fail: the partition is not here, or no longer.
};

/// What can never become a signal.
struct Poison {
  std::string id;      // As its sender names it: an id, or a place such as "topic/3@1041".
  std::string reason;  // For a person.
  std::string text;    // What it was; cut off after 4 KB.
};

/// The daemon, as one source sees it. Safe from any thread. No call blocks; `done` comes once, on
/// any thread, perhaps from within the call.
class Intake {
 public:
  virtual ~Intake() = default;
  /// One receipt for each signal, in order, after the commits that hold them.
  virtual void emit(std::vector<Signal> signals,
                    std::function<void(std::vector<Receipt>)> done) = 0;
  /// Part of a log, for the partition whose commit is to hold its position. `log` is the source's
  /// own name for it; the daemon keeps it apart from other sources'. Several may be under way, in
  /// order. After `full`, pour from there again: what has been taken meanwhile is skipped by its
  /// offset, and whatever begins behind it is `full` too until then.
  virtual void pour(std::uint32_t partition, LogPart part, std::function<void(Receipt)> done) = 0;
  /// Hands over to the error stream.
  virtual void bury(Poison poison) = 0;
};

/// A source as an operator sees it.
struct SourceReport {
  std::string state;                // "reading", "waiting", "failing", "idle".
  std::string last_error;           // Empty: none since it last worked.
  std::optional<Time> last_event;   // Its time, of the newest that was emitted.
  std::optional<std::int64_t> lag;  // Events that are known to wait at the other end.
  std::uint64_t in_flight = 0;      // Emitted, neither acked nor failed.
  std::map<std::string, std::string>
      details;  // What its kind has besides, for `settlectl sources`.
};

/// One source. Its calls come on one thread and must not block.
class Source {
 public:
  virtual ~Source() = default;
  /// Begins to emit. `intake` outlives the source.
  virtual void begin(Intake& intake) = 0;
  /// A partition is here, and its commits hold these positions of this source's logs, by its own
  /// names for them; none: it has never been read for it. Once this returns, nothing is poured that
  /// was read for an earlier seating.
  virtual void seated(std::uint32_t /*partition*/, const Offsets& /*positions*/) {}
  /// It is not here any more: nothing is to be poured for it.
  virtual void unseated(std::uint32_t /*partition*/) {}
  /// All groups that are here and take this source's signals; comes again when they change. One
  /// that is sent to is told of all groups that there are, here or not: what it emits finds their
  /// owners.
  virtual void follow(const std::vector<SpecPointer>& /*groups*/) {}
  [[nodiscard]] virtual SourceReport report() const = 0;  // Safe from any thread.
  /// Stops for good. On return nothing is emitted any more; what is unanswered stays so.
  virtual void end() = 0;
};

/// A request that somebody sent to POST /hooks/NAME[/REST].
struct HookRequest {
  std::string rest;                            // Behind the source's name; without slash.
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;                            // At most what the API takes.
  Time received;
};
struct HookAnswer {
  int status = 202;
  std::string title;   // Of a problem document; empty where it went well.
  std::string detail;  // Nothing that a stranger must not know.
};

/// A source that is sent to. 2xx is answered only after the commit that holds what was sent.
class HookSource : public Source {
 public:
  /// `answer` comes once, on any thread.
  virtual void receive(HookRequest request, std::function<void(HookAnswer)> answer) = 0;
};

}  // namespace settle
