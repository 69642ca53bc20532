// Everything that can happen to a partition, and everything it can ask of the world.
// Both sets are closed on purpose: a new alternative needs an ADR.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "reconcilers/converge.h"
#include "reconcilers/fleet.h"
#include "reconcilers/interlock/interlock.h"
#include "reconcilers/memory.h"
#include "reconcilers/windows/watch.h"

namespace settle {

/// The fencing token: grows with every change of ownership.
enum class Epoch : std::uint64_t {};

/// Names whoever waits for an answer; zero if nobody does.
enum class Ticket : std::uint64_t {};

using SpecPointer = std::shared_ptr<const GroupSpec>;
using WatchPointer = std::shared_ptr<const windows::Watch>;

// ---- Events -------------------------------------------------------------------------------

/// A new configuration. Groups that are no longer in it are forgotten, never terminated.
struct Reconfigured {
  std::string revision;
  Authority authority = Authority::act;
  std::vector<SpecPointer> specs;       // All groups of this partition, in order of id.
  std::vector<WatchPointer> watches{};  // All alarms over many groups, whoever has their keys.
};

/// A claim has arrived from a source, or from an operator.
struct Arrived {
  Signal signal;
  Ticket ticket{};
};

/// Where each source that has a sequence is to go on, by its name. What the name and the number
/// mean, the source alone knows.
using Offsets = std::map<std::string, std::int64_t>;

/// Part of a log, in its order. Whatever lies below the position that is known already has been
/// merged and is skipped, so a log counts once, however often a part of it comes. Without entries
/// it only moves the position: its events were answered one by one, here or elsewhere. After a part
/// that found no room, what begins behind it finds none either until that part has come again.
struct LogPart {
  struct Entry {
    std::int64_t offset = 0;
    Signal signal;
  };
  std::string log;             // The name under which its position is committed.
  std::vector<Entry> entries;  // Offsets ascend, with holes.
  std::int64_t next = 0;       // The position once they are merged; above every offset.
  Ticket ticket{};
  std::optional<std::int64_t> from{};  // Nothing is left out from here on; none: its first entry.

  [[nodiscard]] std::int64_t begin() const {
    return from ? *from : entries.empty() ? next : entries.front().offset;
  }
};

/// The answer to Observe: what the cloud shows, or why it cannot be seen.
struct Observed {
  GroupId group;
  std::optional<Observation> observation;
  Reason failure = Reason::cloud_unreachable;  // Where there is no observation.
};

/// The answer to Commit. An owner that is told `fenced` starts nothing ever again.
enum class Stored : std::uint8_t { stored, fenced, unavailable };
struct Committed {
  std::uint64_t batch = 0;
  Stored result = Stored::stored;
};

/// The answer to Journal.
struct Journaled {
  std::uint64_t batch = 0;
  bool is_durable = true;
};

/// The answer to Act.
struct Acted {
  enum class Result : std::uint8_t {
    done,     // The cloud accepted it; for a launch, `instance` is its result.
    refused,  // It will never work as it is; `why` says more. Nothing was changed.
    not_now,  // Throttled or unavailable; nothing was changed; may be sent again.
    unknown,  // The answer was lost: it may have happened.
  };
  GroupId group;
  std::string token;
  Result result = Result::done;
  InstanceId instance;
  Reason why = Reason::cloud_refused;
};

/// Somebody wants to see: all groups of the partition, or one.
struct Asked {
  Ticket ticket{};
  std::optional<GroupId> group;
};

/// How much of what groups share is this group's from now on.
struct Allowed {
  GroupId group;
  Allowance allowance;
};

/// Too many of all groups' instances have vanished; or no longer.
struct FleetLost {
  FleetLoss loss;
};

/// The answer to Sounded: every group that it concerns has been told of that window.
struct AlarmTaken {
  GroupId place;
  Time end;
};

/// The time asked for by WakeAt has come (or merely may have: it is a hint).
struct TimeReached {};

/// Another owner is to go on: begin nothing more, commit and journal what there is, and say Left.
struct Leave {};

using Event = std::variant<Reconfigured, Arrived, Observed, Committed, Journaled, Acted, Asked,
                           TimeReached, Leave, Allowed, FleetLost, LogPart, AlarmTaken>;

// ---- Effects ------------------------------------------------------------------------------

struct Observe {
  GroupId group;
  std::string cloud{};
  /// Known to us and left out of the last listing: where the new one leaves them out as well, the
  /// cloud is asked for each by its id. One that exists counts as listed.
  std::vector<InstanceId> missing{};
};

struct GroupRecord {
  GroupId group;
  GroupState state;
  std::shared_ptr<const windows::Watched> watched{};  // Of a key of an alarm; else null.
};
struct Commit {
  Epoch epoch{};
  std::uint64_t batch = 0;
  std::vector<GroupRecord> dirty;
  std::vector<GroupId> forgotten;
  Offsets offsets{};  // Of the sources that have moved on with it; the others' stay.
};

/// A decision and all that it was made from; replay() needs nothing else but the revision.
struct JournalEntry {
  DecisionRecord record;
  std::shared_ptr<const GroupState> before;  // As the round found it.
  std::shared_ptr<const Observation> seen;
  RoundContext context;
};
/// What became of an action that was sent.
struct ActionEntry {
  GroupId group;
  Time at;
  std::string token;
  StepOp op = StepOp::launch;
  InstanceId instance;
  std::string outcome;  // "sent", "done", "refused", "not_now", "unknown".
  Reason why = Reason::below_desired;
  std::uint64_t epoch = 0;  // Under which it was sent, or is known here.
};
struct Journal {
  std::uint64_t batch = 0;  // Zero: wants no answer.
  std::vector<JournalEntry> decisions;
  std::vector<ActionEntry> actions;
};

/// A mutating call. Built in one function, after Committed and Journaled. A destructive one
/// cannot be built without the interlock's permit, which ledger.h's may_send() hands out.
struct Act {
  /// A call that takes nothing away: a launch, protect or unprotect.
  /// None for a terminate or a drain.
  static std::optional<Act> harmless(Epoch epoch, std::string cloud, const GroupId& group,
                                     Intent intent, SpecPointer spec) {
    if (intent.kind == IntentKind::terminate || intent.kind == IntentKind::drain) return {};
    return Act(epoch, std::move(cloud), group, std::move(intent), std::move(spec));
  }
  /// None unless the permit is for this very intent.
  static std::optional<Act> destructive(Epoch epoch, std::string cloud, const GroupId& group,
                                        Intent intent, const interlock::Permit& permit) {
    if (!permit.covers(intent.instance.value) || intent.instance.value.empty()) return {};
    return Act(epoch, std::move(cloud), group, std::move(intent), {});
  }

  Epoch epoch{};
  GroupId group;
  std::string cloud;
  Intent intent;
  SpecPointer spec;  // For a launch: the template.

 private:
  Act(Epoch epoch_of, std::string cloud_of, GroupId group_of, Intent intent_of, SpecPointer spec_of)
      : epoch(epoch_of),
        group(std::move(group_of)),
        cloud(std::move(cloud_of)),
        intent(std::move(intent_of)),
        spec(std::move(spec_of)) {}
};

/// What became of an arrival: sent only after the commit that holds it.
struct Answered {
  Ticket ticket{};
  Merge merge = Merge::merged;
};

/// An event that changed nothing and never will.
struct DeadLetter {
  Signal signal;
  Time at;
  std::string reason;  // "LateOrRepeated", "UnknownGroup", ...
};

/// What an Asked shows: a copy, since it is read on another thread.
struct GroupView {
  SpecPointer spec;
  GroupState state;
  std::shared_ptr<const Observation> seen;
  std::optional<DecisionRecord> last;   // The last round, notable or not.
  std::optional<DecisionRecord> noted;  // The last that left a record.
  std::optional<FleetOrder> standing;   // What holds for it and others, by an operator's word.
};
struct Shown {
  Ticket ticket{};
  std::vector<GroupView> groups;
};

struct WakeAt {
  Time at;
};

/// The answer to Leave, once: every call has been answered, and all that we know is durable.
struct Left {};

/// What a group uses of what groups share has changed; Allowed and FleetLost are the answers.
struct Used {
  GroupId group;
  GroupUse use;
};

/// A window of an alarm's key has been judged, and a commit holds it. Comes again until AlarmTaken.
struct Sounded {
  GroupId place;  // As windows::place_of() has it.
  windows::Verdict verdict;
  Time judged_at;
};

using Effect = std::variant<Observe, Commit, Journal, Act, Answered, DeadLetter, Shown, WakeAt,
                            Left, Used, Sounded>;

}  // namespace settle
